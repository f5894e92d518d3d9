"""docs/asyncapi.yaml says what the socket's code reads and sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from partyapp.openapi.event_facts import FACTS
from partyapp.party.controllers import party_websocket
from partyapp.party.controllers.party_socket import register_party_messages
from partyapp.party.controllers.socket_messages import Command, Ping, Status
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.live.room_messages import RoomEvent, messages_of, tick_frame
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.socket_messages import InvalidMessage, SocketMessages
from partyapp.shared.kernel.ids import new_id
from tests.unit.openapi.outline import read_outline

DOCS = Path(__file__).parents[3] / "docs"
WRITTEN: Any = read_outline((DOCS / "asyncapi.yaml").read_text())
OPENAPI: Any = json.loads((DOCS / "openapi.json").read_text())
SCHEMAS: Any = WRITTEN["components"]["schemas"]
CLIENT = {"ping": Ping, "status": Status, "command": Command}


def payload(message: str) -> Any:
    reference = WRITTEN["components"]["messages"][message]["payload"]["$ref"]
    return SCHEMAS[reference.rpartition("/")[2]]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(WRITTEN))
    assert any(reference.startswith("./openapi.json#/") for reference in found)
    for reference in found:
        document, _, path = reference.partition("#/")
        place = OPENAPI if document else WRITTEN
        for step in path.split("/"):
            place = place[step]


def test_every_message_has_a_way_to_go() -> None:
    sent = {
        reference.rpartition("/")[2]
        for operation in WRITTEN["operations"].values()
        for reference in references(operation["messages"])
    }
    assert sent == WRITTEN["channels"]["party"]["messages"].keys() == WRITTEN["components"]["messages"].keys()
    for name in sent:
        assert payload(name)["properties"]["type"]["const"] == name


@pytest.mark.parametrize("kind", CLIENT)
def test_a_client_may_send_what_is_read(kind: str) -> None:
    read = CLIENT[kind].__struct_fields__
    assert {"type", *read} == payload(kind)["properties"].keys()
    assert payload(kind)["additionalProperties"] is False
    messages: SocketMessages[Any] = SocketMessages()
    register_party_messages(messages)
    with pytest.raises(InvalidMessage) as refused:
        messages.decode(json.dumps({"type": kind, "surplus": 1}))
    assert refused.value.refusal.errors == {"surplus": ["Unknown field."]}


def test_words_are_those_that_are_read() -> None:
    for kind, name in (("command", "action"), ("status", "state")):
        words = get_args(get_type_hints(CLIENT[kind])[name])
        assert payload(kind)["properties"][name]["enum"] == list(words)
    assert payload("playback")["properties"]["action"]["enum"] == [action.value for action in PlaybackAction]
    assert (
        WRITTEN["channels"]["party"]["bindings"]["ws"]["query"]["properties"].keys() == party_websocket._QUERY
    )


def event(kind: str) -> RoomEvent:
    """An event with a value for each fact, whatever its type."""
    data = dict.fromkeys(FACTS[kind]().fields, "x")
    return RoomEvent(revision=3, type=kind, at_ms=1.7e12, actor_id=new_id(), data=data, command_id=new_id())


@pytest.mark.parametrize("kind", FACTS)
def test_what_the_room_is_told_is_written_down(kind: str) -> None:
    for message in messages_of(event(kind)):
        schema = payload(message["type"])
        assert message.keys() <= schema["properties"].keys()
        assert message.keys() >= set(schema["required"])


def test_the_tick_is_written_down() -> None:
    frame = tick_frame(3, {}, 1.7e12, "epoch")
    message = json.loads(frame[frame.index(b"{") :])
    assert message.keys() == payload("tick")["properties"].keys() == set(payload("tick")["required"])


def test_every_close_code_of_ours_is_written_down() -> None:
    about = WRITTEN["info"]["description"]
    # The others are those that RFC 6455 gives any WebSocket.
    ours = [code for code in CloseCode if code >= 4000 or code in (1003, 1009, 1012)]
    for code in ours:
        assert f"- {int(code)}: " in about, code.name
