"""Webhooks from real processes to a real receiver: signed, in order, nothing lost when the worker dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from tests.support.local_stack import Stack, party
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.webhook_receiver import Reply, Request, WebhookReceiver

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def hooked() -> Iterator[Stack]:
    """A stack that delivers webhooks, to this machine too."""
    extra = {"PARTY_WEBHOOK_ALLOW_PRIVATE": "1", "PARTY_WEBHOOK_FIRST_RETRY_S": "0.2"}
    with own_folder() as folder, Stack(folder / "data", extra=extra, webhooks=True) as running:
        yield running


def operator(stack: Stack, *words: str) -> str:
    """What `party webhooks …` prints in a second terminal."""
    environ = {**os.environ, "PARTY_DATA_DIR": str(stack.data_dir), "PARTY_WEBHOOK_ALLOW_PRIVATE": "1"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environ.pop(name, None)
    done = subprocess.run(
        party("webhooks", *words),
        env=environ,
        capture_output=True,
        text=True,
        timeout=RECOVERY_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Answers:
    """A receiver that refuses the second event of each party once, and holds its answers when told to."""

    def __init__(self) -> None:
        self.is_held = threading.Event()
        self.receiver = WebhookReceiver(self._reply)

    def _reply(self, request: Request) -> Reply:
        is_first = self.ids().count(request.headers["webhook-id"]) == 1
        if request.message["revision"] == 2 and is_first:
            return 503
        return self._hold if self.is_held.is_set() else 204

    def _hold(self, _: BaseHTTPRequestHandler) -> None:
        eventually(lambda: not self.is_held.is_set(), RECOVERY_S)

    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in list(self.receiver.received)]

    def of_party(self, party_id: str, secret: str) -> list[Json]:
        """What came of a party, each message once, in the order in which each came first."""
        firsts: dict[str, Json] = {}
        for request in list(self.receiver.received):
            if request.message["party"] == party_id:
                firsts.setdefault(request.headers["webhook-id"], request.verified(secret))
        return list(firsts.values())


def test_every_event_comes_signed_and_in_order_whatever_dies(hooked: Stack) -> None:
    answers = Answers()
    host, member = Guest(hooked.url, "Ada"), Guest(hooked.url, "Grace")
    with answers.receiver as receiver:
        added = json.loads(operator(hooked, "add", receiver.url, "--json"))
        mine = [host.create_party() for _ in range(3)]
        for made in mine:
            member.join(made["id"], made["invite_code"])
            host.playback(made["id"], "play")

        def log(party_id: str) -> list[Json]:
            return [{**event, "party": party_id} for event in host.events(party_id)]

        def is_whole() -> bool:
            return all(answers.of_party(made["id"], added["secret"]) == log(made["id"]) for made in mine)

        eventually(is_whole, RECOVERY_S)
        # Now the worker dies while a message is on its way, and nobody knows whether it arrived.
        answers.is_held.set()
        before = len(receiver.received)
        host.playback(mine[0]["id"], "pause")
        eventually(lambda: len(receiver.received) > before, RECOVERY_S)
        hooked.kill("webhooks", signal.SIGKILL)
        answers.is_held.clear()
        for made in mine:
            host.end(made["id"])
        eventually(is_whole, RECOVERY_S)
        assert len(set(answers.ids())) == sum(len(log(made["id"])) for made in mine)
        assert answers.ids().count(answers.ids()[before]) == 2
    shown = json.loads(operator(hooked, "list", "--json"))
    assert (shown["state"], shown["failed"]) == ("active", 3)
    assert added["secret"] not in hooked.log("webhooks")
    for guest in (host, member):
        guest.close()
