"""Signing in over HTTP, and the gate in front of everything under /api."""

import re

from flask import Blueprint, Flask, Response, jsonify, request
from marshmallow import Schema

from partyapp.auth.application import SignInGuest, SignInGuestCommand, TokenVerifier
from partyapp.auth.contract import user_json
from partyapp.auth.domain import DISPLAY_NAME_MAX
from partyapp.shared.http import current
from partyapp.shared.http.api_paths import is_api
from partyapp.shared.http.schemas import Text, read_body
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.principal import Principal

#: What anybody may ask under /api. Everything else there is closed, addresses that don't exist included.
PUBLIC_PATHS = frozenset({"/api/auth/guest", "/api/openapi.json", "/api/docs"})
#: What an invite opens for who has not signed in yet; whether it does is decided where it is read.
_INVITED_PATH = re.compile(r"/api/parties/[0-9a-f-]{36}/preview", re.IGNORECASE)

#: RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1).
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE | re.ASCII)


class GuestSchema(Schema):
    """The body of a guest's sign-in."""

    display_name = Text(1, DISPLAY_NAME_MAX, required=True)


def auth_blueprint(sign_in: SignInGuest) -> Blueprint:
    """The addresses under /api/auth."""
    blueprint = Blueprint("auth", __name__)

    @blueprint.post("/api/auth/guest")
    def guest() -> Response:
        body = read_body(GuestSchema())
        signed_in = sign_in(SignInGuestCommand(display_name=body["display_name"]))
        response = jsonify(signed_in.to_json())
        response.status_code = 201
        # A token is a secret; no cache on the way may keep it (RFC 6749 §5.1).
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/api/auth/me")
    def me() -> Response:
        response = jsonify(user_json(current.principal()))
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def bearer_principal(verifier: TokenVerifier) -> Principal:
    """Who the request's `Authorization: Bearer` names. Raises `Unauthenticated` or `Unavailable`."""
    found = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if found is None:
        raise Unauthenticated()
    return verifier.verify(found[1])


def install_authentication(app: Flask, verifier: TokenVerifier) -> None:
    """Let nobody unknown through to /api, and leave who asks where `shared.current` finds them."""

    @app.before_request
    def authenticate() -> None:
        if _is_open():
            return
        current.set_principal(bearer_principal(verifier))


def _is_open() -> bool:
    path = request.path
    if not is_api(path):
        return True
    is_public = path in PUBLIC_PATHS or path.startswith("/api/docs/") or _INVITED_PATH.fullmatch(path)
    return bool(is_public) or _brings_ticket()


def _brings_ticket() -> bool:
    """A WebSocket that can't send headers; whoever answers the upgrade takes its ticket instead."""
    upgrades = "websocket" in request.headers.get("Upgrade", "").lower()
    return upgrades and request.path.endswith("/ws") and bool(request.args.get("ticket"))
