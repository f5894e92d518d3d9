"""A request runs its functions as they are, and nobody looks for coroutines among them."""

from __future__ import annotations

import pytest

from partyapp.shared.http.sync_flask import SyncFlask


def test_a_request_runs_its_functions_and_looks_into_none(monkeypatch: pytest.MonkeyPatch) -> None:
    app, seen = SyncFlask("test"), []

    @app.before_request
    def before() -> None:
        seen.append("before")

    @app.get("/")
    def view() -> str:
        return "".join(seen)

    def look(_: object) -> bool:
        raise AssertionError("looked into")

    monkeypatch.setattr("flask.app.iscoroutinefunction", look)
    assert app.test_client().get("/").text == "before"
