"""A service below a path, as who is outside sees it."""

from __future__ import annotations

import pytest
from flask import Flask, Response, redirect, request
from flask.testing import FlaskClient

from partyapp.shared.http.path_prefix import below_the_path, install_path_prefix


def client(prefix: str) -> FlaskClient:
    app = Flask("test")

    @app.get("/page")
    def page() -> str:
        return below_the_path(f'<a href="/" data-path="{request.path[1:]}"><img src="/static/a.svg">')

    @app.get("/made")
    def made() -> Response:
        return Response(status=201, headers={"Location": "/api/things/1"})

    @app.get("/elsewhere")
    def elsewhere() -> Response:
        return redirect("https://store.example/x")  # type: ignore[return-value]

    install_path_prefix(app, prefix)
    return app.test_client()


@pytest.mark.parametrize("asked", ["/party/page", "/page"])
def test_a_page_is_the_same_whether_the_proxy_passes_the_path_on_or_not(asked: str) -> None:
    found = client("/party").get(asked)
    assert found.text == '<a href="/party/" data-path="page"><img src="/party/static/a.svg">'


def test_what_is_made_is_below_the_path() -> None:
    below = client("/our/party")
    assert below.get("/our/party/made").headers["Location"] == "/our/party/api/things/1"
    assert below.get("/our/party/elsewhere").headers["Location"] == "https://store.example/x"


def test_the_path_without_its_slash_leads_to_the_page() -> None:
    answer = client("/party").get("/party")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/party/")


def test_another_path_is_not_taken_for_it() -> None:
    assert client("/party").get("/partypage").status_code == 404
    assert client("/party").get("/other/page").status_code == 404


def test_at_the_top_of_a_host_nothing_changes() -> None:
    at_top = client("")
    assert at_top.get("/page").text == '<a href="/" data-path="page"><img src="/static/a.svg">'
    assert at_top.get("/made").headers["Location"] == "/api/things/1"
    assert at_top.get("/party/page").status_code == 404
