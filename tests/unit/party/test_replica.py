"""A process's own copy of a party: kept by events, it is what a fresh reading would be."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from partyapp.party import contract
from partyapp.party.application.views import party_view
from partyapp.party.domain.grants import Grant, grants_of
from partyapp.party.domain.json_values import playback_from, settings_json, video_from, with_settings
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import HoldReason, PlaybackAction
from partyapp.party.domain.state import Control, PartyMemberState
from partyapp.party.infrastructure import mapping
from partyapp.party.live.replica import REDUCERS, PartyReplica
from partyapp.party.live.room_messages import PartyEvents, RoomEvent, publication, room_event
from partyapp.realtime.messages import encode
from tests.support.party_objects import FILM_S, INVITE, T0, created, film, host_of, state

#: Party before, event, party after, for every event: see `record_party_messages.py` beside it.
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "golden" / "party_messages.json").read_text(encoding="utf-8")
)


#: What may happen, the usual oftener.
WHAT = (
    *("join", "leave", "transfer", "absent", "finish", "hold", "resume", "film"),
    *("grants", "settings", "remove"),
    *["control"] * 4,
)


class MadeUpParty:
    """A party in which anything happens, and its members as a table would have them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.session = created(control=Control.EVERYONE)
        host = host_of(self.session)
        self.members: dict[UUID, PartyMember] = {host.user_id: host}
        self.at_ms = T0

    def happens(self) -> None:
        """One thing or none; every third of them concerns the members."""
        self.at_ms += self.chance.random() * 1000.0
        present = [member for member in self.members.values() if member.present]
        somebody = self.chance.choice(present)
        what = self.chance.choice(WHAT)
        if what == "join":
            user_id = UUID(int=self.chance.randrange(1, 9))
            known = self.members.get(user_id)
            self.members[user_id] = self.session.join(user_id, "X", INVITE, known, self.at_ms)
        elif what == "leave" and len(present) > 1:
            successor = next(member for member in present if member is not somebody)
            self.members[somebody.user_id] = self.session.leave(somebody, successor, self.at_ms)
        elif what == "transfer":
            self.session.transfer_host(self.members[self.session.state.host_id], somebody, self.at_ms)
        elif what == "absent":
            self.session.succeed_host(somebody, self.at_ms)
        elif what == "finish":
            self.session.finish(self.at_ms + FILM_S * 1000.0)
        elif what == "control":
            self.controls(somebody)
        elif what in ("hold", "resume", "film"):
            self.plays_otherwise(what)
        else:
            self.moderates(what, somebody)

    def plays_otherwise(self, what: str) -> None:
        at_ms, lead_ms = self.at_ms, self.chance.random() * 1000.0
        if what == "hold":
            waits_for = (UUID(int=self.chance.randrange(1, 9)),)
            reason = HoldReason.MEMBERS
            self.session.hold(reason, waits_for, at_ms=at_ms, lead_ms=lead_ms, limit_ms=5000.0)
        elif what == "resume":
            self.session.resume("ready", (), at_ms=at_ms, lead_ms=lead_ms)
        else:
            host = self.members[self.session.state.host_id]
            play = self.chance.random() < 0.5
            self.session.change_video(host, film(), play=play, at_ms=at_ms, lead_ms=lead_ms)

    def moderates(self, what: str, somebody: PartyMember) -> None:
        host = self.members[self.session.state.host_id]
        grants = frozenset({Grant.PLAYBACK, self.chance.choice(list(Grant))})
        if what == "grants":
            self.members[somebody.user_id] = self.session.give_grants(host, somebody, grants, self.at_ms)
        elif what == "settings":
            control = self.chance.choice(list(Control)).value
            self.session.change_settings(host, {"control": control, "next_after_s": None}, self.at_ms)
        elif what == "remove" and somebody is not host:
            gone = self.session.remove_member(host, somebody, banned=False, at_ms=self.at_ms)
            self.members[somebody.user_id] = gone

    def controls(self, somebody: PartyMember) -> None:
        state = self.session.state
        may = Grant.PLAYBACK in state.grants_of(somebody.user_id, somebody.state.grants)
        self.session.control(
            self.chance.choice(list(PlaybackAction)),
            somebody if may else self.members[state.host_id],
            at_ms=self.at_ms,
            lead_ms=self.chance.random() * 1000.0,
            position_s=self.chance.choice((None, self.chance.random() * FILM_S)),
            rate=self.chance.choice((None, 1.1)),
            expected_revision=None,
        )

    @property
    def present(self) -> set[UUID]:
        return {user_id for user_id, member in self.members.items() if member.present}


