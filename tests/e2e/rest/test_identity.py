"""A person stays a person: renewal, a new name everywhere, another device, signing out."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.e2e.conftest import Room, Service, SignIn
from tests.e2e.stack import Stack
from tests.support.contract import assert_refused
from tests.support.party_client import Guest, body_of, eventually

pytestmark = pytest.mark.stack


def ended(guest: Guest, secret_key: str, ago_s: int) -> str:
    """The guest's token as if it had ended so many seconds ago."""
    payload = jwt.decode(guest.token, options={"verify_signature": False})
    now_s = int(time.time())
    times = {"exp": now_s - ago_s, "iat": now_s - ago_s - 60, "nbf": now_s - ago_s - 60}
    return jwt.encode({**payload, **times}, secret_key, headers=jwt.get_unverified_header(guest.token))


def renewed(guest: Guest, **options: Any) -> httpx.Response:
    return guest.http.post("/api/auth/renew", **options)


def test_a_token_that_ended_is_renewed_and_its_person_is_still_the_host(room: Room, service: Service) -> None:
    room.host.use_token(ended(room.host, service.secret_key, 3600))
    assert_refused(room.host.get("/api/auth/me"), "unauthenticated")
    answer = body_of(renewed(room.host), 200)
    assert answer["user"] == {"id": room.host.user_id, "display_name": "Ada"}
    room.host.use_token(answer["access_token"])
    assert room.host.join(room.id)["member"]["role"] == "host"
    assert len(room.host.party(room.id)["members"]) == 2


def test_a_new_name_is_everywhere(room: Room, sign_in: SignIn, service: Service) -> None:
    second = sign_in(token=on_another_device(room.member, service)["access_token"])
    host, member = room.connect()
    answer = body_of(room.member.http.patch("/api/auth/me", json={"display_name": " Grace\u200b H. "}), 200)
    assert (answer["id"], answer["display_name"]) == (room.member.user_id, "Grace H.")
    for socket in (host, member):
        event = socket.expect("event")["event"]
        assert (event["type"], event["actor_id"]) == ("member_renamed", room.member.user_id)
        assert event["data"] == {
            "user_id": room.member.user_id,
            "display_name": "Grace H.",
            "former_name": "Grace",
        }
    for token in (answer["access_token"], room.member.token, second.token):
        person = sign_in(token=token)
        assert person.display_name == "Grace H."
        # Who joins by an older token brings the present name, and so changes nothing.
        assert person.join(room.id)["member"]["display_name"] == "Grace H."
    revisions = [event["revision"] for event in room.host.events(room.id)]
    assert revisions == [1, 2, 3]
    names = {member["user_id"]: member["display_name"] for member in room.host.party(room.id)["members"]}
    assert names[room.member.user_id] == "Grace H."


def test_a_party_that_is_locked_gets_the_new_name_later(room: Room, stack: Stack) -> None:
    other = room.member.create_party(room.member.create_video()["id"])["id"]

    def name_in(party_id: str) -> str:
        names = {one["user_id"]: one["display_name"] for one in room.member.party(party_id)["members"]}
        return str(names[room.member.user_id])

    engine = create_engine(stack.database_url)
    with engine.begin() as console:
        # The party's members are told by another table, which can still be read.
        lock = text("SELECT 1 FROM synced_party_sessions WHERE id = :id FOR UPDATE")
        assert console.execute(lock, {"id": other}).one()
        answer = room.member.http.patch("/api/auth/me", json={"display_name": "Grace H."})
        assert body_of(answer, 200)["display_name"] == "Grace H."
        eventually(lambda: name_in(room.id) == "Grace H.")
        assert name_in(other) == "Grace"
    engine.dispose()
    eventually(lambda: name_in(other) == "Grace H.")
    assert [event["type"] for event in room.member.events(other)].count("member_renamed") == 1


