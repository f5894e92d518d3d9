"""The two commands' promise with the real application: it is back after a death, and after a restart."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.recovery import insist_on, replace_process, wait_until_ready
from tests.support.waiting import LIMIT_S, RECOVERY_S, eventually

# Two whole starts on a busy machine take longer than a test is given otherwise.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]


def status_of(url: str) -> int:
    try:
        return httpx.get(url, timeout=LIMIT_S, trust_env=False).status_code
    except httpx.TransportError:
        return 0


@contextmanager
def signed_in(stack: Stack, token: str | None = None) -> Iterator[Guest]:
    guest = Guest(stack.url, "Ada", token)
    yield guest
    guest.close()


def test_the_sample_clip_is_there_and_plays_from_its_middle(own_stack: Stack) -> None:
    with signed_in(own_stack) as guest:
        video = guest.get(f"/api/videos/{SAMPLE_VIDEO_ID}").json()
    assert video["duration_s"] >= 300
    url = str(httpx.URL(own_stack.url).join(video["playback_url"]))
    part = httpx.get(url, headers={"Range": "bytes=100000-100099"}, timeout=LIMIT_S, trust_env=False)
    assert (part.status_code, len(part.content)) == (206, 100)


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "valkey"])
def test_a_killed_process_is_back_and_parties_can_be_made_again(own_stack: Stack, name: str) -> None:
    before = own_stack.output.count(f"{name} died")
    replace_process(own_stack, name)
    eventually(lambda: own_stack.output.count(f"{name} died (signal 9)") == before + 1, RECOVERY_S)
    wait_until_ready(own_stack)
    # Over the whole way: web, Valkey, worker, Postgres.
    with signed_in(own_stack) as guest:
        party = insist_on(guest, "/api/parties", {"video_id": str(SAMPLE_VIDEO_ID)})
    assert party["state"] == "active"


def test_a_guest_and_a_party_are_there_on_the_second_start_and_nothing_is_left() -> None:
    with own_folder() as folder, Stack(folder / "data", sample=True, make_cluster=True) as stack:
        with signed_in(stack) as guest:
            token, party = guest.token, guest.create_party(str(SAMPLE_VIDEO_ID))
        assert len(stack.living()) > 5
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(RECOVERY_S) == 0
        assert stack.living() == []
        assert status_of(f"{stack.url}/healthz") == 0
        stack.start()
        with signed_in(stack, token) as guest:
            found = guest.party(party["id"])
        assert found["revision"] == party["revision"]
        assert found["invite_code"] == party["invite_code"]
        # The secret stays out of what people read.
        logs = [stack.log(path.stem) for path in (stack.data_dir / "logs").glob("*.log")]
        assert not any(stack.secret_key in text for text in [stack.output, *logs])
