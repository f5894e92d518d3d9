"""docs/asyncapi.json says what the socket's code reads and sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from partyapp.chat.controllers.chat_socket import ChatSocket, React, Say
from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.openapi.asyncapi import asyncapi_text
from partyapp.party import contract
from partyapp.party.controllers import socket_admission
from partyapp.party.controllers.openapi.event_facts import FACTS
from partyapp.party.controllers.party_socket import register_party_messages
from partyapp.party.controllers.socket_messages import Action, Command, Ping, Renew, State, Status
from partyapp.party.controllers.socket_renewal import SocketRenewal
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.live.replica import NEEDS_READING
from partyapp.party.live.room_messages import RoomEvent, event_message, messages_of, tick_frame
from partyapp.realtime.websocket.clock_exchange import answer_ping, read_previous
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.socket_messages import InvalidMessage, SocketMessages
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import new_id
from tests.golden.record_party_messages import GOLDEN_FILE
from tests.unit.openapi.made_messages import MadeMessages

DOCS = Path(__file__).parents[3] / "docs"
WRITTEN: Any = json.loads((DOCS / "asyncapi.json").read_text())
OPENAPI: Any = json.loads((DOCS / "openapi.json").read_text())
SCHEMAS: Any = WRITTEN["components"]["schemas"]
CLIENT = {"ping": Ping, "status": Status, "command": Command, "renew": Renew, "chat": Say, "react": React}
#: What is said has the same type in both directions, so one of the two is called otherwise in the document.
COMPONENT = {"chat": "send_chat"}
MESSAGES: SocketMessages[Any] = SocketMessages()
register_party_messages(MESSAGES)
NO_TOKENS: Any = None
SocketRenewal(NO_TOKENS).register(MESSAGES)
ChatSocket(NO_TOKENS).register(MESSAGES)


def errors_of(message: Any) -> Any:
    """What reading a client's message finds wrong, by field; nothing if it is right."""
    try:
        _, found = MESSAGES.decode(json.dumps(message))
        if isinstance(found, Ping):
            read_previous(found.prev)
    except InvalidMessage as invalid:
        return invalid.refusal.errors
    except ValidationFailed as refusal:
        return refusal.errors
    return {}


def payload(message: str) -> Any:
    reference = WRITTEN["components"]["messages"][f"party.{message}"]["payload"]["$ref"]
    return SCHEMAS[reference.rpartition("/")[2]]


def made(kind: str) -> MadeMessages:
    return MadeMessages(payload(kind), SCHEMAS)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_checked_in_description_is_up_to_date() -> None:
    assert (DOCS / "asyncapi.json").read_text() == asyncapi_text(DESCRIPTION), (
        "docs/asyncapi.json is stale: python -m partyapp.openapi --asyncapi > docs/asyncapi.json"
    )


def test_every_reference_leads_somewhere() -> None:
    found = set(references(WRITTEN))
    assert any(reference.startswith("./openapi.json#/") for reference in found)
    for reference in found:
        document, _, path = reference.partition("#/")
        place = OPENAPI if document else WRITTEN
        for step in path.split("/"):
            place = place[step]


def test_what_rest_shows_too_is_described_once() -> None:
    assert not SCHEMAS.keys() & OPENAPI["components"]["schemas"].keys()
    found = {reference.rpartition("/")[2] for reference in references(SCHEMAS) if "openapi" in reference}
    assert found == {
        *("Party", "Playback", "Event", "Member", "Sync", "Problem", "Video"),
        *("Queue", "QueueItem", "ChatEntry", "Notification"),
    }


def test_every_message_has_a_way_to_go() -> None:
    sent = {
        reference.rpartition("/")[2]
        for operation in WRITTEN["operations"].values()
        if operation["channel"] == {"$ref": "#/channels/party"}
        for reference in references(operation["messages"])
    }
    channel = WRITTEN["channels"]["party"]
    assert sent == channel["messages"].keys()
    assert set(references(channel["messages"])) == {
        f"#/components/messages/{name}" for name in WRITTEN["components"]["messages"]
    }
    for name in sent:
        kind = {component: kind for kind, component in COMPONENT.items()}.get(name, name)
        assert payload(name)["properties"]["type"]["const"] == kind


def test_every_field_says_what_it_means() -> None:
    for name, schema in SCHEMAS.items():
        for field, about in schema["properties"].items():
            assert "const" in about or about.get("description"), f"{name}.{field}"
        assert set(schema["required"]) <= schema["properties"].keys(), name


def test_every_message_that_is_read_is_described() -> None:
    described = {message.name for message in DESCRIPTION.messages if message.sender == "client"}
    assert described == CLIENT.keys() == MESSAGES.types()


