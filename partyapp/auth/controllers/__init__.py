"""Who is asking, over HTTP: sign-in, renewal, rename, devices, sign-out; and the gate in front of /api."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Flask, Response, jsonify, request
from marshmallow import Schema, fields, validate

from partyapp.auth.application import Identity, RenewableVerifier, TokenVerifier
from partyapp.auth.contract import SignedIn, user_json
from partyapp.auth.controllers.account_login import LOGIN_PATHS
from partyapp.auth.domain import DEVICE_CODE_LENGTH, DEVICE_CODE_TTL_S
from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.shared.http import current
from partyapp.shared.http.api_paths import is_api
from partyapp.shared.http.proxy_login import ProxyLogin
from partyapp.shared.http.schemas import DisplayName, Nothing, Text, read_body, read_query
from partyapp.shared.kernel.errors import Forbidden, Unauthenticated
from partyapp.shared.kernel.principal import Principal

RENEW_PATH = "/api/auth/renew"
#: What anybody may ask under /api. Everything else there is closed, addresses that don't exist included.
PUBLIC_PATHS = LOGIN_PATHS | frozenset(
    {
        "/api/auth/guest",
        "/api/auth/device",
        "/api/auth/proxy",
        "/api/openapi.json",
        "/api/asyncapi.json",
        "/api/docs",
    }
)
#: What an invite opens for who has not signed in yet; whether it does is decided where it is read.
_INVITED_PATH = re.compile(r"/api/parties/[^/]+/preview", re.IGNORECASE)

#: RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1).
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE | re.ASCII)

#: A token or a code is a secret; no cache on the way may keep it (RFC 6749 §5.1).
_NO_STORE = {"Cache-Control": "no-store"}

#: Where others open the page: from the request's host to scheme, host and port.
PageUrlOf = Callable[[], str]


class NameSchema(Schema):
    """The body of a guest's sign-in, and of a rename."""

    display_name = DisplayName(required=True)


class DeviceCodeSchema(Schema):
    """The body of a sign-in on another device. However the code was typed, its letters count."""

    code = Text(DEVICE_CODE_LENGTH, 64, required=True)


class SignOutQuery(Schema):
    """The query of a sign-out."""

    everywhere = fields.String(load_default="false", validate=validate.OneOf(["true", "false"]))


@dataclass(frozen=True, kw_only=True)
class _AuthViews:
    identity: Identity
    idempotent: IdempotentPost
    page_url: PageUrlOf
    proxy_login: ProxyLogin

    def guest(self) -> Response:
        name = read_body(NameSchema())["display_name"]
        return self._secret(lambda id: _signed_in(201, self.identity.sign_in_guest(name, id)), anybody=True)

    def device(self) -> Response:
        code = read_body(DeviceCodeSchema())["code"]
        return self._secret(lambda id: _signed_in(201, self.identity.sign_in_device(code, id)), anybody=True)

    def proxied(self) -> Response:
        read_body(Nothing())
        user, name = self.proxy_login.person()
        return self.idempotent.respond(
            lambda id: _signed_in(201, self.identity.sign_in_proxied(user, name, id)),
            secret=True,
            anybody=True,
            content=user,
        )

    def renew(self) -> Response:
        read_body(Nothing())
        return self._secret(lambda _: _signed_in(200, self.identity.renew(current.principal())))

    def device_code(self) -> Response:
        read_body(Nothing())

        def make(_: UUID) -> Answer:
            code = self.identity.device_code(current.principal())
            shown = f"{code[:4]}-{code[4:]}"
            # In the fragment it is in no request, and so in no log.
            url = f"{self.page_url()}/#device={shown}"
            return 201, {"code": shown, "url": url, "expires_in": DEVICE_CODE_TTL_S}, dict(_NO_STORE)

        return self._secret(make)

    def me(self) -> Response:
        response = jsonify(user_json(current.principal()))
        response.headers.update(_NO_STORE)
        return response

    def rename(self) -> Response:
        body = read_body(NameSchema())

        def make(_: UUID) -> Answer:
            signed_in = self.identity.rename(current.principal(), body["display_name"])
            return 200, {**user_json(signed_in.principal), **signed_in.to_json()}, dict(_NO_STORE)

        return self._secret(make)

    def sign_out(self) -> Response:
        everywhere = read_query(SignOutQuery())["everywhere"] == "true"

        def make(_: UUID) -> Answer:
            self.identity.sign_out(current.principal(), everywhere=everywhere)
            return 204, None, {}

        return self.idempotent.respond(make)

    def _secret(self, make: Callable[[UUID], Answer], *, anybody: bool = False) -> Response:
        return self.idempotent.respond(make, secret=True, anybody=anybody)


