"""What the house asks of every source file: short, with a word on what it is for, and no clock of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source_files import sources, text_of, tree_of

MAX_LINES = 300
MAX_FUNCTION_LINES = 45

#: Where a clock of the machine may be read. `local_run` waits for programs, outside of party time.
CLOCKS = ("partyapp/shared/kernel/clock.py", "partyapp/local_run/")
CLOCK_READS = {
    "time": {
        "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime",
        "gmtime", "ctime", "clock_gettime", "clock_gettime_ns",
    },
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}  # fmt: skip


SERVICE = sources("partyapp", "workers", "migrations")
#: Comments and empty lines, and then a docstring. Its syntax is the interpreter's to check.
BEGINS_WITH_A_TEXT = re.compile(r'(\s*#[^\n]*\n|\s*\n)*r?"{3}\s*\S')
ALL = [*SERVICE, *sources("tests", "bench"), *sources("partyapp/web/static", endings=(".js", ".css"))]


#: Each read of a clock has one of these words in it: a file without any need not be walked.
CLOCK_WORDS = re.compile(rf"\b(?:{'|'.join(sorted({*CLOCK_READS} | set().union(*CLOCK_READS.values())))})\b")


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below it, for a function is one; most of a tree are expressions, which have none."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, block, ()):
            yield child
            yield from statements(child)


def long_functions(module: ast.Module) -> Iterator[str]:
    for node in statements(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"{node.name}: {lines} lines"


def clock_reads(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if node.attr in CLOCK_READS.get(name, ()):
                yield f"line {node.lineno}: {name}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield f"line {node.lineno}: from time import"


def test_no_file_is_long() -> None:
    lengths = {str(path): len(text_of(path).splitlines()) for path in ALL}
    assert len(lengths) > 200, "the sources were not found"
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_function_is_long() -> None:
    # A migration is one long list of what changes, and is never changed again.
    found = {
        str(path): list(long_functions(tree_of(path))) for path in SERVICE if path.parts[0] != "migrations"
    }
    assert {path: functions for path, functions in found.items() if functions} == {}


def test_every_module_says_what_it_is_for() -> None:
    modules = [path for path in ALL if path.suffix == ".py" and text_of(path)]
    assert [str(path) for path in modules if not BEGINS_WITH_A_TEXT.match(text_of(path))] == []


def test_a_module_that_says_nothing_is_noticed() -> None:
    assert not BEGINS_WITH_A_TEXT.match('# A comment.\nimport ast\n"""Too late."""\n')
    assert BEGINS_WITH_A_TEXT.match('#!/usr/bin/env python\n\n"""What it is for."""\nimport ast\n')


def test_time_is_read_in_one_place() -> None:
    suspects = [path for path in SERVICE if CLOCK_WORDS.search(text_of(path))]
    found = {str(path): list(clock_reads(tree_of(path))) for path in suspects}
    assert found["partyapp/shared/kernel/clock.py"], "the clock module was not found"
    assert {path: reads for path, reads in found.items() if reads and not path.startswith(CLOCKS)} == {}


@pytest.mark.parametrize(
    "wrong",
    [
        "import time\nnow = time.time()",
        "import time as t, time\nx = time.monotonic",
        "from time import time",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import date\ndate.today()",
    ],
)
def test_a_clock_of_ones_own_is_noticed(wrong: str) -> None:
    assert CLOCK_WORDS.search(wrong)
    assert list(clock_reads(ast.parse(wrong)))


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "class C:\n{}",
        "try:\n    pass\nexcept E:\n{}",
        "if a:\n    pass\nelse:\n{}",
        "match a:\n case _:\n{}",
    ],
)
def test_a_long_function_is_noticed(around: str) -> None:
    indent = "" if around == "{}" else "    "
    wrong = f"{indent}def f():\n" + f"{indent}    pass\n" * MAX_FUNCTION_LINES
    assert list(long_functions(ast.parse(around.format(wrong))))


def test_no_context_is_called_after_nothing() -> None:
    """Rooms are named for what they hold."""
    hollow = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    assert not [path for path in SERVICE if hollow & {*path.parts, path.stem}]
