"""Commands run through `handle` alone: outside of its package no source file names a handler."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from partyapp.party.application.handlers import HANDLERS
from tests.architecture.source_files import sources, text_of, tree_of

NAMES = {handler.__name__ for handler in HANDLERS.values()}
#: Where handlers are defined and registered.
HOME = Path("partyapp/party/application")


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
    paths = [path for path in sources("partyapp", "workers", "tests", "bench") if path.parent != HOME]
    assert len(paths) > 300, "the sources were not found"
    # To parse all of them would take seconds.
    suspects = [path for path in paths if any(name in text_of(path) for name in NAMES)]
    found = {str(path): list(named_handlers(tree_of(path))) for path in suspects}
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
