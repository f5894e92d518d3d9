"""Alive and ready: what an operator's probes ask."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, json, jsonify

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.storage.redis_client import RedisGone

#: Raises when the part is missing.
Check = Callable[[], object]


def health_blueprint(checks: Mapping[str, Check], metrics: Callable[[], tuple[bytes, str]]) -> Blueprint:
    """`/healthz`, `/readyz` and `/metrics`."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return jsonify(status="alive")

    @blueprint.get("/readyz")
    def ready() -> Response:
        found = {name: _outcome(check) for name, check in checks.items()}
        missing = [name for name, outcome in found.items() if outcome != "ok"]
        if not missing:
            return jsonify(status="ready", checks=found)
        refusal = Unavailable(f"Not reachable: {', '.join(missing)}.")
        body = {**refusal.problem(), "checks": found}
        response = Response(json.dumps(body), status=503, mimetype="application/problem+json")
        response.headers["Retry-After"] = "2"
        return response

    @blueprint.get("/metrics")
    def show_metrics() -> Response:
        body, content_type = metrics()
        return Response(body, content_type=content_type)

    return blueprint


def _outcome(check: Check) -> str:
    try:
        check()
    except (Unavailable, *RedisGone):
        return "missing"
    return "ok"
