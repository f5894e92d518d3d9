"""`/api/openapi.json` and `/api/docs`."""

from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory
from werkzeug.http import generate_etag

from partyapp.openapi.description import Description
from partyapp.openapi.document import openapi_text

_PAGE = Path(__file__).parent.parent / "web" / "static" / "docs"


def openapi_blueprint(description: Description) -> Blueprint:
    """The description, and a page that shows it. Both are open to everybody."""
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/api/openapi.json")
    def contract() -> Response:
        body = openapi_text(description).encode()
        response = Response(body, mimetype="application/json")
        response.set_etag(generate_etag(body))
        # It changes with an update of the service only; asking again costs no body until then.
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    @blueprint.get("/api/docs")
    def page() -> Response:
        response = send_from_directory(_PAGE, "index.html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    return blueprint
