#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a module that moves needs beside its calls.

    frame.py name DIR			prints the module's name
    frame.py hide FILE...		makes comments of what Coccinelle cannot read
    frame.py show FILE...		the reverse
    frame.py mark DECISIONS		puts "port_" before the calls that move
    frame.py heap DIR NAME FILE...	makes the heap and declares it
"""
import json
import os
import re
import sys
from collections import defaultdict

from ctext import without_comments

DRIVERS = {	# how the macro's functions are called
    "module_platform_driver": ("platform_driver_register", "platform_driver_unregister"),
    "module_pci_driver": ("pci_register_driver", "pci_unregister_driver"),
    "module_usb_driver": ("usb_register", "usb_deregister"),
    "module_i2c_driver": ("i2c_add_driver", "i2c_del_driver"),
    "module_spi_driver": ("spi_register_driver", "spi_unregister_driver"),
    "module_virtio_driver": ("register_virtio_driver", "unregister_virtio_driver"),
}
INIT = re.compile(r"^(module_init|(?:subsys|fs|rootfs|device|late|arch|core|postcore)"
                  r"_initcall(?:_sync)?)\s*\(\s*(\w+)\s*\)\s*;?[ \t]*\n", re.M)
EXIT = re.compile(r"^module_exit\s*\(\s*(\w+)\s*\)\s*;?[ \t]*\n", re.M)
DRIVER = re.compile(r"^(" + "|".join(DRIVERS) + r")\s*\(\s*(\w+)\s*\)\s*;?[ \t]*\n", re.M)

HEADER = """/* SPDX-License-Identifier: GPL-2.0 */
/* Made by kspan's "make port". */
#ifndef {guard}
#define {guard}

#include <linux/kspan.h>

/* Lives from before the module's init function until after its exit function. */
extern struct kspan_heap *{heap};

#endif
"""

INIT_TEXT = """struct kspan_heap *{heap};

/* What the module's own RCU callbacks free is still to come. */
static void {name}_heap_end(void)
{{
	struct kspan_heap_stats stats;

	rcu_barrier();
	kspan_rcu_barrier({heap});
	kspan_heap_stats({heap}, &stats);
	if (stats.live_objects)
		pr_warn("%s: %llu objects are left in the heap\\n",
			THIS_MODULE->name, (unsigned long long)stats.live_objects);
	kspan_heap_destroy({heap});
}}

static int __init {name}_heap_init(void)
{{
	int err;

	{heap} = kspan_heap_create("{name}", NULL);
	if (IS_ERR({heap}))
		return PTR_ERR({heap});
	err = {init};
	if (err)
		{name}_heap_end();
	return err;
}}
module_init({name}_heap_init);
"""

EXIT_TEXT = """
static void __exit {name}_heap_exit(void)
{{
	{exit};
	{name}_heap_end();
}}
module_exit({name}_heap_exit);
"""


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def fail(text):
    sys.exit(f"make port: {text}")


def module_name(folder):
    names = set()
    for makefile in ("Kbuild", "Makefile"):
        path = os.path.join(folder, makefile)
        if os.path.exists(path):
            text = read(path).replace("\\\n", " ")
            for objects in re.findall(r"^\s*obj-\S+\s*[:+]?=([^#\n]*)", text, re.M):
                names |= {word[:-2] for word in objects.split() if word.endswith(".o")}
            break
    else:
        fail(f"{folder} has neither Kbuild nor Makefile")
    if len(names) != 1:
        fail(f"{folder} has to build one module, and builds "
             f"{', '.join(sorted(names)) or 'none'}")
    print(re.sub(r"\W", "_", names.pop()))


def hide(paths):
    for path in paths:
        text = read(path)
        new = re.sub(r"(?<!/\*)\b__free\(\w+\)", r"/*\g<0>*/", text)
        if new != text:
            write(path, new)


def show(paths):
    for path in paths:
        text = read(path)
        new = re.sub(r"/\*(__free\(\w+\))\*/", r"\1", text)
        if new != text:
            write(path, new)


def mark(decisions_path):
    places = defaultdict(list)
    for path, line, column, name in json.loads(read(decisions_path)):
        places[path].append((line, column, name))
    for path, sites in places.items():
        lines = read(path).split("\n")
        for line, column, name in sorted(sites, reverse=True):
            text = lines[line - 1]
            if name.startswith("__free("):
                lines[line - 1] = text.replace(name, "__free(kspan)")
                continue
            if not text.startswith(name, column):
                fail(f"{path}:{line}: no {name} at column {column}")
            lines[line - 1] = text[:column] + "port_" + text[column:]
        write(path, "\n".join(lines))


def add_include(path, folder, name):
    """After the last #include before the code that is not under an #if."""
    text = read(path)
    depth, offset, after = 0, 0, None
    code = without_comments(text).splitlines(keepends=True)
    guard = bool(re.match(r"\s*#\s*ifndef", "".join(code)) and path.endswith(".h"))
    continued = False
    for line in code:
        directive = re.match(r"\s*#\s*(\w+)", line)
        offset += len(line)
        if directive:
            if directive.group(1).startswith("if"):
                depth += 1
            elif directive.group(1) == "endif":
                depth -= 1
            elif directive.group(1) == "include" and depth <= guard:
                after = offset
            elif directive.group(1) == "define" and guard and after is None:
                after = offset
        elif line.strip() and not continued:
            break
        continued = (directive or continued) and line.rstrip().endswith("\\")
    header = os.path.relpath(os.path.join(folder, f"{name}_kspan.h"),
                             os.path.dirname(path))
    after = after or 0
    write(path, f'{text[:after]}#include "{header}"\n{text[after:]}')


def add_heap(folder, name, paths):
    heap = f"{name}_heap"
    found = [path for path in paths if path.endswith(".c") and
             (INIT.search(read(path)) or DRIVER.search(read(path)))]
    if len(found) != 1:
        fail(f"one file has to have module_init(), and {len(found)} have")
    text = read(found[0])
    driver, start, end = DRIVER.search(text), INIT.search(text), EXIT.search(text)
    if driver:
        register, unregister = DRIVERS[driver.group(1)]
        init, leave = f"{register}(&{driver.group(2)})", f"{unregister}(&{driver.group(2)})"
    else:
        init = f"{start.group(2)}()"
        leave = f"{end.group(1)}()" if end else None
    values = {"name": name, "heap": heap, "init": init, "exit": leave}
    new = INIT_TEXT.format(**values)
    if leave:
        new += EXIT_TEXT.format(**values)
    if driver:
        text = text[:driver.start()] + new + text[driver.end():]
    elif not end:
        text = text[:start.start()] + new + text[start.end():]
    else:
        # where the later of both stood, so that both functions are known
        first, last = sorted((start.span(), end.span()))
        text = (text[:first[0]] + text[first[1]:last[0]] + new + text[last[1]:])
    write(found[0], text)
    write(os.path.join(folder, f"{name}_kspan.h"),
          HEADER.format(guard=f"{name.upper()}_KSPAN_H", heap=heap))
    for path in paths:
        if path == found[0] or re.search(r"\b(k?kspan_|KSPAN_|__free\(kspan\))",
                                         without_comments(read(path))):
            add_include(path, folder, name)


if __name__ == "__main__":
    if sys.argv[1] == "name":
        module_name(sys.argv[2])
    elif sys.argv[1] == "hide":
        hide(sys.argv[2:])
    elif sys.argv[1] == "show":
        show(sys.argv[2:])
    elif sys.argv[1] == "mark":
        mark(sys.argv[2])
    else:
        add_heap(sys.argv[2], sys.argv[3], sys.argv[4:])
