"""What Postgres holds of the evening beside the parties' events: talk, invites, bans, queues, ticks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class StoredQueue:
    """A party's queue: its revision, and `id`, `video` and `voters` of its items, as arranged."""

    revision: int = 0
    items: list[Json] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class StoredChat:
    """A party's chat: how far its counter has come, and its messages by `seq`.

    A message has `id`, `user`, `text`, `at_ms` and `deleted`.
    """

    last_seq: int = 0
    messages: dict[int, Json] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class EveningRows:
    """All of it, by party; `now_ms` is the database's clock at the reading."""

    now_ms: float = 0.0
    chats: dict[str, StoredChat] = field(default_factory=dict)
    queues: dict[str, StoredQueue] = field(default_factory=dict)
    #: Invites by id, each with `party`, `uses`, `max_uses` and `revoked`.
    invites: dict[str, Json] = field(default_factory=dict)
    #: Who is banned, and from what.
    bans: set[tuple[str, str]] = field(default_factory=set)
    #: The ticks that were claimed, each by the beginning of its slot in ms.
    ticks_ms: list[float] = field(default_factory=list)


def read_evening(connection: Connection[DictRow], tick_interval_s: float) -> EveningRows:
    """Read all of it in the connection's transaction."""
    found = EveningRows()
    for row in connection.execute("SELECT extract(epoch FROM now())::float8 * 1000 AS now_ms"):
        found.now_ms = row["now_ms"]
    for row in connection.execute("SELECT party_id, last_seq FROM chat_counters"):
        found.chats[str(row["party_id"])] = StoredChat(last_seq=row["last_seq"])
    for row in connection.execute("SELECT * FROM chat_messages"):
        chat = found.chats.setdefault(str(row["party_id"]), StoredChat())
        chat.messages[row["seq"]] = {
            "id": str(row["id"]),
            "user": str(row["user_id"]),
            "text": row["text"],
            "at_ms": row["at_ms"],
            "deleted": row["deletion"] is not None,
        }
    for row in connection.execute("SELECT * FROM party_invites"):
        found.invites[str(row["id"])] = {
            "party": str(row["party_id"]),
            "uses": row["uses"],
            "max_uses": row["max_uses"],
            "revoked": row["revoked_at_ms"] is not None,
        }
    for row in connection.execute("SELECT party_id, user_id FROM party_bans"):
        found.bans.add((str(row["party_id"]), str(row["user_id"])))
    for row in connection.execute("SELECT slot FROM tick_slots ORDER BY slot"):
        found.ticks_ms.append(row["slot"] * tick_interval_s * 1000.0)
    _read_queues(connection, found)
    return found


def _read_queues(connection: Connection[DictRow], found: EveningRows) -> None:
    for row in connection.execute("SELECT party_id, revision FROM party_queues"):
        found.queues[str(row["party_id"])] = StoredQueue(revision=row["revision"])
    items = """
        SELECT item.*,
            ARRAY(SELECT vote.user_id FROM queue_votes AS vote WHERE vote.item_id = item.id) AS voters
        FROM queue_items AS item ORDER BY item.party_id, item.position, item.id
    """
    for row in connection.execute(items):
        found.queues[str(row["party_id"])].items.append(
            {
                "id": str(row["id"]),
                "video": str(row["video_id"]),
                "voters": sorted(str(user) for user in row["voters"]),
            }
        )
