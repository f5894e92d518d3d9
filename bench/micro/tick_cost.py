"""What a tick costs, by how many parties are live: the worker's part, and that of a web process.

    python -m bench.micro.tick_cost [--parties 10 1000 100000] [--connected 3000] [--ticks 20]

The worker claims the slot and looks for parties that are due. A web process reads the revisions of the
parties that it has sockets for, and encodes one frame for each. Both run on a real PostgreSQL that holds
that many live parties, none of which is due.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from partyapp.bootstrap import BackgroundJobs, Resources, build_resources
from partyapp.commands.payloads import to_payload
from partyapp.commands.record import NewCommand
from partyapp.party.application.commands import CreatePartySessionCommand
from partyapp.party.live.room_messages import tick_frame
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings
from partyapp.transcode.application.videos import RegisterVideo
from partyapp.transcode.cli import SAMPLE_VIDEO_ID, sample_command
from tests.support.embedded_servers import EmbeddedServers
from tests.support.own_folder import own_folder

#: So far in the future that no party is due, ms.
LATER_MS = 4e12

#: How many rows are made by one statement.
BATCH = 10_000

_PARTIES = text("""
INSERT INTO synced_party_sessions
SELECT (jsonb_populate_record(sample, jsonb_build_object(
    'id', gen_random_uuid(), 'status', 'active', 'attended_until_ms', CAST(:later AS float),
    'playback_ends_at_ms', CAST(:later AS float)))).*
FROM synced_party_sessions AS sample, generate_series(1, :count)
WHERE sample.id = :sample
""")


def fill(connection: Connection, sample: UUID, count: int) -> None:
    """Add live parties, each a copy of `sample`, until there are `count`."""
    have = connection.execute(text("SELECT count(*) FROM synced_party_sessions")).scalar_one()
    while have < count:
        step = min(BATCH, count - have)
        connection.execute(_PARTIES, {"count": step, "sample": sample, "later": LATER_MS})
        have += step


def timed_ms(work: Callable[[], object], times: int) -> list[float]:
    """How long each of so many runs took, ms, after one that is not counted."""
    work()
    taken = []
    for _ in range(times):
        began = perf_counter()
        work()
        taken.append((perf_counter() - began) * 1e3)
    return taken


def first_party(resources: Resources, worker: BackgroundJobs) -> UUID:
    """A party to copy, created as a worker creates them."""
    RegisterVideo(videos=resources.videos, clock=resources.clock)(sample_command())
    record = resources.commands.accept(
        NewCommand(
            id=new_id(),
            user_id=new_id(),
            key=None,
            fingerprint="",
            kind="create",
            payload=to_payload(
                CreatePartySessionCommand(
                    actor=Principal(user_id=new_id(), display_name="Ada"),
                    party_id=new_id(),
                    video_id=SAMPLE_VIDEO_ID,
                )
            ),
            now_ms=resources.clock.now_ms(),
        )
    )
    worker.run_command(record.id, "", record.kind)
    with resources.engine.connect() as connection:
        found: UUID = connection.execute(text("SELECT id FROM synced_party_sessions")).scalar_one()
    return found


def measure(resources: Resources, counts: Sequence[int], connected: int, ticks: int) -> list[dict[str, Any]]:
    """A row for each number of parties."""
    worker, rows, slot = BackgroundJobs(resources), [], 0
    sample = first_party(resources, worker)

    def tick() -> None:
        nonlocal slot
        slot += 1
        worker.tick_slot(slot)

    for count in counts:
        with resources.engine.begin() as connection:
            fill(connection, sample, count)
        with resources.engine.connect() as connection:
            connection.execute(text("ANALYZE synced_party_sessions"))
            rooms = list(
                connection.execute(
                    text("SELECT id FROM synced_party_sessions LIMIT :most"), {"most": connected}
                ).scalars()
            )
        playback = {"state": "playing", "position_s": 1.0, "rate": 1.0, "at_ms": 1.0, "revision": 1}

        def read_and_encode(rooms: list[UUID] = rooms, playback: dict[str, Any] = playback) -> None:
            resources.queries.revisions(rooms)
            for _ in rooms:
                tick_frame(1, playback, 1.0, "epoch")

        rows.append(
            {
                "parties": count,
                "connected": len(rooms),
                "worker_ms": round(median(timed_ms(tick, ticks)), 2),
                "web_ms": round(median(timed_ms(read_and_encode, ticks)), 2),
            }
        )
    return rows


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--parties", type=int, nargs="+", default=[10, 1_000, 100_000])
    parser.add_argument("--connected", type=int, default=3_000, help="parties with sockets on this process")
    parser.add_argument("--ticks", type=int, default=20)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with own_folder() as folder, EmbeddedServers(folder / "servers") as servers:
        settings = Settings.from_environment(
            {
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                "PARTY_SECRET_KEY": "a bench's own secret, of no use to anybody",
            }
        )
        upgrade(settings.database_url)
        resources = build_resources(settings, 5)
        rows = measure(resources, sorted(given.parties), given.connected, given.ticks)
        resources.engine.dispose()
    table = Table(title="A tick, median ms")
    for column in ("live parties", "with sockets here", "worker", "web process"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*(f"{row[name]:,}" for name in ("parties", "connected", "worker_ms", "web_ms")))
    Console().print(table)
    if given.json:
        given.json.write_text(json.dumps(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
