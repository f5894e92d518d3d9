"""What a room costs by its size: a join, its answer, a membership check, and what a member hears a second.

    python -m bench.micro.large_room [--members 100 1000 10000] [--runs 60]

On a real PostgreSQL a party of so many members is joined by the fast path's two statements, and answered and
checked by the queries; the statement that reads every present member, as answers and checks did before, runs
beside them. Then one process's room has all of the members' sockets, every member's sync changes all the
time, and the messages that one of them is sent are added up.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from bench.percentiles import quantile
from partyapp.party.application.views import LISTED, Online, party_view
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.live.crowd import send_crowd
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import DeviceKey, Room
from partyapp.shared.storage.database import Transactions
from tests.support.embedded_servers import EmbeddedServers
from tests.support.fresh_database import fresh_tables
from tests.support.lifecycle_env import ENTITIES, Workers
from tests.support.own_folder import own_folder
from tests.support.party_objects import T0, created, member_of, principal

READER = UUID(int=50)
SECONDS = 10
IN_SYNC = {
    "offset_bound_ms": 1.23, "drift_ms": -12.3, "rtt_ms": 12.3, "state": "playing", "verdict": "in_sync",
}  # fmt: skip
_MEMBERS = text("""
INSERT INTO party_members
SELECT :party, CAST(lpad(to_hex(n), 32, '0') AS uuid), 'Member ' || n, 1700000000000 + n, NULL
FROM generate_series(1, CAST(:count AS int)) AS n ON CONFLICT DO NOTHING
""")
_EVERYBODY = text("""
SELECT p.*, (SELECT json_agg(json_build_array(user_id, display_name, joined_at_ms)
                             ORDER BY joined_at_ms, user_id)
             FROM party_members WHERE party_id = p.id AND left_at_ms IS NULL)
FROM synced_party_sessions AS p WHERE id = :party
""")


def timed(work: Callable[[], object], runs: int) -> str:
    """Median and p95 in ms."""
    taken = []
    for _ in range(runs):
        began = perf_counter()
        work()
        taken.append((perf_counter() - began) * 1e3)
    return f"{median(taken):7.2f} {quantile(sorted(taken), 0.95):7.2f}"


def filled(engine: Engine, workers: Workers, members: int) -> UUID:
    """A party of that many."""
    command_id, party_id = workers.create()
    workers.accepted.run(command_id)
    with engine.connect() as connection:
        connection.execute(_MEMBERS, {"party": party_id, "count": members - 1})
        connection.execute(
            text(
                "UPDATE synced_party_sessions SET member_count = :count, max_members = 20000"
                " WHERE id = :party"
            ),
            {"count": members, "party": party_id},
        )
        connection.execute(text("VACUUM ANALYZE party_members"))
    return party_id


def stored(engine: Engine, transactions: Transactions, members: int, runs: int) -> None:
    """The line of a party in Postgres."""
    workers = Workers(transactions)
    party_id = filled(engine, workers, members)
    queries = PartyQueries(transactions)
    online = [UUID(int=number) for number in range(1, min(members, LISTED + 1))]
    presence = Online(members, {one: {"online": True, "sync": IN_SYNC} for one in online})

    def answer() -> dict[str, Any]:
        reading = queries.party(party_id, READER, online)
        return party_view(reading.state, reading.members, presence, READER)

    def everybody() -> None:
        with engine.connect() as connection:
            connection.execute(_EVERYBODY, {"party": party_id}).all()

    invite = workers.invite_of(party_id)
    joins = [workers.ask_to_join(party_id, principal("Grace"), invite) for _ in range(runs)]
    join = timed(lambda: workers.join.try_run(joins.pop()), runs)
    check = timed(lambda: queries.membership(party_id, READER), runs)
    shown, before = timed(answer, runs), timed(everybody, runs)
    size = len(json.dumps(answer()))
    print(f"{members:7,d}   {join}   {check}   {shown}   {before}   {size:9,d}", flush=True)


class Ear:
    """A socket that counts what it is sent."""

    closed = hung_up = False

    def __init__(self) -> None:
        self.bytes = 0

    def send(self, frame: bytes, kind: object = None) -> None:
        """Count it."""
        self.bytes += len(frame)


def heard(members: int) -> None:
    """The line of a room in memory: bytes a member and second, new and before, and the ms of a look."""
    session = created()
    people = [member_of(session, UUID(int=number), joined_at_ms=T0 + number) for number in range(members)]
    state = replace(session.state, member_count=members)
    room: Room[RoomState] = Room(state.id, RoomState(PartyReplica(state, people)))
    ears: list[Any] = [Ear() for _ in people]
    keys = [DeviceKey(person.user_id, None) for person in people]
    room.connections = dict(zip(keys, ears, strict=True))
    spent, before = [], 0
    for second in range(SECONDS):
        sync = {**IN_SYNC, "drift_ms": 20.0 * second}
        room.state.remote["other"] = (0.0, {person.user_id: sync for person in people})
        first = {person.user_id: person.state.joined_at_ms for person in people[:LISTED]}
        room.state.remote_first["other"] = first
        began = perf_counter()
        known = room.state.published
        news = room.state.news(T0 + 1000.0 * second)
        before += len(encoded({"type": "presence", "members": news}))
        if not room.state.large:
            room.broadcast(encoded({"type": "presence", "members": news}))
        elif second % 2 == 0:
            send_crowd(room, news, known, T0 + 1000.0 * second)
        spent.append((perf_counter() - began) * 1e3)
    a_member = sum(ear.bytes for ear in ears) / len(ears) / SECONDS
    print(f"{members:7,d}   {a_member:12,.0f}   {before / SECONDS:12,.0f}   {median(spent):9.1f}", flush=True)


def report(engine: Engine, sizes: Sequence[int], runs: int) -> None:
    """Print both tables."""
    print("members   join p50, p95    check p50, p95   answer p50, p95  everybody's     answer bytes")
    for members in sizes:
        stored(engine, Transactions(engine), members, runs)
    print("members   bytes a s      before         ms a look")
    for members in sizes:
        heard(members)


def main() -> None:
    """Start Postgres, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args()
    with (
        own_folder() as folder,
        EmbeddedServers(folder / "servers", valkey=False) as servers,
        fresh_tables(servers.database_url, ENTITIES, pool_size=4) as engine,
    ):
        report(engine, options.members, options.runs)


if __name__ == "__main__":
    main()
