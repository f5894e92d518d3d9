"""The client of docs/clients.md, as it stands there, follows a real party."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Service
from tests.support.code_blocks import blocks
from tests.support.party_client import Guest, Json, eventually

pytestmark = pytest.mark.stack


def lines_of_the_page() -> str:
    (code,) = blocks("docs/clients.md", "python")
    return code


def test_the_smallest_client_is_in_sync(service: Service, host: Guest, tmp_path: Path) -> None:
    party = host.create_party(service.video["id"])
    program = tmp_path / "smallest.py"
    program.write_text(lines_of_the_page(), encoding="utf-8")
    words = [sys.executable, str(program), service.url, party["id"], party["invite_code"]]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as running:
        try:
            follow_and_end(host, party, running)
        finally:
            running.kill()


def follow_and_end(host: Guest, party: Json, running: subprocess.Popen[str]) -> None:
    def sync() -> Json:
        assert running.poll() is None, running.stderr and running.stderr.read()
        members = host.party(party["id"])["members"]
        return next((one["sync"] or {} for one in members if one["display_name"] == "Smallest"), {})

    eventually(lambda: sync().get("state") == "paused")
    for action, fields in (("play", {"position_s": 5}), ("seek", {"position_s": 300})):
        sought = host.playback(party["id"], action, **fields)["revision"]
        eventually(lambda: sync().get("state") == "playing" and sync().get("verdict") == "in_sync")
        assert host.party(party["id"])["revision"] == sought
    host.playback(party["id"], "pause")
    eventually(lambda: sync().get("state") == "paused")
    host.end(party["id"])
    assert running.wait(30) == 1
    assert running.stderr is not None
    assert "closed: 4410" in running.stderr.read()


def test_it_is_as_small_as_it_is_said_to_be() -> None:
    code = [line for line in lines_of_the_page().splitlines() if line.strip()]
    assert len(code) <= 75
