"""Notifications: what happened in one's parties, until it is read."""

from __future__ import annotations

import uuid

import pytest

from tests.e2e.conftest import Room
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json, body_of, eventually

pytestmark = pytest.mark.stack


def box_of(guest: Guest) -> Json:
    box: Json = body_of(guest.get("/api/notifications"), 200)
    assert_answer("listNotifications", box)
    return box


def full_box(guest: Guest, at_least: int = 1) -> Json:
    def filled() -> Json:
        box = box_of(guest)
        return box if len(box["items"]) >= at_least else {}

    return eventually(filled)


@pytest.fixture
def notified(room: Room) -> Guest:
    """The member, handed the party and then told of its end: the one whom both concern."""
    room.host.transfer(room.id, room.member.user_id)
    room.member.transfer(room.id, room.host.user_id)
    room.host.end(room.id)
    full_box(room.member)
    return room.member


def test_who_is_concerned_is_told(notified: Guest, room: Room) -> None:
    box = box_of(notified)
    assert box["unread_count"] == sum(item["read_at_ms"] is None for item in box["items"]) > 0
    assert {item["party_id"] for item in box["items"]} == {room.id}
    created = [item["created_at_ms"] for item in box["items"]]
    assert created == sorted(created, reverse=True)


def test_one_is_told_of_each_thing_once(notified: Guest) -> None:
    items = box_of(notified)["items"]
    assert len({item["id"] for item in items}) == len(items)


def test_reading_one(notified: Guest) -> None:
    before = box_of(notified)
    path = f"/api/notifications/{before['items'][0]['id']}/read"
    for _ in range(2):
        body_of(notified.post(path), 204)
    after = box_of(notified)
    assert after["unread_count"] == before["unread_count"] - 1
    assert after["items"][0]["read_at_ms"] >= after["items"][0]["created_at_ms"]


def test_reading_all(notified: Guest) -> None:
    body_of(notified.post("/api/notifications/read-all"), 204)
    box = box_of(notified)
    assert box["unread_count"] == 0
    assert all(item["read_at_ms"] is not None for item in box["items"])


def test_another_ones_notification_is_not_found(notified: Guest, stranger: Guest) -> None:
    mine = box_of(notified)["items"][0]["id"]
    for id in (mine, uuid.uuid4()):
        assert_refused(stranger.post(f"/api/notifications/{id}/read"), "not_found")
    assert box_of(notified)["items"][0]["read_at_ms"] is None


def test_a_newcomer_has_none(stranger: Guest) -> None:
    assert box_of(stranger) == {"items": [], "next_cursor": None, "unread_count": 0}
