"""A site's own server makes parties for its people and lets them in: no guest form, no account of ours."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websocket

from tests.support.contract import assert_refused
from tests.support.key_token import key_token
from tests.support.local_stack import Stack
from tests.support.party_client import REQUEST_TIMEOUT_S, Guest, body_of
from tests.support.proxies import another_web

pytestmark = pytest.mark.stack

SECRET = "OVkQ2xqJH0o7dEuJ3VbZ9cTnRw5yLgXa8mKsPf1iD4hU"


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[str]:
    """A web process that knows the site's key, and no guests."""
    with another_web(stack, {"PARTY_API_KEYS": f"films:{SECRET}", "PARTY_GUESTS": "0"}) as port:
        yield f"http://127.0.0.1:{port}"


def person(site: str, name: str, **claims: Any) -> Guest:
    return Guest(site, name, key_token("films", SECRET, name, **claims))


def test_a_site_runs_an_evening_for_its_people(site: str) -> None:
    ada = person(site, "Ada")
    party = ada.create_party(ada.create_video()["id"], title="Friday")
    ben = person(site, "Ben", party=party["id"])
    ben.join(party["id"], party["invite_code"])
    socket = ben.connect(party["id"], ticket=ben.ticket(party["id"]))
    assert socket.expect("welcome")["user_id"] == ben.user_id
    body_of(ada.delete(f"/api/parties/{party['id']}/members/{ben.user_id}"), 204)
    assert socket.expect("removed")["banned"] is False
    ada.end(party["id"])
    done = [(event["type"], event["actor_id"]) for event in ada.events(party["id"])]
    assert done == [
        ("party_session_created", ada.user_id),
        ("member_joined", ben.user_id),
        ("member_removed", ada.user_id),
        ("party_session_ended", ada.user_id),
    ]
    # The same person of the site is the same one here, whichever token it is.
    again = person(site, "Ada")
    assert again.user_id == ada.user_id
    for guest in (ada, ben, again):
        guest.close()


def test_a_token_for_one_party_opens_nothing_else(site: str) -> None:
    ada = person(site, "Ada")
    video = ada.create_video()["id"]
    party, other = ada.create_party(video), ada.create_party(video)
    ben = person(site, "Ben", party=party["id"])
    for method, path, body in (
        ("GET", "/api/parties", None),
        ("POST", "/api/parties", {"video_id": video}),
        ("GET", f"/api/parties/{other['id']}", None),
        ("POST", f"/api/parties/{other['id']}/join", {"invite_code": other["invite_code"]}),
        ("GET", f"/api/parties/{party['id']}0", None),
        ("GET", "/api/videos", None),
        ("GET", "/api/notifications", None),
        ("POST", "/api/auth/device-code", {}),
        ("DELETE", "/api/auth/session", None),
    ):
        assert_refused(ben.request(method, path, json=body), "forbidden")
    # Their site lets them in: they may know of the party, and need no code.
    assert set(body_of(ben.get(f"/api/parties/{party['id']}"), 200)) == {
        "id",
        "title",
        "state",
        "member_count",
    }
    ben.join(party["id"])
    assert ben.party(party["id"])["id"] == party["id"]
    # A token for another party does not keep a socket of this one open.
    socket = ben.connect(party["id"], ticket=ben.ticket(party["id"]))
    socket.expect("welcome")
    elsewhere = key_token("films", SECRET, "Ben", party=other["id"])
    socket.send({"type": "renew", "access_token": elsewhere})
    assert socket.expect("error")["problem"]["code"] == "forbidden"
    socket.send({"type": "renew", "access_token": ben.token})
    assert socket.expect("renewed")["expires_at_ms"] > 0
    for guest in (ada, ben):
        guest.close()


def test_a_token_lets_its_person_into_a_party_of_its_site(site: str, stack: Stack) -> None:
    ada = person(site, "Ada")
    party = ada.create_party(ada.create_video()["id"])
    id, path = party["id"], f"/api/parties/{party['id']}"
    ben = person(site, "Ben", party=id, grants=["chat", "playback"], jti="ben-1")
    for _ in range(2):
        member = ben.join(id)["member"]
        assert (member["display_name"], member["grants"]) == ("Ben", ["playback", "chat"])
    ben.playback(id, "play")
    # It has let them in; once they are out it does so no more, and another one does.
    body_of(ada.delete(f"{path}/members/{ben.user_id}"), 204)
    assert "once" in assert_refused(ben.post(f"{path}/join"), "forbidden")["detail"]
    again = person(site, "Ben", party=id, jti="ben-2")
    assert again.join(id)["member"]["grants"] == ["chat"]
    body_of(ada.delete(f"{path}/members/{ben.user_id}?ban=true"), 204)
    assert_refused(person(site, "Ben", party=id).post(f"{path}/join"), "banned")
    # Rights that there are not, and parties that are not the site's.
    assert_refused(person(site, "Cy", party=id, grants=["fly"]).post(f"{path}/join"), "forbidden")
    assert_refused(person(site, "Cy").post(f"{path}/join"), "not_found")
    host = Guest(stack.url, "Host")
    foreign = host.create_party(ada.create_video()["id"])
    stranger = person(site, "Dan", party=foreign["id"], grants=["moderate"])
    assert_refused(stranger.post(f"/api/parties/{foreign['id']}/join"), "not_found")
    assert_refused(stranger.get(f"/api/parties/{foreign['id']}"), "not_found")
    assert stranger.join(foreign["id"], foreign["invite_code"])["member"]["grants"] == ["chat"]
    for guest in (ada, ben, again, host, stranger):
        guest.close()


def test_nobody_comes_in_by_a_name_alone(site: str, stack: Stack) -> None:
    with httpx.Client(base_url=site, timeout=REQUEST_TIMEOUT_S, trust_env=False) as nobody:
        assert_refused(nobody.post("/api/auth/guest", json={"display_name": "Ada"}), "forbidden")
    # Where no key is set, none of its tokens is one.
    with httpx.Client(base_url=stack.url, timeout=REQUEST_TIMEOUT_S, trust_env=False) as nobody:
        headers = {"Authorization": f"Bearer {key_token('films', SECRET, 'Ada')}"}
        assert_refused(nobody.get("/api/auth/me", headers=headers), "unauthenticated")


def test_what_a_key_token_cannot_have(site: str) -> None:
    ada = person(site, "Ada")
    for method, path, body in (
        ("POST", "/api/auth/renew", {}),
        ("PATCH", "/api/auth/me", {"display_name": "Eve"}),
        ("POST", "/api/auth/device-code", {}),
    ):
        assert_refused(ada.request(method, path, json=body), "forbidden")
    with pytest.raises(websocket.WebSocketBadStatusException):
        ada.connect(str(uuid.uuid4()))
    ada.close()
