"""Commands run through `handle` alone: outside of its package no source file names a handler."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from partyapp.party.application.handlers import HANDLERS

ROOT = Path(__file__).parents[2]
NAMES = {handler.__name__ for handler in HANDLERS.values()}
#: Where handlers are defined and registered.
HOME = ROOT / "partyapp" / "party" / "application"


def named_handlers(module: ast.Module) -> Iterator[str]:
    """Each place where a handler class is imported or used."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            found = {alias.name for alias in node.names}
        elif isinstance(node, ast.Name):
            found = {node.id}
        elif isinstance(node, ast.Attribute):
            found = {node.attr}
        else:
            continue
        yield from (f"line {node.lineno}: {name}" for name in found & NAMES)


def test_only_handle_runs_handlers() -> None:
    found = {
        str(path.relative_to(ROOT)): list(named_handlers(ast.parse(path.read_text(encoding="utf-8"))))
        for folder in ("partyapp", "workers", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if path.parent != HOME
    }
    assert len(found) > 300, "the sources were not found"
    assert {path: places for path, places in found.items() if places} == {}


@pytest.mark.parametrize(
    "wrong",
    [
        "from partyapp.party.application.lifecycle_handlers import JoinPartySessionHandler",
        "from partyapp.party.application import upkeep_handlers\nupkeep_handlers.UpkeepHandler(1)(2)",
        "handlers['join'] = LeavePartySessionHandler",
    ],
)
def test_a_handler_run_by_others_is_noticed(wrong: str) -> None:
    assert list(named_handlers(ast.parse(wrong)))
