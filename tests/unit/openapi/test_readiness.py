"""`/readyz` answers with the checks that the description names, whichever parts the deployment has."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask
from marshmallow import ValidationError

from partyapp.app import create_app
from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.readiness import CHECK_NEEDS, VITAL_CHECKS
from partyapp.shared.http.health import Check, Degraded, health_blueprint
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.settings import Settings

#: Nothing listens on these, so every check answers at once.
UNREACHABLE: Any = {
    "database_url": "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
    "redis_url": "redis://127.0.0.1:1",
}


def readiness(query: str = "", **settings: Any) -> Any:
    """The body of `/readyz` while nothing is reachable."""
    app = create_app(Settings(**UNREACHABLE, secret_key="x" * 40, environment="test", **settings))
    response = app.test_client().get(f"/readyz{query}")
    assert response.status_code == 503
    return response.get_json()


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, {"postgres", "redis", "worker", "background_work"}),
        (
            {"live_redis": "redis://127.0.0.1:2"},
            {"postgres", "redis", "live_redis", "worker", "background_work"},
        ),
    ],
)
def test_every_check_of_a_deployment_is_described(settings: Any, names: set[str]) -> None:
    body = readiness(**settings)
    assert body["checks"] == dict.fromkeys(names, "missing")
    answers.check(DESCRIPTION, "readyz", body, 503)
    ready = {"status": "ready", "checks": dict.fromkeys(names, "ok")}
    answers.check(DESCRIPTION, "readyz", ready)
    for name in names - {"live_redis"}:
        without = {**ready, "checks": {key: "ok" for key in names - {name}}}
        with pytest.raises(ValidationError):
            answers.check(DESCRIPTION, "readyz", without)


def test_a_check_that_no_part_has_is_refused() -> None:
    checks = {"postgres": "ok", "redis": "ok", "worker": "ok", "background_work": "ok", "disk": "ok"}
    with pytest.raises(ValidationError):
        answers.check(DESCRIPTION, "readyz", {"status": "ready", "checks": checks})


class Parts:
    """The checks of a deployment whose parts are taken away."""

    def __init__(self, *missing: str, degraded: bool = False) -> None:
        self.missing, self.degraded = missing, degraded

    def __call__(self, query: str = "") -> tuple[int, dict[str, Any]]:
        """What `/readyz` says of them."""
        app = Flask("test")
        checks: dict[str, Check] = {}
        for name in ("postgres", "redis", "worker"):
            checks[name] = partial(self._check, name)
        checks["background_work"] = self._work
        app.register_blueprint(
            health_blueprint(checks, CHECK_NEEDS, VITAL_CHECKS, lambda: (b"", "text/plain"))
        )
        response = app.test_client().get(f"/readyz{query}")
        answers.check(DESCRIPTION, "readyz", response.get_json(), response.status_code)
        return response.status_code, response.get_json()

    def _check(self, name: str) -> None:
        if name in self.missing:
            raise Unavailable()

    def _work(self) -> None:
        if self.degraded:
            raise Degraded()


@pytest.mark.parametrize("missing", [("redis",), ("worker",), ("redis", "worker")])
def test_what_all_processes_miss_alike_takes_none_out_of_service(missing: tuple[str, ...]) -> None:
    status, body = Parts(*missing)()
    assert (status, body["status"]) == (200, "degraded")
    assert [name for name, outcome in body["checks"].items() if outcome == "missing"] == list(missing)
    status, body = Parts(*missing)("?strict=1")
    assert (status, body["code"]) == (503, "unavailable")
    assert ", ".join(missing) in body["detail"]


def test_without_postgres_nothing_is_served() -> None:
    for query in ("", "?strict=1"):
        status, body = Parts("postgres")(query)
        assert (status, body["checks"]["background_work"]) == (503, "missing")


def test_whole_is_ready_asked_either_way() -> None:
    for query in ("", "?strict=1", "?strict=0"):
        assert Parts()(query)[1]["status"] == "ready"


def test_work_that_fails_again_and_again_is_no_reason_to_stop_a_deploy() -> None:
    for query in ("", "?strict=1"):
        status, body = Parts(degraded=True)(query)
        assert (status, body["status"]) == (200, "degraded")
