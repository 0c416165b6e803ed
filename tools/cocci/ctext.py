# SPDX-License-Identifier: GPL-2.0
"""What is read from a C file's text, where Coccinelle does not tell: macros,
declarations of pointers to structs, initializers, and where a call's name stands."""
import re

import calls

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|->|\+\+|--|<<|>>|[=!<>]=|'
                   r'&&|\|\||[A-Za-z_]\w*|\d\w*|[^\s\w]')
POINTER = re.compile(r"\bstruct\s+(\w+)\s*(?:__\w+\s*)?(?:const\s*)?\*(?:[\s*]|__\w+|const\b)*"
                     r"\b(\w+)\s*([;,\[=()]|__free\b)")
MORE = re.compile(r"\s*\**\s*(\w+)\s*(=[^;,]*)?([;,])")
DECLARED = re.compile(r"\b(?:\w+)\s*[\s*]\s*(\w+)\s*(?:\[[^\]]*\]\s*)*[;,=]")
INITIALIZER = re.compile(r"(?<=[{,\s])\.(\w+)\s*=\s*([^,;}]+)")
SCOPED = re.compile(r"\b(\w+)\s+__free\((kfree|kvfree)\)")
MENTION = re.compile(r"\b(" + "|".join(sorted(
    set(calls.ALLOC) | set(calls.FREE) | set(calls.MEASURE) | set(calls.CACHE_MAKE) |
    set(calls.CACHE_USE) | set(calls.ALWAYS) |
    {"kvrealloc", "kfree_bulk", "kfree_const", "kfree_link", "kstrdup_const",
     "kmemdup_nul", "KMEM_CACHE_USERCOPY", "mempool_init_slab_pool",
     "mempool_init_kmalloc_pool", "mempool_create", "memdup_user_nul",
     "kmemdup_array", "kvmemdup"})) + r")\b")
FILE_SCOPE = re.compile(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=.*)?$", re.S)


def tokens(text):
    return TOKEN.findall(text)


def split_arguments(toks, text=False):
    """The arguments between a call's brackets, each a list of tokens."""
    result, current, depth = [], [], 0
    for tok in toks:
        if tok in ("(", "[", "{"):
            depth += 1
        elif tok in (")", "]", "}"):
            depth -= 1
        if tok == "," and depth == 0:
            result.append(current)
            current = []
        else:
            current.append(tok)
    if current:
        result.append(current)
    return [" ".join(argument) for argument in result] if text else result


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """The same length and lines, comments and strings' contents blank."""
    def one(match):
        if match.group(0)[0] in "\"'":
            body = match.group(0)
            return body[0] + " " * (len(body) - 2) + body[-1]
        return blank(match)
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                  one, text, flags=re.S)


class Source:
    def __init__(self, path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            self.text = without_comments(file.read())
        self.macros = {}
        self.code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", self.directive, self.text,
                           flags=re.M)
        self.words = set(re.findall(r"\w+", self.text))
        self.pointers = []	# line, struct, name, whether it is a function
        for match in POINTER.finditer(self.code):
            self.add_pointers(match)
        self.declared = [(self.line(m.start(1)), m.group(1))
                         for m in DECLARED.finditer(self.code)]
        self.initializers = [(self.line(m.start()), m.group(1), m.group(2))
                             for m in INITIALIZER.finditer(self.code)]
        self.scoped = [(self.line(m.start()), m.group(1), m.group(2))
                       for m in SCOPED.finditer(self.code)]
        self.mentions = self.find_mentions()
        self.globals = self.find_globals()

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def directive(self, match):
        text = match.group(0).replace("\\\n", " ")
        macro = re.match(r"\s*#\s*define\s+(\w+)\(([^)]*)\)\s*(.*)", text, re.S)
        if macro:
            parameters = [p.strip() for p in macro.group(2).split(",")]
            self.macros[macro.group(1)] = (parameters, tokens(macro.group(3)))
        return blank(match)

    def add_pointers(self, match):
        kind, name, after = match.groups()
        line = self.line(match.start(2))
        self.pointers.append((line, kind, name, after == "("))
        # the others of "struct s *a, *b;"
        position = match.end()
        if after == "," or after == "=":
            rest = self.code[match.end(2):match.end(2) + 400].split(";")[0]
            if "(" not in rest.split("{")[0] or after == "=":
                for other in re.finditer(r",\s*\*+\s*(\w+)", rest):
                    self.pointers.append((line, kind, other.group(1), False))
        return position

    def find_mentions(self):
        return [(self.line(m.start()), m.group(1))
                for m in MENTION.finditer(self.text)
                if self.text[m.start() - 7:m.start()] != "__free("]

    def find_globals(self):
        names, depth, statement = set(), 0, ""
        for char in self.code:
            if char in "{(":
                depth += 1
            elif char in "})":
                depth -= 1
                if char == "}" and depth == 0:
                    statement += " "
            elif depth == 0 and char == ";":
                found = FILE_SCOPE.search(statement.strip())
                if found:
                    names.add(found.group(1))
                statement = ""
            elif depth == 0:
                statement += char
        return names
