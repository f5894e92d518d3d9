"""What the house asks of every source file: short, with a word on what it is for, and no clock of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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


def sources(*folders: str, endings: tuple[str, ...] = (".py",)) -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings and "__pycache__" not in path.parts
    )


SERVICE = sources("partyapp", "workers", "migrations")
ALL = [*SERVICE, *sources("tests", "bench"), *sources("partyapp/web/static", endings=(".js", ".css"))]


def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def long_functions(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
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
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in ALL}
    assert len(lengths) > 200, "the sources were not found"
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_function_is_long() -> None:
    # A migration is one long list of what changes, and is never changed again.
    found = {
        str(path): list(long_functions(tree_of(path))) for path in SERVICE if path.parts[0] != "migrations"
    }
    assert {path: functions for path, functions in found.items() if functions} == {}


def test_every_module_says_what_it_is_for() -> None:
    modules = {str(path): tree_of(path) for path in ALL if path.suffix == ".py"}
    assert [path for path, module in modules.items() if module.body and not ast.get_docstring(module)] == []


def test_time_is_read_in_one_place() -> None:
    found = {str(path): list(clock_reads(tree_of(path))) for path in SERVICE}
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
    assert list(clock_reads(ast.parse(wrong)))


def test_a_long_function_is_noticed() -> None:
    wrong = "def f():\n" + "    pass\n" * MAX_FUNCTION_LINES
    assert list(long_functions(ast.parse(wrong)))


def test_no_context_is_called_after_nothing() -> None:
    """Rooms are named for what they hold."""
    hollow = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    assert not [path for path in SERVICE if hollow & {*path.parts, path.stem}]
