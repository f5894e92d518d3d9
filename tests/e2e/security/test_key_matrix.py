"""Servers' keys against the running service: each scope, parties of other sites, revoked keys, the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from partyapp.auth.infrastructure.api_keys import NewKey, PostgresApiKeys
from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.scopes import Scope
from partyapp.shared.ops.settings import sqlalchemy_url
from partyapp.shared.storage.database import Transactions, create_database
from tests.e2e.conftest import Service
from tests.e2e.security.key_matrix import ADA, ZOE, KeyDeed, key_deeds
from tests.e2e.security.test_authorization_matrix import UPGRADE
from tests.support.contract import assert_refused
from tests.support.key_token import key_token
from tests.support.local_stack import Stack
from tests.support.party_client import REQUEST_TIMEOUT_S, Guest, Json, body_of
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

PROTECTED = {op.id: op for op in DESCRIPTION.operations if not op.public}
IN_NO_PARTY = (
    "user_id",
    "invite_id",
    "item_id",
    "command_id",
    "upload_id",
    "subtitles_id",
    "notification_id",
)

Backend = Callable[..., Guest]


@pytest.fixture(scope="module")
def keys(stack: Stack) -> Iterator[PostgresApiKeys]:
    engine = create_database(sqlalchemy_url(stack.database_url), 1)
    yield PostgresApiKeys(Transactions(engine), stack.secret_key)
    engine.dispose()


def made(keys: PostgresApiKeys, *scopes: str, name: str = "films") -> NewKey:
    wanted = frozenset(Scope(scope) for scope in scopes or Scope)
    return keys.create(name, wanted, now_ms=WallClock().now_ms(), expires_at_ms=None)


def known(service: Service, key: NewKey) -> Guest:
    """The server that has this key, once the process has heard of it."""
    headers = {"Authorization": f"Bearer {key.sent}"}
    eventually(lambda: service.http.get("/api/auth/me", headers=headers).status_code == 200)
    return Guest(service.url, token=key.sent)


@pytest.fixture(scope="module")
def backend(service: Service, keys: PostgresApiKeys) -> Iterator[Backend]:
    """A site's server with a key for these scopes, for one or for all but one; without any, for all."""
    wanted = [("films", *scopes) for scope in Scope for scopes in ((scope,), all_but(scope))]
    wanted += [("films",), ("shop",)]
    sent = {(name, *map(str, scopes)): made(keys, *scopes, name=name) for name, *scopes in wanted}
    servers = {which: known(service, key) for which, key in reversed(sent.items())}
    yield lambda *scopes, name="films": servers[name, *map(str, scopes)]
    for guest in servers.values():
        guest.close()


def all_but(scope: str) -> tuple[Scope, ...]:
    return tuple(other for other in Scope if other != scope)


def new_party(service: Service, backend: Guest) -> tuple[Json, str]:
    """A party of Ada's that the server made, and the id of a member that it let in."""
    body = {"video_id": service.video["id"], "person": ADA}
    party = body_of(backend.post("/api/parties", body), 201)
    joined = body_of(
        backend.post(f"/api/parties/{party['id']}/join", {"person": {"sub": "ben", "name": "Ben"}}), 200
    )
    return party, joined["member"]["user_id"]


def asked(guest: Guest, operation_id: str, body: Any, **facts: str) -> httpx.Response:
    operation = PROTECTED[operation_id]
    given = {name: str(uuid.uuid4()) for name in IN_NO_PARTY} | {"seq": "1"} | facts
    if body is not None:
        body = {
            name: value.format(**given) if isinstance(value, str) else value for name, value in body.items()
        }
    return guest.request(operation.method.upper(), operation.path.format(**given), json=body)


@pytest.fixture(scope="module")
def foreign(service: Service) -> Json:
    """A guest's public party, and so nobody's site's."""
    host = Guest(service.url, "Host")
    party = host.create_party(service.video["id"], visibility="public")
    host.close()
    return party


