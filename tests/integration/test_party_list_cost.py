"""The list of parties on a real Postgres: the right ones, and few rows however many parties there were."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, text

from partyapp.chat.application.ports import CHAT_MARK
from partyapp.chat.infrastructure.entities import ChatCounterEntity, ChatMuteEntity
from partyapp.chat.infrastructure.reading_statement import chat_mark
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyStatus, Visibility
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.reading_statements import Marks
from partyapp.shared.storage.database import Transactions, table_of
from tests.support.fresh_database import fresh_tables
from tests.support.party_objects import T0, member_of, state
from tests.support.playback_env import ENTITIES
from tests.support.rows_read import rows_read

PARTIES = 6000
READER, STRANGER = UUID(int=1), UUID(int=2)
STATES = (None, PartyStatus.ACTIVE, PartyStatus.ENDED)


@dataclass(frozen=True)
class Listed:
    """What the list is to be found by."""

    id: UUID
    public: bool
    active: bool
    own: bool
    left: bool


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, (*ENTITIES, ChatCounterEntity, ChatMuteEntity)) as engine:
        yield engine


@pytest.fixture(scope="module")
def parties(engine: Engine) -> list[Listed]:
    """Mostly private parties of others that have ended, and in between each other kind; newest first."""
    chance, found, rows, members = random.Random(14), [], [], []
    for number in range(PARTIES):
        rare = number % 100 == 0
        party = Listed(
            id=UUID(int=(number + 1) << 64),
            public=rare and chance.random() < 0.5,
            active=number > PARTIES - 200 and chance.random() < 0.5,
            own=rare and number % 3 > 0 and chance.random() < 0.5,
            left=number % 3 == 0,
        )
        found.append(party)
        facts = state(
            id=party.id,
            visibility=Visibility.PUBLIC if party.public else Visibility.PRIVATE,
            status=PartyStatus.ACTIVE if party.active else PartyStatus.ENDED,
        )
        rows.append(mapping.session_columns(facts, 0.0))
        session = SyncedPartySession.reconstitute(facts)
        if party.own:
            members.append(mapping.member_columns(member_of(session, READER)))
        elif party.left:
            members.append(mapping.member_columns(member_of(session, READER, left_at_ms=T0)))
    with engine.connect() as connection:
        connection.execute(insert(table_of(SyncedPartySessionEntity)), rows)
        connection.execute(insert(table_of(PartyMemberEntity)), members)
        connection.execute(text("VACUUM ANALYZE"))
    return found[::-1]


def is_for(party: Listed, reader: UUID) -> bool:
    """Whether a reader has the party in the list; one that is over is not, for who has left it."""
    if reader != READER:
        return party.public
    return party.own or (party.public and (party.active or not party.left))


def walked(asked: PartyQueries, reader: UUID, status: PartyStatus | None, limit: int) -> list[UUID]:
    """The whole list, page by page."""
    found: list[UUID] = []
    while True:
        page = asked.parties(reader, status, found[-1] if found else None, limit)
        found += [party.id for party in page[:limit]]
        if len(page) <= limit:
            return found


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_every_page_has_public_parties_and_ones_own(
    engine: Engine, parties: list[Listed], status: PartyStatus | None, limit: int
) -> None:
    asked = PartyQueries(Transactions(engine))
    for reader in (READER, STRANGER):
        wanted = [
            party.id
            for party in parties
            if is_for(party, reader) and (status is None or party.active == (status is PartyStatus.ACTIVE))
        ]
        assert walked(asked, reader, status, limit) == wanted


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("depth", [0, PARTIES // 2])
def test_a_page_reads_little_however_many_parties_there_have_been(
    engine: Engine, parties: list[Listed], status: PartyStatus | None, depth: int
) -> None:
    after = parties[depth].id

    def page(transactions: Transactions) -> object:
        return PartyQueries(transactions).parties(READER, status, after, 50)

    for table in ("synced_party_sessions", "party_members"):
        _, rows = rows_read(engine, table, page)
        assert rows <= 400, table


@pytest.mark.parametrize("marks", [{}, {CHAT_MARK: chat_mark}])
@pytest.mark.parametrize("number", [1, 20])
def test_no_plan_of_a_party_is_better_for_its_values_than_one_for_all(
    engine: Engine, parties: list[Listed], number: int, marks: Marks
) -> None:
    """Else Postgres plans each reading anew beside many parties, and that is most of what it costs."""
    queries = PartyQueries(Transactions(engine), marks)
    queries.parties_at_once([(parties[0].id, READER)])
    reading = queries._marked
    names: list[str] = []

    def numbered(parameter: re.Match[str]) -> str:
        if parameter[1] not in names:
            names.append(parameter[1])
        return f"${names.index(parameter[1]) + 1}"

    statement = re.sub(r"%\((\w+)\)s", numbered, reading._sql.decode())
    asked = ",".join(str(party.id) for party in parties[:number])
    given = {
        **reading._fixed, "party_ids": f"{{{asked}}}", "user_ids": "{}", "host_from": 2**31 - 1
    }  # fmt: skip
    values = ", ".join(f"'{given[name]}'" for name in names)
    costs = {}
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PREPARE reading AS {statement}")
        for mode in ("force_custom_plan", "force_generic_plan"):
            connection.exec_driver_sql(f"SET plan_cache_mode = {mode}")
            (plan,) = connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) EXECUTE reading({values})"
            ).scalar_one()
            costs[mode] = plan["Plan"]["Total Cost"]
        connection.exec_driver_sql("DEALLOCATE reading")
        connection.exec_driver_sql("RESET plan_cache_mode")
    assert costs["force_generic_plan"] <= costs["force_custom_plan"], costs
