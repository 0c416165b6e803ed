# SPDX-License-Identifier: GPL-2.0
"""What is read from a C file's text, where Coccinelle does not tell: macros,
declarations of pointers to structs, initializers, and where a call's name stands."""
import re

import calls

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|->|\+\+|--|<<|>>|[=!<>]=|'
                   r'&&|\|\||[A-Za-z_]\w*|\d\w*|[^\s\w]')
STRUCT = re.compile(r"\bstruct\s+(\w+)((?:\s|\*|__\w+|const\b)*)\b(?<!\bstruct )(\w+)"
                    r"\s*([;,\[=():]|__\w+)")
BODY = re.compile(r"\bstruct\s+(\w+)\s*{")
DECLARED = re.compile(r"\b(?:\w+)\s*[\s*]\s*(\w+)\s*(?:\[[^\]]*\]\s*)*[;,=]")
INITIALIZER = re.compile(r"(?<=[{,\s])\.(\w+)\s*=\s*([^,;}]+)")
SCOPED = re.compile(r"\b(\w+)\s+__free\((kfree|kvfree)\)")
MENTION = re.compile(r"\b(" + "|".join(sorted(
    calls.NAMES | {"kvrealloc", "kfree_bulk", "kfree_const", "kfree_link", "kstrdup_const",
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
            # __free() stands in a comment while Coccinelle reads
            text = re.sub(r"/\*(__free\(\w+\))\*/", r"  \1  ", file.read())
        self.text = without_comments(text)
        self.macros = {}
        self.code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", self.directive, self.text,
                           flags=re.M)
        self.words = set(re.findall(r"\w+", self.text))
        self.blocks = self.find_blocks()
        self.bodies = self.find_bodies()
        self.structs = {name: {} for _, _, name in self.bodies}
        # line, struct, name, stars, the struct whose field it is, whether a function
        self.pointers = []
        for match in STRUCT.finditer(self.code):
            self.add_struct(match)
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

    def find_bodies(self):
        bodies = []
        for match in BODY.finditer(self.code):
            depth = 0
            for end in range(match.end() - 1, len(self.code)):
                depth += (self.code[end] == "{") - (self.code[end] == "}")
                if depth == 0:
                    break
            bodies.append((match.end(), end, match.group(1)))
        return bodies

    def find_blocks(self):
        """The first and last line of each pair of braces."""
        blocks, opened, line = [], [], 1
        for char in self.code:
            if char == "\n":
                line += 1
            elif char == "{":
                opened.append(line)
            elif char == "}" and opened:
                blocks.append((opened.pop(), line))
        return blocks

    def block_at(self, line):
        """The innermost block that a line is in."""
        return max((block for block in self.blocks if block[0] < line <= block[1]),
                   default=None)

    def add_struct(self, match):
        kind, between, name, after = match.groups()
        offset = match.start(3)
        # the innermost that has a name
        owner = max((body for body in self.bodies if body[0] <= offset < body[1]),
                    default=(0, 0, None))[2]
        self.add_variable(match, kind, name, between.count("*") + (after == "["), owner,
                          after == "(" and not owner)
        if after not in (",", "=", "["):
            return
        # the others of "struct s *a, *b;", but not those of a parameter list
        rest = self.code[match.end(3):match.end(3) + 400].split(";")[0]
        if rest.count(")") > rest.count("("):
            return
        for other in re.finditer(r",\s*(\**)\s*(\w+)\s*(?=[,=\[]|$)", rest):
            self.add_variable(match, kind, other.group(2), len(other.group(1)), owner,
                              False)

    def add_variable(self, match, kind, name, stars, owner, is_function):
        if owner:
            self.structs[owner][name] = kind
        self.pointers.append((self.line(match.start(3)), kind, name, stars, owner,
                              is_function))

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
