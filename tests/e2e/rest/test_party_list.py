"""The list of parties: whose are in it, in which order, page by page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json, body_of
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack


def walk(guest: Guest, **params: object) -> Iterator[Json]:
    """Every summary of the list, page by page; each is checked on the way."""
    cursor: Json = {}
    while True:
        page = body_of(guest.get("/api/parties", params={**params, **cursor}), 200)
        assert_answer("listParties", page)
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def test_the_list_is_newest_first_whatever_the_page(host: Guest, service: Service) -> None:
    made = [host.create_party(service.video["id"])["id"] for _ in range(5)]
    for limit in (1, 2, 3, 100):
        walked = walk(host, limit=limit)
        assert [next(walked)["id"] for _ in made] == made[::-1]


def test_a_page_is_as_long_as_asked_for(host: Guest, service: Service) -> None:
    for _ in range(3):
        host.create_party(service.video["id"])
    page = body_of(host.get("/api/parties", params={"limit": 2}), 200)
    assert len(page["items"]) == 2
    assert page["next_cursor"]


def test_the_whole_list_repeats_nothing_and_is_ordered(host: Guest, open_room: Room) -> None:
    walked = list(walk(host, limit=100, state="all"))
    assert len({summary["id"] for summary in walked}) == len(walked)
    created = [summary["created_at_ms"] for summary in walked]
    assert created == sorted(created, reverse=True)


def test_public_parties_are_listed_for_everyone(open_room: Room, stranger: Guest) -> None:
    summary = next(item for item in walk(stranger) if item["id"] == open_room.id)
    assert (summary["member_count"], summary["online_count"]) == (2, 0)
    assert open_room.party["invite_code"] not in str(summary)


def test_a_list_counts_who_is_there(open_room: Room, stranger: Guest) -> None:
    def online() -> int:
        return int(next(item for item in walk(stranger) if item["id"] == open_room.id)["online_count"])

    open_room.host.connect(open_room.id).expect("welcome")
    open_room.member.sync(open_room.id, 0.0, "paused")
    eventually(lambda: online() == 2)


def test_private_parties_are_listed_for_members_only(room: Room, stranger: Guest) -> None:
    for guest, listed in ((room.host, True), (room.member, True), (stranger, False)):
        assert any(item["id"] == room.id for item in walk(guest, limit=100)) is listed


def test_who_left_a_private_party_sees_it_no_more(room: Room) -> None:
    room.member.leave(room.id)
    assert all(item["id"] != room.id for item in walk(room.member, limit=100, state="all"))


@pytest.mark.parametrize(
    ("params", "active_listed", "ended_listed"),
    [
        ({}, True, False),
        ({"state": "active"}, True, False),
        ({"state": "ended"}, False, True),
        ({"state": "all"}, True, True),
    ],
)
def test_the_state_chooses(
    host: Guest, service: Service, params: Json, active_listed: bool, ended_listed: bool
) -> None:
    active, ended = (host.create_party(service.video["id"])["id"] for _ in range(2))
    host.end(ended)
    listed = {summary["id"] for summary in walk(host, limit=100, **params)}
    assert (active in listed, ended in listed) == (active_listed, ended_listed)


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": -1},
        {"limit": "x"},
        {"state": "open"},
        {"cursor": "nonsense"},
        {"cursor": "\x00"},
    ],
)
def test_bad_pages_are_refused(host: Guest, params: Json) -> None:
    problem = assert_refused(host.get("/api/parties", params=params), "validation_failed")
    assert list(problem["errors"]) == list(params)
