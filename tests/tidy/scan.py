"""Reads C++ and proto text just well enough to check it.

Nothing here knows a rule: the functions answer questions about one text (what
is code, where functions begin and end, which proto elements have a comment).
"""

import bisect
import re
from dataclasses import dataclass

_LEXEME = re.compile(
    r"""
    (?P<raw>\b(?:u8|u|U|L)?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
  | (?P<line>//(?:\\\n|[^\n])*)
  | (?P<block>/\*.*?\*/)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>(?<![0-9A-Za-z_])(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+')
    """,
    re.DOTALL | re.VERBOSE,
)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_KEEP_NEWLINES = re.compile(r"[^\n]")


def _blank(match):
    return _KEEP_NEWLINES.sub(" ", match.group(0))


def _blank_unless_code(match):
    if match.lastgroup in ("string", "char"):
        inner = len(match.group(0)) - 2
        return '"' + " " * max(inner, 0) + '"'
    return _blank(match)


def code_only(text):
    """`text` with comments, strings and characters blanked, lines kept."""
    return _LEXEME.sub(_blank_unless_code, text)


class Lines:
    """Line numbers, from 1, of offsets into one text."""

    def __init__(self, text):
        self._ends = [m.start() for m in re.finditer("\n", text)]

    def of(self, offset):
        return bisect.bisect_left(self._ends, offset) + 1


@dataclass(frozen=True)
class Function:
    """A function body at file or class scope, lines counted from 1.

    `first` is the line its signature begins on, `last` that of its closing
    brace.
    """

    name: str
    first: int
    last: int

    @property
    def length(self):
        return self.last - self.first + 1


_SCOPE = re.compile(
    r"^(?:template\s*<.*>\s*)?(?:inline\s+|typedef\s+)?"
    r"(?:namespace|class|struct|union|enum|extern)\b",
    re.DOTALL,
)
_ENDS_A_SIGNATURE = re.compile(
    r"[)\]]\s*(?:(?:const|noexcept|override|final|volatile|mutable|try|&&?)\s*)*"
    r"(?:->[^;{}]+)?$"
)
_HAS_INITIALISERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)", re.DOTALL)
_OPENS_A_MEMBER = re.compile(r"[\w>]$")
_ACCESS = re.compile(r"^(?:\s|(?:public|private|protected)\s*:)+")
_NAME = re.compile(r"([\w~:]+|operator\s*\S+?)\s*\(")


def _kind(header):
    """What an opening brace after `header` opens at file or class scope."""
    if _HAS_INITIALISERS.search(header):
        return "member" if _OPENS_A_MEMBER.search(header) else "function"
    if _ENDS_A_SIGNATURE.search(header):
        return "function"
    return "scope" if _SCOPE.match(header) else "data"


def _close(code, opening):
    """The offset of the brace that closes the one at `opening`."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, opening):
        depth += 1 if match.group(0) == "{" else -1
        if depth == 0:
            return match.start()
    return len(code) - 1


def _next_stop(code, position):
    """The next brace or semicolon that stands outside parentheses."""
    depth = 0
    for match in re.compile(r"[(){};]").finditer(code, position):
        mark = match.group(0)
        if mark in "()":
            depth += 1 if mark == "(" else -1
        elif depth <= 0:
            return match.start()
    return -1


def functions(text):
    """Every function body at file or class scope, in order.

    Lambdas and local classes count as part of the function around them.
    """
    code = _DIRECTIVE.sub(_blank, code_only(text))
    lines = Lines(code)
    found = []
    start = position = 0
    while (stop := _next_stop(code, position)) >= 0:
        position = stop + 1
        if code[stop] == "{":
            header_start = _ACCESS.match(code[start:stop])
            begin = start + (header_start.end() if header_start else 0)
            header = code[begin:stop].rstrip()
            kind = _kind(header)
            if kind != "scope":
                position = _close(code, stop) + 1
            if kind == "member":
                continue
            if kind == "function":
                name = _NAME.search(header)
                found.append(
                    Function(
                        name.group(1) if name else "lambda",
                        lines.of(begin),
                        lines.of(position - 1),
                    )
                )
        start = position
    return found


@dataclass(frozen=True)
class Element:
    """One element of a proto file: its kind, name and first line."""

    kind: str
    name: str
    line: int
    commented: bool


_ELEMENTS = (
    (re.compile(r"^(message|enum|service|oneof|extend|rpc)\s+([\w.]+)"), None),
    (re.compile(r"^(?:[\w.<>, ]+\s)(\w+)\s*=\s*(?:0x)?\w+\s*(?:\[|$)"), "field"),
    (re.compile(r"^(\w+)\s*=\s*-?(?:0x)?\w+\s*(?:\[|$)"), "enum value"),
)
_NO_ELEMENT = re.compile(r"^(?:option|syntax|package|import|reserved|extensions)\b")


def _element_of(statement):
    if _NO_ELEMENT.match(statement):
        return None
    for pattern, kind in _ELEMENTS:
        match = pattern.match(statement)
        if match:
            return (kind or match.group(1), match.group(match.lastindex))
    return None


def _comment_lines(text):
    """Lines wholly of comment, and lines where a comment follows code."""
    whole, trailing = set(), set()
    lines = Lines(text)
    for match in _LEXEME.finditer(text):
        if match.lastgroup not in ("line", "block"):
            continue
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        first, last = lines.of(match.start()), lines.of(match.end() - 1)
        if before.strip():
            trailing.add(first)
        else:
            whole.update(range(first, last + 1))
    return whole, trailing


def proto_elements(text):
    """Every message, enum, service, oneof, rpc, field and enum value."""
    whole, trailing = _comment_lines(text)
    code = code_only(text)
    lines = Lines(code)
    found = []
    start = 0
    for stop in re.finditer(r"[{};]", code):
        statement = code[start : stop.start()]
        begin = start + len(statement) - len(statement.lstrip())
        start = stop.end()
        element = _element_of(" ".join(statement.split()))
        if element is None:
            continue
        first, last = lines.of(begin), lines.of(stop.start())
        commented = first - 1 in whole or not trailing.isdisjoint(
            range(first, last + 1)
        )
        found.append(Element(*element, first, commented))
    return found
