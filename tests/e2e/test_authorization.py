"""Who may do what: each deed by each kind of caller, for private and public parties, live and ended."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.e2e.conftest import Room, Service
from tests.e2e.shapes import assert_refused
from tests.support.party_client import Guest, Json

pytestmark = pytest.mark.stack


@dataclass(frozen=True)
class Deed:
    """A request, and the answer to a stranger of a private party, of a public one, and to a plain member."""

    method: str
    path: str
    private_stranger: str
    public_stranger: str | int
    plain_member: str | int
    body: Json | None = None


DEEDS = [
    Deed("GET", "", "not_found", 200, 200),
    Deed("GET", "/events", "not_found", "not_a_member", 200),
    Deed("POST", "/sync", "not_found", "not_a_member", 200, {"position_s": 0, "state": "paused"}),
    Deed("POST", "/ticket", "not_found", "not_a_member", 201, {}),
    Deed("POST", "/playback", "not_found", "not_a_member", "forbidden", {"action": "play"}),
    Deed("POST", "/transfer", "not_found", "forbidden|not_a_member", "forbidden", {"user_id": "$host"}),
    Deed("DELETE", "", "not_found", "forbidden|not_a_member", "forbidden"),
    # Leaving what one is not in changes nothing, so it may be answered like the first time.
    Deed("POST", "/leave", "not_found", "not_a_member|", 204, {}),
]


def do(deed: Deed, guest: Guest, room: Room) -> tuple[int, str]:
    """Do it and give the status and, for a problem, its code."""
    body = None if deed.body is None else {**deed.body}
    if body and body.get("user_id") == "$host":
        body["user_id"] = room.host.user_id
    response = guest.http.request(deed.method, room.path + deed.path, json=body)
    if response.status_code < 400:
        return response.status_code, ""
    code = response.json()["code"]
    assert_refused(response, code)
    return response.status_code, code


def assert_outcome(outcome: tuple[int, str], expected: str | int) -> None:
    if isinstance(expected, int):
        assert outcome == (expected, "")
    else:
        assert outcome[1] in expected.split("|"), outcome


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: f"{deed.method} {deed.path or '/'}")
def test_a_live_party(deed: Deed, service: Service, host: Guest, member: Guest, stranger: Guest) -> None:
    for visibility, expected in (("private", deed.private_stranger), ("public", deed.public_stranger)):
        party = host.create_party(service.video["id"], visibility=visibility)
        room = Room(host, member, member.join(party["id"], party["invite_code"])["party"])
        assert_outcome(do(deed, stranger, room), expected)
        assert host.party(room.id)["revision"] == 2
        assert_outcome(do(deed, member, room), deed.plain_member)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: f"{deed.method} {deed.path or '/'}")
def test_a_private_party_stays_hidden_when_it_has_ended(deed: Deed, room: Room, stranger: Guest) -> None:
    room.host.end(room.id)
    assert_outcome(do(deed, stranger, room), "not_found")


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: f"{deed.method} {deed.path or '/'}")
def test_who_left_is_a_stranger_again(deed: Deed, room: Room) -> None:
    room.member.leave(room.id)
    if deed.path == "/leave":
        # To leave twice may as well be answered like the first time.
        assert do(deed, room.member, room)[0] in (204, 404)
    else:
        assert_outcome(do(deed, room.member, room), "not_found")
    assert room.host.party(room.id)["revision"] == 3
