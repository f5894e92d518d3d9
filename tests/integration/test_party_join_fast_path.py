"""The fast path of a join on a real Postgres: the rows that the slow path leaves, in two round trips, and
never twice or on a party that has moved on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update

from partyapp.commands.store import CommandEntity
from partyapp.party.application.commands import EndPartySessionCommand, LeavePartySessionCommand
from partyapp.party.domain.admission import PartyBan, PartyInvite
from partyapp.party.domain.grants import Grant
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.join_statement import JoinReading, JoinStatement
from partyapp.party.infrastructure.services.admission_service import AdmissionService
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.lifecycle_env import ADA, ENTITIES, GRACE, Workers
from tests.support.party_objects import T0, principal
from tests.support.round_trips import round_trips
from tests.support.waiting import LIMIT_S


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=20) as engine:
        yield engine


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    emptied(engine, ENTITIES)
    return Transactions(engine)


def rows(workers: Workers, party_id: UUID) -> list[list[dict[str, Any]]]:
    """All that is stored of the party and of its commands, but for ids that chance has chosen."""
    found = []
    with workers.engine.connect() as connection:
        for entity, mine in (
            (SyncedPartySessionEntity, SyncedPartySessionEntity.id == party_id),
            (PartyMemberEntity, PartyMemberEntity.party_id == party_id),
            (PartyEventEntity, PartyEventEntity.party_id == party_id),
            (CommandEntity, CommandEntity.payload["party_id"].astext == str(party_id)),
        ):
            statement = select(entity.__table__).where(mine)
            found.append([plain(dict(row)) for row in connection.execute(statement).mappings()])
    return found


def plain(row: dict[str, Any]) -> dict[str, Any]:
    by_chance = {"id", "party_id", "command_id", "invite_code", "payload", "video"}
    kept = {name: value for name, value in row.items() if name not in by_chance}
    if kept.get("outcome"):
        kept["outcome"] = {"result": {**kept["outcome"]["result"], "party_id": None}}
    return kept


def test_all_ways_leave_the_same_rows(transactions: Transactions) -> None:
    left: list[object] = []
    for way in ("direct", "fast", "slow"):
        workers = Workers(transactions, fast=way == "fast")
        party_id = workers.opened()
        code = workers.invite_of(party_id)
        for name in ("Grace", "Gráce with another name"):
            person = principal(name, GRACE.user_id)
            if way != "direct" or not workers.join_directly(party_id, person, code):
                assert workers.accepted.run(workers.ask_to_join(party_id, person, code))
            leave = LeavePartySessionCommand(actor=person, party_id=party_id)
            assert workers.accepted.run(workers.accept("leave", leave))
        assert workers.accepted.run(workers.ask_to_join(party_id, GRACE, code))
        # Who comes back takes the slow path each time.
        assert len(workers.handled) == (5 if way == "slow" else 4), "a shorter way was not taken, or always"
        left.append(rows(workers, party_id))
    assert left[0] == left[1] == left[2]


def test_a_join_waits_for_postgres_twice(transactions: Transactions) -> None:
    workers = Workers(transactions)
    party_id = workers.opened()
    code = workers.invite_of(party_id)
    asked = [workers.ask_to_join(party_id, principal(), code) for _ in range(8)]
    with round_trips(workers.engine) as counted:
        # A new connection asks for things of its own, and a statement is prepared when it comes often.
        for command_id in asked[:6]:
            assert workers.join.try_run(command_id)
        before = counted.count
        assert workers.join.try_run(asked[6])
        assert counted.count - before == 2
    assert workers.row(asked[6]).state == "succeeded"


def test_what_is_not_plain_takes_the_slow_path(transactions: Transactions) -> None:
    workers = Workers(transactions)
    party_id = workers.opened()
    code = workers.invite_of(party_id)
    end = EndPartySessionCommand(actor=ADA, party_id=party_id)
    for command_id in (
        workers.ask_to_join(party_id, GRACE, "wrong"),
        workers.ask_to_join(party_id, ADA, code),
        workers.ask_to_join(new_id(), GRACE, code),
        workers.accept("end", end),
        new_id(),
    ):
        assert workers.join.try_run(command_id) is None
    assert workers.events(party_id) == ["party_session_created"]
    assert workers.announced == []


class Meanwhile(JoinStatement):
    """Something happens between the reading and the commit, so many times."""

    def __init__(self, engine: Engine, happens: Callable[[], object], times: int = 1) -> None:
        super().__init__(engine)
        self.happens, self.times = happens, times

    def read(self, command_id: UUID) -> JoinReading | None:
        reading = super().read(command_id)
        if self.times:
            self.times -= 1
            self.happens()
        return reading


@pytest.mark.parametrize("races", [1, 2, 50])
def test_a_party_that_has_moved_on_is_decided_on_again(transactions: Transactions, races: int) -> None:
    workers, others = Workers(transactions), Workers(transactions)
    party_id = workers.opened()
    code = workers.invite_of(party_id)

    def somebody_joins() -> None:
        assert others.accepted.run(others.ask_to_join(party_id, principal(), code))

    workers.join._statement = Meanwhile(workers.engine, somebody_joins, races)
    outcome = workers.accepted.run(workers.ask_to_join(party_id, GRACE, code))
    joined = 1 + min(races, 3)
    assert outcome is not None
    assert outcome["result"]["revision"] == 1 + joined
    assert workers.events(party_id) == ["party_session_created"] + joined * ["member_joined"]
    assert len(workers.handled) == (races == 50), "whoever loses again and again takes the lock"
    assert len(workers.announced) == 1


def test_a_command_that_another_has_run_meanwhile_is_not_run_again(transactions: Transactions) -> None:
    workers, other = Workers(transactions), Workers(transactions)
    party_id = workers.opened()
    command_id = workers.ask_to_join(party_id, GRACE, workers.invite_of(party_id))
    theirs: list[object] = []
    workers.join._statement = Meanwhile(workers.engine, lambda: theirs.append(other.accepted.run(command_id)))
    assert [workers.accepted.run(command_id)] == theirs
    assert workers.events(party_id) == ["party_session_created", "member_joined"]
    assert workers.announced == []


def test_a_command_that_was_given_up_meanwhile_has_no_effect(transactions: Transactions) -> None:
    """The party stands still, so that only the command's own row can tell."""
    workers = Workers(transactions)
    party_id = workers.opened()
    command_id = workers.ask_to_join(party_id, GRACE, workers.invite_of(party_id))
    given_up = {"problem": {"code": "unavailable"}}

    def give_up() -> None:
        with transactions.begin() as session:
            session.execute(
                update(CommandEntity)
                .where(CommandEntity.id == command_id)
                .values(state="failed", outcome=given_up)
            )

    workers.join._statement = Meanwhile(workers.engine, give_up)
    assert workers.accepted.run(command_id) == given_up
    assert workers.events(party_id) == ["party_session_created"]