def auth_blueprint(
    identity: Identity, idempotent: IdempotentPost, page_url: PageUrlOf, proxy_login: ProxyLogin
) -> Blueprint:
    """The addresses under /api/auth."""
    views = _AuthViews(identity=identity, idempotent=idempotent, page_url=page_url, proxy_login=proxy_login)
    blueprint = Blueprint("auth", __name__)
    for method, path, view in (
        ("POST", "/api/auth/guest", views.guest),
        ("POST", "/api/auth/proxy", views.proxied),
        ("POST", RENEW_PATH, views.renew),
        ("GET", "/api/auth/me", views.me),
        ("PATCH", "/api/auth/me", views.rename),
        ("DELETE", "/api/auth/session", views.sign_out),
        ("POST", "/api/auth/device-code", views.device_code),
        ("POST", "/api/auth/device", views.device),
    ):
        blueprint.add_url_rule(path, view.__name__, view, methods=[method])
    return blueprint


def _signed_in(status: int, signed_in: SignedIn) -> Answer:
    return status, signed_in.to_json(), dict(_NO_STORE)


def bearer_token() -> str:
    """The token in the request's `Authorization: Bearer`. Raises `Unauthenticated`."""
    return _token_in(request.headers.get("Authorization", ""))


def bearer_of(verifier: TokenVerifier, authorization: str, path: str) -> Principal:
    """Whom that header's token names; `path` is what they ask for.

    Raises `Unauthenticated`, `Unavailable` where that can't be told now, and `Forbidden` for a token that is
    for another party.
    """
    return _allowed(verifier.verify(_token_in(authorization)), path)


def _token_in(authorization: str) -> str:
    found = _BEARER.fullmatch(authorization.strip())
    if found is None:
        raise Unauthenticated()
    return found[1]


def install_authentication(
    app: Flask, verifier: TokenVerifier, renewable: RenewableVerifier, grace_s: float
) -> None:
    """Let nobody unknown through to /api, and leave who asks where `shared.current` finds them.

    A renewal alone takes a token that `renewable` finds to have ended up to `grace_s` ago.
    """

    @app.before_request
    def authenticate() -> None:
        if _is_open():
            return
        if request.path == RENEW_PATH and request.method == "POST":
            principal = _allowed(renewable.renewable(bearer_token(), grace_s), request.path)
        else:
            principal = bearer_of(verifier, request.headers.get("Authorization", ""), request.path)
        current.set_principal(principal)


def _allowed(principal: Principal, path: str) -> Principal:
    if principal.party_id is not None and not _is_of_party(path, principal.party_id):
        raise Forbidden("This token is for one party alone.")
    return principal


def _is_of_party(path: str, party_id: UUID) -> bool:
    """Whether a token for that party alone is for this address: the party's own, who one is, and outcomes."""
    own, path = f"/api/parties/{party_id}", path.lower()
    return path == own or path.startswith((f"{own}/", "/api/auth/me", "/api/commands/"))


def _is_open() -> bool:
    path = request.path
    if not is_api(path):
        return True
    is_public = path in PUBLIC_PATHS or path.startswith("/api/docs/") or _INVITED_PATH.fullmatch(path)
    return bool(is_public) or _brings_ticket() or _brings_invite()


def _brings_invite() -> bool:
    """A calendar program, which has no token; whoever answers it looks at the invite instead."""
    return request.path.endswith("/calendar.ics") and bool(request.args.get("invite"))


def _brings_ticket() -> bool:
    """A WebSocket that can't send headers; whoever answers the upgrade takes its ticket instead."""
    upgrades = "websocket" in request.headers.get("Upgrade", "").lower()
    return upgrades and request.path.endswith("/ws") and bool(request.args.get("ticket"))
