"""What is old goes, in portions, and nothing else: whole parties, talk, films, and what has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from partyapp.bootstrap import BackgroundJobs, Resources, build_resources
from partyapp.bootstrap.retention import delete_old, kept_for_a_time
from partyapp.chat.infrastructure.retention import delete_chats
from partyapp.party.infrastructure.retention import EndedParties
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.party_cli import export
from partyapp.prune_cli import prune
from partyapp.queue.infrastructure import delete_queues
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings
from partyapp.shared.storage.database import Base
from partyapp.transcode.domain.video import Video, VideoKind
from tests.support.fresh_database import fresh_database
from tests.support.party_objects import T0, created, film, host_of

DAY_MS = 86_400_000.0

_OF_A_PARTY = (
    "INSERT INTO party_invites (id, party_id, code, created_by, created_at_ms, uses)"
    " VALUES (gen_random_uuid(), :party, 'a-code-' || gen_random_uuid(), :user, 1, 0)",
    "INSERT INTO party_bans VALUES (:party, :user, 'Eve', :user, 1)",
    "INSERT INTO party_queues VALUES (:party, 1)",
    "INSERT INTO queue_items VALUES (:item, :party, :user, :user, 1, 1)",
    "INSERT INTO queue_votes VALUES (:item, :user)",
    "INSERT INTO chat_counters VALUES (:party, 1, 0, 1)",
    "INSERT INTO chat_messages VALUES (:party, 1, gen_random_uuid(), :user, 'Ada', 'Hello', 1, 1, :user)",
    "INSERT INTO chat_mutes VALUES (:party, :user, 9e15)",
)


@pytest.fixture(scope="module")
def resources(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Resources]:
    """A migrated database, and the environment of an operator's terminal."""
    with fresh_database(database_url) as url, pytest.MonkeyPatch.context() as patch:
        upgrade(url)
        for name, value in {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PARTY_REDIS_PREFIX": "retention-tests",
            "PARTY_SECRET_KEY": "k3y-" * 10,
            "PARTY_ENV": "test",
            "PARTY_FILMS": str(tmp_path_factory.mktemp("films")),
            "PARTY_KEEP_FILMS_DAYS": "30",
        }.items():
            patch.setenv(name, value)
        resources = build_resources(Settings.from_environment(), 2)
        yield resources
        resources.engine.dispose()


def keep(resources: Resources, *, ended_days: float | None, events: int = 1, **facts: Any) -> UUID:
    """A party with some of everything; it ended so many days ago, or goes on."""
    at_ms = T0 if ended_days is None else WallClock().now_ms() - ended_days * DAY_MS
    session = created(created_at_ms=min(T0, at_ms), **facts)
    party_id = session.state.id
    with resources.transactions.begin() as transaction:
        PartySessionService(transaction).add(session)
        PartyMemberService(transaction).add(host_of(session))
        for revision in range(2, events + 1):
            transaction.execute(
                text("INSERT INTO party_events SELECT party_id, :revision, gen_random_uuid(), type, at_ms,"
                     " actor_id, data, NULL, true FROM party_events"
                     " WHERE party_id = :party AND revision = 1"),
                {"party": party_id, "revision": revision},
            )  # fmt: skip
        for statement in _OF_A_PARTY:
            values = {"party": party_id, "user": new_id(), "item": new_id()}
            for name in ("queue_items", "queue_votes"):
                values["item"] = party_id if name in statement else values["item"]
            transaction.execute(text(statement), values)
        if ended_days is not None:
            transaction.execute(
                text(
                    "UPDATE synced_party_sessions SET status = 'ended', ended_at_ms = :at WHERE id = :party"
                ),
                {"party": party_id, "at": at_ms},
            )
    return party_id


def rows_of(resources: Resources, party_id: UUID) -> dict[str, int]:
    """How many rows each table has of the party, where it has any; of all tables that name parties."""
    found = {}
    with resources.engine.connect() as connection:
        for table in Base.metadata.tables.values():
            key = {"synced_party_sessions": "id", "queue_votes": "item_id"}.get(table.name, "party_id")
            if key in table.c:
                count = text(f"SELECT count(*) FROM {table.name} WHERE {key} = :party")
                found[table.name] = connection.execute(count, {"party": party_id}).scalar_one()
    return {name: count for name, count in found.items() if count}


def test_a_party_that_ended_long_ago_goes_as_a_whole_and_in_portions(resources: Resources) -> None:
    old, young = keep(resources, ended_days=10, events=12), keep(resources, ended_days=5)
    active = keep(resources, ended_days=None)
    others = [(party, rows_of(resources, party)) for party in (young, active)]
    assert len(others[0][1]) == 11
    before_ms = WallClock().now_ms() - 7 * DAY_MS
    ended = EndedParties(resources.transactions, before_ms, (delete_chats, delete_queues))
    assert ended.count() == 1
    portions = []
    while deleted := ended.delete(5):
        portions.append(deleted)
    # Twelve events, its own row, and one of each other table; a vote goes with its item.
    assert portions == [5, 5, 5, 5, 1]
    assert rows_of(resources, old) == {}
    assert [(party, rows_of(resources, party)) for party in (young, active)] == others


def test_a_portion_that_was_cut_short_is_gone_on_with(resources: Resources) -> None:
    party_id = keep(resources, ended_days=10)
    ended = EndedParties(
        resources.transactions, WallClock().now_ms() - 7 * DAY_MS, (delete_chats, delete_queues)
    )
    ended.delete(4)
    assert "synced_party_sessions" in rows_of(resources, party_id)
    while ended.delete(1000):
        continue
    assert rows_of(resources, party_id) == {}