def test_many_join_at_once_without_a_gap_and_within_the_limit(transactions: Transactions) -> None:
    workers = Workers(transactions)
    party_id = workers.opened()
    with transactions.begin() as session:
        session.execute(update(SyncedPartySessionEntity).values(max_members=30))
    code = workers.invite_of(party_id)
    asked = [workers.ask_to_join(party_id, principal(), code) for _ in range(40)]
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait(LIMIT_S)
        for command_id in asked[number::4] + asked:
            workers.accepted.run(command_id)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    outcomes = [workers.row(command_id).outcome or {} for command_id in asked]
    revisions = sorted(outcome["result"]["revision"] for outcome in outcomes if "result" in outcome)
    assert revisions == list(range(2, 31))
    assert len([one for one in outcomes if "problem" in one]) == 11
    assert workers.events(party_id) == ["party_session_created"] + 29 * ["member_joined"]


def invite_to(workers: Workers, party_id: UUID, **changes: Any) -> PartyInvite:
    """An invite beside the party's own code."""
    good = PartyInvite(
        id=new_id(), party_id=party_id, code=str(new_id()), created_by=ADA.user_id, created_at_ms=T0
    )
    invite = replace(good, **changes)
    with workers.transactions.begin() as session:
        AdmissionService(session).add_invite(invite)
    return invite


def uses_of(workers: Workers, invite: PartyInvite) -> int:
    with workers.transactions() as session:
        found = AdmissionService(session).invite(invite.party_id, invite.id)
    assert found is not None
    return found.uses


def test_an_invite_is_counted_in_the_joins_own_transaction(transactions: Transactions) -> None:
    workers = Workers(transactions)
    party_id = workers.opened()
    invite = invite_to(workers, party_id, max_uses=1, grants=frozenset({Grant.PLAYBACK}))
    workers.crash = RuntimeError("the worker died")
    command_id = workers.ask_to_join(party_id, GRACE, invite.code)
    assert "result" not in (workers.accepted.run(command_id) or {})
    assert uses_of(workers, invite) == 0, "who didn't get in has used nothing up"
    workers.crash = None
    assert "result" in (workers.accepted.run(workers.ask_to_join(party_id, GRACE, invite.code)) or {})
    assert uses_of(workers, invite) == 1
    with transactions() as session:
        member = session.get(PartyMemberEntity, (party_id, GRACE.user_id))
    assert member is not None
    assert member.grants == ["playback"]


def test_who_was_named_takes_the_slow_path(transactions: Transactions) -> None:
    """With the party's own code, by which anybody else is let in fast: one is banned, one has more rights."""
    workers = Workers(transactions)
    party_id = workers.opened()
    code = workers.invite_of(party_id)
    banned, named = principal("Banned"), principal("Named")
    ban = PartyBan(user_id=banned.user_id, display_name="Banned", banned_by=ADA.user_id, at_ms=T0)
    with transactions.begin() as session:
        AdmissionService(session).add_ban(party_id, ban)
    invite = invite_to(workers, party_id, user_id=named.user_id, grants=frozenset({Grant.QUEUE}))
    outcomes = [
        workers.accepted.run(workers.ask_to_join(party_id, who, code)) or {} for who in (banned, named, GRACE)
    ]
    assert outcomes[0]["problem"]["code"] == "banned"
    assert ["result" in outcome for outcome in outcomes] == [False, True, True]
    assert len(workers.handled) == 2
    assert uses_of(workers, invite) == 1


def test_a_one_use_invite_lets_one_in_however_many_press(transactions: Transactions) -> None:
    """Six at once, ten times; `INVITE_ROUNDS=200` in the environment makes it so many rounds."""
    rounds = int(os.environ.get("INVITE_ROUNDS", "10"))
    workers = Workers(transactions)
    party_id = workers.opened()
    with transactions.begin() as session:
        session.execute(update(SyncedPartySessionEntity).values(max_members=10_000))
    start = threading.Barrier(6)

    def press(code: str, _: int) -> bool:
        command_id = workers.ask_to_join(party_id, principal(), code)
        start.wait(LIMIT_S)
        return "result" in (workers.accepted.run(command_id) or {})

    with ThreadPoolExecutor(6) as crowd:
        for _ in range(rounds):
            invite = invite_to(workers, party_id, max_uses=1)
            assert sum(crowd.map(partial(press, invite.code), range(6))) == 1
            assert uses_of(workers, invite) == 1
    assert workers.events(party_id) == ["party_session_created"] + rounds * ["member_joined"]
