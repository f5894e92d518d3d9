"""The description is sound in itself, and the one that is checked in is the one the program gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partyapp.description import DESCRIPTION
from partyapp.openapi.document import openapi_document, openapi_text
from partyapp.party.controllers.openapi.event_facts import FACTS

CHECKED_IN = Path(__file__).parents[3] / "docs" / "openapi.json"


def every(value: Any, name: str) -> Iterator[Any]:
    """Every value of this name, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            yield from every(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, name)


def resolved(whole: Any, reference: str) -> Any:
    assert reference.startswith("#/")
    for step in reference[2:].split("/"):
        whole = whole[step]
    return whole


@pytest.fixture(scope="module")
def described() -> Any:
    return json.loads(openapi_text(DESCRIPTION))


def operations_of(described: Any) -> Iterator[tuple[str, str, Any]]:
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def test_it_is_openapi_3_1_of_an_open_licence(described: Any) -> None:
    assert re.fullmatch(r"3\.1\.\d", described["openapi"])
    assert described["info"]["license"]["identifier"] == "Apache-2.0"
    assert described["servers"] == [{"url": "/"}]
    assert described["security"] == [{"bearerAuth": []}]


def test_the_checked_in_description_is_up_to_date() -> None:
    assert CHECKED_IN.read_text() == openapi_text(DESCRIPTION), (
        "docs/openapi.json is stale: python -m partyapp.openapi > docs/openapi.json"
    )


def test_it_is_put_together_once_and_is_always_the_same() -> None:
    assert openapi_text(DESCRIPTION) is openapi_text(DESCRIPTION)
    assert json.loads(openapi_text(DESCRIPTION)) == json.loads(json.dumps(openapi_document(DESCRIPTION)))


def test_every_reference_leads_somewhere(described: Any) -> None:
    references = set(every(described, "$ref"))
    assert references
    for reference in references:
        assert resolved(described, reference) is not None


def test_everything_that_is_kept_for_references_is_referred_to(described: Any) -> None:
    references = set(every(described, "$ref"))
    for kind in ("schemas", "responses", "parameters"):
        for name in described["components"][kind]:
            assert f"#/components/{kind}/{name}" in references, name


def test_operation_ids_are_unique(described: Any) -> None:
    ids = [operation["operationId"] for _, _, operation in operations_of(described)]
    assert len(set(ids)) == len(ids) == len(DESCRIPTION.operations)


def test_every_tag_is_declared_and_used(described: Any) -> None:
    used = {tag for _, _, operation in operations_of(described) for tag in operation["tags"]}
    assert used == {tag["name"] for tag in described["tags"]} == set(DESCRIPTION.tags)


def test_path_parameters_are_those_of_the_path(described: Any) -> None:
    for path, _, operation in operations_of(described):
        parameters = [
            resolved(described, parameter["$ref"]) if "$ref" in parameter else parameter
            for parameter in operation["parameters"]
        ]
        declared = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), path
        for parameter in parameters:
            assert parameter["schema"]["type"] in ("string", "integer", "number"), parameter
            assert parameter["description"], parameter


def test_every_security_requirement_is_declared(described: Any) -> None:
    schemes = described["components"]["securitySchemes"].keys()
    for requirements in every(described, "security"):
        for requirement in requirements:
            assert requirement.keys() <= schemes


def test_every_field_says_what_it_means(described: Any) -> None:
    for name, schema in described["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            assert about.get("description"), f"{name}.{field}"
        assert schema.get("oneOf") or set(schema.get("required", [])) <= schema["properties"].keys(), name


def test_an_event_is_one_object_for_each_type_with_the_facts_of_that_type(described: Any) -> None:
    schemas = described["components"]["schemas"]
    event = schemas["Event"]
    assert event["discriminator"]["propertyName"] == "type"
    assert [{"$ref": ref} for ref in event["discriminator"]["mapping"].values()] == event["oneOf"]
    for word, ref in event["discriminator"]["mapping"].items():
        shown = resolved(described, ref)["properties"]
        assert shown["type"]["enum"] == [word]
        assert shown["data"]["$ref"] == f"#/components/schemas/{FACTS[word].__name__}"
    assert event["discriminator"]["mapping"].keys() == FACTS.keys()


def test_every_answer_has_a_description_and_statuses_are_statuses(described: Any) -> None:
    for path, method, operation in operations_of(described):
        for status, answer in operation["responses"].items():
            answer = resolved(described, answer["$ref"]) if "$ref" in answer else answer
            assert re.fullmatch(r"[1-5]\d\d", status), (method, path)
            assert answer["description"], (method, path)


def test_a_header_is_described_where_it_means_something_else(described: Any) -> None:
    def offset(method: str) -> Any:
        parameters = described["paths"]["/api/uploads/{upload_id}"][method]["parameters"]
        return next(one for one in parameters if one.get("name") == "Upload-Offset")

    assert offset("patch")["required"] is True
    assert "required" not in offset("post")


def test_a_seek_is_described_with_where_it_goes(described: Any) -> None:
    playback = described["components"]["schemas"]["PlaybackRequest"]
    assert playback["if"]["properties"]["action"] == {"const": "seek"}
    assert playback["then"] == {"required": ["position_s"]}


def test_a_number_in_a_path_is_described_as_one(described: Any) -> None:
    parameters = described["paths"]["/api/parties/{party_id}/chat/{seq}"]["delete"]["parameters"]
    assert [one["schema"]["type"] for one in parameters if one.get("in") == "path"] == ["string", "integer"]
