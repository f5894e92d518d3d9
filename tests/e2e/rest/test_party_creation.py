"""Creating a party and reading it: defaults, limits, and what each reader gets to see."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_party, assert_refused
from tests.support.party_client import Guest, body_of

pytestmark = pytest.mark.stack


def test_a_new_party_has_the_defaults(host: Guest, service: Service) -> None:
    response = host.post("/api/parties", {"video_id": service.video["id"]})
    party = body_of(response, 201)
    assert_party(party)
    assert response.headers["Location"].endswith(f"/api/parties/{party['id']}")
    expected = {
        "visibility": "private",
        "control": "host",
        "max_members": 50,
        "state": "active",
        "revision": 1,
    }
    assert {name: party[name] for name in expected} == expected
    assert party["host_id"] == host.user_id
    assert party["ended_at_ms"] is None
    assert party["video"] == service.video
    assert party["title"]
    assert party["lead_ms"] >= 0


def test_the_creator_is_host_and_first_member(host: Guest) -> None:
    [member] = host.create_party()["members"]
    assert member["user_id"] == host.user_id
    assert member["display_name"] == host.display_name
    assert member["role"] == "host"
    assert member["online"] is False


def test_a_new_party_has_not_begun_to_play(host: Guest) -> None:
    party = host.create_party()
    playback = {name: party["playback"][name] for name in ("state", "position_s", "rate", "revision")}
    assert playback == {"state": "stopped", "position_s": 0, "rate": 1, "revision": 1}


def test_every_field_of_the_request_is_taken(host: Guest, service: Service) -> None:
    asked = {"title": "  Friday 🎬 ", "visibility": "public", "control": "everyone", "max_members": 10000}
    party = host.create_party(service.video["id"], **asked)
    assert party["title"].strip() == "Friday 🎬"
    del asked["title"]
    assert {name: party[name] for name in asked} == asked


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("video_id", None),
        ("video_id", "not-a-uuid"),
        ("video_id", 7),
        ("title", 7),
        ("title", "a\x00b"),
        ("title", "x" * 5000),
        ("visibility", "secret"),
        ("visibility", None),
        ("control", "nobody"),
        ("max_members", 0),
        ("max_members", -1),
        ("max_members", 10001),
        ("max_members", 10**30),
        ("max_members", 2.5),
        ("max_members", "12"),
        ("max_members", True),
        ("host_id", "018f0000-0000-7000-8000-000000000000"),
        ("surprise", 1),
    ],
)
def test_parties_refused(host: Guest, service: Service, field: str, value: Any) -> None:
    body = {"video_id": service.video["id"], field: value}
    problem = assert_refused(host.post("/api/parties", body), "validation_failed")
    assert list(problem["errors"]) == [field]


def test_a_party_needs_a_video(host: Guest) -> None:
    problem = assert_refused(host.post("/api/parties", {}), "validation_failed")
    assert list(problem["errors"]) == ["video_id"]


def test_a_party_needs_a_video_that_exists(host: Guest) -> None:
    response = host.post("/api/parties", {"video_id": str(uuid.uuid4())})
    assert_refused(response, "not_found" if response.status_code == 404 else "validation_failed")


def test_members_read_the_party_with_its_invite_and_etag(room: Room) -> None:
    for guest in (room.host, room.member):
        response = guest.get(room.path)
        party = body_of(response, 200)
        assert_party(party)
        assert response.headers["ETag"] == f'"{party["revision"]}"' == '"2"'
        assert [member["role"] for member in party["members"]] == ["host", "member"]
        assert party["invite_code"] == room.party["invite_code"]


def test_the_etag_moves_with_the_revision(room: Room) -> None:
    room.host.playback(room.id, "play")
    assert room.member.get(room.path).headers["ETag"] == '"3"'


def test_a_stranger_reads_a_public_party_without_its_invite(open_room: Room, stranger: Guest) -> None:
    party = body_of(stranger.get(open_room.path), 200)
    assert_party(party, invited=False)
    assert open_room.party["invite_code"] not in str(party)


def test_invites_are_long_and_of_one_party_only(host: Guest, service: Service) -> None:
    codes = {host.create_party(service.video["id"])["invite_code"] for _ in range(3)}
    assert len(codes) == 3
    assert all(len(code) >= 16 for code in codes)


def test_a_private_party_looks_like_none_to_a_stranger(room: Room, stranger: Guest) -> None:
    nowhere = f"/api/parties/{uuid.uuid4()}"
    answers = []
    for path in (room.path, nowhere):
        response = stranger.get(path)
        assert_refused(response, "not_found")
        varying = {"date", "x-request-id"}
        headers = {name: value for name, value in response.headers.items() if name not in varying}
        body = {
            name: value for name, value in response.json().items() if name not in ("instance", "request_id")
        }
        answers.append((response.status_code, headers, body, len(response.content)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "address", ["not-a-uuid", "1", "{00000000-0000-0000-0000-000000000000}", "%00", "..%2f"]
)
def test_what_is_no_uuid_is_no_party(host: Guest, address: str) -> None:
    assert_refused(host.get(f"/api/parties/{address}"), "not_found")
