"""One person's tokens end by the operator's word, whoever issued them; all others outlive a new secret."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.contract import assert_refused
from tests.support.key_token import key_token
from tests.support.local_stack import Stack
from tests.support.operator_commands import printed, run
from tests.support.party_client import Guest, Unexpected, body_of
from tests.support.proxies import another_web
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

DEVICE = "0198b3a0-0000-7000-8000-0000000000d1"
SECRET = "OVkQ2xqJH0o7dEuJ3VbZ9cTnRw5yLgXa8mKsPf1iD4hU"
KEYS = {"PARTY_API_KEYS": f"films:{SECRET}"}


def revoke(stack: Stack, *words: str) -> str:
    """The command in an operator's terminal."""
    return printed(stack, "people", "revoke", *words, **KEYS).split()[0]


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[str]:
    with another_web(stack, KEYS) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_guest_is_out_everywhere_and_nobody_else_is(room: Room, service: Service, stack: Stack) -> None:
    host, member = room.connect()
    ticket = room.member.ticket(room.id)
    assert revoke(stack, room.member.user_id) == room.member.user_id
    assert member.wait_closed() == 4401
    problem = assert_refused(room.member.get("/api/auth/me"), "unauthenticated")
    assert problem["signed_out"] is True
    assert_refused(room.member.http.post("/api/auth/renew"), "unauthenticated")
    with pytest.raises(Exception, match="401"):
        room.member.connect(room.id, ticket=ticket)
    assert host.ping(1)
    assert Guest(service.url, "Grace").user_id != room.member.user_id


def test_whom_a_site_vouches_for_comes_back_by_a_later_token_alone(
    site: str, stack: Stack, service: Service
) -> None:
    zoe = Guest(site, "Zoe", key_token("films", SECRET, "Zoe"))
    party_id = zoe.create_party(service.video["id"])["id"]
    socket = zoe.connect(party_id)
    socket.expect("welcome")
    assert revoke(stack, "zoe", "--site", "films") == zoe.user_id
    assert socket.wait_closed() == 4401
    assert_refused(zoe.get("/api/auth/me"), "unauthenticated")
    with pytest.raises(Unexpected, match="401"):
        Guest(site, "Zoe", key_token("films", SECRET, "Zoe"))

    def is_back() -> bool:
        # The clock of a site may be 9 s ahead of ours.
        zoe.use_token(key_token("films", SECRET, "Zoe", iat=int(time.time()) + 9))
        return zoe.get("/api/auth/me").status_code == 200

    eventually(is_back)
    assert zoe.party(party_id)["host_id"] == zoe.user_id
    zoe.close()


def test_another_secret_for_the_deployment_signs_nobody_out(room: Room, stack: Stack) -> None:
    secrets = {"PARTY_SECRET_KEY": "n3w-" * 12, "PARTY_SECRET_KEY_PREVIOUS": stack.secret_key}
    old_token = room.member.token
    with another_web(stack, secrets) as port:
        moved = Guest(f"http://127.0.0.1:{port}", token=old_token)
        assert moved.user_id == room.member.user_id
        socket = moved.connect(room.id, ticket=moved.ticket(room.id))
        socket.expect("welcome")
        moved.use_token(body_of(moved.http.post("/api/auth/renew"), 200)["access_token"])
        assert moved.party(room.id)["id"] == room.id
        # What is new is made by the new one alone.
        headers = {"Authorization": f"Bearer {moved.token}"}
        assert_refused(room.host.http.get("/api/auth/me", headers=headers), "unauthenticated")
        moved.close()


def test_a_site_that_nobody_knows_is_no_success(stack: Stack) -> None:
    done = run(stack, "people", "revoke", "zoe", "--site", "flims", **KEYS)
    assert done.returncode == 1
    assert "flims" in done.stderr
    assert "films" in done.stderr
    assert not done.stdout


def test_the_sockets_of_a_key_end_with_it_and_no_others(room: Room, service: Service, stack: Stack) -> None:
    made = printed(stack, "keys", "create", "shop", "--scope", "tokens:sign", "--json", **KEYS)
    key = json.loads(made)
    zoe = Guest(service.url, "Zoe", key_token("shop", key["signing_secret"], "Zoe"))
    zoe.join(room.id, room.party["invite_code"])
    by_token, by_ticket = (
        zoe.connect(room.id),
        zoe.connect(room.id, ticket=zoe.ticket(room.id), device_id=DEVICE),
    )
    for socket in (by_token, by_ticket):
        socket.expect("welcome")
    host, _ = room.connect()
    printed(stack, "keys", "revoke", key["id"], **KEYS)
    assert [socket.wait_closed() for socket in (by_token, by_ticket)] == [4401, 4401]
    assert_refused(zoe.get("/api/auth/me"), "unauthenticated")
    assert host.ping(1)
    zoe.close()
