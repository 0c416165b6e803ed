#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Summaries of the functions that a kernel exports, for core.sh.

Files are analysed folder by folder in the order of the list, each with what is known
of all the folders before: the list has callees first. Written are functions that are
exported, as all others are none of a module's, and that do not let everything go,
which is assumed anyway. Functions that do the same share a line.
"""
import argparse
import collections
import itertools
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

OPTION = "-fplugin-arg-kspan_escape-"
# A summary of more words than this is not worth its bytes.
MAX_LENGTH = 400


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("plugin", "command", "headers", "tree", "work", "name"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("list")
    return parser.parse_args()


def kbuild_flags(path):
    """The shell words of kbuild's command, up to what is of its own file."""
    with open(path, encoding="utf-8") as file:
        command = re.search(r"^(?:saved)?cmd_\S+ := (.*?)(?: ; .*)?$", file.read(), re.M)
    words = command.group(1).replace("\\#", "#").replace("$$", "$")
    return re.sub(r"(?<=\s)(-Wp,-MMD,\S+|-D_*KBUILD_(MODFILE|BASENAME|MODNAME)=\S+"
                  r"|-o \S+\.o|-c|\S+probe\.c)(?=\s)", "", words + " ")


def compile_command(arguments, flags, path, summaries):
    base = re.sub(r"\W", "_", os.path.basename(path)[:-2])
    source = os.path.join(arguments.tree, path)
    folders = [os.path.dirname(source)] + [os.path.join(arguments.tree, folder)
                                           for folder in ("fs", "mm", "block")]
    return (f"{flags} {' '.join('-I' + folder for folder in folders)}"
            f" -DKBUILD_MODFILE='\"{path[:-2]}\"' -DKBUILD_BASENAME='\"{base}\"'"
            f" -DKBUILD_MODNAME='\"{base}\"' -D__KBUILD_MODNAME=kmod_{base}"
            f" -w -fplugin={arguments.plugin} {OPTION}analyse-only"
            f" {OPTION}database={arguments.work}/known"
            f" {OPTION}summaries={summaries} -S -o {os.devnull} {source}")


def analyse(arguments, flags, path):
    """The file's summaries, by name; what cannot be compiled here has none."""
    summaries = os.path.join(arguments.work, path.replace("/", "_") + ".esc")
    command = compile_command(arguments, flags, path, summaries)
    done = subprocess.run(command, shell=True, cwd=arguments.headers, text=True,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode or not os.path.exists(summaries):
        line = (re.findall(r".*error: .*", done.stderr) or ["?"])[0]
        print(f"core.py: not analysed: {path}: {line}", file=sys.stderr)
        return {}
    with open(summaries, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":", 1) for line in file
                    if not line.startswith("#"))


def analyse_all(arguments, paths):
    known, flags = {}, kbuild_flags(arguments.command)
    with ThreadPoolExecutor(max_workers=arguments.jobs) as pool:
        for folder, batch in itertools.groupby(paths, os.path.dirname):
            with open(arguments.work + "/known", "w", encoding="utf-8") as file:
                file.writelines(f"{name}:{known[name]}\n" for name in sorted(known))
            found = pool.map(lambda path: analyse(arguments, flags, path), batch)
            for summaries in found:
                known.update(summaries)
            print(f"core.py: {folder}: {len(known)} functions", file=sys.stderr)
    return known


def exported(headers):
    with open(headers + "/Module.symvers", encoding="utf-8") as file:
        return {line.split("\t")[1] for line in file}


def says_something(words):
    """False where all arguments go to the heap and nothing is freed."""
    words = words.split()
    params = [int(word[7:]) for word in words if word.startswith("params=")]
    if not params or any(word.startswith("frees=") for word in words):
        return True
    leaked = {word for word in words if re.fullmatch(r"heap<-\d+", word)}
    return params[0] > len(leaked)


def main():
    arguments = parse_arguments()
    with open(arguments.list, encoding="utf-8") as file:
        paths = [line.strip() for line in file if not line.startswith("#")]
    paths = [path for path in paths
             if os.path.exists(os.path.join(arguments.tree, path))]
    known, wanted = analyse_all(arguments, paths), exported(arguments.headers)
    by_words = collections.defaultdict(list)
    for name, words in known.items():
        if name in wanted and says_something(words) and len(words) <= MAX_LENGTH:
            by_words[words.strip()].append(name)
    print("# SPDX-License-Identifier: GPL-2.0")
    print(f"# Functions that the kernel {arguments.name} exports, made by core.sh.")
    for names, words in sorted((sorted(n), w) for w, n in by_words.items()):
        print(f"{' '.join(names)}: {words}")


if __name__ == "__main__":
    main()
