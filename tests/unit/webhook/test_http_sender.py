"""Requests to real servers on the loopback: what is sent, what is cut off, and where nothing is sent."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from partyapp.webhook.infrastructure.http_sender import HttpSender
from tests.support.tls_front import server_certificate
from tests.support.webhook_receiver import Reply, Request, WebhookReceiver

#: Long enough for a machine that is slow, and shorter than what the cut-off answers take.
LIMIT_S = 1.0


def _moved(status: int, where: str, _: Request) -> Reply:
    return status, {"location": where}, b""


@cache
def usual_trust() -> ssl.SSLContext:
    """What a sender makes for itself if it is given none: to read the machine's authorities takes a while."""
    return ssl.create_default_context()


def sender(**facts: object) -> HttpSender:
    return HttpSender(**{"allow_private": True, "trust": usual_trust(), **facts})  # type: ignore[arg-type]


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


def test_a_request_is_sent_as_it_is_and_the_connection_kept(receiver: WebhookReceiver) -> None:
    one = sender()
    for number in range(3):
        answer = one.post(f"{receiver.url}?key=a%20b", {"webhook-id": f"msg_{number}"}, b"{}")
        assert (answer.status, answer.error) == (204, None)
        assert answer.took_ms > 0
    first = receiver.received[0]
    assert (first.path, first.body, first.headers["webhook-id"]) == ("/hooks?key=a%20b", b"{}", "msg_0")
    assert first.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert {request.connection for request in receiver.received} == {1}


def test_a_private_address_is_refused_and_nothing_is_opened(receiver: WebhookReceiver) -> None:
    assert sender(allow_private=False).post(receiver.url, {}, b"").error == "private_address"
    assert receiver.received == []


def test_the_checked_address_is_the_one_that_is_used(receiver: WebhookReceiver) -> None:
    """A name that says one thing to who checks and another to who connects gets nowhere."""
    answers = iter([["127.0.0.1"], ["127.0.0.9"]])
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    one = sender(resolver=rebinding)
    url = f"http://hooks.example:{receiver.port}/x"
    assert one.post(url, {}, b"").status == 204
    assert one.post(url, {}, b"").status == 204
    assert asked == ["hooks.example"]
    assert receiver.received[0].headers["host"] == f"hooks.example:{receiver.port}"


def test_redirects_are_not_followed(receiver: WebhookReceiver) -> None:
    with WebhookReceiver() as elsewhere:
        for status in (301, 302, 307, 308):
            receiver.reply = partial(_moved, status, elsewhere.url)
            assert sender().post(receiver.url, {}, b"").status == status
        assert elsewhere.received == []


