"""Mail by real servers, also those that take their time."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from partyapp.channel.domain.channel import Failure, Outage
from partyapp.channel.domain.message import Message
from partyapp.channel.infrastructure.mail_sender import MailSender
from partyapp.deployment_checks import findings_of
from partyapp.mail_checks import mail_checks
from partyapp.shared.kernel.clock import WallClock, monotonic_s
from partyapp.shared.ops.notify_settings import MailServer
from tests.support.mailbox import Mailbox
from tests.support.tls_front import server_certificate

MESSAGE = Message(id="1", title="A title", body="A body")
#: What one mail may take here, in s.
LIMIT_S = 1.0
FINE = b"250 fine\r\n"
USUAL = {
    **dict.fromkeys(("EHLO", "MAIL", "RCPT", ".", "RSET"), FINE),
    "DATA": b"354 go on\r\n",
    "QUIT": b"221 goodbye\r\n",
}


def sender_to(port: int, limit_s: float = 30 * LIMIT_S) -> MailSender:
    server = MailServer(host="127.0.0.1", port=port, sender="party@party.example")
    return MailSender(server, WallClock(), limit_s=limit_s)


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
        assert sender_to(port, LIMIT_S).send("ada@home.example", MESSAGE) is Outage.MAIL_UNREACHABLE
        assert monotonic_s() - begun_s < 10 * LIMIT_S


def scripted(**unusual: bytes) -> Callable[[socket.socket], None]:
    """Takes any mail, but for what it is to say otherwise to these words; nothing: it keeps silent."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 here\r\n")
        for line in connection.makefile("rb"):
            word = line[:4].upper().decode().strip()
            connection.sendall({**USUAL, **unusual}.get(word, b""))

    return serve


def test_what_the_server_has_taken_has_arrived_whatever_it_says_at_the_end() -> None:
    with mail_server(scripted(QUIT=b"421 no\r\n")) as port:
        assert sender_to(port).send("ada@home.example", MESSAGE) is None


def test_a_server_that_is_there_may_wait_for_the_recipients() -> None:
    with mail_server(scripted(RCPT=b"")) as port:
        assert sender_to(port, LIMIT_S).send("ada@home.example", MESSAGE) is Failure.TIMEOUT
    with mail_server(scripted(RCPT=b"451 4.7.1 greylisted\r\n")) as port:
        assert sender_to(port).send("ada@home.example", MESSAGE) is Failure.NOT_ACCEPTED


def test_a_real_server_takes_it_and_tells_of_nobody() -> None:
    with Mailbox() as mailbox:
        sender = sender_to(mailbox.port)
        assert sender.send("ada@home.example", MESSAGE) is None
        (mail,) = mailbox.to("ada@home.example")
        assert mail["message-id"] == "<1@party.example>"
        assert sender.send("nobody@home.example", MESSAGE) is Failure.INVALID_ADDRESS
        assert sender.send("elsewhere@home.example", MESSAGE) is Outage.MAIL_REFUSED


def checked(server: MailServer) -> tuple[str, str]:
    no_resources: Any = None
    (row,) = findings_of(no_resources, mail_checks(server))
    assert "secret" not in repr(row)
    return str(row.outcome), row.remedy


def test_what_is_wrong_with_the_server_itself_is_no_fault_of_a_channel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = tmp_path / "authority.pem"
    given = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    given.load_cert_chain(server_certificate(tmp_path, authority, "localhost"))

    def assert_outage(outage: Outage | None, word: str, **changes: Any) -> None:
        server = replace(good, **changes)
        assert MailSender(server, WallClock()).send("ada@home.example", MESSAGE) is outage
        outcome, remedy = checked(server)
        assert (outcome, word in remedy) == ("ok" if outage is None else "fault", True), changes

    with Mailbox(given) as mailbox, Mailbox() as plain:
        good = MailServer(
            host="localhost",
            port=mailbox.port,
            user="party",
            password="secret",
            is_tls=True,
            sender="p@p.example",
        )
        assert_outage(Outage.MAIL_TLS, "certificate")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert_outage(None, "")
        assert_outage(Outage.MAIL_LOGIN, "PARTY_SMTP_URL", password="another")
        assert_outage(Outage.MAIL_TLS, "STARTTLS", port=plain.port, is_tls=False)
    assert_outage(Outage.MAIL_UNREACHABLE, "PARTY_SMTP_URL")