@pytest.mark.parametrize("kind", CLIENT)
def test_a_client_may_send_what_is_read(kind: str) -> None:
    assert {"type", *CLIENT[kind].__struct_fields__} == payload(COMPONENT.get(kind, kind))[
        "properties"
    ].keys()
    assert errors_of({"type": kind, "surplus": 1}) == {"surplus": ["Unknown field."]}
    assert payload(COMPONENT.get(kind, kind))["additionalProperties"] is False


@pytest.mark.parametrize("kind", CLIENT)
def test_what_is_described_as_right_is_read(kind: str) -> None:
    messages = made(COMPONENT.get(kind, kind))
    assert errors_of(messages.whole()) == {}
    assert errors_of(messages.least()) == {}
    for name in payload(COMPONENT.get(kind, kind))["properties"]:
        for value in messages.right(name):
            assert errors_of({**messages.whole(), name: value}) == {}, (name, value)


@pytest.mark.parametrize("kind", CLIENT)
def test_what_is_described_as_wrong_is_refused(kind: str) -> None:
    messages = made(COMPONENT.get(kind, kind))
    whole = messages.whole()
    for name in payload(COMPONENT.get(kind, kind))["properties"]:
        for value in messages.wrong(name):
            assert errors_of({**whole, name: value}).keys() == {name}, (name, value)
    for name in payload(COMPONENT.get(kind, kind))["required"]:
        assert errors_of({key: whole[key] for key in whole if key != name}).keys() == {name}
    assert errors_of({**whole, "surplus": 1}).keys() == {"surplus"}


def test_words_are_those_that_are_read() -> None:
    assert payload("command")["properties"]["action"]["enum"] == list(get_args(Action))
    assert payload("status")["properties"]["state"]["enum"] == list(get_args(State))
    assert payload("playback")["properties"]["action"]["enum"] == [action.value for action in PlaybackAction]
    query = WRITTEN["channels"]["party"]["bindings"]["ws"]["query"]
    assert query["properties"].keys() == socket_admission._QUERY


#: The data of an event of each type, as a party has had it.
FACTS_OF = {
    vector["event"]["type"]: vector["event"]["data"] for vector in json.loads(GOLDEN_FILE.read_text())
}


def event(kind: str) -> RoomEvent:
    """An event of this type."""
    data = {} if kind in NEEDS_READING else FACTS_OF[kind]
    return RoomEvent(revision=3, type=kind, at_ms=1.7e12, actor_id=new_id(), data=data, command_id=new_id())


@pytest.mark.parametrize("kind", contract.EVENT_TYPES)
def test_what_the_room_is_told_is_written_down(kind: str) -> None:
    for message in messages_of(event(kind)):
        answers.check_message(DESCRIPTION, message)
        schema = payload(message["type"])
        assert message.keys() <= schema["properties"].keys()
        assert message.keys() >= set(schema["required"])
    answers.check_message(DESCRIPTION, event_message(event(kind)))


def test_every_event_is_described() -> None:
    assert tuple(FACTS) == contract.EVENT_TYPES
    assert set(contract.EVENT_TYPES) == {
        value for name, value in vars(contract).items() if name.isupper() and isinstance(value, str)
    }


def unframed(frame: bytes) -> Any:
    return json.loads(frame[frame.index(b"{") :])


def test_the_tick_is_written_down() -> None:
    playback = {"state": "playing", "position_s": 0.0, "rate": 1.0, "at_ms": 1.7e12, "revision": 3}
    playback |= {"held": None, "next": None}
    message = unframed(tick_frame(3, playback, 1.7e12, "epoch"))
    answers.check_message(DESCRIPTION, message)
    assert message.keys() == payload("tick")["properties"].keys() == set(payload("tick")["required"])


def test_the_pong_is_written_down() -> None:
    sent: list[bytes] = []

    class Line:
        def send(self, frame: bytes, priority: object) -> None:
            sent.append(frame)

    line: Any = Line()
    answer_ping(line, PartyClock(), 7, 1.5, 1.7e12)
    message = unframed(sent[0])
    answers.check_message(DESCRIPTION, message)
    assert message.keys() == payload("pong")["properties"].keys() == set(payload("pong")["required"])


def test_every_close_code_of_ours_is_written_down() -> None:
    about = WRITTEN["channels"]["party"]["description"]
    # The others are those that RFC 6455 gives any WebSocket.
    ours = [code for code in CloseCode if code >= 4000 or code in (1003, 1009, 1012)]
    for code in ours:
        assert f"- {int(code)}: " in about, code.name
