"""Guests and their tokens: signing in, who am I, and every way a token can be wrong."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest

from tests.e2e.conftest import Room, Service, SignIn
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Guest, Json

pytestmark = pytest.mark.stack


def sign_in_with(service: Service, body: Any) -> httpx.Response:
    return service.http.post("/api/auth/guest", json=body)


def test_sign_in_answers_with_a_token_and_the_user(service: Service) -> None:
    response = sign_in_with(service, {"display_name": "Ada"})
    assert response.status_code == 201
    assert_answer("signInGuest", response.json())
    assert response.json()["user"]["display_name"] == "Ada"
    assert response.json()["expires_in"] > 60


def test_the_token_may_not_be_kept_by_a_cache(service: Service) -> None:
    assert "no-store" in sign_in_with(service, {"display_name": "Ada"}).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ada \t", "Ada"),
        ("x", "x"),
        ("x" * 64, "x" * 64),
        ("  " + "x" * 64 + " ", "x" * 64),
        ("Zoë 🎬 李", "Zoë 🎬 李"),
        ("<b>Ada</b>", "<b>Ada</b>"),
    ],
)
def test_display_names_taken(service: Service, given: str, kept: str) -> None:
    response = sign_in_with(service, {"display_name": given})
    assert response.status_code == 201
    assert response.json()["user"]["display_name"] == kept


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 65, "a\x00b", "a\nb", "a\x1bb", "a\x7fb", "a\x85b", 7, None, ["Ada"], {"a": "b"}, True],
)
def test_display_names_refused(service: Service, name: Any) -> None:
    problem = assert_refused(sign_in_with(service, {"display_name": name}), "validation_failed")
    assert list(problem["errors"]) == ["display_name"]


def test_a_lone_surrogate_is_no_display_name(service: Service) -> None:
    response = service.http.post(
        "/api/auth/guest",
        content=b'{"display_name": "a\\ud800b"}',
        headers={"Content-Type": "application/json"},
    )
    assert_refused(response, "validation_failed")


def test_a_display_name_is_required(service: Service) -> None:
    problem = assert_refused(sign_in_with(service, {}), "validation_failed")
    assert list(problem["errors"]) == ["display_name"]


def test_me_is_who_signed_in(host: Guest) -> None:
    response = host.get("/api/auth/me")
    assert response.status_code == 200
    assert_answer("showMe", response.json())
    assert response.json() == {"id": host.user_id, "display_name": "Ada"}


def test_two_guests_of_one_name_are_two(sign_in: SignIn) -> None:
    assert sign_in("Ada").user_id != sign_in("Ada").user_id


def resigned(guest: Guest, key: str, algorithm: str = "HS256", **claims: Any) -> str:
    """The guest's own token with other claims or another signature."""
    payload = jwt.decode(guest.token, options={"verify_signature": False})
    header = jwt.get_unverified_header(guest.token)
    header.pop("alg")
    return jwt.encode({**payload, **claims}, key, algorithm=algorithm, headers=header)


def test_a_token_signed_with_the_services_key_is_taken(host: Guest, service: Service) -> None:
    # This proves that the refusals below come from what each token has wrong.
    host.use_token(resigned(host, service.secret_key))
    assert host.get("/api/auth/me").status_code == 200


def header_without_scheme(guest: Guest, service: Service) -> str:
    return guest.token


def other_scheme(guest: Guest, service: Service) -> str:
    return f"Basic {guest.token}"


def garbage(guest: Guest, service: Service) -> str:
    return "Bearer garbage"


def nothing(guest: Guest, service: Service) -> str:
    return "Bearer"


def expired(guest: Guest, service: Service) -> str:
    return "Bearer " + resigned(guest, service.secret_key, exp=1_500_000_000)


def without_expiry(guest: Guest, service: Service) -> str:
    payload = jwt.decode(guest.token, options={"verify_signature": False})
    del payload["exp"]
    header = jwt.get_unverified_header(guest.token)
    return "Bearer " + jwt.encode(payload, service.secret_key, headers=header)


def forged(guest: Guest, service: Service) -> str:
    return "Bearer " + resigned(guest, "x" * 64)


def unsigned(guest: Guest, service: Service) -> str:
    return "Bearer " + resigned(guest, "", algorithm="none")


def cut_signature(guest: Guest, service: Service) -> str:
    return "Bearer " + guest.token.rpartition(".")[0] + "."


def other_hash(guest: Guest, service: Service) -> str:
    return "Bearer " + resigned(guest, service.secret_key, algorithm="HS512")


@pytest.mark.parametrize(
    "authorization",
    [
        header_without_scheme,
        other_scheme,
        garbage,
        nothing,
        expired,
        without_expiry,
        forged,
        unsigned,
        cut_signature,
        other_hash,
    ],
)
def test_tokens_refused(host: Guest, service: Service, authorization: Any) -> None:
    value = authorization(host, service)
    assert_refused(service.http.get("/api/auth/me", headers={"Authorization": value}), "unauthenticated")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/me"),
        ("GET", "/api/videos"),
        ("POST", "/api/videos"),
        ("GET", "/api/videos/{video}"),
        ("GET", "/api/parties"),
        ("POST", "/api/parties"),
        ("GET", "/api/parties/{party}"),
        ("DELETE", "/api/parties/{party}"),
        ("POST", "/api/parties/{party}/join"),
        ("POST", "/api/parties/{party}/leave"),
        ("POST", "/api/parties/{party}/transfer"),
        ("POST", "/api/parties/{party}/playback"),
        ("POST", "/api/parties/{party}/sync"),
        ("GET", "/api/parties/{party}/events"),
        ("POST", "/api/parties/{party}/ticket"),
        ("GET", "/api/commands/{party}"),
        ("GET", "/api/notifications"),
        ("POST", "/api/notifications/{party}/read"),
        ("POST", "/api/notifications/read-all"),
    ],
)
def test_all_but_the_sign_in_want_a_token(still_room: Room, service: Service, method: str, path: str) -> None:
    address = path.format(video=service.video["id"], party=still_room.id)
    body: Json | None = {} if method == "POST" else None
    assert_refused(service.http.request(method, address, json=body), "unauthenticated")