@pytest.mark.parametrize("deed", list(key_deeds()), ids=str)
def test_a_key_opens_what_its_scopes_say(
    deed: KeyDeed, service: Service, backend: Backend, foreign: Json
) -> None:
    all_scopes = backend()
    party, member_id = new_party(service, all_scopes)
    facts = {"party_id": party["id"], "user_id": member_id, "video_id": service.video["id"]}
    if deed.operation == "unbanMember":
        removed = all_scopes.delete(f"/api/parties/{party['id']}/members/{member_id}?ban=true")
        body_of(removed, 204)
    before = body_of(all_scopes.get(f"/api/parties/{party['id']}"), 200)["revision"]
    if deed.scope is not None:
        others = backend(*all_but(deed.scope))
        problem = assert_refused(asked(others, deed.operation, deed.body, **facts), "forbidden")
        assert problem["scope"] == deed.scope
        assert deed.scope in problem["detail"]
        assert body_of(all_scopes.get(f"/api/parties/{party['id']}"), 200)["revision"] == before
    only = backend(deed.scope or Scope.TOKENS_SIGN)
    done = asked(only, deed.operation, deed.body, **facts)
    assert done.status_code == deed.status, done.text
    if done.content:
        answers.check(DESCRIPTION, deed.operation, done.json(), deed.status)
    if "{party_id}" in PROTECTED[deed.operation].path:
        for nobodys in (foreign["id"], str(uuid.uuid4())):
            refused = asked(all_scopes, deed.operation, deed.body, **{**facts, "party_id": nobodys})
            assert_refused(refused, "not_found")
        other_site = backend(name="shop")
        assert_refused(asked(other_site, deed.operation, deed.body, **facts), "not_found")
    all_scopes.delete(f"/api/parties/{party['id']}")


def test_what_is_for_people_no_key_opens(service: Service, backend: Backend) -> None:
    all_scopes = backend()
    party, member_id = new_party(service, all_scopes)
    facts = {"party_id": party["id"], "user_id": member_id, "video_id": service.video["id"]}
    facts["channel_id"] = str(uuid.uuid4())
    others = set(PROTECTED) - {deed.operation for deed in key_deeds()} - {"showCommand"}
    for name in sorted(others):
        body: Json | None = {} if PROTECTED[name].method in ("post", "put", "patch") else None
        all_scopes.http.headers.update(UPGRADE if name == "openSocket" else {})
        response = asked(all_scopes, name, body, **facts)
        for header in UPGRADE:
            all_scopes.http.headers.pop(header, None)
        assert response.status_code == 403, (name, response.text)
    all_scopes.delete(f"/api/parties/{party['id']}")


def test_the_log_names_the_key_and_the_people_are_those_of_its_tokens(
    service: Service, keys: PostgresApiKeys
) -> None:
    key = made(keys)
    server = known(service, key)
    party, ben_id = new_party(service, server)
    path = f"/api/parties/{party['id']}"
    ada = Guest(service.url, "Ada", key_token("films", str(key.signing_secret), "Ada"))
    assert (party["host_id"], server.user_id) == (ada.user_id, str(key.key.id))
    assert ada.party(party["id"])["title"] == party["title"]
    # A repeat of the same request is the same command, which is the key's to look at.
    again = {"Idempotency-Key": str(uuid.uuid4()), "Prefer": "respond-async"}
    outcome = server.post(f"{path}/join", {"person": ZOE}, headers=again).headers["Location"]
    eventually(lambda: server.get(outcome).json()["state"] != "pending")
    shown = server.get(outcome).json()
    assert shown["result"]["member"]["display_name"] == "Zoe"

    def repeated() -> Json:
        """What the same request is answered, once its answer is kept."""
        answer = server.post(f"{path}/join", {"person": ZOE}, headers=again)
        return {} if answer.status_code == 202 else dict(body_of(answer, 200))

    assert eventually(repeated)["member"]["user_id"] == shown["result"]["member"]["user_id"]
    body_of(server.delete(f"{path}/members/{ben_id}"), 204)
    body_of(server.request("PATCH", path, json={"title": "Friday"}), 200)
    body_of(server.post(f"{path}/transfer", {"user_id": shown["result"]["member"]["user_id"]}), 200)
    body_of(server.delete(path), 204)
    body_of(server.delete(path), 204)
    log = [(event["type"], event["actor_id"]) for event in server.events(party["id"])]
    assert log == [
        (name, server.user_id)
        for name in (
            "party_session_created", "member_joined", "member_joined", "member_removed",
            "party_session_changed", "host_transferred", "party_session_ended",
        )
    ]  # fmt: skip
    listed = server.get("/api/parties", params={"state": "ended", "limit": 100}).json()["items"]
    assert party["id"] in [one["id"] for one in listed]
    for guest in (server, ada):
        guest.close()


