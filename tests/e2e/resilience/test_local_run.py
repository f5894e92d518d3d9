"""The two commands' promise with the real application: it is back after a death, and after a restart."""

from __future__ import annotations

import signal

import httpx
import pytest

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.waiting import eventually

# Two whole starts on a busy machine take longer than a test is given otherwise.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

LIMIT_S = 20.0


def post(url: str, path: str, body: object, token: str | None = None) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(url + path, json=body, headers=headers, timeout=LIMIT_S, trust_env=False)
    answer.raise_for_status()
    found = answer.json()
    assert isinstance(found, dict)
    return found


def status_of(url: str) -> int:
    try:
        return httpx.get(url, timeout=LIMIT_S, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def sign_in(stack: Stack) -> str:
    return str(post(stack.url, "/api/auth/guest", {"display_name": "Ada"})["access_token"])


def create_party(stack: Stack, token: str) -> dict[str, object]:
    """Over the whole way: web, Valkey, worker, Postgres. The sample clip is registered by the start."""
    return post(stack.url, "/api/parties", {"video_id": str(SAMPLE_VIDEO_ID)}, token)


def test_the_sample_clip_is_there_and_plays_from_its_middle(own_stack: Stack) -> None:
    headers = {"Authorization": f"Bearer {sign_in(own_stack)}"}
    video = httpx.get(
        f"{own_stack.url}/api/videos/{SAMPLE_VIDEO_ID}", headers=headers, timeout=LIMIT_S, trust_env=False
    ).json()
    assert video["duration_s"] >= 300
    url = str(httpx.URL(own_stack.url).join(video["playback_url"]))
    part = httpx.get(url, headers={"Range": "bytes=100000-100099"}, timeout=LIMIT_S, trust_env=False)
    assert (part.status_code, len(part.content)) == (206, 100)


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "valkey"])
def test_a_killed_process_is_back_and_parties_can_be_made_again(own_stack: Stack, name: str) -> None:
    old, before = own_stack.pid_of(name), own_stack.output.count(f"{name} died")
    own_stack.kill(name, signal.SIGKILL)
    eventually(lambda: own_stack.pids().get(name, 0) not in (0, old), LIMIT_S)
    eventually(lambda: own_stack.output.count(f"{name} died (signal 9)") == before + 1, LIMIT_S)
    eventually(lambda: status_of(f"{own_stack.url}/readyz") == 200, 60)
    assert create_party(own_stack, sign_in(own_stack))["state"] == "active"


def test_a_guest_and_a_party_are_there_on_the_second_start_and_nothing_is_left() -> None:
    with own_folder() as folder, Stack(folder / "data") as stack:
        token = sign_in(stack)
        party = create_party(stack, token)
        assert len(stack.living()) > 5
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(10) == 0
        assert stack.living() == []
        assert status_of(f"{stack.url}/healthz") == 0
        stack.start()
        headers = {"Authorization": f"Bearer {token}"}
        path = f"{stack.url}/api/parties/{party['id']}"
        answer = httpx.get(path, headers=headers, timeout=LIMIT_S, trust_env=False)
        assert answer.status_code == 200
        assert answer.json()["revision"] == party["revision"]
        assert answer.json()["invite_code"] == party["invite_code"]
        # The secret stays out of what people read.
        logs = [stack.log(path.stem) for path in (stack.data_dir / "logs").glob("*.log")]
        assert not any(stack.secret_key in text for text in [stack.output, *logs])
