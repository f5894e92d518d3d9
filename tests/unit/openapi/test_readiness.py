"""`/readyz` answers with the checks that the description names, whichever parts the deployment has."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from partyapp.app import create_app
from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.shared.ops.settings import Settings

#: Nothing listens on these, so every check answers at once.
UNREACHABLE: Any = {
    "database_url": "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
    "redis_url": "redis://127.0.0.1:1",
}


def readiness(**settings: Any) -> Any:
    """The body of `/readyz` while nothing is reachable."""
    app = create_app(Settings(**UNREACHABLE, secret_key="x" * 40, environment="test", **settings))
    response = app.test_client().get("/readyz")
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
