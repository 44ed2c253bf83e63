#!/usr/bin/env python3
"""Holds the repository to its own rules.

Looks at what git would commit (tracked and new files, nothing ignored), prints
one line per fault as "path:line: rule: what is wrong", and exits with 1 if
there was any.

    tidy.py [--root DIR]
"""

import argparse
import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass

import includes
import scan

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70

CPP = (".h", ".cc")
SOURCES = CPP + (".proto", ".py", ".sh", ".ts", ".js", ".css", ".html", ".sql")
HOUSES = ("engine", "server", "clients", "tests", "deploy", "proto")
EXACT_ROOMS = tuple(
    f"engine/{room}/" for room in ("ledger", "margin", "rules", "order", "base")
)
# This checker and its test must name what they look for.
SELF = "tests/tidy/"


@dataclass(frozen=True)
class Fault:
    """One breach of one rule; `line` is 1 where it concerns the whole file."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


def is_test(path):
    """Whether `path` is compiled for tests alone."""
    return path.startswith("tests/") or path.endswith(("_test.cc", "_test.h"))


def is_source(path):
    """Whether `path` is written by hand and read as code."""
    name = os.path.basename(path)
    return (
        name.endswith(SOURCES) or name == "CMakeLists.txt" or path == ".ci/run"
    )


def check_file_length(path, text):
    """No source is longer than a reader holds in mind."""
    count = len(text.splitlines())
    if is_source(path) and count > MAX_FILE_LINES:
        yield Fault(
            path, 1, "file-length", f"{count} lines, at most {MAX_FILE_LINES}"
        )


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield scan.Function(node.name, node.lineno, node.end_lineno)


def check_function_length(path, text):
    """No function is longer than a screen."""
    if path.endswith(CPP):
        found = scan.functions(text)
    elif path.endswith(".py"):
        found = _python_functions(text)
    else:
        return
    for function in found:
        if function.length > MAX_FUNCTION_LINES:
            yield Fault(
                path,
                function.first,
                "function-length",
                f"{function.name} has {function.length} lines, "
                f"at most {MAX_FUNCTION_LINES}",
            )


def _matches(pattern, path, text, rule, say):
    lines = scan.Lines(text)
    for match in pattern.finditer(text):
        yield Fault(
            path, lines.of(match.start()), rule, say.format(match.group(0))
        )


_UNOWNED = re.compile(r"\bTODO\b(?!\([a-z][\w.-]*\))")


def check_unowned_todo(path, text):
    """Whoever leaves work behind says who will do it."""
    if is_source(path) and not path.startswith(SELF):
        yield from _matches(
            _UNOWNED, path, text, "unowned-todo", "write {}(name)"
        )


def check_proto_comments(path, text):
    """The protos are the published description of the API and the disk."""
    if not path.endswith(".proto"):
        return
    for element in scan.proto_elements(text):
        if not element.commented:
            yield Fault(
                path,
                element.line,
                "proto-comment",
                f"{element.kind} {element.name} has no comment",
            )


_FLOATING = re.compile(r"\b(?:double|float)\b")


def check_floating_point(path, text):
    """Money, points and rates are exact."""
    if path.startswith(EXACT_ROOMS) and path.endswith(CPP) and not is_test(path):
        yield from _matches(
            _FLOATING, path, scan.code_only(text), "floating-point", "{}"
        )


_UNFINISHED = re.compile(
    r"\b(?:FIXME|HACK)\b|\bnot (?:yet )?implemented\b|\blorem ipsum\b"
)
_MACHINE_PATH = re.compile(r"""(?:^|(?<=[\s"'`(=:]))/(?:work|home|root)/""", re.M)
_OTHER_WORD = re.compile(
    r"\b\w*(?:coupon|voucher|wallet|accrue|customer)\w*\b", re.IGNORECASE
)
_EMPTY_NAME = re.compile(r"\b(?:class|struct)\s+\w*(?:Manager|Helper|Utils?)\b")
_AMBIENT = re.compile(r"\babsl::Now\(|\bstd::rand\b|\brandom_device\b")
_EMPTY_FILE_NAME = re.compile(r"(?:^|_)(?:utils?|helpers?|manager)\.\w+$")


def check_words(path, text):
    """Unfinished work, paths of one machine, and names that say nothing."""
    if path.startswith(SELF) or path == "LICENSE":
        return
    if is_source(path) or path.endswith((".md", ".yaml")):
        yield from _matches(_UNFINISHED, path, text, "word", "{}")
        yield from _matches(_MACHINE_PATH, path, text, "machine-path", "{}")
    if is_source(path) and _EMPTY_FILE_NAME.search(os.path.basename(path)):
        yield Fault(path, 1, "word", "name the file for what it does")
    if not path.endswith(CPP):
        return
    code = scan.code_only(text)
    yield from _matches(_EMPTY_NAME, path, code, "word", "{} says nothing")
    if path.startswith(("engine/", "server/")) and not is_test(path):
        yield from _matches(
            _OTHER_WORD, path, code, "word", "{}: see the design's words"
        )
    if includes.is_pure(path) and not is_test(path):
        yield from _matches(
            _AMBIENT, path, code, "ambient", "{}: take it as an argument"
        )


def check_includes(path, text):
    """Includes run downward only."""
    if not path.endswith(CPP):
        return
    for line, why in includes.faults(path, text, is_test(path)):
        yield Fault(path, line, "include", why)


def check_readmes(paths):
    """Every folder of sources says what lives there."""
    present = set(paths)
    folders = {
        os.path.dirname(path)
        for path in paths
        if path.startswith(tuple(f"{house}/" for house in HOUSES))
        and path.endswith(SOURCES)
    }
    for folder in sorted(folders):
        if f"{folder}/README.md" not in present:
            yield Fault(f"{folder}/", 1, "readme", "the folder has no README.md")


FILE_CHECKS = (
    check_file_length,
    check_function_length,
    check_unowned_todo,
    check_proto_comments,
    check_floating_point,
    check_words,
    check_includes,
)


def committed_files(root):
    """Paths under `root` that git would commit and that exist, sorted."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached"]
        + ["--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
    ).stdout
    paths = {os.fsdecode(p) for p in listed.split(b"\0") if p}
    return sorted(p for p in paths if os.path.isfile(os.path.join(root, p)))


def faults_in(root):
    """Every fault of the repository at `root`, in the order of its paths."""
    paths = committed_files(root)
    found = list(check_readmes(paths))
    for path in paths:
        if not (is_source(path) or path.endswith((".md", ".yaml"))):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for check in FILE_CHECKS:
            found.extend(check(path, text))
    return sorted(found, key=lambda fault: (fault.path, fault.line))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    found = faults_in(parser.parse_args().root)
    for fault in found:
        print(fault)
    if found:
        print(f"{len(found)} faults", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
