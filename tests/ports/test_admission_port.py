"""What every keeper of invites and bans must do, told to the fake and to the one in Postgres alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.party.application.admission_ports import AdmissionPort
from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.domain.admission import PartyBan, PartyInvite
from partyapp.party.domain.grants import grants_of
from partyapp.party.infrastructure.admission_entities import (
    PartyBanEntity,
    PartyInviteEntity,
    UsedTokenEntity,
)
from partyapp.party.infrastructure.entities import PartyEventEntity, SyncedPartySessionEntity
from partyapp.party.infrastructure.services.admission_service import AdmissionService
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_admission import InMemoryAdmissions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.party_objects import T0, created

ENTITIES = (SyncedPartySessionEntity, PartyEventEntity, PartyInviteEntity, PartyBanEntity, UsedTokenEntity)
ADA, BOB, CLEO = (UUID(int=number) for number in range(1, 4))
#: Opens a transaction with its port.
OpenPort = Callable[[], AbstractContextManager[AdmissionPort]]
PARTY, OTHER = created(), created()


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def place(request: pytest.FixtureRequest) -> OpenPort:
    if request.param == "memory":
        fake = InMemoryAdmissions()

        @contextmanager
        def in_memory() -> Iterator[AdmissionPort]:
            yield fake

        return in_memory
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)
    with transactions.begin() as session:
        for party in (PARTY, OTHER):
            PartySessionService(session).add(party)

    @contextmanager
    def in_postgres() -> Iterator[AdmissionPort]:
        with transactions.begin() as session:
            yield AdmissionService(session)

    return in_postgres


def invite(**changes: Any) -> PartyInvite:
    good = PartyInvite(
        id=new_id(), party_id=PARTY.state.id, code=str(new_id()), created_by=ADA, created_at_ms=T0
    )
    return replace(good, **changes)


def kept(place: OpenPort, **changes: Any) -> PartyInvite:
    made = invite(**changes)
    with place() as admissions:
        admissions.add_invite(made)
    return made


def test_an_invite_is_found_as_it_was(place: OpenPort) -> None:
    every = {"expires_at_ms": T0 + 0.5, "max_uses": 3, "user_id": BOB, "grants": grants_of(["chat"])}
    made, plain = kept(place, **every), kept(place, grants=frozenset())
    with place() as admissions:
        assert admissions.invite(PARTY.state.id, made.id) == made
        assert admissions.invite(PARTY.state.id, plain.id) == plain
        assert admissions.invite(OTHER.state.id, made.id) is None
        assert admissions.invite(PARTY.state.id, new_id()) is None


def test_invites_are_found_by_code_or_person(place: OpenPort) -> None:
    by_code, by_name, _ = kept(place), kept(place, user_id=BOB), kept(place, user_id=CLEO)
    kept(place, party_id=OTHER.state.id, user_id=BOB)
    with place() as admissions:
        assert admissions.invites_for(PARTY.state.id, ADA, None) == []
        assert admissions.invites_for(PARTY.state.id, ADA, by_code.code) == [by_code]
        assert admissions.invites_for(PARTY.state.id, BOB, None) == [by_name]
        assert admissions.invites_for(PARTY.state.id, BOB, by_code.code) == [by_code, by_name]
        assert admissions.invites_for(OTHER.state.id, ADA, by_code.code) == []


def test_a_use_is_counted_as_long_as_there_is_one_left(place: OpenPort) -> None:
    once, often = kept(place, max_uses=1), kept(place)
    with place() as admissions:
        for made in (once, often, often):
            admissions.count_use(made.id)
    for closed in (once, kept(place, revoked_at_ms=T0)):
        with place() as admissions, pytest.raises(ConcurrentChange):
            admissions.count_use(closed.id)
    with place() as admissions:
        found = [admissions.invite(PARTY.state.id, made.id) for made in (once, often)]
    assert [one.uses for one in found if one is not None] == [1, 2]


def test_those_that_are_open_are_found_and_counted(place: OpenPort) -> None:
    kept(place, party_id=OTHER.state.id)
    open_ones: list[dict[str, Any]] = [{}, {"expires_at_ms": T0 + 1}, {"max_uses": 2, "uses": 1}]
    closed: list[dict[str, Any]] = [
        {"expires_at_ms": T0},
        {"max_uses": 2, "uses": 2},
        {"revoked_at_ms": T0 - 1},
    ]
    found = [kept(place, **changes) for changes in open_ones]
    for changes in closed:
        kept(place, **changes)
    with place() as admissions:
        assert admissions.all_open(PARTY.state.id, T0) == found
        assert admissions.open_invites(PARTY.state.id, T0) == 3
        assert admissions.open_invites(new_id(), T0) == 0


def test_a_persons_invites_are_those_by_them_and_those_for_them(place: OpenPort) -> None:
    by_bob, for_bob, _ = kept(place, created_by=BOB), kept(place, user_id=BOB), kept(place)
    gone = kept(place, created_by=BOB)
    with place() as admissions:
        admissions.revoke([gone.id], T0 + 5)
        admissions.revoke([], T0)
    with place() as admissions:
        assert admissions.invites_of(PARTY.state.id, BOB) == [by_bob, for_bob]
        assert admissions.invites_of(OTHER.state.id, BOB) == []
        admissions.revoke([gone.id, by_bob.id], T0 + 9)
        found = [admissions.invite(PARTY.state.id, one.id) for one in (gone, by_bob)]
    assert [one.revoked_at_ms for one in found if one is not None] == [T0 + 5, T0 + 9]


def test_a_ban_holds_until_it_is_ended(place: OpenPort) -> None:
    first = PartyBan(user_id=BOB, display_name="Böb", banned_by=ADA, at_ms=T0 + 0.25)
    with place() as admissions:
        admissions.add_ban(PARTY.state.id, first)
        admissions.add_ban(PARTY.state.id, replace(first, banned_by=CLEO))
    with place() as admissions:
        assert admissions.ban_of(PARTY.state.id, BOB) == first
        assert admissions.ban_of(OTHER.state.id, BOB) is None
        for _ in range(2):
            admissions.remove_ban(PARTY.state.id, BOB)
    with place() as admissions:
        assert admissions.ban_of(PARTY.state.id, BOB) is None


def test_a_token_lets_in_once(place: OpenPort) -> None:
    one, other = new_id(), new_id()
    with place() as admissions:
        assert admissions.use_token(one, T0)
    with place() as admissions:
        assert not admissions.use_token(one, T0 + 1)
        assert admissions.use_token(other, T0)
