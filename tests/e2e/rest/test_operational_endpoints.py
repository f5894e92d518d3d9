"""What runs and watches the service asks: health, metrics, its description of itself."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import Room, Service
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

VERDICTS = ("in_sync", "likely", "out_of_sync", "unknown")
OPERATIONS = {
    ("post", "/api/auth/guest"),
    ("get", "/api/auth/me"),
    ("get", "/api/videos"),
    ("post", "/api/videos"),
    ("get", "/api/videos/{}"),
    ("get", "/api/parties"),
    ("post", "/api/parties"),
    ("get", "/api/parties/{}"),
    ("delete", "/api/parties/{}"),
    ("post", "/api/parties/{}/join"),
    ("post", "/api/parties/{}/leave"),
    ("post", "/api/parties/{}/transfer"),
    ("post", "/api/parties/{}/playback"),
    ("post", "/api/parties/{}/sync"),
    ("get", "/api/parties/{}/events"),
    ("post", "/api/parties/{}/ticket"),
    ("get", "/api/commands/{}"),
    ("get", "/api/notifications"),
    ("post", "/api/notifications/{}/read"),
    ("post", "/api/notifications/read-all"),
    ("get", "/healthz"),
    ("get", "/readyz"),
}


def test_healthz_needs_no_token(service: Service) -> None:
    assert service.http.get("/healthz").status_code == 200


def test_readyz_names_what_it_has_reached(service: Service) -> None:
    response = service.http.get("/readyz")
    assert response.status_code == 200
    for part in ("postgres", "redis", "worker"):
        assert part in response.text


def test_metrics_are_prometheus_text_and_count(service: Service, room: Room) -> None:
    response = service.http.get("/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(("text/plain", "application/openmetrics-text"))
    lines = response.text.splitlines()
    assert any(line.startswith("# TYPE ") for line in lines)
    samples = [line for line in lines if line and not line.startswith("#")]
    assert samples
    for line in samples:
        assert re.match(r"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? [-+0-9.eEInfNa]+( \d+)?( # .*)?$", line), line
    for secret in (room.host.token, room.party["invite_code"]):
        assert secret not in response.text


def test_a_party_is_seen_in_the_metrics(service: Service, room: Room) -> None:
    sockets = room.connect()
    for socket in sockets:
        socket.ping(3)
    assert sockets[0].command("play")["type"] == "ack"

    def sample(name: str) -> float:
        found = re.findall(rf"^{re.escape(name)} (\S+)$", service.http.get("/metrics").text, re.MULTILINE)
        return sum(map(float, found))

    # Members are counted every few seconds.
    eventually(lambda: sum(sample(f'party_members{{verdict="{verdict}"}}') for verdict in VERDICTS) >= 2)
    assert sample("party_sockets_opened_total") >= 2
    assert sample('party_command_seconds_count{outcome="done",path="fast"}') >= 1
    assert sample("party_loop_lag_seconds_count") >= 1
    assert sample('party_server_up{server="postgres"}') == sample('party_server_up{server="redis"}') == 1
    assert sample("party_tick_age_seconds") < 60


def test_the_description_is_openapi_3_1_and_names_every_operation(service: Service) -> None:
    response = service.http.get("/api/openapi.json")
    assert response.status_code == 200
    description = response.json()
    assert description["openapi"].startswith("3.1")
    assert description["info"]["title"]
    named = {
        (method, re.sub(r"\{[^}]*\}", "{}", path))
        for path, operations in description["paths"].items()
        for method in operations
    }
    assert named >= OPERATIONS, sorted(OPERATIONS - named)


def test_every_reference_in_the_description_leads_somewhere(service: Service) -> None:
    response = service.http.get("/api/openapi.json")
    description = response.json()
    references = set(re.findall(r'"\$ref":\s*"#/([^"]+)"', response.text))
    assert references
    for reference in references:
        place = description
        for step in reference.split("/"):
            assert step in place, reference
            place = place[step]


def test_every_operation_says_what_it_answers(service: Service) -> None:
    paths = service.http.get("/api/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method in operations.keys() & {"get", "post", "delete", "put", "patch"}:
            statuses = operations[method]["responses"].keys()
            assert any(status.startswith(("1", "2")) for status in statuses), (method, path)


def test_the_docs_are_a_page(service: Service) -> None:
    response = service.http.get("/api/docs", follow_redirects=True)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert "/api/parties" in response.text or "openapi.json" in response.text
