"""docs/protocol.md, which people read, names what the documents for machines describe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema

from partyapp.description import DESCRIPTION
from partyapp.openapi.description import Description
from partyapp.party.contract import EVENT_TYPES
from partyapp.party.controllers.openapi import objects
from partyapp.party.controllers.openapi.playback_facts import Playback
from partyapp.shared.kernel.errors import PROBLEMS

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")


def unnamed_operations(page: str, description: Description) -> list[str]:
    """The operations whose method and address the page doesn't name."""
    rows = re.findall(r"^(?:\| |## WebSocket `)([A-Z]+) (.*)$", page, re.M)
    named = {(method, path) for method, row in rows for path in re.findall(r"(?:^|`)(/[^`?]*)", row)}
    return [
        operation.id
        for operation in description.operations
        if (operation.method.upper(), re.sub(r"{\w+}", "{uuid}", operation.path)) not in named
    ]


def unnamed_messages(page: str, description: Description) -> list[str]:
    """The messages of the socket of which the page has no example with all their fields."""
    examples: dict[str, str] = {}
    for line in page.splitlines():
        for name, example in re.findall(r'`\{"type":"(\w+)"(.*?)\}`', line):
            examples[name] = examples.get(name, "") + example
    return [
        message.name
        for message in description.messages
        if not all(f'"{field}"' in examples.get(message.name, "") for field in _own_fields(message.payload))
    ]


def _own_fields(payload: Any) -> set[str]:
    fields = payload().fields if isinstance(payload, type) else payload["properties"]
    return set(fields)


def test_every_operation_is_named() -> None:
    assert unnamed_operations(PAGE, DESCRIPTION) == []


def test_every_message_is_named_with_its_fields() -> None:
    assert unnamed_messages(PAGE, DESCRIPTION) == []


def test_every_close_code_is_named() -> None:
    named = {int(code) for code in re.findall(r"^\| (\d{4}) \|", PAGE, re.M)}
    assert named == set(DESCRIPTION.channels["party"].close_codes)


def test_every_problem_is_named_with_its_status() -> None:
    errors = PAGE.partition("## Errors")[2].partition("## ")[0] + PAGE.partition("- More codes: ")[2]
    named = {code: int(status) for code, status in re.findall(r"`(\w+)` (\d{3})\b", errors)}
    assert named == {code: status for code, (status, _) in PROBLEMS.items()}


def test_every_event_is_named() -> None:
    assert [kind for kind in EVENT_TYPES if f"`{kind}`" not in PAGE] == []


@pytest.mark.parametrize("kind", [Playback, objects.Member, objects.Party, objects.Event])
def test_an_object_is_named_with_its_fields(kind: type[Schema]) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"{kind.__name__}: "))
    assert [name for name in kind().fields if f'"{name}"' not in line] == []


def test_what_is_missing_is_noticed() -> None:
    assert unnamed_operations(PAGE.replace("POST `/api/parties`", "`/api/parties`"), DESCRIPTION) == [
        "createParty"
    ]
    assert unnamed_operations(PAGE.replace("/ws`", "`"), DESCRIPTION) == ["openSocket"]
    assert unnamed_messages(PAGE.replace('"heartbeat_s"', ""), DESCRIPTION) == ["welcome"]
    assert unnamed_messages(PAGE.replace('"type":"tick"', ""), DESCRIPTION) == ["tick"]
