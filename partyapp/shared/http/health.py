"""Alive and ready: what an operator's probes ask."""

from collections.abc import Callable, Mapping, Set

from flask import Blueprint, Response, json, jsonify, request

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.storage.redis_client import RedisGone


class Degraded(Exception):
    """A part works, but not as well as it should; whoever sends requests here may go on."""


#: Raises when the part is missing, `Degraded` when it is there and has something wrong.
Check = Callable[[], object]


def health_blueprint(
    checks: Mapping[str, Check],
    needs: Mapping[str, str],
    vital: Set[str],
    metrics: Callable[[], tuple[bytes, str]],
) -> Blueprint:
    """`/healthz`, `/readyz` and `/metrics`. A check that `needs` another comes after it in `checks`.

    Without what is `vital` a process is no use to anybody. What else is missing is missed by all processes
    alike, and one that is taken out of service for it helps nobody; who deploys asks with `?strict=1`.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return jsonify(status="alive")

    @blueprint.get("/readyz")
    def ready() -> Response:
        found: dict[str, str] = {}
        for name, check in checks.items():
            in_vain = name in needs and found[needs[name]] == "missing"
            found[name] = "missing" if in_vain else _outcome(check)
        missing = [name for name, outcome in found.items() if outcome == "missing"]
        is_strict = request.args.get("strict") == "1"
        if not (missing if is_strict else vital & set(missing)):
            is_whole = all(outcome == "ok" for outcome in found.values())
            return jsonify(status="ready" if is_whole else "degraded", checks=found)
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
    except Degraded:
        return "degraded"
    return "ok"
