"""Requests are described as the controllers read them, and each refusal by its code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from marshmallow import Schema

from partyapp.auth.controllers import NameSchema
from partyapp.description import DESCRIPTION
from partyapp.openapi.document import openapi_text
from partyapp.openapi.operation import Operation
from partyapp.openapi.schema_plugin import component_name
from partyapp.party.controllers import socket_admission
from partyapp.party.controllers.openapi.socket_channel import SocketQuery
from partyapp.party.controllers.schemas import CreatePartySchema
from partyapp.shared.kernel.errors import PROBLEMS

#: Those that PROTOCOL names.
CODES = {
    "unauthenticated", "forbidden", "not_found", "validation_failed", "malformed_json",
    "unsupported_media_type", "payload_too_large", "stale_revision", "party_ended", "party_full",
    "not_a_member", "invalid_invite", "video_not_ready", "idempotency_key_reused", "rate_limited",
    "unavailable",
}  # fmt: skip

OPERATIONS = DESCRIPTION.operations
DESCRIBED: Any = json.loads(openapi_text(DESCRIPTION))
SCHEMAS: Any = DESCRIBED["components"]["schemas"]
WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]
WITH_QUERY = [operation for operation in OPERATIONS if operation.query is not None]


def described(operation: Operation) -> Any:
    return DESCRIBED["paths"][operation.path][operation.method]


def needed(schema: type[Schema]) -> set[str]:
    return {name for name, field in schema().fields.items() if field.required}


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_a_body_has_the_fields_that_are_read(operation: Operation) -> None:
    assert operation.body is not None
    body = described(operation)["requestBody"]
    name = component_name(operation.body)
    assert body["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{name}"}
    assert SCHEMAS[name]["properties"].keys() == operation.body().fields.keys()
    assert set(SCHEMAS[name].get("required", [])) == needed(operation.body)
    assert SCHEMAS[name]["additionalProperties"] is False
    assert body["required"] is bool(needed(operation.body))


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda operation: operation.id)
def test_a_query_has_the_parameters_that_are_read(operation: Operation) -> None:
    assert operation.query is not None
    found = {p["name"]: p for p in described(operation)["parameters"] if p.get("in") == "query"}
    assert found.keys() == operation.query().fields.keys()
    for name, parameter in found.items():
        assert parameter["required"] is (name in needed(operation.query))


def test_the_socket_takes_the_query_that_is_read() -> None:
    assert SocketQuery().fields.keys() == socket_admission._QUERY


def test_our_own_fields_say_their_type_and_limits() -> None:
    party = SCHEMAS[component_name(CreatePartySchema)]["properties"]
    assert party["video_id"]["type"] == "string"
    assert party["video_id"]["format"] == "uuid"
    assert party["max_members"]["type"] == "integer"
    assert (party["max_members"]["minimum"], party["max_members"]["maximum"]) == (1, 10_000)
    assert (party["visibility"]["enum"], party["visibility"]["default"]) == (["private", "public"], "private")
    name = SCHEMAS[component_name(NameSchema)]["properties"]["display_name"]
    assert (name["type"], name["minLength"], name["maxLength"]) == ("string", 1, 64)
    playback = SCHEMAS["PlaybackRequest"]["properties"]
    assert (playback["rate"]["type"], playback["rate"]["minimum"], playback["rate"]["maximum"]) == (
        "number", 0.25, 4.0,
    )  # fmt: skip
    assert SCHEMAS["VideoRequest"]["properties"]["playback_url"]["format"] == "uri-reference"
    limit = next(
        p for p in DESCRIBED["paths"]["/api/parties"]["get"]["parameters"] if p.get("name") == "limit"
    )
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}


def test_every_code_has_its_status_and_its_example() -> None:
    assert set(PROBLEMS) >= CODES
    assert SCHEMAS["Problem"]["properties"]["code"]["enum"] == list(PROBLEMS)
    for code, (status, title) in PROBLEMS.items():
        example = DESCRIBED["components"]["examples"][code]["value"]
        assert (example["code"], example["status"], example["title"]) == (code, status, title)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_an_operation_lists_its_codes_by_status(operation: Operation) -> None:
    listed = set()
    for status, answer in described(operation)["responses"].items():
        if "$ref" in answer:
            answer = DESCRIBED["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        problems = answer.get("content", {}).get("application/problem+json")
        if problems is None:
            continue
        codes = problems["examples"].keys()
        assert {PROBLEMS[code][0] for code in codes} == {int(status)}
        # One problem for all, so that a generated client has no class for each status.
        kind = operation.refusals.get(int(status))
        name = component_name(kind) if kind else "Problem"
        assert problems["schema"] == {"$ref": f"#/components/schemas/{name}"}
        listed |= set(codes)
    assert listed == set(operation.codes)
    if operation.public:
        assert described(operation)["security"] == []
    else:
        assert listed >= {"unauthenticated", "unavailable"}


def test_what_can_be_retried_says_how() -> None:
    for operation in OPERATIONS:
        names = [parameter.get("$ref", "") for parameter in described(operation)["parameters"]]
        takes_key = "#/components/parameters/Idempotency-Key" in names
        assert takes_key or operation.method == "get" or operation.resumable, operation.id
        assert ("202" in described(operation)["responses"]) is (
            operation.lifecycle or bool(operation.under_way)
        )
        assert ("#/components/parameters/Prefer" in names) is operation.lifecycle
    unavailable = DESCRIBED["components"]["responses"]["unavailable"]
    assert unavailable["headers"].keys() == {"Retry-After"}
