"""Each request has an id: in its answer's header, in the lines logged for it, in a problem of our own."""

import re

from flask import Flask, Response, request

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.request_id import current_request_id, set_request_id

HEADER = "X-Request-Id"
_FORM = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


def install_request_ids(app: Flask, trusted_hops: int) -> None:
    """Name each request. One that a proxy of ours has named already keeps its name."""

    @app.before_request
    def name() -> None:
        given = request.headers.get(HEADER, "") if trusted_hops else ""
        set_request_id(given if _FORM.fullmatch(given) else new_id().hex)

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[HEADER] = current_request_id()
        return response
