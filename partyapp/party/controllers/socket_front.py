"""The usual handshake, answered before Flask is asked.

After a restart of a process thousands connect within seconds, and what Flask and flask-sock do around a
request (a context, the match of the address, a response that is never sent) is more than what admitting
somebody takes. So a handshake at a party's address is checked here, by the same functions and in the same
order as Flask's hooks do. Whoever is refused is told so by Flask, as everybody is: with what its hooks add to
an answer, count and log.
"""

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from flask import Flask, request

from partyapp.party.controllers.party_websocket import ENDPOINT, Upgrade
from partyapp.party.controllers.site_keys import NotForKeys
from partyapp.party.controllers.socket_admission import Admission, Handshake, WebSocketGate
from partyapp.shared.http.early_handshakes import EARLY, Early
from partyapp.shared.http.problem_json import MAX_ADDRESS_BYTES
from partyapp.shared.http.rate_limit_gate import count_handshake, count_person
from partyapp.shared.http.request_ids import NAMED, name_request
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.kernel.request_id import current_request_id
from partyapp.shared.kernel.tracing import is_traced
from partyapp.shared.ops import metrics
from partyapp.shared.ops.rate_limits import RateLimits

_HEX = "[0-9A-Fa-f]"
_PATH = re.compile(rf"/api/parties/({_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})/ws")
_REFUSED = "party.refused"
#: Why a connection's first request was refused before gunicorn had read it: it counts as asked for once.
_refused_early: ContextVar[Exception | None] = ContextVar("refused_early", default=None)
#: Where an application has this, if it is there.
FRONT = "socket_front"

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


def _take_refused() -> Exception | None:
    refused = _refused_early.get()
    if refused is not None:
        _refused_early.set(None)
    return refused


class Entrance:
    """What a handshake passes before its party is looked at: limits, and who brings a token."""

    def __init__(self, limits: RateLimits, bearer: Callable[[str, str], Principal]) -> None:
        """`bearer` says whom an `Authorization` names, who asks for a path. It raises a `Refusal`."""
        self._limits = limits
        self._bearer = bearer

    def __call__(self, asked: Handshake) -> Principal | None:
        """Who brings a token; None for who brings a ticket instead. Raises a `Refusal`."""
        environ = asked.environ
        count_handshake(self._limits, environ.get("REMOTE_ADDR"))
        if asked.args.get("ticket"):
            return None
        principal = self._bearer(environ.get("HTTP_AUTHORIZATION", ""), environ["PATH_INFO"])
        count_person(self._limits, principal)
        if principal.key_id is not None:
            raise NotForKeys()
        return principal


class SocketFront:
    """The application with this in front of it."""

    def __init__(self, app: WsgiApp, entrance: Entrance, gate: WebSocketGate, trusted_hops: int) -> None:
        self._app = app
        self._entrance = entrance
        self._gate = gate
        self._trusted_hops = trusted_hops
        self._opened = metrics.REQUESTS.labels(ENDPOINT, "200")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request. Raises `StopIteration` once it is a socket, which ends it for gunicorn.

        A request with `EARLY`, which gunicorn hasn't read yet, it makes a socket of or leaves to gunicorn.
        """
        early: Early | None = environ.get(EARLY)
        refused = None if early else _take_refused()
        party_id = self._asked_for(environ)
        if party_id is None:
            return [] if early else self._app(environ, start_response)
        if refused is not None:
            environ[NAMED] = current_request_id()
        name_request(environ, self._trusted_hops)
        if refused is None:
            try:
                self._open(environ, party_id, early)
            except Exception as error:
                refused = error
            else:
                self._opened.inc()
                raise StopIteration
        if early is None:
            environ[_REFUSED] = refused
            return self._app(environ, start_response)
        if early.taken:
            raise refused
        _refused_early.set(refused)
        return []

    def _asked_for(self, environ: dict[str, Any]) -> UUID | None:
        """The party whose socket is asked for, None where Flask has to find out what is."""
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if (
            found is None
            or environ["REQUEST_METHOD"] != "GET"
            or environ.get("HTTP_UPGRADE", "").lower() != "websocket"
            # Werkzeug takes no other for an upgrade, though browsers may name more than one.
            or environ.get("HTTP_CONNECTION", "").lower() not in ("upgrade", "keep-alive, upgrade")
            or "gunicorn.socket" not in environ
            or len(environ.get("RAW_URI", "")) > MAX_ADDRESS_BYTES
        ):
            return None
        return UUID(found[1])

    def _open(self, environ: dict[str, Any], party_id: UUID, early: Early | None) -> None:
        asked = Handshake(environ, party_id)
        admission: Admission = self._gate.admit(asked, self._entrance(asked))
        try:
            upgrade = Upgrade(environ)
            if early is not None:
                early.take()
            self._gate.opener.open_socket(upgrade.sock, admission, upgrade.answer)
        except BaseException:
            admission.slot.give_back()
            raise


def install_socket_front(app: Flask, entrance: Entrance, gate: WebSocketGate, trusted_hops: int) -> None:
    """Put it in front of what the application is by now.

    Where requests are traced it is left out: the tracer knows of those alone that Flask has seen.
    """
    if not is_traced():
        front = SocketFront(app.wsgi_app, entrance, gate, trusted_hops)
        app.wsgi_app = front  # type: ignore[method-assign]
        app.extensions[FRONT] = front


def install_front_refusals(app: Flask) -> None:
    """Have Flask answer who was refused in front of it; to be installed before what counts or refuses."""

    @app.before_request
    def refuse() -> None:
        refused = request.environ.get(_REFUSED)
        if refused is not None:
            raise refused
