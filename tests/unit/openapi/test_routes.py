"""What is described exists, what exists is described, and both addresses of the description answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

from partyapp.description import DESCRIPTION
from tests.e2e.security.authorization_matrix import DEEDS, cells
from tests.e2e.security.personal_matrix import OPERATIONS
from tests.unit.openapi.web import application

_HEALTH = {"/healthz", "/readyz", "/metrics"}


def test_described_and_existing_are_the_same() -> None:
    existing = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in application().url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api") or rule.rule in _HEALTH
    }
    assert {(operation.method, operation.path) for operation in DESCRIPTION.operations} == existing


def test_who_may_ask_is_written_down_for_every_route() -> None:
    of_parties = {(deed.method.lower(), f"/api/parties/{{party_id}}{deed.path}") for deed in DEEDS.values()}
    by_id = {operation.id: (operation.method, operation.path) for operation in DESCRIPTION.operations}
    assert {cell.deed.name for cell in cells()} == DEEDS.keys()
    assert of_parties | {by_id[name] for name in OPERATIONS} == set(by_id.values())


def test_the_description_needs_no_token_and_is_sent_once() -> None:
    client = application().test_client()
    first = client.get("/api/openapi.json")
    assert first.status_code == 200
    assert first.mimetype == "application/json"
    assert first.get_json()["openapi"].startswith("3.1")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data
    assert client.get("/api/openapi.json", headers={"If-None-Match": '"another"'}).status_code == 200


def test_the_socket_is_described_beside_it_for_where_it_was_asked() -> None:
    client = application().test_client()
    first = client.get("/api/asyncapi.json", base_url="https://party.example")
    assert first.status_code == 200
    assert first.mimetype == "application/json"
    document = first.get_json()
    checked_in = json.loads((Path(__file__).parents[3] / "docs" / "asyncapi.json").read_text())
    assert document["servers"]["this"]["protocol"] == "wss"
    assert document["servers"]["this"]["host"] == "party.example"
    assert {**document, "servers": None} == {**checked_in, "servers": None}
    again = client.get(
        "/api/asyncapi.json",
        base_url="https://party.example",
        headers={"If-None-Match": first.headers["ETag"]},
    )
    assert again.status_code == 304


def test_the_page_is_of_use_without_scripts_and_keeps_to_its_policy() -> None:
    client = application().test_client()
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    text = page.get_data(as_text=True)
    assert 'href="/api/openapi.json"' in re.sub(r"<noscript>.*?</noscript>", "", text)
    assert "style=" not in text
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son\w+=", text)


def test_everything_that_the_page_loads_is_there() -> None:
    client = application().test_client()
    waiting = ["/api/docs"]
    seen: set[str] = set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        text = answer.get_data(as_text=True)
        found = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
        found += [f"/static/docs/{name}" for name in re.findall(r'from "\./([\w-]+\.js)"', text)]
        waiting += set(found) - seen
    assert any(address.endswith("docs.js") for address in seen)
