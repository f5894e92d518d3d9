"""What a page of a list costs beside millions of past parties: `GET /api/parties`, and its siblings.

    python -m bench.micro.party_list [--parties 5000000] [--runs 40]

A real PostgreSQL is filled with so many parties, of which the newest 20,000 are active and the others have
ended; first none is public, then every tenth. Pages of 50 are read by somebody in three parties and by
somebody in 10,000, at the beginning of the list, in its middle and near its end. The statement before, one
condition for both kinds of parties, runs beside the present one; it is given up after 4 s, as the service
does. Then the audit log, notifications and videos, each a list of up to a million.
"""

import argparse
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from bench.percentiles import quantile
from partyapp.notification.infrastructure.notifications import PostgresNotifications
from partyapp.party.domain.state import PartyStatus
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import sqlalchemy_url
from partyapp.shared.storage.database import Base, Transactions, create_database
from partyapp.transcode.infrastructure.postgres_videos import PostgresVideos
from tests.support.embedded_servers import EmbeddedServers
from tests.support.own_folder import own_folder

LIMIT, ACTIVE, MEMBERSHIPS, OLD_RUNS = 50, 20_000, 10_000, 3
FEW, MANY = UUID(int=3), UUID(int=10_000)
STATES = {"all": None, "active": PartyStatus.ACTIVE, "ended": PartyStatus.ENDED}

#: Ids that grow with the number, as those of version 7 do with time.
_ID = (
    "CAST(lpad(to_hex(1700000000000 + {n}), 12, '0') || '70008000'"
    " || substr(md5(CAST({n} AS text)), 1, 12) AS uuid)"
)
_ID_OF_N = _ID.format(n="n")

_PARTIES = f"""
INSERT INTO synced_party_sessions
SELECT {_ID_OF_N}, 'Film night ' || n,
       '{{"id": "018bcfe5-6800-7000-8000-000000000001", "title": "Ein Film", "duration_s": 600.0,
          "playback_url": "/media/film.mp4", "transcode_job": null}}',
       md5('h' || n)::uuid, 'private', 'host', 50, md5(CAST(n AS text)), 1700000000000 + n,
       CASE WHEN n > :ended THEN 'active' ELSE 'ended' END,
       CASE WHEN n > :ended THEN NULL ELSE 1700000000001 + n END,
       2, 1, 'stopped', 0, 1, 1700000000000 + n, 1, NULL, 80, 4e12, NULL
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""
_HOSTS = f"""
INSERT INTO party_members SELECT {_ID_OF_N}, md5('h' || n)::uuid, 'Ada', 1700000000000 + n, NULL
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""
_READER = f"""
INSERT INTO party_members SELECT {_ID_OF_N}, :reader, 'Grace', 1700000000000 + n, NULL
FROM generate_series(1, CAST(:parties AS int), CAST(:step AS int)) AS n
"""
_EVENTS = f"""
INSERT INTO party_events (party_id, revision, id, type, at_ms, data, relayed)
SELECT {_ID.format(n="1")}, n, gen_random_uuid(), 'playback_paused', n, '{{}}', true
FROM generate_series(1, CAST(:rows AS int)) AS n
"""
_NOTIFICATIONS = f"""
INSERT INTO notifications
SELECT {_ID_OF_N}, :reader, {_ID_OF_N}, {_ID_OF_N}, 'party_session_ended', '{{}}', n, n
FROM generate_series(1, CAST(:rows AS int)) AS n
"""
_VIDEOS = f"""
INSERT INTO videos SELECT {_ID_OF_N}, 'Ein Film', 600, '/media/film.mp4', NULL, n
FROM generate_series(1, CAST(:rows AS int)) AS n
"""
_OLD = """
SELECT * FROM synced_party_sessions AS p
WHERE (visibility = 'public' OR EXISTS (SELECT * FROM party_members AS m
       WHERE m.party_id = p.id AND m.user_id = %(reader)s AND m.left_at_ms IS NULL))
  AND (%(state)s = 'all' OR status = %(state)s) AND id < %(after)s
ORDER BY id DESC LIMIT 51
"""


def party_id(number: int) -> UUID:
    """The id of the party of that number, the nearest one that can be told without the database."""
    return UUID(f"{1700000000000 + number:012x}70008000000000000000")


def without_indexes(connection: Connection) -> None:
    """Drop them until the rows are there, and look at no reference meanwhile: a fifth of the time."""
    connection.execute(text("SET session_replication_role = replica"))
    connection.execute(text("SET synchronous_commit = off"))
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            connection.execute(text(f'DROP INDEX IF EXISTS "{index.name}"'))


