"""Pages of other origins: what browsers are told, so that these may use this service (CORS, Fetch §3.2).

Nothing here keeps anybody out: a token, a ticket or a grant does, and there are no cookies that a page could
abuse. A browser keeps a page from reading the answers unless they name its origin.

The headers are Werkzeug's. flask-cors takes an IPv6 origin for a regular expression, and says `Vary` neither
to who sends no `Origin` nor with a single origin, so that a cache would hand that answer to a page.
"""

import logging
from collections.abc import Set

from flask import Flask, Response, request
from werkzeug.datastructures import HeaderSet

from partyapp.shared.http.api_paths import is_api
from partyapp.shared.http.problem_json import refusal_response
from partyapp.shared.kernel.errors import Forbidden

log = logging.getLogger(__name__)

#: What a page may send, beyond what any may (Fetch, CORS-safelisted request-headers): all that is read here.
SENT_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "If-Range",
    "Party-Invite",
    "Prefer",
    "Range",
    "Tus-Resumable",
    "Upload-Checksum",
    "Upload-Defer-Length",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-HTTP-Method-Override",
)
#: What a page may read of an answer, beyond what any may: all that is said here.
ANSWERED_HEADERS = (
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Range",
    "Date",
    "ETag",
    "Location",
    "Party-Video-Id",
    "Retry-After",
    "Tus-Checksum-Algorithm",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Resumable",
    "Tus-Version",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "WWW-Authenticate",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: So long a browser may keep what it was told, in s; Chromium keeps nothing for longer.
_KEPT_S = 7200
#: Below these others' pages find the client and films.
_OPEN = ("/media/", "/static/party-client/")
#: So much of what a client sent is repeated, in characters.
_SHOWN = 100


def install_cross_origin(app: Flask, origins: Set[str]) -> None:
    """Open the API, films and the JavaScript client to pages of `origins`; with none nothing changes.

    To be installed before all else: a browser asks for leave without a token, and what is installed first
    is the last to see an answer.
    """

    @app.before_request
    def preflight() -> Response | None:
        if not _is_preflight() or not _is_open(request.path):
            return None
        origin = request.headers["Origin"]
        if origin not in origins:
            return refusal_response(_refused(origin))
        response = Response(status=204)
        response.access_control_allow_methods = HeaderSet(METHODS)
        response.access_control_allow_headers = HeaderSet(SENT_HEADERS)
        response.access_control_max_age = _KEPT_S
        return response

    if not origins:
        return

    @app.after_request
    def name_the_origin(response: Response) -> Response:
        if not _is_open(request.path):
            return response
        # Also where no page asks: a cache must not give that answer to one.
        response.vary.add("Origin")
        if request.path.startswith("/media/"):
            # An element loads a film without naming its page; who may is told by the grant in the address.
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        origin = request.headers.get("Origin", "")
        if origin in origins:
            response.access_control_allow_origin = origin
            response.access_control_expose_headers = HeaderSet(ANSWERED_HEADERS)
        return response


def _is_preflight() -> bool:
    asked = ("Origin", "Access-Control-Request-Method")
    return request.method == "OPTIONS" and all(name in request.headers for name in asked)


def _is_open(path: str) -> bool:
    return is_api(path) or path.startswith(_OPEN)


def _refused(origin: str) -> Forbidden:
    log.info("a page of %r is refused: its origin is not in PARTY_ALLOWED_ORIGINS", origin[:_SHOWN])
    return Forbidden(
        f"Pages of the origin {origin[:_SHOWN]} may not use this service: the setting PARTY_ALLOWED_ORIGINS "
        "names those that may."
    )
