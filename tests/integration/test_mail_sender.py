"""Mail by real servers, also those that take their time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from partyapp.channel.domain.channel import Failure
from partyapp.channel.domain.message import Message
from partyapp.channel.infrastructure.mail_sender import MailSender
from partyapp.shared.kernel.clock import WallClock, monotonic_s
from partyapp.shared.ops.notify_settings import MailServer
from tests.support.mailbox import Mailbox

MESSAGE = Message(id="1", title="A title", body="A body")
#: What one mail may take here, in s.
LIMIT_S = 1.0


def sender_to(port: int, **more: object) -> MailSender:
    server = MailServer(host="127.0.0.1", port=port, sender="party@party.example", **more)  # type: ignore[arg-type]
    return MailSender(server, WallClock(), limit_s=LIMIT_S)


@contextmanager
def mail_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """One that does to its first connection what it is told to; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def tarpit(part: bytes) -> Callable[[socket.socket], None]:
    """Says that over and over, each time within any time-out of a single step, until it is hung up on."""

    def serve(connection: socket.socket) -> None:
        connection.settimeout(LIMIT_S / 5)
        begun_s = monotonic_s()
        while monotonic_s() < begun_s + 20 * LIMIT_S:
            connection.sendall(part)
            with suppress(TimeoutError):
                if not connection.recv(4096):
                    return

    return serve


@pytest.mark.parametrize("part", [b"2", b"220-wait\r\n"])
def test_all_steps_have_one_limit(part: bytes) -> None:
    with mail_server(tarpit(part)) as port:
        begun_s = monotonic_s()
        assert sender_to(port).send("ada@home.example", MESSAGE) is Failure.TIMEOUT
        assert monotonic_s() - begun_s < 10 * LIMIT_S


def test_what_the_server_has_taken_has_arrived_whatever_it_says_at_the_end() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 here\r\n")
        for line in connection.makefile("rb"):
            word = line[:4].upper()
            if word == b"QUIT":
                connection.sendall(b"421 no\r\n")
                return
            if line.strip() == b"." or word in (b"EHLO", b"MAIL", b"RCPT"):
                connection.sendall(b"250 fine\r\n")
            elif word == b"DATA":
                connection.sendall(b"354 go on\r\n")

    with mail_server(serve) as port:
        assert sender_to(port).send("ada@home.example", MESSAGE) is None


def test_a_real_server_takes_it_and_tells_of_nobody() -> None:
    with Mailbox() as mailbox:
        sender = sender_to(mailbox.port)
        assert sender.send("ada@home.example", MESSAGE) is None
        (mail,) = mailbox.to("ada@home.example")
        assert mail["message-id"] == "<1@party.example>"
        assert sender.send("nobody@home.example", MESSAGE) is Failure.INVALID_ADDRESS
