"""A party of 10,000 on a real Postgres: what each question about it reads, and how its members are listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from partyapp.party.application.inbound_ports import MembersQuery
from partyapp.party.application.views import LISTED, NOBODY_ONLINE, Online, party_view
from partyapp.party.domain.state import Visibility
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import fresh_tables
from tests.support.party_objects import T0, created, host_of, member_of
from tests.support.playback_env import ENTITIES, Process
from tests.support.rows_read import rows_read

ROOM = 10_000
READER = UUID(int=5000)


def user(number: int) -> UUID:
    """The member who joined as number so and so."""
    return UUID(int=number)


_COPY = "COPY party_members (party_id, user_id, display_name, joined_at_ms, left_at_ms) FROM STDIN"


class Room:
    """The party, and how many rows of its members a question reads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.session = created(max_members=ROOM, visibility=Visibility.PUBLIC)
        host = host_of(self.session)
        self.host_id, self.id = host.user_id, Process(engine).keep(self.session, [host])
        rows = [(self.id, user(number), f"Member {number}", T0 + number, None) for number in range(1, ROOM)]
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            with driver.cursor().copy(_COPY) as copy:
                for row in rows:
                    copy.write_row(row)
            connection.execute(
                text("UPDATE synced_party_sessions SET member_count = :count"), {"count": ROOM}
            )
            connection.execute(text("VACUUM ANALYZE party_members"))
        self.queries = PartyQueries(Transactions(engine))

    def read(self, ask: Callable[[PartyQueries], Any]) -> tuple[Any, int]:
        """What came of it, and how many rows of members the server has looked at for it."""
        return rows_read(self.engine, "party_members", lambda own: ask(PartyQueries(own)))


@pytest.fixture(scope="module")
def room(database_url: str) -> Iterator[Room]:
    with fresh_tables(database_url, ENTITIES, pool_size=2) as engine:
        yield Room(engine)


def test_a_membership_is_one_row(room: Room) -> None:
    reading, rows = room.read(lambda queries: queries.membership(room.id, READER))
    assert (reading.own.user_id, reading.readable_whole) == (READER, True)
    assert rows <= 1
    reading, rows = room.read(lambda queries: queries.membership(room.id, new_id()))
    assert (reading.own, rows) == (None, 0)


def test_a_socket_is_opened_with_one_row(room: Room) -> None:
    reading, rows = room.read(lambda queries: queries.party(room.id, READER))
    assert [member.user_id for member in reading.members] == [READER]
    assert rows <= 1


def test_sockets_that_are_opened_together_are_told_of_their_own_members(room: Room) -> None:
    stranger = new_id()
    asked = [(room.id, READER), (new_id(), READER), (room.id, room.host_id), (room.id, stranger)]
    (own, nothing, host, others), rows = room.read(lambda queries: queries.parties_at_once(asked))
    assert nothing is None
    for reading, reader_id in ((own, READER), (host, room.host_id)):
        assert [member.user_id for member in reading.members] == [reader_id]
        assert reading.own == reading.members[0]
    assert (others.own, list(others.members)) == (None, [])
    assert rows <= 2


def test_a_view_reads_those_that_it_lists(room: Room) -> None:
    online = [user(number) for number in range(100, 100 + LISTED)]
    reading, rows = room.read(lambda queries: queries.party(room.id, READER, online))
    assert {member.user_id for member in reading.members} == {room.host_id, READER, *online}
    assert rows <= LISTED + 2
    presence = {one: {"online": True, "sync": None} for one in online}
    view = party_view(reading.state, reading.members, Online(9000, presence), READER)
    assert (view["member_count"], view["online_count"], len(view["members"])) == (ROOM, 9000, LISTED)
    names = [UUID(member["user_id"]) for member in view["members"]]
    assert names == [room.host_id, READER, *online[: LISTED - 2]]


def test_nobody_else_is_read_for_our_own_processes(room: Room) -> None:
    reading, rows = room.read(lambda queries: queries.whole(room.id, [READER, room.host_id]))
    assert {member.user_id for member in reading.members} == {READER, room.host_id}
    assert rows <= 2


def test_the_longest_names_make_no_long_answer(room: Room) -> None:
    session = room.queries.membership(room.id, READER).state
    long_film = replace(session.video, title="\U0001f37f" * 200, playback_url="/" + "x" * 2000)
    session = replace(session, title="\U0001f37f" * 200, video=long_film)
    members = [
        member_of(room.session, user(number), display_name="\U0001f37f" * 64, joined_at_ms=T0 + number)
        for number in range(1, 200)
    ]
    answer = party_view(session, members, NOBODY_ONLINE, READER)
    joined = {"member": answer["members"][1], "party": answer}
    assert len(json.dumps(joined)) < 30_000
    assert len(answer["members"]) >= 2


def test_a_small_party_has_all_its_members(room: Room) -> None:
    process, session = Process(room.engine), created()
    others = [member_of(session, new_id(), joined_at_ms=T0 + number) for number in range(3)]
    party_id = process.keep(session, [host_of(session), *others])
    reading = room.queries.party(party_id, others[0].user_id)
    assert [member.user_id for member in reading.members[1:]] == sorted(
        (other.user_id for other in others), key=[other.user_id for other in others].index
    )


def test_a_successor_is_found_along_the_index(room: Room) -> None:
    everybody = {user(number) for number in range(3, ROOM)}

    def successor(connected: set[UUID]) -> tuple[Any, int]:
        def ask(transactions: Transactions) -> Any:
            with transactions.begin() as transaction:
                return PartyMemberService(transaction).successor(room.id, room.host_id, connected)

        return rows_read(room.engine, "party_members", ask)

    found, rows = successor(everybody)
    assert found.user_id == user(3)
    assert rows <= 50
    found, rows = successor(set())
    assert found.user_id == user(1)
    assert rows <= 50


@contextmanager
def hosted_by(room: Room, user_id: UUID) -> Iterator[None]:
    """The party has another host meanwhile."""
    host_id, room.host_id = room.host_id, user_id
    yield
    room.host_id = host_id


def walked(room: Room, limit: int, **query: Any) -> list[UUID]:
    """Every member of the list, page by page."""
    found: list[UUID] = []
    after = None
    while True:
        rows = room.queries.members(
            room.id, host_id=room.host_id, query=MembersQuery(after=after, **query), limit=limit
        )
        found += [row.user_id for row in rows]
        if len(rows) < limit:
            return found
        after = found[-1]


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_pages_repeat_nobody_and_leave_nobody_out(room: Room, limit: int) -> None:
    prefix = "MEMBER 999"
    wanted = [user(999), *(user(number) for number in range(9990, ROOM))]
    assert walked(room, limit, prefix=prefix) == wanted
    with hosted_by(room, user(9995)):
        assert walked(room, limit, prefix=prefix) == [
            user(9995),
            *(one for one in wanted if one != user(9995)),
        ]


def test_the_whole_list_is_in_the_order_of_joining(room: Room) -> None:
    found = walked(room, 200)
    assert found == [room.host_id, *(user(number) for number in range(1, ROOM))]


def test_only_those_connected(room: Room) -> None:
    online = {user(9000), user(17), room.host_id, new_id()}
    assert walked(room, 2, online=online) == [room.host_id, user(17), user(9000)]
    assert walked(room, 2, online=set()) == []
