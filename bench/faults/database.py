"""The committed state as the checker needs it, and how it is read from Postgres."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from bench.faults.evening_rows import EveningRows, read_evening
from bench.faults.replay import CREATED
from partyapp.shared.ops.settings import Settings

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class StoredParty:
    """One party: its row, and its audit log in the order of the revisions.

    The row has `revision`, `host`, `members` (present ones, with the rights of their own), `member_count`,
    `state`, `playback`, `settings` and `video`. An event is one of the contract with two more fields: `id`,
    and `operation`, the id under which the client sent it, None of what the party does by itself.
    """

    row: Json
    events: list[Json]


@dataclass(slots=True, kw_only=True)
class DatabaseSnapshot:
    """All parties, commands and notifications, read in one transaction."""

    parties: dict[str, StoredParty] = field(default_factory=dict)
    #: Events that were not relayed to the other contexts, and accepted commands without an outcome.
    unrelayed: int = 0
    pending: int = 0
    #: The number of notifications, by user and event id.
    notified: Counter[tuple[str, str]] = field(default_factory=Counter)
    evening: EveningRows = field(default_factory=EveningRows)


def libpq_url(database_url: str) -> str:
    """SQLAlchemy's URL as libpq reads it."""
    return database_url.replace("postgresql+psycopg:", "postgresql:", 1)


def read_revisions(database_url: str) -> tuple[float, dict[str, int]]:
    """The database's clock in ms, and each party's revision as of now."""
    with psycopg.connect(libpq_url(database_url), connect_timeout=5) as connection:
        ((now_ms,),) = connection.execute("SELECT extract(epoch FROM now())::float8 * 1000")
        rows = connection.execute("SELECT id, revision FROM synced_party_sessions").fetchall()
    return now_ms, {str(party): revision for party, revision in rows}


def read_snapshot(database_url: str) -> DatabaseSnapshot:
    """Read everything in one repeatable-read transaction. Raises psycopg.Error without Postgres."""
    with psycopg.connect(libpq_url(database_url), connect_timeout=5, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = DatabaseSnapshot(
            unrelayed=_count(connection, "SELECT count(*) AS n FROM party_events WHERE NOT relayed"),
            pending=_count(
                connection,
                "SELECT count(*) AS n FROM party_commands WHERE state = 'pending' AND kind <> 'request'",
            ),
        )
        for row in connection.execute("SELECT * FROM synced_party_sessions"):
            found.parties[str(row["id"])] = StoredParty(row=_row(row), events=[])
        present = "SELECT party_id, user_id, grants FROM party_members WHERE left_at_ms IS NULL"
        for row in connection.execute(present):
            found.parties[str(row["party_id"])].row["members"][str(row["user_id"])] = row["grants"]
        keys = _keys(connection)
        for row in connection.execute("SELECT * FROM party_events ORDER BY party_id, revision"):
            found.parties[str(row["party_id"])].events.append(_event(row, keys))
        for row in connection.execute("SELECT user_id, event_id FROM notifications"):
            found.notified[str(row["user_id"]), str(row["event_id"])] += 1
        found.evening = read_evening(connection, Settings.tick_interval_s)
    return found


def _count(connection: psycopg.Connection[DictRow], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row["n"])


def _keys(connection: psycopg.Connection[DictRow]) -> dict[str, str]:
    """The clients' ids by those of the command rows: a socket's command has its party in front."""
    rows = connection.execute(
        "SELECT id, idempotency_key FROM party_commands WHERE idempotency_key IS NOT NULL"
    )
    return {str(row["id"]): str(row["idempotency_key"]).rpartition(":")[2] for row in rows}


def _row(row: DictRow) -> Json:
    playback = {
        "state": row["playback_state"],
        "position_s": row["playback_position_s"],
        "rate": row["playback_rate"],
        "at_ms": row["playback_at_ms"],
        "revision": row["playback_revision"],
    }
    more = row["playback_more"] or {}
    current = more.get("revision") == row["playback_revision"]
    playback |= {name: more.get(name) if current else None for name in ("held", "next")}
    return {
        "revision": row["revision"],
        "host": str(row["host_id"]),
        "members": {},
        "member_count": row["member_count"],
        "state": row["status"],
        "playback": playback,
        "settings": _settings(row),
        "video": row["video"]["id"],
    }


def _settings(row: DictRow) -> Json:
    """What the host has set, as in a Party."""
    found = {name: row[name] for name in ("title", "visibility", "control", "max_members", "starts_at_ms")}
    stored = {name: (row["settings"] or {}).get(name, value) for name, value in CREATED.items()}
    if (row["settings"] or {}).get("default_grants") is None:
        implied = CREATED["default_grants"] if row["control"] == "everyone" else ["chat"]
        stored["default_grants"] = implied
    return {**stored, **found}


def _event(row: DictRow, keys: dict[str, str]) -> Json:
    command = None if None in (row["command_id"], row["actor_id"]) else str(row["command_id"])
    return {
        "id": str(row["id"]),
        "revision": row["revision"],
        "type": row["type"],
        "at_ms": row["at_ms"],
        "actor_id": None if row["actor_id"] is None else str(row["actor_id"]),
        "data": row["data"],
        "operation": None if command is None else keys.get(command, command),
    }