def test_no_proxy_of_the_environment_is_used(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WebhookReceiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert sender().post(receiver.url, {}, b"").status == 204
        assert proxy.received == []


def test_a_receiver_that_says_nothing_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = sender(limit_s=0.2).post(f"http://127.0.0.1:{silent.getsockname()[1]}/", {}, b"{}")
    assert answer.error == "timeout"
    assert answer.is_unreachable


@pytest.mark.parametrize("part", ["headers", "body"])
@pytest.mark.thorough
def test_an_answer_that_trickles_in_is_cut_off(receiver: WebhookReceiver, part: str) -> None:
    """Each byte begins a socket's time-out anew."""
    is_cut_off = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        pause = threading.Event()
        if part == "body":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-endless: ")
        try:
            while not is_cut_off.is_set():
                handler.wfile.write(b"a")
                pause.wait(0.01)
        except OSError:
            is_cut_off.set()

    receiver.reply = lambda _: trickle
    answer = sender(limit_s=LIMIT_S).post(receiver.url, {}, b"")
    is_cut_off.set()
    assert (answer.status, answer.error) == (None, "timeout")


@pytest.mark.thorough
def test_tls_that_trickles_in_is_cut_off() -> None:
    is_over = threading.Event()

    def trickle(listener: socket.socket) -> None:
        client, _ = listener.accept()
        pause = threading.Event()
        with client:
            # The head of a record of 16 KiB, which then comes byte by byte.
            client.sendall(b"\x16\x03\x03\x40\x00")
            try:
                while not is_over.is_set():
                    client.sendall(b"\x02")
                    pause.wait(0.01)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:
        threads.submit(trickle, listener)
        answer = sender(limit_s=LIMIT_S).post(f"https://127.0.0.1:{listener.getsockname()[1]}/", {}, b"")
        is_over.set()
    assert answer.error == "timeout"


def test_of_an_answer_only_so_much_is_read_and_then_hung_up(receiver: WebhookReceiver) -> None:
    sent: list[int] = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        try:
            while sum(sent) < 1_000_000_000:
                handler.wfile.write(b"a" * 65_536)
                sent.append(65_536)
        except OSError:
            return

    receiver.reply = lambda _: endless
    one = sender()
    assert one.post(receiver.url, {}, b"").status == 200
    receiver.reply = lambda _: 204
    assert one.post(receiver.url, {}, b"").status == 204
    assert sum(sent) < 1_000_000_000
    assert [request.connection for request in receiver.received] == [1, 2]


def test_a_packed_answer_is_not_unpacked(receiver: WebhookReceiver) -> None:
    packed = gzip.compress(b"0" * 50_000_000, compresslevel=1)
    receiver.reply = lambda _: (200, {"content-encoding": "gzip"}, packed)
    assert sender().post(receiver.url, {}, b"").status == 200


def test_chunks_and_short_answers_keep_the_connection(receiver: WebhookReceiver) -> None:
    replies: list[Reply] = [
        (200, {"transfer-encoding": "chunked"}, b"2\r\nok\r\n0\r\n\r\n"),
        (200, {}, b"fine"),
        204,
    ]
    receiver.reply = lambda _: replies[len(receiver.received) - 1]
    one = sender()
    assert [one.post(receiver.url, {}, b"").status for _ in replies] == [200, 200, 204]
    assert {request.connection for request in receiver.received} == {1}


def test_an_idle_connection_that_was_closed_is_no_failure(receiver: WebhookReceiver) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        handler.close_connection = True

    receiver.reply = lambda _: hang_up
    one = sender()
    assert [one.post(receiver.url, {}, b"").status for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (b"HTTP/9.9 what\r\n\r\n", "bad_answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "bad_answer"),
        (b"", "closed"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", "bad_answer"),
    ],
)
def test_what_is_no_answer_is_named(receiver: WebhookReceiver, wrong: bytes, error: str) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(wrong)
        handler.close_connection = True

    receiver.reply = lambda _: answer
    assert sender().post(receiver.url, {}, b"").error == error


def test_who_listens_nowhere_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert sender().post(f"http://127.0.0.1:{port}/", {}, b"").error == "refused"

    def unknown(*_: object) -> list[str]:
        raise OSError("no such host")

    assert sender(resolver=unknown).post("http://nowhere.example/", {}, b"").error == "unknown_host"


@pytest.mark.parametrize(
    ("text", "wait_s"), [("7", 7.0), ("", None), ("Wed, 21 Oct 2015", None), ("-1", None)]
)
def test_what_a_receiver_asks_for(receiver: WebhookReceiver, text: str, wait_s: float | None) -> None:
    receiver.reply = lambda _: (503, {"retry-after": text}, b"")
    assert sender().post(receiver.url, {}, b"").retry_after_s == wait_s


def test_a_certificate_must_be_of_the_urls_host(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    given = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    given.load_cert_chain(server_certificate(tmp_path, authority, "hooks.example"))
    trust = ssl.create_default_context(cafile=str(authority))
    with WebhookReceiver(tls=given) as running:

        def post(host: str, trust: ssl.SSLContext | None) -> str | int | None:
            answer = sender(trust=trust, resolver=lambda *_: ["127.0.0.1"]).post(
                f"https://{host}:{running.port}/", {}, b"{}"
            )
            return answer.error or answer.status

        assert post("hooks.example", trust) == 204
        assert post("other.example", trust) == "tls"
        assert post("hooks.example", None) == "tls"
        assert len(running.received) == 1


def test_many_threads_share_a_sender(receiver: WebhookReceiver) -> None:
    one = sender()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: one.post(receiver.url, {}, b"{}").status, range(200)))
    assert answers == [204] * 200
    assert len({request.connection for request in receiver.received}) <= 8