def test_the_same_name_again_is_no_event(room: Room) -> None:
    body_of(room.member.http.patch("/api/auth/me", json={"display_name": "Grace"}), 200)
    assert room.member.party(room.id)["revision"] == 2


@pytest.mark.parametrize("name", ["", " ", "\u200b\u3164", "Ada\u202e", "x" * 65])
def test_a_name_that_can_t_be_one_is_refused(host: Guest, name: str) -> None:
    assert_refused(host.http.patch("/api/auth/me", json={"display_name": name}), "validation_failed")
    assert body_of(host.get("/api/auth/me"), 200)["display_name"] == "Ada"


def on_another_device(guest: Guest, service: Service) -> dict[str, Any]:
    code = body_of(guest.post("/api/auth/device-code"), 201)["code"]
    answer: dict[str, Any] = body_of(service.http.post("/api/auth/device", json={"code": code}), 201)
    return answer


def test_a_code_makes_the_same_person_once(host: Guest, service: Service) -> None:
    given = body_of(host.post("/api/auth/device-code"), 201)
    assert given["url"].endswith(f"/#device={given['code']}")
    code = {"code": given["code"].lower()}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = service.http.post("/api/auth/device", json=code, headers=key)
    assert body_of(first, 201)["user"]["id"] == host.user_id
    assert service.http.post("/api/auth/device", json=code, headers=key).json() == first.json()
    assert_refused(service.http.post("/api/auth/device", json=code), "validation_failed")


def test_signing_out_ends_a_session_and_everywhere_all(sign_in: SignIn, service: Service) -> None:
    ada = sign_in("Ada")
    phone, tablet = (sign_in(token=on_another_device(ada, service)["access_token"]) for _ in range(2))
    body_of(phone.http.delete("/api/auth/session"), 204)
    assert assert_refused(phone.get("/api/auth/me"), "unauthenticated")["signed_out"]
    assert assert_refused(renewed(phone), "unauthenticated")["signed_out"]
    assert body_of(tablet.get("/api/auth/me"), 200)["id"] == ada.user_id
    body_of(tablet.http.delete("/api/auth/session?everywhere=true"), 204)
    for guest in (ada, tablet):
        assert_refused(guest.get("/api/auth/me"), "unauthenticated")
        assert_refused(renewed(guest), "unauthenticated")


def test_no_secret_is_in_the_database(room: Room, service: Service, stack: Stack) -> None:
    """Tokens, tickets and codes, each asked for with a key, whose answer is kept for a repeat."""

    def key() -> dict[str, str]:
        return {"Idempotency-Key": str(uuid.uuid4())}

    guest = service.http.post("/api/auth/guest", json={"display_name": "Canary"}, headers=key())
    secrets = [body_of(guest, 201)["access_token"]]
    secrets.append(body_of(renewed(room.host, headers=key()), 200)["access_token"])
    renaming = room.host.http.patch("/api/auth/me", json={"display_name": "Ada L."}, headers=key())
    secrets.append(body_of(renaming, 200)["access_token"])
    ticket = room.host.post(f"/api/parties/{room.id}/ticket", headers=key())
    secrets.append(body_of(ticket, 201)["ticket"])
    code = body_of(room.host.post("/api/auth/device-code", headers=key()), 201)["code"]
    secrets += [code, code.replace("-", "")]
    signed_in = service.http.post("/api/auth/device", json={"code": code}, headers=key())
    secrets.append(body_of(signed_in, 201)["access_token"])
    engine = create_engine(stack.database_url)
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            # As texts: the repr of a row leaves out the middle of what is long.
            rows = connection.scalars(text(f'SELECT row_to_json(t)::text FROM "{table}" t')).all()
            assert [secret for secret in secrets if any(secret in row for row in rows)] == [], table
        # What is looked for would be found: the public ids of the same answers are there.
        commands = connection.scalars(text("SELECT row_to_json(t)::text FROM party_commands t")).all()
        assert any(room.host.user_id in row and '"sealed"' in row for row in commands)
    engine.dispose()
