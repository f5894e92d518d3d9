"""`/api/openapi.json`, `/api/asyncapi.json` and `/api/docs`."""

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.http import generate_etag

from partyapp.openapi.asyncapi import asyncapi_text
from partyapp.openapi.description import Description
from partyapp.openapi.document import openapi_text
from partyapp.shared.http.path_prefix import below_the_path

_PAGE = Path(__file__).parent.parent / "web" / "static" / "docs"


def openapi_blueprint(description: Description) -> Blueprint:
    """The description, and a page that shows it. Both are open to everybody."""
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/api/openapi.json")
    def contract() -> Response:
        text = openapi_text(description)
        if request.script_root:
            text = json.dumps({**json.loads(text), "servers": [{"url": f"{request.script_root}/"}]})
        return _document(text)

    @blueprint.get("/api/asyncapi.json")
    def live_contract() -> Response:
        document = json.loads(asyncapi_text(description))
        document["servers"] = {"this": _server_of(document["servers"]["local"])}
        return _document(json.dumps(document))

    @blueprint.get("/api/docs")
    def page() -> Response:
        text = below_the_path((_PAGE / "index.html").read_text(encoding="utf-8"))
        response = Response(text, mimetype="text/html")
        response.add_etag()
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    return blueprint


def _server_of(server: dict[str, Any]) -> dict[str, Any]:
    """The server of the checked-in document as whoever asks has reached this one."""
    here = {
        **server,
        "host": request.host,
        "protocol": "wss" if request.is_secure else "ws",
        "description": "This service.",
    }
    return {**here, "pathname": request.script_root} if request.script_root else here


def _document(text: str) -> Response:
    body = text.encode()
    response = Response(body, mimetype="application/json")
    response.set_etag(generate_etag(body))
    # It changes with an update of the service only; asking again costs no body until then.
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response
