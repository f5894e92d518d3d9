"""The audit log: every event once, in order, without a gap, for members only."""

from __future__ import annotations

import pytest

from partyapp.party.controllers.openapi.objects import Event
from tests.e2e.conftest import Room
from tests.support.contract import assert_answer, assert_object, assert_refused
from tests.support.party_client import Guest, Json, body_of

pytestmark = pytest.mark.stack


@pytest.fixture
def lived_in(room: Room) -> Room:
    """A room with eight events."""
    room.host.playback(room.id, "play")
    room.host.playback(room.id, "seek", position_s=10)
    room.host.playback(room.id, "pause")
    room.host.transfer(room.id, room.member.user_id)
    room.host.leave(room.id)
    room.member.end(room.id)
    return room


def test_the_log_tells_all_in_order(lived_in: Room) -> None:
    host, member = lived_in.host.user_id, lived_in.member.user_id
    log = lived_in.member.events(lived_in.id)
    for event in log:
        assert_object(Event, event)
    assert [(event["revision"], event["type"], event["actor_id"]) for event in log] == [
        (1, "party_session_created", host),
        (2, "member_joined", member),
        (3, "playback_started", host),
        (4, "playback_sought", host),
        (5, "playback_paused", host),
        (6, "host_transferred", host),
        (7, "member_left", host),
        (8, "party_session_ended", member),
    ]
    instants = [event["at_ms"] for event in log]
    assert instants == sorted(instants)
    assert lived_in.member.party(lived_in.id)["revision"] == 8


def test_the_log_says_what_people_are_called_also_who_has_left(lived_in: Room) -> None:
    def names(**params: int) -> dict[str, str]:
        answer = lived_in.member.get(f"/api/parties/{lived_in.id}/events", params={"names": "true", **params})
        page = body_of(answer, 200)
        assert_answer("listEvents", page)
        found: dict[str, str] = page["names"]
        return found

    host, member = lived_in.host, lived_in.member
    assert names() == {host.user_id: host.display_name, member.user_id: member.display_name}
    assert names(after=1, limit=1) == {member.user_id: member.display_name}
    # Who became host is named as well as who made them so.
    assert names(after=5, limit=1).keys() == {host.user_id, member.user_id}
    assert names(after=8) == {}
    answer = lived_in.member.get(f"/api/parties/{lived_in.id}/events", params={"names": "yes"})
    assert answer.status_code == 422
    assert "names" not in body_of(lived_in.member.get(f"/api/parties/{lived_in.id}/events"), 200)


def test_the_log_is_the_same_whatever_the_page(lived_in: Room) -> None:
    whole = lived_in.member.events(lived_in.id)
    for limit in (1, 3, 8):
        assert lived_in.member.events(lived_in.id, limit=limit) == whole


@pytest.mark.parametrize(
    ("params", "revisions", "more"),
    [
        ({"limit": 3}, [1, 2, 3], True),
        ({"after": 3, "limit": 2}, [4, 5], True),
        ({"after": 6}, [7, 8], False),
        ({"after": 8}, [], False),
        ({"after": 1000}, [], False),
    ],
)
def test_a_page_begins_behind_after(lived_in: Room, params: Json, revisions: list[int], more: bool) -> None:
    page = body_of(lived_in.member.get(f"{lived_in.path}/events", params=params), 200)
    assert page.keys() == {"items", "next_cursor"}
    assert [event["revision"] for event in page["items"]] == revisions
    assert (page["next_cursor"] is not None) is more


def test_the_next_cursor_is_the_after_of_the_next_page(lived_in: Room) -> None:
    first = body_of(lived_in.member.get(f"{lived_in.path}/events", params={"limit": 3}), 200)
    params = {"after": first["next_cursor"], "limit": 3}
    second = body_of(lived_in.member.get(f"{lived_in.path}/events", params=params), 200)
    assert [event["revision"] for event in second["items"]] == [4, 5, 6]


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": "x"}, {"after": -1}, {"after": "x"}, {"after": 10**30}]
)
def test_bad_pages_of_the_log_are_refused(still_room: Room, params: Json) -> None:
    problem = assert_refused(
        still_room.host.get(f"{still_room.path}/events", params=params), "validation_failed"
    )
    assert list(problem["errors"]) == list(params)


def test_the_log_is_for_members(room: Room, open_room: Room, stranger: Guest) -> None:
    assert_refused(stranger.get(f"{open_room.path}/events"), "not_a_member")
    assert_refused(stranger.get(f"{room.path}/events"), "not_found")


def test_what_was_refused_leaves_no_event(room: Room) -> None:
    room.member.post(f"{room.path}/playback", {"action": "play"})
    room.member.delete(room.path)
    room.host.post(f"{room.path}/playback", {"action": "seek"})
    assert len(room.host.events(room.id)) == 2
