"""Sends mail by the operator's own server."""

import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from partyapp.channel.domain.channel import Failure
from partyapp.channel.domain.message import Message
from partyapp.channel.infrastructure.mail_connection import TimedConnection
from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.ops.notify_settings import MailServer

#: A mail may take so long in all, in s: less than the lease of its row, so that nobody else begins with it.
LIMIT_S = 25.0
#: Taking leave of a server that has taken the mail, in s.
_LEAVE_S = 2.0


class MailSender:
    """One connection for each message: there are few, and a server may end one at any time."""

    def __init__(self, server: MailServer, clock: Clock, *, limit_s: float = LIMIT_S) -> None:
        self._server, self._clock, self._limit_s = server, clock, limit_s

    def send(self, address: str, message: Message) -> Failure | None:
        """Have the server take it; what went wrong, or None."""
        try:
            connection = self._connected()
            try:
                connection.send_message(self._mail(address, message))
                _leave(connection)
            finally:
                connection.close()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            # 5xx: there is no such place (RFC 5321, 4.2.1); anything else may pass.
            return Failure.INVALID_ADDRESS if min(codes, default=0) >= 500 else Failure.NOT_ACCEPTED
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return Failure.TIMEOUT if _is_late(error) else Failure.NOT_ACCEPTED
        return None

    def end_idle(self) -> None:
        """Nothing is kept."""

    def _connected(self) -> TimedConnection:
        server, trust = self._server, ssl.create_default_context()
        connection = TimedConnection(
            server.host,
            server.port,
            until_s=monotonic_s() + self._limit_s,
            wrapped_by=trust if server.is_tls else None,
        )
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


def _leave(connection: TimedConnection) -> None:
    """The mail is the server's now, whatever becomes of the farewell."""
    connection.until_s = min(connection.until_s, monotonic_s() + _LEAVE_S)
    with suppress(smtplib.SMTPException, OSError):
        connection.quit()


def _is_late(error: BaseException) -> bool:
    """smtplib tells of a time-out as of a server that has hung up."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