@pytest.mark.parametrize("seed", range(20))
def test_a_copy_that_hears_every_event_is_the_party_itself(seed: int) -> None:
    made_up = MadeUpParty(seed)
    copy = PartyReplica(made_up.session.state, made_up.members.values())
    applied = len(made_up.session.events)
    for number in range(300):
        made_up.happens()
        if number == 299:
            made_up.session.abandon(made_up.at_ms)
        before = copy.state
        for happening in made_up.session.events[applied:]:
            # As it comes over the bus.
            payload = encode(publication(copy.state.id, [mapping.recorded(happening)], None))
            (event,) = msgspec.json.decode(payload, type=PartyEvents).events
            copy.apply(event)
        applied = len(made_up.session.events)
        assert copy.state == made_up.session.state
        assert copy.present == made_up.present
        assert (copy.state == before) == (copy.state.revision == before.revision), "no change without one"
    assert not copy.stale
    assert copy.state.revision > 100


def test_members_read_a_moment_after_the_state_come_right() -> None:
    made_up = MadeUpParty(3)
    early, applied = made_up.session.state, len(made_up.session.events)
    for _ in range(100):
        made_up.happens()
    copy = PartyReplica(early, [member for member in made_up.members.values() if member.present])
    for happening in made_up.session.events[applied:]:
        copy.apply(room_event(mapping.recorded(happening)))
    assert (copy.state, copy.present) == (made_up.session.state, made_up.present)


def test_only_the_next_event_is_taken_in() -> None:
    session = created()
    copy = PartyReplica(session.state, [host_of(session)])
    session.succeed_host(session.join(UUID(int=2), "X", INVITE, None, T0), T0)
    first, second = (room_event(mapping.recorded(happening)) for happening in session.events[1:])
    assert not copy.apply(second)
    assert copy.state.revision == 1
    assert copy.apply(first)
    assert not copy.apply(first)
    assert (copy.state.revision, copy.state.member_count, len(copy.present)) == (2, 2, 2)
    assert copy.apply(second)
    assert copy.state == session.state


def test_only_who_is_present_is_a_member() -> None:
    session = created()
    copy = PartyReplica(session.state, [host_of(session)])
    member = copy.member(session.state.host_id)
    assert member is not None
    assert (member.user_id, member.present) == (session.state.host_id, True)
    assert copy.member(UUID(int=7)) is None


def test_every_event_of_the_contract_has_its_reducer() -> None:
    types = {value for name, value in vars(contract).items() if name.isupper() and isinstance(value, str)}
    assert len(types) >= 9
    assert REDUCERS.keys() == types


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_an_event_folds_to_what_the_party_is_then(vector: dict[str, Any]) -> None:
    replica = replica_of(vector["before"])
    assert party_view(replica.state, replica.members()) == vector["before"]
    event = msgspec.convert(vector["event"], RoomEvent)
    # Nothing comes before the creation: its party is the one after it.
    assert replica.apply(event) == (event.type != contract.PARTY_SESSION_CREATED)
    assert party_view(replica.state, replica.members()) == vector["after"]
    assert replica.state.member_count == len(vector["after"]["members"])


def test_a_replica_knows_what_is_in_force_until_a_command_begins() -> None:
    session = created()
    replica = PartyReplica(session.state, [host_of(session)])
    for revision, at_ms in ((2, T0 + 600.0), (3, T0 + 800.0)):
        data = {"state": "playing", "position_s": revision, "rate": 1.0, "at_ms": at_ms, "lead_ms": 600.0}
        event = RoomEvent(
            revision=revision, type="playback_started", at_ms=at_ms - 600.0, actor_id=None, data=data
        )
        replica.apply(event)
    found = [replica.timeline.in_force_at(T0 + after_ms) for after_ms in (599.0, 600.0, 799.0, 800.0)]
    assert [one.revision if one else None for one in found] == [1, 2, 2, 3]


def test_an_unknown_event_makes_a_replica_stale_until_it_is_read_anew() -> None:
    session = created()
    replica = PartyReplica(session.state, [host_of(session)])
    event = RoomEvent(revision=2, type="playlist_changed", at_ms=T0, actor_id=None, data={})
    assert replica.apply(event)
    assert (replica.stale, replica.state.revision) == (True, 2)
    joined = session.join(UUID(int=2), "X", INVITE, None, T0)
    replica.reset(session.state, [host_of(session), joined])
    assert (replica.stale, replica.state, replica.present) == (
        False, session.state, {session.state.host_id, UUID(int=2)},
    )  # fmt: skip


def replica_of(view: dict[str, Any]) -> PartyReplica:
    """The replica of a party as its members see it."""
    members = [
        PartyMember(
            PartyMemberState(
                party_id=UUID(view["id"]),
                user_id=UUID(member["user_id"]),
                display_name=member["display_name"],
                joined_at_ms=member["joined_at_ms"],
                grants=None if member["own_grants"] is None else grants_of(member["own_grants"]),
            )
        )
        for member in view["members"]
    ]
    party = state(
        id=UUID(view["id"]),
        title=view["title"],
        video=video_from(view["video"]),
        host_id=UUID(view["host_id"]),
        created_at_ms=view["created_at_ms"],
        revision=view["revision"],
        member_count=len(members),
        playback=playback_from(view["playback"], view["playback"]["revision"]),
        lead_ms=view["lead_ms"],
    )
    names = settings_json(party)
    return PartyReplica(with_settings(party, {name: view[name] for name in names}), members)
