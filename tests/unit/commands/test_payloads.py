"""A command survives the trip through JSON, whatever is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Optional
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.commands.payloads import from_payload, to_payload
from partyapp.party.application.commands import (
    LIFECYCLE_COMMANDS,
    PLAYBACK_COMMANDS,
    SyncPlaybackCommand,
    UpkeepCommand,
)
from partyapp.party.application.commands import CreatePartySessionCommand as Create
from partyapp.party.application.commands import TransferHostCommand as Transfer
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.kernel.principal import Principal

ids = st.builds(UUID, int=st.integers(0, 2**128 - 1))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
actors = st.builds(Principal, user_id=ids, display_name=texts, site=st.none() | texts, key_id=st.none() | ids)
VALUES: dict[str, Any] = {
    "actor": actors,
    "party_id": ids,
    "video_id": ids,
    "user_id": ids,
    "title": st.none() | texts,
    "visibility": st.sampled_from(Visibility),
    "control": st.sampled_from(Control),
    "max_members": st.integers(1, 10_000),
    "invite_code": st.none() | texts,
    "position_s": st.none() | st.floats(0, 1e6),
    "rate": st.none() | st.floats(0.25, 4),
    "expected_revision": st.none() | st.integers(0, 2**31 - 1),
    "when_ready": st.booleans(),
    "vouched": st.booleans(),
    "token_grants": st.none() | st.lists(st.sampled_from(["chat", "queue"])),
    "token_id": st.none() | ids,
    "token_until_ms": st.none() | st.floats(0, 1e13),
    # Filled in where the command runs, and never stored.
    "players": st.none(),
    "wait": st.fixed_dictionaries({}, optional={"for": st.just("most"), "limit_s": st.floats(0.5, 300)}),
    "slot": st.integers(0, 2**40),
    "starts_at_ms": st.none() | st.floats(0, 1e13),
}
KINDS = [*LIFECYCLE_COMMANDS.values(), *PLAYBACK_COMMANDS.values(), SyncPlaybackCommand, UpkeepCommand]


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_comes_back_as_it_was(kind: Any) -> None:
    names = kind.__dataclass_fields__
    commands = st.builds(kind, **{name: VALUES[name] for name in names})

    @settings(max_examples=25)
    @given(commands)
    def there_and_back(command: Any) -> None:
        payload = json.loads(json.dumps(to_payload(command)))
        found = from_payload(kind, payload)
        assert found == command
        assert [type(getattr(found, name)) for name in names] == [
            type(getattr(command, name)) for name in names
        ]

    there_and_back()


def test_the_end_of_a_token_does_not_travel() -> None:
    actor = Principal(user_id=UUID(int=1), display_name="A", expires_at_ms=99.0)
    command = Transfer(actor=actor, party_id=UUID(int=2), user_id=UUID(int=3))
    assert to_payload(command)["actor"] == {"user_id": str(UUID(int=1)), "display_name": "A"}
    assert from_payload(Transfer, to_payload(command)).actor.expires_at_ms == 0.0


def test_an_older_payload_gets_the_defaults_of_what_it_lacks() -> None:
    actor = {"user_id": str(UUID(int=1)), "display_name": "A"}
    ids = {"party_id": str(UUID(int=2)), "video_id": str(UUID(int=3))}
    found = from_payload(Create, {"actor": actor, **ids})
    assert (found.title, found.visibility, found.max_members) == (None, Visibility.PRIVATE, 50)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"actor": {"user_id": "x", "display_name": "A"}},
        {"actor": {"display_name": "A"}},
        {"visibility": "secret"},
        {"party_id": 7},
    ],
)
def test_a_broken_payload_makes_no_command(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
        from_payload(Create, broken)


class Mood(Enum):
    CALM = "calm"
    LOUD = "loud"


@dataclass(frozen=True, kw_only=True)
class Say:
    """A command of another context."""

    actor: Principal
    room_id: UUID
    text: str
    mood: Mood = Mood.CALM
    reply_to: Optional[UUID] = None  # noqa: UP045
    seconds: float | None = None


def test_any_contexts_command_comes_back_as_it_was() -> None:
    ada = Principal(user_id=UUID(int=1), display_name="Ada")
    short = Say(actor=ada, room_id=UUID(int=2), text="hi")
    full = Say(actor=ada, room_id=UUID(int=2), text="", mood=Mood.LOUD, reply_to=UUID(int=3), seconds=1.5)
    for command in (short, full):
        assert from_payload(Say, json.loads(json.dumps(to_payload(command)))) == command
    assert to_payload(full) == {
        "actor": {"user_id": "00000000-0000-0000-0000-000000000001", "display_name": "Ada"},
        "room_id": "00000000-0000-0000-0000-000000000002",
        "text": "",
        "mood": "loud",
        "reply_to": "00000000-0000-0000-0000-000000000003",
        "seconds": 1.5,
    }


ACTOR = {"user_id": "00000000-0000-0000-0000-000000000001", "display_name": "Ada"}
PARTY, OTHER = "00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000003"
#: As they have stood in rows since the first version.
STORED: dict[str, dict[str, Any]] = {
    "create": {"actor": ACTOR, "party_id": PARTY, "video_id": OTHER, "title": "Night",
               "visibility": "public", "control": "everyone", "max_members": 7},
    "join": {"actor": ACTOR, "party_id": PARTY, "invite_code": "code"},
    "leave": {"actor": ACTOR, "party_id": PARTY},
    "transfer": {"actor": ACTOR, "party_id": PARTY, "user_id": OTHER},
    "end": {"actor": ACTOR, "party_id": PARTY},
}  # fmt: skip
#: What later versions store besides.
ADDED: dict[str, dict[str, Any]] = {
    "create": {"wait": {}, "starts_at_ms": None},
    "join": {"vouched": False, "token_grants": None, "token_id": None, "token_until_ms": None},
}


def test_what_rows_hold_is_what_it_always_was() -> None:
    actor, party_id = Principal(user_id=UUID(int=1), display_name="Ada"), UUID(int=2)
    commands = {
        "create": Create(
            actor=actor, party_id=party_id, video_id=UUID(int=3), title="Night", max_members=7,
            visibility=Visibility.PUBLIC, control=Control.EVERYONE,
        ),
        "join": LIFECYCLE_COMMANDS["join"](actor=actor, party_id=party_id, invite_code="code"),
        "leave": LIFECYCLE_COMMANDS["leave"](actor=actor, party_id=party_id),
        "transfer": Transfer(actor=actor, party_id=party_id, user_id=UUID(int=3)),
        "end": LIFECYCLE_COMMANDS["end"](actor=actor, party_id=party_id),
    }  # fmt: skip
    assert commands.keys() == STORED.keys() == LIFECYCLE_COMMANDS.keys()
    for kind, command in commands.items():
        assert to_payload(command) == {**STORED[kind], **ADDED.get(kind, {})}
        assert from_payload(LIFECYCLE_COMMANDS[kind], STORED[kind]) == command
