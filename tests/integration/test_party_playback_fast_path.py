"""The fast path of a playback command on a real Postgres: the same rows, once, and on the true state."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.party.application.commands import (
    PausePlaybackCommand,
    PlaybackCommand,
    SeekPlaybackCommand,
    StartPlaybackCommand,
)
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import Control, Visibility
from partyapp.party.infrastructure.unit_of_work import TransactionPorts
from partyapp.party.live.room_messages import RoomEvent
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import new_id
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.party_objects import FILM_S, INVITE, T0, created, host_of, principal
from tests.support.playback_env import ENTITIES, Process
from tests.support.round_trips import round_trips
from tests.support.waiting import LIMIT_S

HOST, GUEST, STRANGER = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=8) as engine:
        yield engine


@pytest.fixture
def process(engine: Engine) -> Process:
    emptied(engine, ENTITIES)
    return Process(engine)


def party(process: Process, **changes: Any) -> UUID:
    """A party of the host and one guest: revision 2."""
    session = created(host_id=HOST, **{"control": Control.EVERYONE, **changes})
    guest = session.join(GUEST, "Grace", INVITE, None, T0 + 1)
    return process.keep(session, [host_of(session), guest])


def command(
    party_id: UUID, cls: type[PlaybackCommand] = SeekPlaybackCommand, actor: UUID = HOST, **fields: Any
) -> PlaybackCommand:
    return cls(actor=principal(user_id=actor), party_id=party_id, **fields)


Change = Callable[[TransactionPorts, SyncedPartySession], object]


def change(process: Process, party_id: UUID, how: Change) -> None:
    """Something that another process does, of which no copy here hears."""

    def work(ports: TransactionPorts) -> None:
        session = ports.sessions.get(party_id)
        member = how(ports, session)
        ports.sessions.save(session)
        if isinstance(member, PartyMember):
            ports.members.add(member)

    hears, process.hears = process.hears, []
    process.unit.run(work)
    process.hears = hears


def guest_leaves(ports: TransactionPorts, session: SyncedPartySession) -> object:
    guest = ports.members.get(session.state.id, GUEST)
    assert guest is not None
    return session.leave(guest, None, T0 + 9)


def host_hands_over(ports: TransactionPorts, session: SyncedPartySession) -> object:
    session.transfer_host(host_of(session), ports.members.get(session.state.id, GUEST), T0 + 9)
    return None


def host_ends(ports: TransactionPorts, session: SyncedPartySession) -> object:
    session.end(host_of(session), HOST, T0 + 9)
    return None


def stranger_joins(ports: TransactionPorts, session: SyncedPartySession) -> object:
    return session.join(STRANGER, "Mallory", INVITE, None, T0 + 9)


@dataclass(frozen=True)
class Case:
    """A command, and what the party is like. `changes` are made before the copy is read."""

    cls: type[PlaybackCommand]
    accepted: bool = True
    actor: UUID = HOST
    fields: tuple[tuple[str, Any], ...] = ()
    control: Control = Control.EVERYONE
    visibility: Visibility = Visibility.PRIVATE
    changes: tuple[Change, ...] = ()


CASES = {
    "play": Case(StartPlaybackCommand),
    "play from there, faster": Case(
        StartPlaybackCommand, actor=GUEST, fields=(("position_s", 12.345678901), ("rate", 1.25))
    ),
    "play at the end starts over": Case(StartPlaybackCommand, fields=(("position_s", FILM_S),)),
    "pause": Case(PausePlaybackCommand, actor=GUEST),
    "seek": Case(SeekPlaybackCommand, fields=(("position_s", 0.1 + 0.2),)),
    "seek past the end": Case(SeekPlaybackCommand, fields=(("position_s", FILM_S * 2),)),
    "the expected revision": Case(PausePlaybackCommand, fields=(("expected_revision", 2),)),
    "the host in charge": Case(PausePlaybackCommand, control=Control.HOST),
    "the new host": Case(PausePlaybackCommand, actor=GUEST, control=Control.HOST, changes=(host_hands_over,)),
    "another revision": Case(PausePlaybackCommand, False, fields=(("expected_revision", 1),)),
    "a guest where the host controls": Case(PausePlaybackCommand, False, GUEST, control=Control.HOST),
    "a stranger to a private party": Case(SeekPlaybackCommand, False, STRANGER),
    "a stranger to a public party": Case(SeekPlaybackCommand, False, STRANGER, visibility=Visibility.PUBLIC),
    "somebody who left": Case(StartPlaybackCommand, False, GUEST, changes=(guest_leaves,)),
    "a party that has ended": Case(StartPlaybackCommand, False, changes=(host_ends,)),
}


def plain(rows: tuple[dict[str, Any], list[dict[str, Any]]]) -> object:
    """The rows without the ids that chance has chosen."""
    row, events = rows
    row = {name: value for name, value in row.items() if name not in ("id", "video", "invite_code")}
    kept = [{n: v for n, v in event.items() if n not in ("id", "party_id")} for event in events]
    return row, [{**event, "data": {**event["data"], "video_id": None}} for event in kept]


@pytest.mark.parametrize("name", CASES)
def test_both_ways_leave_the_same_rows(process: Process, name: str) -> None:
    case, command_id = CASES[name], new_id()
    found = []
    for fast in (False, True):
        party_id = party(process, control=case.control, visibility=case.visibility)
        for how in case.changes:
            change(process, party_id, how)
        if fast:
            process.read_replica(party_id)
        wanted = command(party_id, case.cls, case.actor, **dict(case.fields))
        try:
            event = process.control(wanted, command_id)
            assert case.accepted
            log = process.rows(party_id)[1]
            assert log[-1]["id"] == event.id, "what is answered is what is stored"
            answer: object = (event.revision, event.type, event.at_ms, event.actor_id, event.data)
            assert process.announced[-1].events == [event]
            assert process.announced[-1].command_id == command_id
        except Refusal as refusal:
            assert not case.accepted
            answer = refusal.problem()
        found.append((answer, plain(process.rows(party_id))))
    assert found[0] == found[1]


def test_what_is_usual_takes_one_round_trip(process: Process, engine: Engine) -> None:
    party_id = party(process)
    process.read_replica(party_id)
    with round_trips(engine) as counted:
        # psycopg prepares a statement that it has seen some times, with a round trip more.
        for number in range(8):
            process.control(command(party_id, position_s=float(number)), new_id())
        before = counted.count
        for number in range(10):
            process.control(command(party_id, position_s=float(number)), new_id())
        assert counted.count - before == 10
        process.copies.clear()
        before = counted.count
        process.control(command(party_id, position_s=1.0), new_id())
        assert counted.count - before > 4, "the slow path takes more, so the count counts"


REFUSED_NOW: list[tuple[Change, UUID, str]] = [
    (guest_leaves, GUEST, "not_found"),
    (host_ends, HOST, "party_ended"),
    (host_hands_over, HOST, "forbidden"),
]


@pytest.mark.parametrize(("how", "actor", "code"), REFUSED_NOW)
def test_an_old_copy_lets_nobody_through(process: Process, how: Change, actor: UUID, code: str) -> None:
    party_id = party(process, control=Control.HOST if how is host_hands_over else Control.EVERYONE)
    replica = process.read_replica(party_id)
    change(process, party_id, how)
    assert (replica.state.revision, actor in replica.present) == (2, True), "the copy has not heard of it"
    with pytest.raises(Refusal) as refused:
        process.control(command(party_id, actor=actor, position_s=3.0), new_id())
    assert refused.value.code == code
    assert len(process.rows(party_id)[1]) == 3


@pytest.mark.parametrize(("how", "actor"), [(stranger_joins, STRANGER), (host_hands_over, GUEST)])
def test_an_old_copy_refuses_nobody(process: Process, how: Change, actor: UUID) -> None:
    party_id = party(process, control=Control.HOST if actor == GUEST else Control.EVERYONE)
    process.read_replica(party_id)
    change(process, party_id, how)
    assert process.control(command(party_id, actor=actor, position_s=3.0), new_id()).revision == 4


def test_a_revision_that_is_expected_by_an_old_copy_alone_is_refused(process: Process) -> None:
    party_id = party(process)
    process.read_replica(party_id)
    change(process, party_id, stranger_joins)
    with pytest.raises(Refusal) as refused:
        process.control(command(party_id, position_s=3.0, expected_revision=2), new_id())
    assert refused.value.code == "stale_revision"


@pytest.mark.parametrize("between", [None, guest_leaves, host_ends])
def test_a_repeat_finds_the_first_effect(process: Process, between: Change | None) -> None:
    party_id, command_id = party(process), new_id()
    process.read_replica(party_id)
    first = process.control(command(party_id, actor=GUEST, position_s=3.0), command_id)
    if between is not None:
        change(process, party_id, between)
    told, rows = len(process.announced), process.rows(party_id)
    assert process.control(command(party_id, actor=GUEST, position_s=4.0), command_id) == first
    assert process.rows(party_id) == rows
    assert len(process.announced) == told, "a repeat is no news"
    other = command(party_id, actor=HOST, position_s=5.0)
    if between is not host_ends:
        assert process.control(other, command_id).revision > first.revision, "ids are each person's own"


def test_the_same_command_at_once_has_one_effect(process: Process) -> None:
    party_id, command_id, start = party(process), new_id(), threading.Barrier(6)
    processes = [Process(process.engine) for _ in range(6)]
    for one in processes:
        one.read_replica(party_id)

    def run(one: Process) -> int:
        start.wait(LIMIT_S)
        return one.control(command(party_id, position_s=3.0), command_id).revision

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(run, processes)) == [3] * 6
    assert len(process.rows(party_id)[1]) == 3


def test_two_processes_race_without_a_gap(process: Process) -> None:
    """Each process hears of the other's commits as over the bus; both run two commands at a time."""
    party_id, other = party(process), Process(process.engine)
    process.hears = other.hears = [process, other]
    for one in (process, other):
        one.read_replica(party_id)
    chance = random.Random(4)
    wanted = [(new_id(), chance.choice((process, other)), chance.random() * FILM_S) for _ in range(200)]

    def run(job: tuple[UUID, Process, float]) -> tuple[int, UUID]:
        command_id, one, position_s = job
        return one.control(command(party_id, position_s=position_s), command_id).revision, command_id

    with ThreadPoolExecutor(4) as threads:
        answered = list(threads.map(run, wanted))
    log = process.rows(party_id)[1]
    assert [event["revision"] for event in log] == list(range(1, 203))
    assert sorted(answered) == [(event["revision"], event["command_id"]) for event in log[2:]]
    told = [c.session.state.revision for one in (process, other) for c in one.announced[-200:]]
    assert sorted(revision for revision in told if revision > 2) == list(range(3, 203))


def test_an_event_of_a_newer_program_sends_commands_the_long_way(process: Process) -> None:
    party_id = party(process)
    replica = process.read_replica(party_id)
    replica.apply(RoomEvent(revision=3, type="playlist_changed", at_ms=T0, actor_id=None, data={}))
    assert process.fast_path.try_run(command(party_id, position_s=3.0), new_id()) is None
    assert process.control(command(party_id, position_s=3.0), new_id()).revision == 3