def fill(engine: Engine, parties: int) -> None:
    """All rows, and then the indexes."""
    with engine.connect() as connection:
        without_indexes(connection)
        for first in range(1, parties + 1, 500_000):
            last = min(first + 499_999, parties)
            span = {"first": first, "last": last}
            connection.execute(text(_PARTIES), {**span, "ended": parties - ACTIVE})
            connection.execute(text(_HOSTS), span)
        for reader, count in ((FEW, 3), (MANY, MEMBERSHIPS)):
            step = max(1, parties // count)
            connection.execute(text(_READER), {"reader": reader, "parties": parties, "step": step})
        rows = min(parties, 1_000_000)
        connection.execute(text(_EVENTS), {"rows": rows})
        connection.execute(text(_NOTIFICATIONS), {"rows": rows, "reader": MANY})
        connection.execute(text(_VIDEOS), {"rows": rows})
        for table in Base.metadata.tables.values():
            for index in table.indexes:
                index.create(connection)
    settle(engine)


def settle(engine: Engine) -> None:
    """As autovacuum leaves it."""
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))


def make_public(engine: Engine) -> None:
    """Make every tenth party public."""
    with engine.connect() as connection:
        connection.execute(
            text(
                "UPDATE synced_party_sessions SET visibility = 'public' WHERE created_at_ms::bigint % 10 = 0"
            )
        )
    settle(engine)


def timed(work: Callable[[], object], runs: int) -> str:
    """Median and p95 in ms of so many runs after three that aren't counted."""
    taken = []
    for number in range(runs + 3):
        began = perf_counter()
        work()
        if number >= 3:
            taken.append((perf_counter() - began) * 1e3)
    return f"{median(taken):9.2f} {quantile(sorted(taken), 0.95):9.2f}"


def timed_old(url: str, reader: UUID, state: str, after: UUID) -> str:
    """The same of the statement before, by psycopg alone."""
    options = "-c statement_timeout=4000"
    taken = []
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        for _ in range(OLD_RUNS):
            began = perf_counter()
            try:
                connection.execute(_OLD, {"reader": reader, "state": state, "after": after}).fetchall()
            except psycopg.errors.QueryCanceled:
                return "    > 4000"
            taken.append((perf_counter() - began) * 1e3)
    return f"{median(taken):10.1f}"


def lists(url: str, engine: Engine, parties: int, runs: int, public: str) -> None:
    """The table of the list of parties."""
    queries = PartyQueries(Transactions(engine))
    for state, status in STATES.items():
        for who, reader in (("3", FEW), ("10,000", MANY)):
            for depth, after in (("first", None), ("middle", parties // 2), ("last", parties // 50)):
                behind = None if after is None else party_id(after)
                new = timed(lambda: queries.parties(reader, status, behind, LIMIT), runs)  # noqa: B023
                old = timed_old(url, reader, state, behind or UUID(int=2**128 - 1))
                print(f"{public:>7s} {state:7s} {who:>7s} {depth:7s} {new} {old}", flush=True)


def siblings(engine: Engine, rows: int, runs: int) -> Iterator[str]:
    """The other lists, at their beginning and near their end."""
    transactions = Transactions(engine)
    queries, inbox = PartyQueries(transactions), PostgresNotifications(transactions)
    videos = PostgresVideos(transactions)
    last = next(iter(videos.newest(1))).id
    with engine.connect() as connection:
        old = connection.scalar(text("SELECT id FROM videos WHERE created_at_ms = :n"), {"n": rows // 50})
    party = party_id(1)
    with engine.connect() as connection:
        party = connection.scalar(text("SELECT party_id FROM party_events LIMIT 1"))
    for depth, behind, revision in (("first", last, 0), ("last", old, rows - rows // 50)):
        yield f"events         {depth:6s} {timed(lambda: queries.events(party, revision, 51), runs)}"  # noqa: B023
        yield f"notifications  {depth:6s} {timed(lambda: inbox.newest(MANY, 51, after=behind), runs)}"  # noqa: B023
        yield f"videos         {depth:6s} {timed(lambda: videos.newest(51, behind), runs)}"  # noqa: B023


def main() -> None:
    """Start Postgres, fill it, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=40, help="pages of each kind")
    options = parser.parse_args()
    with own_folder() as folder, EmbeddedServers(folder / "servers", valkey=False) as servers:
        url = servers.database_url
        upgrade(url)
        owner = create_engine(sqlalchemy_url(url), isolation_level="AUTOCOMMIT")
        began = perf_counter()
        fill(owner, options.parties)
        print(
            f"{options.parties:,} parties, filled in {perf_counter() - began:.0f} s; ms of a page of {LIMIT}"
        )
        print(" public state   member of page      median       p95     before", flush=True)
        engine = create_database(sqlalchemy_url(url), 2)
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        lists(plain, engine, options.parties, options.runs, "none")
        make_public(owner)
        lists(plain, engine, options.parties, options.runs, "a tenth")
        for line in siblings(engine, min(options.parties, 1_000_000), options.runs):
            print(line)
        engine.dispose()
        owner.dispose()


if __name__ == "__main__":
    main()
