"""Sends mail by the operator's own server."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from partyapp.channel.domain.channel import Failure
from partyapp.channel.domain.message import Message
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.ops.notify_settings import MailServer

#: Connecting, and each answer of the server, may take so long, in s.
LIMIT_S = 10.0


class MailSender:
    """One connection for each message: there are few, and a server may end one at any time."""

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server, self._clock = server, clock

    def send(self, address: str, message: Message) -> Failure | None:
        """Have the server take it; what went wrong, or None."""
        try:
            with self._connected() as connection:
                connection.send_message(self._mail(address, message))
        except TimeoutError:
            return Failure.TIMEOUT
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            # 5xx: there is no such place (RFC 5321, 4.2.1); anything else may pass.
            return Failure.INVALID_ADDRESS if min(codes, default=0) >= 500 else Failure.NOT_ACCEPTED
        except (smtplib.SMTPException, OSError, ValueError):
            return Failure.NOT_ACCEPTED
        return None

    def end_idle(self) -> None:
        """Nothing is kept."""

    def _connected(self) -> smtplib.SMTP:
        server, trust = self._server, ssl.create_default_context()
        if server.is_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=LIMIT_S, context=trust
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=LIMIT_S)
        try:
            if not server.is_tls and (server.user is not None or server.needs_tls):
                connection.starttls(context=trust)
            if server.user is not None:
                connection.login(server.user, server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection

    def _mail(self, address: str, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = self._server.sender, address, message.title
        mail["Date"] = format_datetime(datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC))
        host = parseaddr(self._server.sender)[1].rpartition("@")[2] or "localhost"
        # The same for the same message: a mailbox may show a repeat once.
        mail["Message-ID"] = f"<{message.id}@{host}>"
        # Nobody's holiday notice is to answer this (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        return mail