def test_an_operator_sees_what_is_old_exports_it_and_deletes_it(resources: Resources) -> None:
    old, young = keep(resources, ended_days=400), keep(resources, ended_days=100)
    told = {line["kind"]: line for line in _lines(prune, "--dry-run", "--json")}
    assert (told["parties"]["rows"], told["parties"]["kept_days"], told["chat"]["rows"]) == (1, 365, 2)
    kinds = [line["kind"] for line in _lines(export, str(old))]
    assert kinds == ["party", "membership", "invite", "ban", "event", "queue_item", "message", "mute"]
    assert "a-code" not in CliRunner().invoke(export, [str(old)]).output
    shown = CliRunner().invoke(prune, ["--dry-run"]).output.splitlines()
    assert next(line for line in shown if line.startswith("parties")).split() == (
        ["parties", "after", "365", "days", "1", "old"]
    )
    deleted = {line["kind"]: line["rows"] for line in _lines(prune, "--json")}
    assert rows_of(resources, old) == {}
    # Of the younger one only the talk was old.
    left = rows_of(resources, young)
    assert left["party_events"] == 1
    assert not [name for name in left if name.startswith("chat")]
    assert (deleted["chat"], deleted["parties"]) == (6, 7)
    assert {line["rows"] for line in _lines(prune, "--dry-run", "--json")} == {0}


def test_an_old_upload_goes_unless_a_party_needs_it(resources: Resources) -> None:
    shown, queued, unneeded, young, library = (new_id() for _ in range(5))
    for video_id in (shown, queued, unneeded, young, library):
        age_days = 1 if video_id == young else 40
        resources.videos.add(
            Video(
                id=video_id,
                title="Ein Film",
                duration_s=60.0,
                playback_url="",
                owner_id=new_id(),
                created_at_ms=int(WallClock().now_ms() - age_days * DAY_MS),
                kind=VideoKind.LIBRARY if video_id == library else VideoKind.UPLOAD,
            )
        )
    keep(resources, ended_days=None, video=film(id=shown))
    party_id = keep(resources, ended_days=None)
    with resources.engine.connect() as connection:
        given = {"video": queued, "party": party_id}
        connection.execute(text("UPDATE queue_items SET video_id = :video WHERE party_id = :party"), given)
    BackgroundJobs(resources).purge()
    left = [each for each in (shown, queued, unneeded, young, library) if resources.videos.get(each)]
    assert left == [shown, queued, young, library]


class _Rows:
    """Old rows of a test, with an error in their way."""

    def __init__(self, rows: int, error: Exception | None = None) -> None:
        self.rows, self.error, self.portions = rows, error, 0

    def count(self) -> int:
        return self.rows

    def delete(self, limit: int) -> int:
        if self.error is not None:
            raise self.error
        self.portions += 1
        deleted = min(limit, self.rows)
        self.rows -= deleted
        return deleted


def test_one_that_fails_stops_no_other_but_without_postgres_all_stop() -> None:
    rows = _Rows(2500)
    assert delete_old([("a", _Rows(1, ValueError("a bug"))), ("b", rows)]) == {"a": 0, "b": 2500}
    assert rows.portions == 4
    # A table that is locked is no reason to keep the others; without Postgres there is nothing to try.
    assert delete_old([("a", _Rows(1, Unavailable("locked"))), ("b", _Rows(5))]) == {"a": 0, "b": 5}
    last = _Rows(5)
    gone = [(name, _Rows(1, Unavailable("gone"))) for name in "ab"]
    with pytest.raises(Unavailable):
        delete_old([*gone, ("c", last)])
    assert last.rows == 5


def test_a_run_has_an_end_and_each_kind_has_its_turn() -> None:
    first, second = _Rows(10**9), _Rows(1500)
    counts = delete_old([("first", first), ("second", second)], most_s=0.0)
    assert counts == {"first": 1000, "second": 0}


def test_every_table_that_grows_is_in_the_list(resources: Resources) -> None:
    """A table that is new is kept for a time too, or a person says here why it doesn't grow."""
    names = {kept.name for kept in kept_for_a_time(resources)}
    by = {
        "party_commands": "commands",
        "websocket_tickets": "tickets",
        "auth_sessions": "sessions",
        "auth_device_codes": "device codes",
        "failing_work": "failing work",
        "queue_past_items": "queue items",
        "auth_revoked_people": "revoked people",
        "party_used_tokens": "used tokens",
        "notifications": "notifications",
        "videos": "films",
        **dict.fromkeys(("notify_channels", "notify_deliveries"), "unused channels"),
        "notify_people": "quiet hours",
        "webhook_dead_letters": "dead letters",
        "webhook_streams": "webhook streams",
        **dict.fromkeys(("chat_counters", "chat_messages", "chat_mutes"), "chat"),
        **dict.fromkeys(("synced_party_sessions", "party_events", "party_members"), "parties"),
        **dict.fromkeys(("party_invites", "party_bans"), "parties"),
        **dict.fromkeys(("party_queues", "queue_items", "queue_votes"), "parties"),
    }
    # Those of its own upkeep (unfinished uploads, a thousand slots), one row for each video, and what an
    # operator registers.
    others = {"uploads", "tick_slots", "api_keys", "transcode_jobs", "webhook_endpoints"}
    assert set(by) | others == set(Base.metadata.tables)
    assert set(by.values()) == names


def _lines(command: Any, *words: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(command, list(words))
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]
