"""problem+json over Flask (RFC 9457): every error answer of the service is made here."""

import logging
from typing import Any

from flask import Flask, Response, json, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import HTTPException

from partyapp.shared.kernel.errors import (
    BadRequest,
    NotFound,
    PayloadTooLarge,
    Refusal,
    UpgradeRequired,
    UriTooLong,
)
from partyapp.shared.kernel.request_id import current_request_id

log = logging.getLogger(__name__)

#: The longest address, in bytes, that is looked at. The server takes longer ones in, so that the refusal has
#: all headers; beyond its own limit it answers by itself, see `partyapp.shared.http.server_refusals`.
MAX_ADDRESS_BYTES = 4000


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"
    detail = "This address doesn't take that method."


class Internal(Refusal):
    code = "internal"
    detail = "An error of ours. It was written down."


def refusal_response(refusal: Refusal) -> Response:
    """The HTTP answer that says this refusal."""
    body = refusal.problem()
    if body["status"] >= 500:
        # By it an operator finds what was logged.
        body["request_id"] = current_request_id()
    response = Response(json.dumps(body), status=body["status"], mimetype="application/problem+json")
    if body["status"] == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if body["status"] in (429, 503):
        response.headers["Retry-After"] = str(refusal.retry_after_s or 2)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(refusal.headers)
    return response


def problem_of_http(error: HTTPException) -> Refusal:
    """Werkzeug's own refusals in our words."""
    by_status: dict[int, type[Refusal]] = {
        404: NotFound,
        405: MethodNotAllowed,
        413: PayloadTooLarge,
        414: UriTooLong,
        426: UpgradeRequired,
    }
    kind = by_status.get(error.code or 500)
    if kind is not None:
        return kind()
    return BadRequest() if (error.code or 500) < 500 else Internal()


def install_problem_json(app: Flask) -> None:
    """Let no error leave the application as HTML, and look at no address that is too long."""

    @app.before_request
    def bound_the_address() -> None:
        if len(request.environ.get("RAW_URI", "")) > MAX_ADDRESS_BYTES:
            raise UriTooLong()

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        if refusal.problem()["status"] >= 500:
            cause = refusal.__cause__
            because = f", since {type(cause).__name__}" if cause is not None else ""
            log.warning("answered %s at %s%s", refusal.code, request.url_rule, because)
        return refusal_response(refusal)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        if error.code in (301, 302, 304, 307, 308, 416):
            return error
        response = refusal_response(problem_of_http(error))
        if error.code == 405:
            allowed = getattr(error, "valid_methods", None)
            if allowed:
                response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    # gunicorn takes a body in chunks apart when it is read.
    app.register_error_handler(ParseException, lambda _: refusal_response(BadRequest()))

    @app.errorhandler(Exception)
    def crashed(error: Exception) -> Response:
        # The type and the place are logged; the text may hold what a person wrote.
        log.error("unexpected %s at %s", type(error).__name__, request.url_rule, exc_info=error)
        return refusal_response(Internal())
