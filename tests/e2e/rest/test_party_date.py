"""A party's date is moved and taken back while people are connected, until it has come."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_party, assert_refused
from tests.support.local_stack import REMIND_S
from tests.support.party_client import Guest, Json, Socket, body_of, eventually

pytestmark = pytest.mark.stack

HOUR_MS = 3_600_000.0


def now_ms(guest: Guest, party: Json) -> float:
    """The party's time."""
    return float(guest.sync(party["id"], 0.0, "paused")["server_time_ms"])


@pytest.fixture
def dated(room: Room) -> Room:
    """A room whose film begins in an hour."""
    room.party = set_date(room, now_ms(room.host, room.party) + HOUR_MS)
    return room


def set_date(room: Room, starts_at_ms: float | None) -> Json:
    party: Json = body_of(room.host.request("PATCH", room.path, json={"starts_at_ms": starts_at_ms}), 200)
    assert_party(party)
    return party


def hears(socket: Socket, changes: Json) -> Json:
    """The playback that came with this change."""

    def is_it(message: Json) -> bool:
        event = message["event"]
        return bool(event["type"] == "party_session_changed" and event["data"]["changes"] == changes)

    playback: Json = socket.expect("event", where=is_it)["playback"]
    return playback


def test_moving_the_date_moves_the_playback_for_all(dated: Room) -> None:
    sockets = dated.connect()
    later_ms = dated.party["starts_at_ms"] + HOUR_MS
    party = set_date(dated, later_ms)
    assert party["starts_at_ms"] == party["playback"]["at_ms"] == later_ms
    assert (party["playback"]["state"], party["playback"]["position_s"]) == ("playing", 0)
    for socket in sockets:
        assert hears(socket, {"starts_at_ms": later_ms}) == party["playback"]
    assert dated.member.party(dated.id)["playback"] == party["playback"]


def test_a_seek_and_another_film_before_the_date_leave_it_as_it_is(dated: Room, service: Service) -> None:
    date_ms = dated.party["starts_at_ms"]
    sought = dated.host.playback(dated.id, "seek", position_s=30)["playback"]
    assert (sought["state"], sought["position_s"], sought["at_ms"]) == ("playing", 30, date_ms)
    asked = {"video_id": service.video["id"]}
    shown = body_of(dated.host.post(f"{dated.path}/video", asked), 200)["playback"]
    assert (shown["state"], shown["position_s"], shown["at_ms"]) == ("playing", 0, date_ms)
    assert set_date(dated, date_ms + HOUR_MS)["playback"]["at_ms"] == date_ms + HOUR_MS


def test_a_date_that_is_taken_back_begins_nothing(dated: Room) -> None:
    sockets = dated.connect()
    party = set_date(dated, None)
    assert party["starts_at_ms"] is None
    for socket in sockets:
        assert hears(socket, {"starts_at_ms": None})["state"] == "stopped"
    revision = set_date(dated, None)["revision"]
    assert revision == party["revision"], "nothing changed: no event"


@pytest.mark.parametrize("ahead_ms", [-HOUR_MS, 400 * 24 * HOUR_MS])
def test_a_date_is_ahead_and_not_too_far(dated: Room, ahead_ms: float) -> None:
    wrong = {"starts_at_ms": now_ms(dated.host, dated.party) + ahead_ms}
    refused = assert_refused(dated.host.request("PATCH", dated.path, json=wrong), "validation_failed")
    assert list(refused["errors"]) == ["starts_at_ms"]
    assert dated.host.party(dated.id)["starts_at_ms"] == dated.party["starts_at_ms"]


@pytest.mark.parametrize("value", ["tomorrow", True, -1, 1e15, [1]])
def test_a_date_is_a_number_or_null(dated: Room, value: Any) -> None:
    answer = dated.host.request("PATCH", dated.path, json={"starts_at_ms": value})
    assert list(assert_refused(answer, "validation_failed")["errors"]) == ["starts_at_ms"]


def test_a_date_that_has_come_is_not_moved(host: Guest, service: Service) -> None:
    first = host.create_party(service.video["id"])
    party = host.create_party(service.video["id"], starts_at_ms=now_ms(host, first) + 500.0)
    eventually(lambda: now_ms(host, first) > party["starts_at_ms"])
    for value in (party["starts_at_ms"] + HOUR_MS, None):
        answer = host.request("PATCH", f"/api/parties/{party['id']}", json={"starts_at_ms": value})
        assert list(assert_refused(answer, "validation_failed")["errors"]) == ["starts_at_ms"]


def test_what_plays_already_gets_no_date(room: Room) -> None:
    room.host.playback(room.id, "play")
    wishes = {"starts_at_ms": now_ms(room.host, room.party) + HOUR_MS}
    assert_refused(room.host.request("PATCH", room.path, json=wishes), "validation_failed")


def test_only_the_host_moves_the_date(dated: Room) -> None:
    wishes = {"starts_at_ms": dated.party["starts_at_ms"] + HOUR_MS}
    assert_refused(dated.member.request("PATCH", dated.path, json=wishes), "forbidden")


def test_members_are_reminded_when_it_is_near(room: Room) -> None:
    near = set_date(room, now_ms(room.host, room.party) + (REMIND_S + 2) * 1000)

    def reminded(guest: Guest) -> list[Any]:
        items = body_of(guest.get("/api/notifications"), 200)["items"]
        return [item["data"]["starts_at_ms"] for item in items if item["type"] == "party_starting"]

    for guest in (room.host, room.member):
        assert eventually(partial(reminded, guest), every_s=0.25) == [near["starts_at_ms"]]


def test_the_date_goes_into_a_calendar_for_members_and_for_who_holds_the_invite(dated: Room) -> None:
    path = f"{dated.path}/calendar.ics"
    answer = dated.member.http.get(path)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/calendar")
    assert answer.content.startswith(b"BEGIN:VCALENDAR")
    assert dated.party["invite_code"].encode() not in answer.content.replace(b"\r\n ", b"")
    code = dated.party["invite_code"]
    # A calendar program has no token.
    with httpx.Client(base_url=dated.host.http.base_url, trust_env=False) as program:
        held = program.get(path, params={"invite": code})
        assert held.status_code == 200
        assert f"#invite={code}".encode() in held.content.replace(b"\r\n ", b"")
        assert_refused(program.get(path), "unauthenticated")
        assert_refused(program.get(path, params={"invite": "wrong"}), "not_found")
    set_date(dated, None)
    assert_refused(dated.member.http.get(path), "not_found")
