"""What the hot statements cost beside a million ended parties, and beside none.

    python -m bench.micro.ended_parties [--parties 1000000] [--runs 200] [--only "a party"]

Two databases on one real Postgres, each with 200 live parties; one of them holds so many ended parties
besides, each with two members, three events, two messages and a notification. Every statement runs in both,
in turn, so that other load on the machine affects both. The objective is 1.1 times the median of the one
without at most.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, create_engine, text

from bench.micro.party_list import settle, without_indexes
from partyapp.bootstrap import BackgroundJobs, Resources, build_resources
from partyapp.bootstrap.retention import delete_old, kept_for_a_time
from partyapp.chat.application.ports import ChatSlice, Saying
from partyapp.chat.infrastructure.postgres_chat import PostgresChat
from partyapp.commands.payloads import to_payload
from partyapp.commands.record import NewCommand
from partyapp.measurements import measured_exposition
from partyapp.notification.infrastructure.notifications import PostgresNotifications
from partyapp.party.application.commands import (
    CreatePartySessionCommand,
    JoinPartySessionCommand,
    SeekPlaybackCommand,
)
from partyapp.party.domain.state import Control, PartyStatus
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings
from partyapp.shared.storage.database import Base
from partyapp.transcode.application.videos import RegisterVideo
from partyapp.transcode.cli import SAMPLE_VIDEO_ID, sample_command
from tests.support.embedded_servers import EmbeddedServers
from tests.support.fresh_database import fresh_database
from tests.support.own_folder import own_folder
from tests.support.party_objects import INVITE, created, host_of, principal
from tests.support.playback_env import Process

LIVE, BATCH = 200, 100_000

#: Ids that grow with the number, as those of version 7 do with time.
_ID = "CAST(lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' || substr(md5(n::text), 1, 12) AS uuid)"
#: A party that ended within the last 80 days, so that nothing of it is old.
_ENDED_AT = "CAST(:now AS float) - 86400000.0 * (1 + n % 80)"
_N = "generate_series(CAST(:first AS int), CAST(:last AS int)) AS n"
_ENDED = (
    f"""INSERT INTO synced_party_sessions SELECT made.*
        FROM synced_party_sessions AS sample, {_N},
        LATERAL jsonb_populate_record(sample, jsonb_build_object('id', {_ID}, 'status', 'ended',
        'ended_at_ms', {_ENDED_AT}, 'revision', 3, 'host_id', md5('h' || n)::uuid)) AS made
        WHERE sample.id = :sample""",
    f"""INSERT INTO party_members (party_id, user_id, display_name, joined_at_ms)
        SELECT {_ID}, md5(k || 'h' || n % 100000)::uuid, 'Ada', {_ENDED_AT}
        FROM {_N}, generate_series(1, 2) AS k""",
    f"""INSERT INTO party_events (party_id, revision, id, type, at_ms, data, relayed)
        SELECT {_ID}, k, gen_random_uuid(), 'playback_paused', {_ENDED_AT}, '{{}}', true
        FROM {_N}, generate_series(1, 3) AS k""",
    f"INSERT INTO chat_counters SELECT {_ID}, 2, 0, {_ENDED_AT} FROM {_N}",
    f"""INSERT INTO chat_messages
        SELECT {_ID}, k, gen_random_uuid(), {_ID}, 'Ada', 'Hello', {_ENDED_AT}, 1, {_ID}
        FROM {_N}, generate_series(1, 2) AS k""",
    f"""INSERT INTO notifications
        SELECT {_ID}, md5('h' || n)::uuid, {_ID}, {_ID}, 'party_session_ended', '{{}}',
        CAST(:now AS float) - 86400000.0 * (n % 20), n FROM {_N}""",
)


class Place:
    """A database with live parties, and what a web process and a worker do on it."""

    def __init__(self, database_url: str, redis_url: str, prefix: str) -> None:
        upgrade(database_url)
        self.resources: Resources = build_resources(
            Settings.from_environment(
                {
                    "DATABASE_URL": database_url,
                    "REDIS_URL": redis_url,
                    "PARTY_REDIS_PREFIX": prefix,
                    "PARTY_SECRET_KEY": "a bench's own secret, of no use to anybody",
                    "PARTY_MAX_PARTIES": "1000000",
                }
            ),
            5,
        )
        self.worker = BackgroundJobs(self.resources)
        self.process = Process(self.resources.engine)
        self.slow = Process(self.resources.engine)
        RegisterVideo(videos=self.resources.videos, clock=self.resources.clock)(sample_command())
        self.host = principal(user_id=new_id())
        self.parties = [self._party() for _ in range(LIVE)]
        self.party_id = self.parties[0]
        self.process.read_replica(self.party_id)
        self.chat = PostgresChat(self.resources.transactions)
        self.slot = 0

    def _party(self) -> UUID:
        session = created(
            control=Control.EVERYONE,
            host_id=self.host.user_id,
            max_members=100_000,
            created_at_ms=WallClock().now_ms(),
        )
        return self.process.keep(session, [host_of(session)])

    def seek(self, process: Process) -> None:
        command = SeekPlaybackCommand(actor=self.host, party_id=self.party_id, position_s=5.0)
        process.control(command, new_id())

    def run(self, kind: str, command: Any) -> None:
        """As a request and a worker do."""
        resources = self.resources
        record = resources.commands.accept(
            NewCommand(
                id=new_id(),
                user_id=command.actor.user_id,
                key=str(new_id()),
                fingerprint="",
                kind=kind,
                payload=to_payload(command),
                now_ms=resources.clock.now_ms(),
            )
        )
        self.worker.run_command(record.id, "", record.kind)

    def join(self) -> None:
        actor = Principal(user_id=new_id(), display_name="Grace")
        self.run("join", JoinPartySessionCommand(actor=actor, party_id=self.parties[1], invite_code=INVITE))

    def create(self) -> None:
        actor = Principal(user_id=new_id(), display_name="Ada")
        self.run(
            "create", CreatePartySessionCommand(actor=actor, party_id=new_id(), video_id=SAMPLE_VIDEO_ID)
        )

    def say(self) -> None:
        said = {"user_id": self.host.user_id, "text": "Hello", "at_ms": self.resources.clock.now_ms()}
        self.chat.say(Saying(party_id=self.party_id, id=new_id(), **said))  # type: ignore[arg-type]

    def tick(self) -> None:
        self.slot += 1
        self.worker.tick_slot(self.slot)

    def purge_one_portion(self) -> None:
        """What upkeep asks where nothing is old."""
        old = [(kept.name, kept.old) for kept in kept_for_a_time(self.resources) if kept.old is not None]
        delete_old(old)

    def statements(self) -> Iterator[tuple[str, Callable[[], object]]]:
        resources, reader = self.resources, self.host.user_id
        inbox = PostgresNotifications(resources.transactions)
        yield "seek, fast path", lambda: self.seek(self.process)
        yield "seek, slow path", lambda: self.seek(self.slow)
        yield "join", self.join
        yield "create", self.create
        yield "chat message", self.say
        yield "chat, newest", lambda: self.chat.messages(self.party_id, ChatSlice(limit=50))
        yield "relay", self.worker.relay
        yield "tick, worker", self.tick
        yield "tick, web", lambda: resources.queries.revisions(self.parties[:100])
        yield "a party", lambda: resources.queries.whole(self.party_id)
        yield "list, active", lambda: resources.queries.parties(reader, PartyStatus.ACTIVE, None, 50)
        yield "list, all", lambda: resources.queries.parties(reader, None, None, 50)
        yield "films to watch", lambda: resources.shown.watched_by(new_id())
        yield "notifications", lambda: inbox.newest(reader, 50)
        yield "sweep", self.worker.stale_commands
        yield "reminders", self.worker.remind
        yield "scrape", lambda: measured_exposition(resources)
        yield "purge, nothing old", self.purge_one_portion


def fill(engine: Engine, sample: UUID, parties: int) -> None:
    """All rows, and then the indexes, by their definitions in the database."""
    with engine.connect() as connection:
        indexes = connection.execute(
            text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        ).all()
        names = {index.name for table in Base.metadata.tables.values() for index in table.indexes}
        without_indexes(connection)
        for first in range(1, parties + 1, BATCH):
            span = {"first": first, "last": min(first + BATCH - 1, parties), "now": WallClock().now_ms()}
            for statement in _ENDED:
                given = {**span, **({"sample": sample} if ":sample" in statement else {})}
                connection.execute(text(statement), given)
        for name, definition in indexes:
            if name in names:
                connection.execute(text(definition))


def compared(empty: Place, full: Place, runs: int, only: str | None) -> Iterator[tuple[str, float, float]]:
    """Each statement's medians in ms, both places in turn."""
    for (name, here), (_, there) in zip(empty.statements(), full.statements(), strict=True):
        if only not in (None, name):
            continue
        taken: tuple[list[float], list[float]] = ([], [])
        for number in range(runs + 10):
            both = list(zip(taken, (here, there), strict=True))
            # Each goes first as often: the second finds what the machine shares warm.
            for spent, work in both[:: 1 if number % 2 else -1]:
                began = perf_counter()
                work()
                if number >= 10:
                    spent.append((perf_counter() - began) * 1e3)
        yield name, median(taken[0]), median(taken[1])


