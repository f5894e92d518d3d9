"""Signing in at a provider, over HTTP.

The page asks where to go, goes there, and comes back to `/login` with the provider's answer in the query,
which it hands over here. What ties the two ends of a login together is in a sealed cookie that no script can
read and that only these addresses are sent.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema
from werkzeug.http import dump_cookie

from partyapp.auth.account_login import LOGIN_TTL_S, AccountLogin, LoginAnswer, PendingLogin
from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.shared.http.schemas import Nothing, Text, read_body
from partyapp.shared.kernel.errors import Forbidden
from partyapp.shared.kernel.sealing import Sealer

BEGIN_PATH, FINISH_PATH, LOGOUT_PATH = "/api/auth/oidc/begin", "/api/auth/oidc", "/api/auth/oidc/logout"
LOGIN_PATHS = frozenset({BEGIN_PATH, FINISH_PATH, LOGOUT_PATH})
LOGIN_ENDPOINTS = ("account_login.begin", "account_login.finish")
#: The purpose that the cookies' keys are derived for.
COOKIE_PURPOSE = b"party account logins"
#: So many logins may be under way in one browser, each in a window of its own.
_COOKIES = 4
_PLACES = frozenset(map(str, range(_COOKIES)))

#: Where others open the page: from the request to scheme, host, port and path.
PageUrlOf = Callable[[], str]


class LoginAnswerSchema(Schema):
    """What the provider has sent the browser back with."""

    code = Text(1, 4096, exact=True, required=True)
    state = Text(1, 255, exact=True, required=True)
    iss = Text(1, 2000, exact=True)


@dataclass(frozen=True, kw_only=True)
class _LoginViews:
    #: None where no provider is set.
    login: AccountLogin | None
    idempotent: IdempotentPost
    sealer: Sealer
    page_url: PageUrlOf

    def begin(self) -> Response:
        read_body(Nothing())

        def make(_: UUID) -> Answer:
            pending, url = self._needed().begin(f"{self.page_url()}/login", self._free_place())
            cookie = self._cookie(pending.state, self.sealer.seal(asdict(pending)), LOGIN_TTL_S)
            return 201, {"url": url, "expires_in": LOGIN_TTL_S}, {**_NO_STORE, "Set-Cookie": cookie}

        return self.idempotent.respond(make, secret=True, anybody=True)

    def finish(self) -> Response:
        body = read_body(LoginAnswerSchema())
        answer = LoginAnswer(state=body["state"], code=body["code"], issuer=body.get("iss"))

        def make(_: UUID) -> Answer:
            signed_in = self._needed().finish(self._pending(answer.state), answer)
            return 201, signed_in.to_json(), {**_NO_STORE, "Set-Cookie": self._cookie(answer.state, "", 0)}

        return self.idempotent.respond(make, secret=True, anybody=True)

    def logout(self) -> Response:
        response = jsonify(url=self._needed().provider.logout_url(f"{self.page_url()}/"))
        response.headers.update(_NO_STORE)
        return response

    def _needed(self) -> AccountLogin:
        if self.login is None:
            raise Forbidden("Nobody signs in here at a provider.")
        return self.login

    def _pending(self, state: str) -> PendingLogin | None:
        place = _place_in(state)
        return None if place is None else self._kept_at(place)

    def _kept_at(self, place: int) -> PendingLogin | None:
        found = self.sealer.opened(request.cookies.get(_cookie_name(place), ""))
        return None if found is None else PendingLogin(**found)

    def _free_place(self) -> int:
        """The first place that holds no login, else that of the oldest one."""
        begun = [(0.0 if kept is None else kept.begun_at_ms) for kept in map(self._kept_at, range(_COOKIES))]
        return begun.index(min(begun))

    def _cookie(self, state: str, value: str, max_age_s: int) -> str:
        return dump_cookie(
            _cookie_name(_place_in(state) or 0),
            value,
            max_age=max_age_s,
            path=f"{request.script_root}{FINISH_PATH}",
            secure=self.page_url().startswith("https:"),
            httponly=True,
            samesite="Lax",
        )


#: A token is a secret, and so is what a login is begun with.
_NO_STORE = {"Cache-Control": "no-store"}


def _place_in(state: str) -> int | None:
    """Where the browser keeps the login of this state; None for a state that is none of ours."""
    place, dot, _ = state.partition(".")
    return int(place) if dot and place in _PLACES else None


def _cookie_name(place: int) -> str:
    return f"party_login_{place}"


def account_login_blueprint(
    login: AccountLogin | None, idempotent: IdempotentPost, sealer: Sealer, page_url: PageUrlOf
) -> Blueprint:
    """The addresses under /api/auth/oidc. `login` is None where no provider is set: then they are 403."""
    views = _LoginViews(login=login, idempotent=idempotent, sealer=sealer, page_url=page_url)
    blueprint = Blueprint("account_login", __name__)
    for method, path, view in (
        ("POST", BEGIN_PATH, views.begin),
        ("POST", FINISH_PATH, views.finish),
        ("GET", LOGOUT_PATH, views.logout),
    ):
        blueprint.add_url_rule(path, view.__name__, view, methods=[method])
    return blueprint