def test_whom_a_server_asks_for_has_to_be_named_by_a_server(
    service: Service, backend: Backend, host: Guest
) -> None:
    body = {"video_id": service.video["id"]}
    nobody = assert_refused(backend().post("/api/parties", body), "validation_failed")
    assert list(nobody["errors"]) == ["person"]
    refused = assert_refused(host.post("/api/parties", {**body, "person": ADA}), "validation_failed")
    assert list(refused["errors"]) == ["person"]
    bad = {"sub": "", "name": "A", "more": 1}
    found = assert_refused(backend().post("/api/parties", {**body, "person": bad}), "validation_failed")
    assert "person" in found["errors"]


def test_a_space_makes_another_person_as_it_does_in_a_token(service: Service, keys: PostgresApiKeys) -> None:
    key = made(keys)
    server = known(service, key)
    party, _ = new_party(service, server)
    for sub in ("ada ", "\u00a0ada"):
        body = {"person": {"sub": sub, "name": "Not Ada"}}
        joined = body_of(server.post(f"/api/parties/{party['id']}/join", body), 200)["member"]
        named = Guest(service.url, token=key_token("films", str(key.signing_secret), "Not Ada", sub=sub))
        assert joined["user_id"] == named.user_id != party["host_id"]
        named.close()
    server.delete(f"/api/parties/{party['id']}")
    server.close()


def test_a_key_that_reads_lets_nobody_in(service: Service, backend: Backend) -> None:
    party, _ = new_party(service, backend())
    path = f"/api/parties/{party['id']}"
    for scope in (Scope.PARTIES_WRITE, Scope.MEMBERS_WRITE):
        without = backend(*all_but(scope))
        assert body_of(without.get(path), 200)["invite_code"] == party["invite_code"]
    shown = body_of(backend(Scope.PARTIES_READ).get(path), 200)
    assert set(party) - set(shown) == {"invite_code"}
    backend().delete(path)


def test_a_banned_person_stays_out_until_the_server_lets_them(service: Service, backend: Backend) -> None:
    server = backend()
    party, ben_id = new_party(service, server)
    path, ben = f"/api/parties/{party['id']}", {"person": {"sub": "ben", "name": "Ben"}}
    body_of(server.delete(f"{path}/members/{ben_id}?ban=true"), 204)
    assert_refused(server.post(f"{path}/join", ben), "banned")
    body_of(server.delete(f"{path}/bans/{ben_id}"), 204)
    body_of(server.post(f"{path}/join", ben), 200)
    server.delete(path)


def test_a_revoked_key_and_what_it_signed_end_within_seconds(service: Service, keys: PostgresApiKeys) -> None:
    key = made(keys)
    server = known(service, key)
    party, _ = new_party(service, server)
    ada = Guest(service.url, "Ada", key_token("films", str(key.signing_secret), "Ada"))
    keys.revoke(key.key.id, WallClock().now_ms())
    path = f"/api/parties/{party['id']}"
    eventually(lambda: server.get(path).status_code == 401)
    assert_refused(server.delete(path), "unauthenticated")
    eventually(lambda: ada.get(path).status_code == 401)
    with httpx.Client(base_url=service.url, timeout=REQUEST_TIMEOUT_S, trust_env=False) as http:
        forged = {"Authorization": f"Bearer {key.sent[:-1]}{'A' if key.sent[-1] != 'A' else 'B'}"}
        assert_refused(http.get("/api/parties", headers=forged), "unauthenticated")
    for guest in (server, ada):
        guest.close()
