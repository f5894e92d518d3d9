"""A mail server on the loopback: a real one, of aiosmtpd, whose mailbox a test reads."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.support.local_stack import free_port


class Mailbox:
    """Takes mail for everybody but `nobody@…`, whom it doesn't know."""

    def __init__(self) -> None:
        self.received: list[tuple[str, Message]] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Called by aiosmtpd for each recipient."""
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Called by aiosmtpd for each mail."""
        mail = message_from_bytes(envelope.content)
        self.received.extend((address, mail) for address in envelope.rcpt_tos)
        return "250 OK"

    def to(self, address: str) -> list[Message]:
        """What came for that address."""
        return [mail for recipient, mail in list(self.received) if recipient == address]

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()
