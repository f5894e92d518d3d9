"""Fields against values that mean harm, and JSON against what json.loads lets pass."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from partyapp.shared.http.schemas import (
    Id,
    Number,
    QueryNumber,
    Text,
    WholeNumber,
    load,
    read_query,
)
from partyapp.shared.kernel.errors import MalformedJson, ValidationFailed
from partyapp.shared.kernel.strict_json import parse_json
from tests.support.examples import examples

ID = "01a20522-e11b-7ecc-bd8e-9da2dbd38082"
HUGE = int("9" * 400)
NO_NUMBERS: list[Any] = [None, True, False, [], {}, [1], {"a": 1}, "", "\x00", "\ud800", "1", "NaN"]
STRANGERS: list[Any] = [
    *NO_NUMBERS, HUGE, -HUGE, float("nan"), float("inf"), -float("inf"), 1e308, -1, 0.5,
]  # fmt: skip


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("Ada", "Ada"), ("  Ada  ", "Ada"), ("Ä 🎬", "Ä 🎬"), ("x" * 8, "x" * 8), (" " * 90 + "x", "x")],
)
def test_text_is_trimmed(given_: str, expected: str) -> None:
    assert Text(1, 8).deserialize(given_) == expected


@pytest.mark.parametrize(
    "wrong",
    ["", "   ", "x" * 9, "a\x00b", "a\nb", "a\x7fb", "a\x85b", "\ud800", "a\udfffb", 5, True, None, [], {}],
)
def test_text_that_is_none(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Text(1, 8).deserialize(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        ID[:-1],
        ID + "0",
        "{" + ID + "}",
        "urn:uuid:" + ID,
        ID.replace("-", ""),
        ID + "\n",
        " " + ID,
        "٠" * 36,
        7,
        None,
        [ID],
    ],
)
def test_an_id_in_any_other_form_is_none(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Id().deserialize(wrong)


def test_an_id_in_either_case() -> None:
    assert Id().deserialize(ID) == Id().deserialize(ID.upper()) == UUID(ID)


@pytest.mark.parametrize("good", [0, 0.0, 5, 5.5, 10, -0.0])
def test_numbers_within_their_range(good: float) -> None:
    found = Number(0, 10).deserialize(good)
    assert found == good
    assert type(found) is float


@pytest.mark.parametrize("wrong", [v for v in STRANGERS if v != 0.5] + [10.000001, "5"])
def test_no_number(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Number(0, 10).deserialize(wrong)


@pytest.mark.parametrize("wrong", [*STRANGERS, 0, 11, 5.5, "5"])
def test_no_whole_number(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        WholeNumber(1, 10).deserialize(wrong)


def test_whole_numbers_within_their_range() -> None:
    assert [WholeNumber(1, 10).deserialize(number) for number in (1, 10)] == [1, 10]


def test_the_largest_number_that_json_tells_exactly_is_one_in_a_query() -> None:
    assert QueryNumber(0, 2**53 - 1).deserialize(str(2**53 - 1)) == 2**53 - 1


def test_a_whole_number_may_be_written_as_json_writes_any_number() -> None:
    found = WholeNumber(1, 10).deserialize(5.0)
    assert found == 5
    assert type(found) is int


@pytest.mark.parametrize(
    "wrong", ["", "0", "11", "-1", "+1", "1.0", "1e1", " 1", "1 ", "٣", "9" * 400, 1, None]
)
def test_no_number_in_a_query(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        QueryNumber(1, 10).deserialize(wrong)


class Film(Schema):
    title = Text(1, 8, required=True)
    length = Number(0, 10)


@pytest.mark.parametrize(
    ("data", "fields_"),
    [
        ({}, {"title"}),
        ({"title": "", "length": "x"}, {"title", "length"}),
        ({"title": "x", "colour": 1}, {"colour"}),
        ([], {"_schema"}),
        ("x", {"_schema"}),
        (None, {"_schema"}),
    ],
)
def test_what_is_wrong_is_said_by_field(data: Any, fields_: set[str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        load(Film(), data)
    assert set(caught.value.problem()["errors"]) == fields_
    json.dumps(caught.value.problem())


def test_a_query_names_only_what_there_is() -> None:
    class Query(Schema):
        limit = QueryNumber(1, 100, load_default=50)
        cursor = fields.String(load_default=None)

    assert read_query(Query(), {}) == {"limit": 50, "cursor": None}
    assert read_query(Query(), {"limit": "7"})["limit"] == 7
    with pytest.raises(ValidationFailed):
        read_query(Query(), {"offset": "7"})


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{",
        "NaN",
        '{"a": NaN}',
        "[Infinity]",
        "[-Infinity]",
        "[" * 100_000,
        "[" * 8000 + "]" * 8000,
        '{"a":' * 100_000,
        "9" * 10_000,
        "{'a': 1}",
        '{"a": 1,}',
        "[1] x",
        "﻿{}",
        b"\xff\xfe",
        b'{"a": "\xff"}',
        b'"\xed\xa0\x80"',
        "\x00",
    ],
)
def test_what_is_no_json(wrong: str | bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_json(wrong)


def test_of_two_equal_names_the_last_counts() -> None:
    """RFC 8259 §4 leaves it open; what matters is that everybody here reads the same."""
    assert parse_json('{"a": 1, "a": 2}') == {"a": 2}


@settings(max_examples=examples(80))
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_whatever_comes_in_is_json_or_refused(data: str | bytes) -> None:
    try:
        parse_json(data)
    except MalformedJson:
        return


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=examples(60))
@given(values)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value == parse_json(json.dumps(value).encode())


class _Nested(Schema):
    words = fields.List(fields.Integer())
    inner = fields.Nested(Schema.from_dict({"for": fields.Integer(), "more": fields.List(fields.Integer())}))


@pytest.mark.parametrize("no_object", [[], 1, "for"])
def test_what_should_hold_fields_and_does_not_is_named_by_its_own_name(no_object: object) -> None:
    with pytest.raises(ValidationFailed) as refused:
        load(_Nested(), {"inner": no_object})
    assert refused.value.errors == {"inner": ["Invalid input type."]}


def test_reasons_are_a_list_of_sentences_by_field_however_deep_they_are() -> None:
    with pytest.raises(ValidationFailed) as caught:
        load(_Nested(), {"words": ["a", 1, "b"], "inner": {"for": "x", "more": ["y"], "other": 1}, "new": 1})
    assert caught.value.errors == {
        "words": ["Not a valid integer."],
        "inner": ["for: Not a valid integer.", "more: Not a valid integer.", "other: Unknown field."],
        "new": ["Unknown field."],
    }
