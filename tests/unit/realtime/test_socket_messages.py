"""The registry of what clients may send: another context's messages, and the words of a refusal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from msgspec import Meta, Struct

from partyapp.realtime.websocket.socket_messages import (
    InvalidMessage,
    SocketContext,
    SocketMessage,
    SocketMessages,
)

ID = "01a20522-e11b-7ecc-bd8e-9da2dbd38082"


class Echo(SocketMessage, frozen=True, tag="echo"):
    """A message with a field of each form."""

    text: Annotated[str, Meta(max_length=5, extra={"problem": "Must be at most 5 characters."})]
    count: Annotated[int, Meta(ge=1)] = 1
    share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    mood: Literal["calm", "loud"] = "calm"
    id: UUID | None = None
    plain: bool = False
    extra: Any = None

    def __post_init__(self) -> None:
        if self.mood == "loud" and self.id is None:
            raise ValueError("id")

    @classmethod
    def needed_by(cls, fields: Mapping[str, Any]) -> Collection[str]:
        return ("id",) if fields.get("mood") == "loud" else ()


class Other(SocketMessage, frozen=True, tag="other"):
    """A message without fields."""


def echo(socket: SocketContext, message: Echo) -> None:
    """Nothing to do here."""


def other(socket: SocketContext, message: Other) -> None:
    """Nothing to do here."""


@pytest.fixture
def messages() -> SocketMessages[SocketContext]:
    found: SocketMessages[SocketContext] = SocketMessages()
    found.register(Echo, echo)
    found.register(Other, other)
    return found


def errors(messages: SocketMessages[SocketContext], text: str) -> Any:
    with pytest.raises(InvalidMessage) as refused:
        messages.decode(text)
    return refused.value.refusal.errors


def test_a_message_comes_with_its_handler(messages: SocketMessages[SocketContext]) -> None:
    assert messages.decode('{"type":"echo","text":"hi"}') == (echo, Echo(text="hi"))
    assert messages.decode('{"type":"other"}') == (other, Other())
    loud = Echo(text="hi", mood="loud", id=UUID(ID), extra={"a": [1]})
    text = f'{{"extra":{{"a":[1]}},"mood":"loud","id":"{ID}","text":"hi","type":"echo"}}'
    assert messages.decode(text) == (echo, loud)
    assert messages.decode(text.replace('"a"', '"\\u0061"')) == (echo, loud), "escapes are unusual, no more"


def test_each_wrong_field_is_named(messages: SocketMessages[SocketContext]) -> None:
    wrong = '{"type":"echo","text":"too long","count":0,"share":2,"mood":"sad","id":"x","plain":1}'
    assert errors(messages, wrong) == {
        "text": ["Must be at most 5 characters."],
        "count": ["Must be a whole number, 1 or more."],
        "share": ["Must be a number from 0 to 1."],
        "mood": ["Must be one of: calm, loud."],
        "id": ["Must be a UUID."],
        "plain": ["Is not valid."],
    }
    assert errors(messages, '{"type":"echo"}') == {"text": ["Must be at most 5 characters."]}
    assert errors(messages, '{"type":"echo","text":"hi","mood":"loud"}') == {"id": ["Must be a UUID."]}
    assert errors(messages, '{"type":"echo","text":"hi","mood":"loud","id":null}') == {
        "id": ["Must be a UUID."]
    }


def test_an_unknown_type_is_answered_with_the_known_ones(messages: SocketMessages[SocketContext]) -> None:
    for text in ('{"type":"dance"}', "{}", '{"type":["echo"]}'):
        assert errors(messages, text) == {"type": ["Must be echo or other."]}


def test_unknown_fields_are_named_and_bounded(messages: SocketMessages[SocketContext]) -> None:
    assert errors(messages, '{"type":"other","b":1,"a":2}') == {
        "a": ["Unknown field."],
        "b": ["Unknown field."],
    }
    many = ",".join(f'"{number:03}{"x" * 100}":1' for number in range(50))
    found = errors(messages, f'{{"type":"other",{many}}}')
    assert len(found) == 10
    assert {len(name) for name in found} == {64}


def test_what_is_nested_too_deeply_is_refused(messages: SocketMessages[SocketContext]) -> None:
    def nested(levels: int) -> str:
        return f'{{"type":"echo","text":"hi","extra":{"[" * levels}{"]" * levels}}}'

    assert messages.decode(nested(15))[0] is echo
    for levels in (17, 3000):
        with pytest.raises(InvalidMessage) as refused:
            messages.decode(nested(levels))
        assert refused.value.refusal.code == "malformed_json"


def test_a_type_is_registered_once_and_has_a_tag(messages: SocketMessages[SocketContext]) -> None:
    class Untagged(SocketMessage, frozen=True):
        """No type."""

    with pytest.raises(ValueError, match="needs a tag of its own"):
        messages.register(Echo, echo)
    with pytest.raises(ValueError, match="needs a tag of its own"):
        messages.register(Untagged, print)


def test_without_messages_every_type_is_unknown() -> None:
    empty: SocketMessages[SocketContext] = SocketMessages()
    with pytest.raises(InvalidMessage):
        empty.decode('{"type":"echo"}')
    assert issubclass(SocketMessage, Struct)
