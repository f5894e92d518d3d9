"""Each request has an id: in its answer's header, in the lines logged for it, in a problem of our own."""

import re
from random import getrandbits
from typing import Any

from flask import Flask, Response, request

from partyapp.shared.kernel.request_id import current_request_id, set_request_id

HEADER = "X-Request-Id"
_ENVIRON_HEADER = "HTTP_X_REQUEST_ID"
#: In the WSGI environment: a request's name, once it has one.
NAMED = "party.request_id"
_FORM = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


def name_request(environ: dict[str, Any], trusted_hops: int) -> None:
    """Name a request by its WSGI environment, unless it was named already."""
    found = environ.get(NAMED)
    if found is None:
        given = environ.get(_ENVIRON_HEADER, "") if trusted_hops else ""
        found = environ[NAMED] = given if _FORM.fullmatch(given) else f"{getrandbits(128):032x}"
    set_request_id(found)


def install_request_ids(app: Flask, trusted_hops: int) -> None:
    """Name each request. One that a proxy of ours has named already keeps its name."""

    @app.before_request
    def name() -> None:
        name_request(request.environ, trusted_hops)

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[HEADER] = current_request_id()
        return response
