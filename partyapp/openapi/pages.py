"""`/api/openapi.json` and `/api/docs`."""

import json
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.http import generate_etag

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
        body = text.encode()
        response = Response(body, mimetype="application/json")
        response.set_etag(generate_etag(body))
        # It changes with an update of the service only; asking again costs no body until then.
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    @blueprint.get("/api/docs")
    def page() -> Response:
        text = below_the_path((_PAGE / "index.html").read_text(encoding="utf-8"))
        response = Response(text, mimetype="text/html")
        response.add_etag()
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    return blueprint
