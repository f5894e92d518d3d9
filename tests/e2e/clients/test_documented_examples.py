"""The examples of the README, docs/identity.md and the Python client's page, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import party_client
import pytest
from party_client.member_clock import own_ms

from partyapp.simulation.player import SimulatedPlayer
from tests.e2e.conftest import Service
from tests.support.code_blocks import ANY_ID, SERVICE, blocks
from tests.support.contract import assert_refused
from tests.support.local_stack import Stack
from tests.support.operator_commands import printed
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, eventually
from tests.support.waiting import RECOVERY_S

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]
URL = "http://localhost:8000"


def python(code: str, folder: Path, **names: Any) -> dict[str, Any]:
    """Run it with these names, and give all that it has in the end."""
    program = folder / "example.py"
    program.write_text(code, encoding="utf-8")
    return runpy.run_path(str(program), names)


def bash(script: str, **environment: str) -> list[str]:
    """The lines that it prints."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "NO_PROXY": "*", **environment},
        capture_output=True,
        text=True,
        timeout=RECOVERY_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_api_in_a_minute() -> None:
    (script,) = blocks("README.md", "sh", "api=")
    with own_folder() as folder, Stack(folder, sample=True) as own:
        lines = bash(script.replace(URL, own.url))
    joined, played, events = (json.loads(line) for line in lines if line)
    assert [member["display_name"] for member in joined["party"]["members"]] == ["Ada", "Ben"]
    (shown,) = blocks("README.md", "json", '"playback"')
    assert played.keys() == json.loads(shown).keys()
    assert played["playback"].keys() == json.loads(shown)["playback"].keys()
    assert played["playback"]["revision"] == json.loads(shown)["playback"]["revision"]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"^The audit log then holds (.*)$", text, re.MULTILINE)
    assert [event["type"] for event in events["items"]] == re.findall(r"`(\w+)`", said)
    assert [event["revision"] for event in events["items"]] == [int(each) for each in re.findall(r"\d", said)]


@pytest.mark.parametrize("page", ["README.md", "clients/python/README.md"])
def test_the_python_client(service: Service, host: Guest, page: str, tmp_path: Path) -> None:
    (code,) = blocks(page, "python", "with PartyApi(")
    made = host.create_party(service.video["id"], control="everyone")
    names: dict[str, Any] = {
        "PartyApi": party_client.PartyApi,
        "PartyConnection": party_client.PartyConnection,
        "party_id": made["id"],
        "invite_code": made["invite_code"],
        "player": SimulatedPlayer(own_ms),
    }
    with ThreadPoolExecutor(1) as threads:
        # One of them waits until the party ends.
        running = threads.submit(python, code.replace(URL, service.url), tmp_path, **names)
        eventually(lambda: running.done() or host.party(made["id"])["playback"]["state"] == "playing")
        host.end(made["id"])
        running.result(RECOVERY_S)
    members = {event["data"].get("display_name") for event in host.events(made["id"])}
    assert "Ada" in members


def test_a_site_and_its_key(service: Service, stack: Stack, tmp_path: Path) -> None:
    def told(line: str) -> list[str]:
        program, *words = shlex.split(line)
        assert program == "party"
        return printed(stack, *words).splitlines()

    page = "docs/identity.md"
    (keys,) = blocks(page, "sh", "party keys create")
    create, *after = keys.splitlines()
    shown = dict(line.rsplit(None, 1) for line in told(create))
    curl, signing = blocks(page, "sh", "curl")[0], blocks(page, "python", "def token_for")[0]
    script = curl.replace(SERVICE, service.url).replace(ANY_ID, service.video["id"])
    made: Json = json.loads("".join(bash(script.replace("curl", "curl -s"), PARTY_KEY=shown["key"])))
    token_for = python(signing, tmp_path, SECRET=shown["signing secret"])["token_for"]
    ada = Guest(service.url, "Ada", token_for("user-17", "Ada", made["id"]))
    assert made["host_id"] == ada.user_id

    (people,) = blocks(page, "sh", "party people revoke")
    own, sites = people.splitlines()
    ben = Guest(service.url, "Ben")
    told(own.replace(ANY_ID, ben.user_id))
    told(sites)
    eventually(lambda: all(each.get("/api/auth/me").status_code == 401 for each in (ada, ben)))

    for line in after:
        told(line.replace(ANY_ID, shown["id"]))
    key = {"Authorization": f"Bearer {shown['key']}"}
    eventually(lambda: service.http.get("/api/auth/me", headers=key).status_code == 401)
    assert_refused(service.http.get("/api/auth/me", headers=key), "unauthenticated")
    for guest in (ada, ben):
        guest.close()