def main() -> int:
    """Start the servers, fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=1_000_000, help="ended parties")
    parser.add_argument("--runs", type=int, default=200, help="of each statement, in each database")
    parser.add_argument("--only", help="one statement, by its name in the table")
    options = parser.parse_args()
    with (
        own_folder() as folder,
        EmbeddedServers(folder / "servers") as servers,
        ExitStack() as databases,
    ):
        urls = [databases.enter_context(fresh_database(servers.database_url)) for _ in range(2)]
        empty, full = (
            Place(url, servers.redis_url, name) for url, name in zip(urls, ("empty", "full"), strict=True)
        )
        began = perf_counter()
        for place in (full, empty):
            place.purge_one_portion()
            # Without the limits of ours.
            owner = create_engine(place.resources.settings.database_url, isolation_level="AUTOCOMMIT")
            if place is full:
                fill(owner, full.party_id, options.parties)
            settle(owner)
            owner.dispose()
        print(f"{options.parties:,} ended parties, filled in {perf_counter() - began:.0f} s")
        print(f"{'median ms':20s} {'none':>9s} {'beside':>9s} {'ratio':>6s}", flush=True)
        for name, none, beside in compared(empty, full, options.runs, options.only):
            print(f"{name:20s} {none:9.3f} {beside:9.3f} {beside / none:6.2f}", flush=True)
        for place in (empty, full):
            place.resources.engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
