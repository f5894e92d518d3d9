"""Every object and message has an example, and each is one that the server itself would take or send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.openapi.document import openapi_text
from partyapp.openapi.example_values import VALUES
from partyapp.openapi.examples import add_examples, example_of
from partyapp.openapi.operation import Operation
from partyapp.openapi.schema_plugin import component_name
from partyapp.openapi.socket_message import Sender
from tests.unit.openapi.test_asyncapi import errors_of

DOCS = Path(__file__).parents[3] / "docs"
SCHEMAS: Any = json.loads(openapi_text(DESCRIPTION))["components"]["schemas"]
ASYNC: Any = json.loads((DOCS / "asyncapi.json").read_text())


def example(name: str) -> Any:
    (found,) = SCHEMAS[name]["examples"]
    return found


def test_every_object_and_every_message_has_an_example() -> None:
    for name, schema in {**SCHEMAS, **ASYNC["components"]["schemas"]}.items():
        assert len(schema["examples"]) == 1, name
    for name, message in ASYNC["components"]["messages"].items():
        assert [list(each) for each in message["examples"]] == [["name", "payload"]], name


@pytest.mark.parametrize("operation", DESCRIPTION.operations, ids=lambda operation: operation.id)
def test_the_examples_of_an_operation_are_what_it_takes_and_answers(operation: Operation) -> None:
    for taken in (operation.body, operation.form):
        if taken is not None:
            assert taken().load(example(component_name(taken))) is not None
    for shown in (operation.answer, operation.preview, *operation.refusals.values()):
        if shown is not None:
            answers.check_object(shown, example(component_name(shown)))


@pytest.mark.parametrize("message", DESCRIPTION.messages, ids=lambda message: message.component)
def test_the_example_of_a_message_is_one_that_is_read_or_sent(message: Any) -> None:
    (given,) = ASYNC["components"]["messages"][f"party.{message.component}"]["examples"]
    payload = given["payload"]
    assert payload["type"] == message.name
    if message.sender is Sender.CLIENT:
        assert errors_of(payload) == {}
    else:
        answers.check_message(DESCRIPTION, payload)


def test_every_value_is_shown_somewhere() -> None:
    """A value that no example shows is of a field that is called otherwise by now."""
    known = {name for schema in (*SCHEMAS.values(), *ASYNC["components"]["schemas"].values())
             for name in schema.get("properties", ())}  # fmt: skip
    objects = {*SCHEMAS, *ASYNC["components"]["schemas"]}
    for name in VALUES:
        owner, _, field = name.rpartition(".")
        assert field in known, name
        assert not owner or owner in objects, name


def test_an_example_has_the_structure_of_its_schema() -> None:
    schemas: dict[str, Any] = {
        "Thing": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "size": {"type": "integer", "minimum": 3},
                "made_at_ms": {"type": "number"},
                "kind": {"type": "string", "enum": ["round", "square"]},
                "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                "whole": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
            },
        },
        "Part": {"type": "object", "properties": {"is_good": {"type": "boolean"}}, "examples": [{"kept": 1}]},
    }
    made = example_of("Thing", schemas.__getitem__)
    assert made["size"] == 3
    assert made["kind"] == "round"
    assert made["parts"] == [{"is_good": False}]
    assert made["whole"] is None
    assert made["made_at_ms"] > 1e12
    add_examples(schemas, schemas.__getitem__)
    assert schemas["Part"]["examples"] == [{"kept": 1}]
    assert schemas["Thing"]["examples"] == [made]
