"""Nothing that a person wrote or holds gets into any log: canaries in every field, and errors on purpose."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
import websocket

from tests.support.clients.raw import exchange
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, eventually
from tests.support.server_processes import frozen, redis_pid
from tests.support.waiting import RECOVERY_S

pytestmark = pytest.mark.stack

CANARY = "canary7d1b"
LOUD = {
    "PARTY_ENV": "production",
    "PARTY_LOG_LEVEL": "DEBUG",
    "PARTY_ACCESS_LOG": "1",
    "GUNICORN_CMD_ARGS": "--log-level debug",
}


@pytest.fixture(scope="module")
def loud() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra=LOUD) as running:
        yield running


def everything_logged(stack: Stack) -> str:
    files = sorted((stack.data_dir / "logs").iterdir())
    return stack.output + "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


@contextmanager
def broken_database(stack: Stack) -> Iterator[None]:
    """Parties can't be read or written in this block: every statement on them is a bug of ours."""
    plain = stack.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("ALTER TABLE synced_party_sessions RENAME TO hidden")
        try:
            yield
        finally:
            connection.execute("ALTER TABLE hidden RENAME TO synced_party_sessions")


def test_no_canary_is_in_any_log(loud: Stack) -> None:
    guest = Guest(loud.url, f"Ada {CANARY}")
    party = guest.create_party(guest.create_video(title=f"Film {CANARY}")["id"], title=f"Night {CANARY}")
    other = Guest(loud.url, f"Grace {CANARY}")
    other.join(party["id"], party["invite_code"])
    ticket = guest.ticket(party["id"])
    secrets = [guest.token, other.token, party["invite_code"], ticket]

    line = guest.connect(party["id"], ticket=ticket)
    line.expect("welcome")
    line.raw.send(f'{{"type": "{CANARY}"}}')
    line.raw.send(f"{CANARY} is no JSON")
    line.raw.send(f'{{"type":"command","id":"{uuid.uuid4()}","action":"{CANARY}"}}')
    with pytest.raises(websocket.WebSocketBadStatusException):
        guest.connect(party["id"], ticket=ticket)

    for content in (f'{{"display_name": "{CANARY}"', f'{{"{CANARY}": 1}}', f'["{CANARY}"]'):
        guest.http.post("/api/auth/guest", content=content, headers={"Content-Type": "application/json"})
    guest.post(f"/api/parties/{party['id']}/join", {"invite_code": CANARY})
    guest.get(f"/p/{party['id']}", params={"invite": party["invite_code"], "name": CANARY})
    guest.get("/api/parties", params={"cursor": CANARY})
    httpx.get(f"{loud.url}/api/auth/me", headers={"Authorization": f"Bearer {CANARY}"}, trust_env=False)
    exchange(loud.url, f"GET /?ticket={CANARY} {CANARY} HTTP/1.1\r\n\r\n".encode())
    exchange(loud.url, f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization {CANARY}\r\n\r\n".encode())
    exchange(loud.url, f"GET / HTTP/1.1\r\nHost: x\r\nA: {CANARY * 2000}\r\n\r\n".encode())

    with broken_database(loud):
        broken = guest.get(f"/api/parties/{party['id']}", params={"name": CANARY})
        assert broken.status_code in (422, 500)
        assert CANARY not in broken.text
        assert guest.get("/api/parties").status_code == 500
        guest.post("/api/parties", {"video_id": party["video"]["id"], "title": CANARY})
    eventually(lambda: "UndefinedTable" in loud.log("web") and "crashed" in loud.log("worker"))

    text = everything_logged(loud)
    assert r"\"GET /api/parties HTTP/1.1\" 500" in text, "the access log was on"
    assert CANARY not in text
    assert [secret for secret in secrets if secret in text] == []
    guest.close()
    other.close()


def entries(stack: Stack, name: str) -> list[dict[str, Any]]:
    """The lines of a process, each of which is an object of JSON."""
    # The last line may not be written to its end yet.
    lines = stack.log(name).rpartition("\n")[0].splitlines()
    # Gunicorn lists its configuration before it has read ours, when it is told to debug.
    listed = "[DEBUG] Current configuration:"
    start = next((number for number, line in enumerate(lines) if listed not in line and line[:1] == "{"), 0)
    return [json.loads(line) for line in lines[start:]]


def test_every_line_is_json_and_each_process_says_what_it_is(loud: Stack) -> None:
    for name in ("web", "worker", "beat"):
        said = eventually(lambda name=name: [line["event"] for line in entries(loud, name)])  # type: ignore[misc]
        (start,) = [line for line in said if "starts as" in line]
        assert f"starts as {name}: " in start
        assert "PARTY_SECRET_KEY=***" in start
        assert loud.secret_key not in start


def test_a_command_is_followed_by_its_requests_id(loud: Stack) -> None:
    guest = Guest(loud.url, "Ada")
    body = {"video_id": guest.create_video()["id"]}
    answer = guest.http.post("/api/parties", json=body)
    request_id = answer.headers["X-Request-Id"]
    for name, text in (("web", "POST /api/parties "), ("worker", "command ")):
        eventually(
            lambda name=name, text=text: [  # type: ignore[misc]
                line
                for line in entries(loud, name)
                if text in line["event"] and request_id in (line.get("request_id"), line["event"].split()[-1])
            ]
        )
    with broken_database(loud):
        broken = guest.http.get("/api/parties")
    assert broken.json()["request_id"] == broken.headers["X-Request-Id"]
    logged = [line for line in entries(loud, "web") if line.get("request_id") == broken.json()["request_id"]]
    assert any("UndefinedTable" in line.get("exception", "") for line in logged)
    guest.close()


def test_a_refused_socket_and_a_server_that_went_and_came_are_a_line_each(loud: Stack) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException):
        Guest(loud.url, "Eve").connect(str(uuid.uuid4()))
    eventually(lambda: "socket refused: not_found" in loud.log("web"))
    with frozen(redis_pid(loud.redis_url)):
        eventually(lambda: "Redis is gone: Timeout" in loud.log("web"))
    eventually(lambda: "Redis is back after" in loud.log("web"))
    with loud.held_down("postgres"):
        eventually(lambda: "Postgres is gone: " in loud.log("web"), RECOVERY_S)
    eventually(lambda: "Postgres is back after" in loud.log("web"), RECOVERY_S)
    told = next(line["event"] for line in entries(loud, "web") if "Postgres is gone" in line["event"])
    assert "connection" in told, "the driver's own words"
