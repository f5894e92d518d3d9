"""The types of the JavaScript client name the fields that the contract has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from partyapp.description import DESCRIPTION
from partyapp.openapi.asyncapi import asyncapi_document
from partyapp.openapi.objects import Problem
from partyapp.party.controllers.openapi import objects
from partyapp.party.controllers.openapi.playback_facts import Playback
from partyapp.transcode.openapi import Video

TYPES = Path(__file__).parents[3] / "partyapp" / "web" / "static" / "party-client" / "types.js"
MESSAGES: Any = asyncapi_document(DESCRIPTION)["components"]["schemas"]

#: The client's name of an object -> our own.
OBJECTS: dict[str, type[Schema]] = {
    "Video": Video,
    "Playback": Playback,
    "MemberSync": objects.Sync,
    "Member": objects.Member,
    "Party": objects.Party,
    "PartyEvent": objects.Event,
    "Problem": Problem,
}
#: What a client sends, without the fields that the client library adds by itself.
SENT = {
    "MemberStatus": ("StatusMessage", {"type"}),
    "Exchange": ("Exchange", set()),
    "CommandFields": ("CommandMessage", {"type", "id", "action"}),
}


def typedefs(source: str) -> dict[str, str]:
    """Each type of the file by its name, as it is written between the braces."""
    plain = re.sub(r"\n? *(?:/\*\*|\*/|\*) ?", " ", source)
    found = {name: text for text, name in re.findall(r"@typedef \{(\{[^@]*\}|[^{}@]*)\} (\w+)", plain)}
    for name, properties in re.findall(r"@typedef \{object\} (\w+)\s+((?:@property [^@]*)+)", plain):
        written = [re.match(r" \{(.*)\} (\[?\w+\]?)", each) for each in properties.split("@property")[1:]]
        pairs = [match.groups() for match in written if match]
        named = (f"{key.strip('[]')}{'?' * key.startswith('[')}: {text}" for text, key in pairs)
        found[name] = f"{{{', '.join(named)}}}"
    return found


def fields_of(text: str) -> dict[str, str]:
    """The fields of an object type and the type of each; one that may be left out ends in `?`."""
    found: dict[str, str] = {}
    depth = start = 0
    inner = text.strip()[1:-1] + ","
    for index, character in enumerate(inner):
        depth += (character in "{<(") - (character in "}>)" and inner[index - 1] != "=")
        if character == "," and depth == 0:
            name, _, kind = inner[start:index].partition(":")
            found[name.strip()] = kind.strip()
            start = index + 1
    return found


DECLARED = typedefs(TYPES.read_text(encoding="utf-8"))


def words(text: str) -> set[str]:
    """The words that a type consists of: one of its own, or one that it names."""
    return set(re.findall(r"'(\w+)'", DECLARED.get(text, text)))


def names(text: str) -> set[str]:
    return {name.removesuffix("?") for name in fields_of(text)}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_the_fields_of_the_contract(name: str) -> None:
    described = OBJECTS[name]().fields
    declared = fields_of(DECLARED[name])
    assert names(DECLARED[name]) == described.keys()
    if name != "Problem":
        # A problem may also be one of a proxy's, of which nothing is sure.
        assert {key[:-1] for key in declared if key.endswith("?")} == {
            key for key, field in described.items() if not field.required
        }


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_the_words_of_the_contract(name: str) -> None:
    declared = {key.removesuffix("?"): kind for key, kind in fields_of(DECLARED[name]).items()}
    for key, field in OBJECTS[name]().fields.items():
        choices = [each.choices for each in field.validators if isinstance(each, validate.OneOf)]
        if isinstance(field, fields.String) and words(declared[key]):
            assert choices, f"{name}.{key}"
            assert words(declared[key]) == set(choices[0]), f"{name}.{key}"


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_has_the_fields_that_are_read(name: str) -> None:
    message, added = SENT[name]
    assert names(DECLARED[name]) == MESSAGES[message]["properties"].keys() - added


def test_the_actions_of_a_command_are_those_that_are_read() -> None:
    assert words("CommandAction") == set(MESSAGES["CommandMessage"]["properties"]["action"]["enum"])


def test_both_ways_of_writing_a_type_are_understood() -> None:
    source = """
    /** @typedef {{a: string, b?: Record<string, string[]>,
     *   c: (x: number, y: {z: number}) => void, d: 'e'|'f'}} Short
     */
    /**
     * Words.
     * @typedef {object} Long
     * @property {{n: number}} a more words
     * @property {'b'|'c'} [d]
     */
    /** @typedef {'one'|'two'} Choice */
    """
    found = typedefs(source)
    assert found.keys() == {"Short", "Long", "Choice"}
    assert fields_of(found["Short"]) == {
        "a": "string",
        "b?": "Record<string, string[]>",
        "c": "(x: number, y: {z: number}) => void",
        "d": "'e'|'f'",
    }
    assert fields_of(found["Long"]) == {"a": "{n: number}", "d?": "'b'|'c'"}
