"""Messages between processes: each reaches its handler, and those of another version do no harm."""

from __future__ import annotations

import json
import logging
from typing import Any
from uuid import UUID

import msgspec
import pytest

from partyapp.commands.waiter import CommandOutcome
from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds
from partyapp.party.live.presence_exchange import ProcessPresence
from partyapp.party.live.room_messages import PartyEvents, RoomEvent
from partyapp.realtime.messages import MessageRouter, encode
from partyapp.realtime.ticker import Tick
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops import metrics

OWN = "019c0000-0000-7000-8000-00000000000a"
OTHER = "019c0000-0000-7000-8000-00000000000b"
PARTY, USER, COMMAND = new_id(), new_id(), new_id()
SYNC = {"offset_bound_ms": 1.5, "drift_ms": -3.0, "rtt_ms": None, "state": "playing", "verdict": "in_sync"}
EVENTS: list[dict[str, Any]] = [
    {"revision": 4, "type": "member_joined", "at_ms": 1.7e12, "actor_id": None, "data": {"user_id": "x"}},
    {
        "revision": 5,
        "type": "playback_started",
        "at_ms": 1.7e12,
        "actor_id": str(USER),
        "data": {"rate": 1.5},
        "command_id": str(COMMAND),
    },
]

#: By the key with which a type is registered: the message, and what the version before types published.
FORMS: dict[str, tuple[msgspec.Struct, dict[str, Any]]] = {
    "slot": (Tick(slot=7), {"slot": 7}),
    "outcome": (
        CommandOutcome(command=COMMAND, outcome={"result": {"revision": 3}}),
        {"command": str(COMMAND), "outcome": {"result": {"revision": 3}}},
    ),
    "events": (
        PartyEvents(party=PARTY, events=[msgspec.convert(event, RoomEvent) for event in EVENTS]),
        {"party": str(PARTY), "events": EVENTS},
    ),
    "members": (
        ProcessPresence(
            party=PARTY,
            process=OTHER,
            members={USER: SYNC},
            lead_ms=120.0,
            needs=LeadNeeds(host_ms=20.0, members_ms={USER: 90.0}, persons=2),
            asks=True,
        ),
        {
            "party": str(PARTY),
            "process": OTHER,
            "members": {str(USER): SYNC},
            "lead_ms": 120.0,
            "needs": {"host_ms": 20.0, "members_ms": {str(USER): 90.0}, "persons": 2},
            "asks": True,
        },
    ),
}


class Received:
    """A router with every message registered, as a process has it, and what reached the handlers."""

    def __init__(self) -> None:
        self.messages: list[msgspec.Struct] = []
        self.router = MessageRouter(OWN)
        for key, (message, _) in FORMS.items():
            self.router.register(type(message), self.messages.append, untyped_key=key)

    def take(self, payload: bytes) -> list[msgspec.Struct]:
        self.messages.clear()
        self.router.received("party:room:1", payload)
        return self.messages


@pytest.mark.parametrize("key", FORMS)
def test_a_message_reaches_its_handler(key: str) -> None:
    message, _ = FORMS[key]
    assert Received().take(encode(message)) == [message]


@pytest.mark.parametrize("key", FORMS)
def test_what_the_version_before_types_publishes_is_read(key: str) -> None:
    message, untyped = FORMS[key]
    assert Received().take(json.dumps(untyped, separators=(",", ":")).encode()) == [message]


@pytest.mark.parametrize("key", FORMS)
def test_the_version_before_types_reads_what_is_published(key: str) -> None:
    """It looked for keys, in this order, and for these alone; what else is there it didn't look at."""
    message, untyped = FORMS[key]
    published = json.loads(encode(message))
    assert next((name for name in ("outcome", "events") if name in published), None) == (
        key if key in ("outcome", "events") else None
    )
    published.pop("type")
    assert published == untyped
    if key == "events":
        assert "command_id" not in published["events"][0], "a null would have gone on to the sockets"


def test_what_this_process_published_is_not_read_again() -> None:
    received = Received()
    message = ProcessPresence(party=PARTY, process=OWN, members={USER: SYNC}, lead_ms=None)
    assert received.take(encode(message)) == []


@pytest.mark.parametrize(
    "payload",
    [
        b'{"type":"chat","text":"hello"}',
        b'{"type":7}',
        b'{"type":null}',
        b'{"type":"tick"}',
        b'{"type":"tick","slot":"x"}',
        b'{"type":"party_events","party":"x","events":[]}',
        b'{"something":"else"}',
        b"{}",
        b"[]",
        b"null",
        b"7",
        b"",
        b"{",
        b"\xff",
        b'"' + b"a" * 1000,
    ],
)
def test_what_nobody_here_can_read_is_counted_and_ignored(payload: bytes) -> None:
    received, before = Received(), metrics.MESSAGES_IGNORED._value.get()
    assert received.take(payload) == []
    assert metrics.MESSAGES_IGNORED._value.get() == before + 1
    assert received.take(b'{"type":"tick","slot":1}') == [Tick(slot=1)]


def test_an_unknown_type_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    received = Received()
    with caplog.at_level(logging.WARNING):
        for number in range(500):
            received.take(b'{"type":"chat"}')
            received.take(b'{"type":"of my own %d"}' % number)
    assert sum("chat" in record.getMessage() for record in caplog.records) == 1
    assert len(caplog.records) <= 100, "nor do ever new types fill the log"


def test_a_handler_that_fails_costs_its_own_message_alone(caplog: pytest.LogCaptureFixture) -> None:
    received = Received()
    outcome, _ = FORMS["outcome"]

    def fails(_: CommandOutcome) -> None:
        raise KeyError("what a person wrote")

    received.router._handlers[CommandOutcome] = fails
    with caplog.at_level(logging.ERROR):
        assert received.take(encode(outcome)) == []
    assert caplog.messages == ["a message of type CommandOutcome was not taken in"]
    tick, _ = FORMS["slot"]
    assert received.take(encode(tick)) == [tick]


def test_a_newer_version_may_add_fields() -> None:
    assert Received().take(b'{"type":"tick","slot":3,"of":"the hour"}') == [Tick(slot=3)]


def test_a_type_has_one_handler() -> None:
    class Untagged(msgspec.Struct):
        """No message."""

    router = MessageRouter(OWN)
    router.register(Tick, print)
    for wrong in (Tick, Untagged):
        with pytest.raises(ValueError, match="needs a tag of its own"):
            router.register(wrong, print)


def test_a_process_without_messages_ignores_all() -> None:
    before = metrics.MESSAGES_IGNORED._value.get()
    MessageRouter(OWN).received("party:tick", b'{"type":"tick","slot":1}')
    assert metrics.MESSAGES_IGNORED._value.get() == before + 1


def test_subscriptions_are_passed_on() -> None:
    router, channels = MessageRouter(OWN), list[str]()
    router.register_subscribed(channels.append)
    router.register_subscribed(channels.append)
    router.subscribed("party:tick")
    assert channels == ["party:tick"] * 2


def test_ids_are_ids() -> None:
    (message,) = Received().take(encode(FORMS["members"][0]))
    assert isinstance(message, ProcessPresence)
    assert all(isinstance(user, UUID) for user in message.members)
