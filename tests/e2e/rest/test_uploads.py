"""Uploads to the running service: cut anywhere, gone on with, by tus-js-client itself."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.conftest import Service
from tests.support.contract import assert_refused
from tests.support.local_stack import Stack
from tests.support.party_client import Guest, eventually
from tests.support.upload_env import TUS

pytestmark = pytest.mark.stack

BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
MIB = 1024 * 1024
CLIENT = Path(__file__).parents[2] / "support" / "tus_upload.mjs"
DATA = random.Random(1).randbytes(12 * MIB + 345)


def begin(guest: Guest, length: int = len(DATA)) -> str:
    begun = guest.http.post("/api/uploads", headers={**TUS, "Upload-Length": str(length)})
    assert begun.status_code == 201, begun.text
    return begun.headers["Location"]


def patch(guest: Guest, path: str, offset: int, data: Any) -> httpx.Response:
    return guest.http.patch(path, content=data, headers={**BYTES, "Upload-Offset": str(offset)})


def offset_of(guest: Guest, path: str) -> int:
    """Where it stands, once nobody writes it."""

    def told() -> str:
        answer = guest.http.head(path, headers=TUS)
        return str(answer.headers["Upload-Offset"]) if answer.status_code == 200 else ""

    return int(eventually(told))


def film(stack: Stack, video_id: str) -> bytes:
    return (stack.data_dir / "films" / "films" / video_id / "source").read_bytes()


class Sending:
    """A PATCH of which only the beginning is sent."""

    def __init__(self, guest: Guest, path: str, offset: int, data: bytes) -> None:
        host = urlsplit(guest.base_url)
        self.socket = socket.create_connection((host.hostname, host.port))
        head = [
            f"PATCH {path} HTTP/1.1", f"Host: {host.netloc}", f"Authorization: Bearer {guest.token}",
            f"Upload-Offset: {offset}", f"Content-Length: {len(DATA) - offset}",
            *(f"{name}: {value}" for name, value in BYTES.items()),
        ]  # fmt: skip
        self.socket.sendall("\r\n".join([*head, "", ""]).encode() + data)


def test_a_film_larger_than_any_json_is_kept_and_named(stack: Stack, host: Guest) -> None:
    path = begin(host)
    last = patch(host, path, 0, DATA)
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(DATA)))
    video_id = last.headers["Party-Video-Id"]
    assert film(stack, video_id) == DATA
    video = host.get(f"/api/videos/{video_id}").json()
    assert (video["title"], video["transcode_job"]["state"]) == ("Film", "pending")
    assert host.http.head(path, headers=TUS).headers["Party-Video-Id"] == video_id
    assert host.http.delete(path, headers=TUS).status_code == 204
    assert film(stack, video_id) == DATA


def test_a_body_of_unknown_length(stack: Stack, host: Guest) -> None:
    last = patch(host, begin(host), 0, (DATA[at : at + 100_000] for at in range(0, len(DATA), 100_000)))
    assert film(stack, last.headers["Party-Video-Id"]) == DATA


def test_a_cut_keeps_every_byte_that_arrived(stack: Stack, host: Guest) -> None:
    path, cut = begin(host), 3 * MIB + 17
    Sending(host, path, 0, DATA[:cut]).socket.close()
    offset = eventually(lambda: offset_of(host, path) == cut and cut)
    last = patch(host, path, offset, DATA[offset:])
    assert film(stack, last.headers["Party-Video-Id"]) == DATA


def test_a_connection_that_died_without_a_word_is_waited_for_and_then_replaced(
    stack: Stack, host: Guest
) -> None:
    path = begin(host)
    dead = Sending(host, path, 0, DATA[: 2 * MIB])
    eventually(lambda: host.http.head(path, headers=TUS).status_code == 423)
    # 423 to HEAD until the lease is over, and then what was safe by then.
    offset = offset_of(host, path)
    assert offset <= 2 * MIB
    last = patch(host, path, offset, DATA[offset:])
    dead.socket.close()
    assert film(stack, last.headers["Party-Video-Id"]) == DATA


def test_two_that_write_at_once_make_one_film(stack: Stack, host: Guest) -> None:
    path = begin(host)
    first = Sending(host, path, 0, DATA[:MIB])
    eventually(lambda: host.http.head(path, headers=TUS).status_code == 423)
    assert_refused(patch(host, path, 0, DATA), "upload_locked")
    first.socket.sendall(DATA[MIB:])
    assert b" 204 " in first.socket.recv(4096).partition(b"\r\n")[0]
    video_id = host.http.head(path, headers=TUS).headers["Party-Video-Id"]
    assert film(stack, video_id) == DATA


def test_nobody_elses(host: Guest, stranger: Guest, service: Service) -> None:
    path = begin(host)
    assert_refused(patch(stranger, path, 0, b"x"), "not_found")
    assert service.http.head(path, headers=TUS).status_code == 401


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None or not (CLIENT.parents[1] / "js" / "node_modules" / "tus-js-client").is_dir():
        pytest.skip("Node.js or tus-js-client is not installed")
    return found


def test_tus_js_client_stops_and_goes_on(stack: Stack, host: Guest, node: str, tmp_path: Path) -> None:
    file = tmp_path / "film.mkv"
    file.write_bytes(DATA)

    def run(stop_at: int, *url: str) -> Any:
        words = [node, str(CLIENT), stack.url, host.token, str(file), str(5 * MIB), str(stop_at), *url]
        done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=True)
        return json.loads(done.stdout)

    stopped = run(6 * MIB)
    assert stopped["outcome"] == "stopped", stopped
    gone_on = run(0, stopped["url"])
    assert gone_on["outcome"] == "done", gone_on
    assert {"POST 201"}.isdisjoint(gone_on["heard"])
    assert film(stack, gone_on["video"]) == DATA
