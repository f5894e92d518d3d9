"""Alive and ready: what an operator's probes ask."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import redis
from flask import Blueprint, Response, json, jsonify

from partyapp.shared.clock import Clock
from partyapp.shared.errors import Unavailable
from partyapp.shared.redis_client import RedisGone

log = logging.getLogger(__name__)

WORKERS_KEY = "party:workers"
#: A worker that was silent for longer than this, in ms, is not reachable.
WORKER_SILENCE_MS = 8000.0

#: Raises when the part is missing.
Check = Callable[[], object]


class WorkerRoll:
    """Which workers are alive, by what they say of themselves in Redis."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def report(self, worker: str) -> None:
        """This worker is alive. Best effort."""
        now_ms = self._clock.now_ms()
        try:
            self._client.zadd(WORKERS_KEY, {worker: now_ms})
            self._client.zremrangebyscore(WORKERS_KEY, "-inf", now_ms - 600_000)
        except RedisGone:
            log.debug("no report to Redis")

    def leave(self, worker: str) -> None:
        """This worker stops."""
        try:
            self._client.zrem(WORKERS_KEY, worker)
        except RedisGone:
            log.debug("no report to Redis")

    def check(self) -> None:
        """Raise when no worker is reachable."""
        found: Any = self._client.zcount(WORKERS_KEY, self._clock.now_ms() - WORKER_SILENCE_MS, "+inf")
        if not found:
            raise Unavailable("No worker has been heard of lately.")


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
