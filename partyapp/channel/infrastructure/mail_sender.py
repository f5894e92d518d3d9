"""Sends mail by the operator's own server."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from partyapp.channel.domain.channel import Failure, Outage
from partyapp.channel.domain.message import Message
from partyapp.channel.infrastructure.mail_connection import TimedConnection
from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.ops.notify_settings import MailServer

#: A mail may take so long in all, in s: less than the lease of its row, so that nobody else begins with it.
LIMIT_S = 25.0
#: Taking leave of a server that has taken the mail, in s.
_LEAVE_S = 2.0
#: Codes of RFC 5321, 4.2.1: it is done; from there on trying again is no use.
_OK, _FOR_GOOD = 250, 500
_NOT_FOR_US = re.compile(rb"\b5\.7\.[0-9]|relay|authenticat", re.IGNORECASE)


class MailSender:
    """One connection for each message: there are few, and a server may end one at any time."""

    def __init__(self, server: MailServer, clock: Clock, *, limit_s: float = LIMIT_S) -> None:
        self._server, self._clock, self._limit_s = server, clock, limit_s

    def send(self, address: str, message: Message) -> Failure | Outage | None:
        """Have the server take it; what went wrong, or None."""
        try:
            mail = self._mail(address, message)
        except ValueError:
            return Failure.NOT_ACCEPTED
        try:
            with self._connected() as connection, _meaning(Outage.MAIL_REFUSED):
                connection.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(*next(iter(error.recipients.values())))
        except _OutageError as error:
            # The server was there, so it may be the recipient's that it waits for.
            return Failure.TIMEOUT if error.is_late_answer else error.outage
        return None

    def outage(self) -> Outage | None:
        """What keeps the server from taking any mail, as far as that shows without one."""
        try:
            with self._connected() as connection, _meaning(Outage.MAIL_REFUSED):
                code, said = connection.mail(parseaddr(self._server.sender)[1])
                if code != _OK:
                    raise smtplib.SMTPSenderRefused(code, said, self._server.sender)
        except _OutageError as error:
            return error.outage
        return None

    def end_idle(self) -> None:
        """Nothing is kept."""

    @contextmanager
    def _connected(self) -> Iterator[TimedConnection]:
        """A connection on which mail may be sent, until the end of the block. Raises `_OutageError`."""
        server, until_s = self._server, monotonic_s() + self._limit_s
        with _meaning(Outage.MAIL_UNREACHABLE):
            trust = ssl.create_default_context()
            wrapped_by = trust if server.is_tls else None
            connection = TimedConnection(server.host, server.port, until_s=until_s, wrapped_by=wrapped_by)
        try:
            if not server.is_tls and (server.user is not None or server.needs_tls):
                with _meaning(Outage.MAIL_TLS):
                    connection.starttls(context=trust)
            if server.user is not None:
                with _meaning(Outage.MAIL_LOGIN):
                    connection.login(server.user, server.password or "")
            yield connection
            _leave(connection)
        finally:
            connection.close()

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


class _OutageError(Exception):
    def __init__(self, outage: Outage, *, is_late_answer: bool = False) -> None:
        super().__init__(outage.value)
        self.outage, self.is_late_answer = outage, is_late_answer


@contextmanager
def _meaning(outage: Outage) -> Iterator[None]:
    """What goes wrong within means that, unless it says better what it is."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused:
        raise
    except ssl.SSLError as error:
        raise _OutageError(Outage.MAIL_TLS) from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # smtplib's own are OSErrors, too; and it tells of a time-out as of a server that has hung up.
        is_answer = isinstance(error, smtplib.SMTPException | ValueError)
        if is_answer and not isinstance(error, smtplib.SMTPServerDisconnected):
            raise _OutageError(outage) from error
        is_late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        is_late_answer = is_late and outage is Outage.MAIL_REFUSED
        raise _OutageError(Outage.MAIL_UNREACHABLE, is_late_answer=is_late_answer) from error


def _refusal(code: int, said: bytes) -> Failure | Outage:
    """Why a recipient was refused: there is no such place, or this is no server for it, or not now."""
    if code < _FOR_GOOD:
        return Failure.NOT_ACCEPTED
    # RFC 3463, 3.8: X.7 is about who may send; not all servers say so.
    return Outage.MAIL_REFUSED if _NOT_FOR_US.search(said) else Failure.INVALID_ADDRESS
