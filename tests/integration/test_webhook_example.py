"""The receiver of docs/webhooks.md, run as it stands there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.ids import new_id
from partyapp.webhook.application.signing import new_secret, signed
from partyapp.webhook.domain.message import message_id, message_of
from partyapp.webhook.infrastructure.http_sender import HttpSender
from tests.support.code_blocks import blocks
from tests.support.fakes_webhook import event
from tests.support.local_stack import free_port
from tests.support.waiting import eventually

SECRET = new_secret()


def example() -> str:
    """The one block of the page that is marked as the receiver."""
    (code,) = blocks("docs/webhooks.md", "python receiver")
    return code


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Its URL, and the file with what it has printed."""
    (tmp_path / "hook.py").write_text(example(), encoding="utf-8")
    port, printed = free_port(), tmp_path / "printed"
    words = [sys.executable, "-m", "flask", "--app", "hook", "run", "--port", str(port)]
    with printed.open("wb") as output:
        running = subprocess.Popen(
            words, cwd=tmp_path, env={**os.environ, "PARTY_WEBHOOK_SECRET": SECRET}, stdout=output
        )
    try:
        yield f"http://127.0.0.1:{port}/party-hook", printed
    finally:
        running.terminate()
        running.wait(30)


def test_the_example_takes_each_message_once_and_no_forged_one(receiver: tuple[str, Path]) -> None:
    url, printed = receiver
    sender, party_id, endpoint_id = HttpSender(allow_private=True), new_id(), new_id()

    def post(revision: int, secret: str) -> int | None:
        happened = event(party_id, revision)
        name = message_id(endpoint_id, happened.id)
        headers, body = signed(name, message_of(happened), secret, WallClock().now_ms())
        return sender.post(url, headers, body).status

    assert eventually(lambda: post(1, SECRET)) == 204
    assert [post(1, SECRET), post(2, SECRET), post(3, new_secret())] == [204, 204, 401]
    lines = [line for line in printed.read_text().splitlines() if line.startswith(str(party_id))]
    assert lines == [f"{party_id} {revision} playback_started" for revision in (1, 2)]


def test_the_example_is_short() -> None:
    assert len(example().splitlines()) <= 20
