"""Apprise in its own process, as people could misuse it: against a real receiver on this machine."""

from __future__ import annotations

import os
import signal
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from partyapp.channel.domain.channel import Failure, Outage
from partyapp.channel.domain.message import Message
from partyapp.channel.infrastructure.apprise_sender import AppriseSender
from partyapp.shared.ops.notify_settings import DEFAULT_SCHEMES
from tests.support.tls_front import server_certificate
from tests.support.webhook_receiver import Reply, Request, WebhookReceiver

MESSAGE = Message(id="1", title="A title", body="A body")
SCHEMES = DEFAULT_SCHEMES | {"json"}
#: Shorter than what a receiver that dawdles takes, and longer than a slow machine needs for a message.
LIMIT_S = 8.0


def dawdle(handler: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, a byte at a time."""
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.2)


def flood(handler: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, as fast as it can."""
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"x" * 1_000_000)


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    def reply(request: Request) -> Reply:
        if request.path.startswith("/elsewhere"):
            return 307, {"location": f"http://127.0.0.1:{made.port}/found"}, b""
        if request.path.startswith("/dawdle"):
            return dawdle
        if request.path.startswith("/flood"):
            return flood
        return 500 if request.path.startswith("/broken") else 200

    made = WebhookReceiver(reply)
    with made:
        yield made


@pytest.fixture(scope="module")
def allowed() -> Iterator[AppriseSender]:
    """One that may reach this machine."""
    sender = AppriseSender(SCHEMES, allow_private=True, limit_s=LIMIT_S)
    yield sender
    sender.end_idle(0)


@pytest.fixture(scope="module")
def guarded() -> Iterator[AppriseSender]:
    sender = AppriseSender(SCHEMES, allow_private=False, limit_s=LIMIT_S)
    yield sender
    sender.end_idle(0)


def test_what_is_sent_arrives(allowed: AppriseSender, receiver: WebhookReceiver) -> None:
    before = len(receiver.received)
    assert allowed.send(f"json://127.0.0.1:{receiver.port}/fine", MESSAGE) is None
    (request,) = receiver.received[before:]
    assert (request.path, request.message["title"], request.message["message"]) == (
        "/fine",
        "A title",
        "A body",
    )


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("broken", Failure.NOT_ACCEPTED),
        ("elsewhere?redirect=yes", Failure.NOT_ACCEPTED),
        ("dawdle?rto=9999&cto=9999", Failure.TIMEOUT),
    ],
)
def test_what_a_receiver_does_costs_its_message_alone(
    allowed: AppriseSender, receiver: WebhookReceiver, path: str, failure: Failure
) -> None:
    assert allowed.send(f"json://127.0.0.1:{receiver.port}/{path}", MESSAGE) is failure
    assert "/found" not in [request.path for request in receiver.received], "no redirect is followed"
    assert allowed.send(f"json://127.0.0.1:{receiver.port}/after", MESSAGE) is None


def test_an_answer_without_end_takes_no_memory_without_end(
    allowed: AppriseSender, receiver: WebhookReceiver
) -> None:
    assert allowed.send(f"json://127.0.0.1:{receiver.port}/flood", MESSAGE) in (
        Failure.TIMEOUT,
        Failure.NOT_ACCEPTED,
    )
    assert allowed.send(f"json://127.0.0.1:{receiver.port}/after", MESSAGE) is None


def test_a_process_that_the_machine_ends_or_never_starts_is_no_fault_of_an_address(
    allowed: AppriseSender, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(_: BaseHTTPRequestHandler) -> None:
        found = Path(f"/proc/{os.getpid()}/task")
        for child in {
            int(pid) for task in found.iterdir() for pid in (task / "children").read_text().split()
        }:
            if b"sending_process" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)

    with WebhookReceiver(lambda _: kill) as killing:
        address = f"json://127.0.0.1:{killing.port}/"
        assert allowed.send(address, MESSAGE) is Outage.PROCESS_KILLED
    assert allowed.send(f"json://127.0.0.1:{receiver.port}/after", MESSAGE) is None
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert AppriseSender({"json"}, allow_private=True).send("json://x", MESSAGE) is Outage.NO_PROCESS


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
    ],
)
@pytest.mark.parametrize("scheme", ["json", "gotify"])
def test_no_private_address_is_connected_to(
    guarded: AppriseSender, receiver: WebhookReceiver, scheme: str, host: str
) -> None:
    before = len(receiver.received)
    rest = "a_token_of_gotify" if scheme == "gotify" else "films"
    failure = guarded.send(f"{scheme}://{host}:{receiver.port}/{rest}", MESSAGE)
    # Some spellings are no host to Apprise.
    assert failure in (Failure.PRIVATE_ADDRESS, Failure.INVALID_ADDRESS)
    assert len(receiver.received) == before


@pytest.mark.parametrize(
    ("address", "failure"),
    [
        ("nonsense://x", Failure.INVALID_ADDRESS),
        ("syslog://", Failure.INVALID_ADDRESS),
        ("xml://127.0.0.1", Failure.INVALID_ADDRESS),
        ("ntfy://127.0.0.1/one/two/three", Failure.SEVERAL_RECEIVERS),
    ],
)
def test_what_is_not_offered_or_too_much_is_not_sent(
    allowed: AppriseSender, address: str, failure: Failure
) -> None:
    assert allowed.send(address, MESSAGE) is failure


def test_tls_works_within_the_guard_and_certificates_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = tmp_path / "authority.pem"
    given = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    given.load_cert_chain(server_certificate(tmp_path, authority, "localhost"))
    with WebhookReceiver(lambda _: 200, tls=given) as running:
        for trusted, failure in ((True, None), (False, Failure.NOT_ACCEPTED)):
            if trusted:
                monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
            else:
                monkeypatch.delenv("REQUESTS_CA_BUNDLE")
            sender = AppriseSender({"jsons"}, allow_private=True, limit_s=LIMIT_S)
            try:
                assert sender.send(f"jsons://localhost:{running.port}/?verify=no", MESSAGE) is failure
            finally:
                sender.end_idle(0)
        assert len(running.received) == 1
