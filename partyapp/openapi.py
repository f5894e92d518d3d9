"""The machine-readable contract."""

from flask import Blueprint, Response, jsonify


def openapi_blueprint() -> Blueprint:
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/api/openapi.json")
    def contract() -> Response:
        return jsonify(openapi="3.1.0", info={"title": "Party", "version": "1"}, paths={})

    return blueprint
