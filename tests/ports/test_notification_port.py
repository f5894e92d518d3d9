"""What every place for notifications must do, told to the fake and to the one in Postgres alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from partyapp.notification.application import NotificationPort
from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import (
    NotificationEntity,
    PostgresNotifications,
    store,
)
from partyapp.shared.kernel.ids import derived_id, new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_notification import InMemoryNotifications
from tests.support.fresh_database import emptied, fresh_tables

ADA, BOB = new_id(), new_id()
OpenPort = tuple[NotificationPort, Callable[[Sequence[Notification]], None]]


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, [NotificationEntity]) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def place(request: pytest.FixtureRequest) -> OpenPort:
    if request.param == "memory":
        fake = InMemoryNotifications()
        return fake, fake.store
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, [NotificationEntity])
    transactions = Transactions(engine)

    def stored(items: Sequence[Notification]) -> None:
        with transactions.begin() as session:
            store(session, items)

    return PostgresNotifications(transactions), stored


def item(number: int = 1, user_id: UUID = ADA, **changes: Any) -> Notification:
    good = Notification(
        id=derived_id("item", user_id, number),
        user_id=user_id,
        event_id=derived_id("event", number),
        party_id=derived_id("party", number),
        type="member_joined",
        data={"party_title": "Kino 🎬", "who": {"id": None, "display_name": 'a"b'}},
        # Two share each instant, so that the instant alone is no order.
        created_at_ms=1_700_000_000_000 + number // 2,
    )
    return replace(good, **changes)


def test_what_was_stored_is_found_as_it_was(place: OpenPort) -> None:
    notifications, stored = place
    given = item()
    stored([given])
    assert notifications.newest(ADA, 10) == [given]
    assert notifications.newest(BOB, 10) == []


def test_nothing_is_stored_without_harm(place: OpenPort) -> None:
    notifications, stored = place
    stored([])
    assert notifications.newest(ADA, 10) == []


def test_storing_again_changes_nothing(place: OpenPort) -> None:
    notifications, stored = place
    given = [item(1), item(2)]
    stored(given)
    notifications.mark_read(ADA, given[0].id, 99)
    stored([*given, item(3)])
    assert len(notifications.newest(ADA, 10)) == 3
    assert notifications.unread_count(ADA) == 2


def test_pages_go_from_the_newest_to_the_oldest_without_a_gap(place: OpenPort) -> None:
    notifications, stored = place
    given = [item(number) for number in range(9)]
    stored([*given, item(4, BOB)])
    ordered = sorted(given, key=lambda one: (one.created_at_ms, one.id), reverse=True)
    seen: list[Notification] = []
    after: UUID | None = None
    while found := notifications.newest(ADA, 2, after=after):
        seen += found
        after = found[-1].id
    assert seen == ordered


def test_a_page_of_the_unread_goes_on_behind_one_that_was_read_meanwhile(place: OpenPort) -> None:
    notifications, stored = place
    stored([item(number) for number in range(4)])
    newest = notifications.newest(ADA, 4)
    notifications.mark_read(ADA, newest[1].id, 99)
    assert notifications.newest(ADA, 10, after=newest[1].id, unread_only=True) == newest[2:]
    assert notifications.newest(ADA, 10, unread_only=True) == [newest[0], *newest[2:]]


def test_behind_an_unknown_one_or_anothers_there_is_nothing(place: OpenPort) -> None:
    notifications, stored = place
    stored([item(1), item(8, BOB)])
    assert notifications.newest(ADA, 10, after=new_id()) == []
    assert notifications.newest(ADA, 10, after=item(8, BOB).id) == []


def test_one_is_marked_by_its_owner_and_the_first_reading_counts(place: OpenPort) -> None:
    notifications, stored = place
    given = item()
    stored([given])
    assert not notifications.mark_read(BOB, given.id, 10.0)
    assert not notifications.mark_read(ADA, new_id(), 10.0)
    assert notifications.unread_count(ADA) == 1
    assert notifications.mark_read(ADA, given.id, 20.5)
    assert notifications.mark_read(ADA, given.id, 30.0)
    assert notifications.newest(ADA, 1) == [replace(given, read_at_ms=20)]
    assert notifications.unread_count(ADA) == 0


def test_all_are_marked_but_anothers(place: OpenPort) -> None:
    notifications, stored = place
    stored([item(1), item(2), item(3, BOB)])
    notifications.mark_read(ADA, item(1).id, 10)
    notifications.mark_all_read(ADA, 20)
    read = {found.id: found.read_at_ms for found in notifications.newest(ADA, 10)}
    assert read == {item(1).id: 10, item(2).id: 20}
    assert notifications.unread_count(BOB) == 1
