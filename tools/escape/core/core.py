#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Out of the summaries of many files, those that a module can use.

    core.py SUMMARIES MODULE.SYMVERS KERNEL

A function that is not exported is none of a module's. One that lets everything go says
no more than is assumed anyway. Functions that do the same share a line.
"""
import collections
import re
import sys


def exported(path):
    with open(path, encoding="utf-8") as file:
        return {line.split("\t")[1] for line in file}


def says_something(words):
    """False where all arguments go to the heap, or nobody knows."""
    words = words.split()
    params = [int(word[7:]) for word in words if word.startswith("params=")]
    if not params or any("frees=" in word for word in words):
        return True
    leaked = {word for word in words if re.fullmatch(r"heap<-\d+", word)}
    return params[0] > len(leaked)


def is_large(words):
    """Long lists of fields are rarely worth their bytes."""
    return len(words) > 600


def main():
    wanted = exported(sys.argv[2])
    by_words = collections.defaultdict(list)
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            name, words = line.rstrip("\n").split(":", 1)
            if name in wanted and says_something(words) and not is_large(words):
                by_words[words.strip()].append(name)
    print("# SPDX-License-Identifier: GPL-2.0")
    print(f"# Functions that the kernel {sys.argv[3]} exports, made by core.sh.")
    for names, words in sorted((sorted(n), w) for w, n in by_words.items()):
        print(f"{' '.join(names)}: {words}")


if __name__ == "__main__":
    main()
