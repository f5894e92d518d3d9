"""A mail server on the loopback: a real one, of aiosmtpd, whose mailbox a test reads."""

from __future__ import annotations

import ssl
from email import message_from_bytes
from email.message import Message
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.local_stack import free_port


class Mailbox:
    """Takes mail for all but `nobody@…`, whom it doesn't know, and `elsewhere@…`, whom it doesn't serve.

    With `tls` there is TLS from the first byte, and the user `party` with the password `secret`.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[tuple[str, Message]] = []
        self.port = free_port()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, **(_login(tls) if tls else {})
        )

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Called by aiosmtpd for each recipient."""
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user"
        if address.startswith("elsewhere@"):
            return "554 5.7.1 Relay access denied"
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


def _login(tls: ssl.SSLContext) -> dict[str, Any]:
    def is_party(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given == LoginPassword(b"party", b"secret"), handled=False)

    # aiosmtpd takes TLS from the first byte for none.
    return {"ssl_context": tls, "authenticator": is_party, "auth_require_tls": False}
