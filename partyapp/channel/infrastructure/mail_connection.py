"""An SMTP connection that ends at one instant, whatever its server does.

`smtplib` has one time-out, which begins anew with every byte that is read. A server that answers slowly, by
a byte or by one line of many at a time, would hold a connection for as long as it likes.
"""

import smtplib
import socket
import ssl
from typing import Any

from partyapp.shared.kernel.clock import monotonic_s

# smtplib reads no longer lines either (RFC 5321, 4.5.3.1.5, has 512).
_LONGEST_LINE = 8192
#: All lines of one answer, in bytes: more is no answer.
_LONGEST_ANSWER = 65_536


class TimedConnection(smtplib.SMTP):
    """Plain SMTP, or TLS from its first byte with `wrapped_by`. Times are in s of the monotonic clock."""

    def __init__(
        self, host: str, port: int, *, until_s: float, wrapped_by: ssl.SSLContext | None = None
    ) -> None:
        self.until_s = until_s
        self._wrapped_by, self._server_name = wrapped_by, host
        super().__init__(host, port)

    def left_s(self) -> float:
        """What is left. Raises TimeoutError when nothing is."""
        left_s = self.until_s - monotonic_s()
        if left_s <= 0:
            raise TimeoutError("the mail server takes too long")
        return left_s

    def send(self, s: Any) -> None:
        """Called by smtplib with all that it writes."""
        if self.sock is not None:
            self.sock.settimeout(self.left_s())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Called by smtplib for each answer, of which every part has what is left."""
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock, self)
        if self.file is not None:
            self.file.answer_begins()
        answer = super().getreply()
        if self.sock is not None:
            # What follows may be a handshake.
            self.sock.settimeout(self.left_s())
        return answer

    def _get_socket(self, host: str, port: int, _timeout: Any) -> socket.socket:
        """A name may have several addresses: all of them have what is left."""
        failure: OSError | None = None
        for address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                plain = socket.create_connection((str(address[4][0]), port), self.left_s())
            except TimeoutError:
                raise
            except OSError as error:
                failure = error
                continue
            return self._wrapped(plain)
        raise failure or OSError("the mail server has no address")

    def _wrapped(self, plain: socket.socket) -> socket.socket:
        if self._wrapped_by is None:
            return plain
        try:
            plain.settimeout(self.left_s())
            return self._wrapped_by.wrap_socket(plain, server_hostname=self._server_name)
        except BaseException:
            plain.close()
            raise


class _Lines:
    """What smtplib reads lines from."""

    def __init__(self, line: socket.socket, connection: TimedConnection) -> None:
        self._socket, self._connection = line, connection
        self._read, self._answer_bytes = b"", 0

    def answer_begins(self) -> None:
        """What follows is another answer."""
        self._answer_bytes = 0

    def readline(self, size: int) -> bytes:
        """The next line with its end, empty when the server has hung up."""
        while b"\n" not in self._read and len(self._read) < min(size, _LONGEST_LINE + 1):
            self._socket.settimeout(self._connection.left_s())
            part = self._socket.recv(4096)
            if not part:
                break
            self._read += part
        end = min(size, self._read.find(b"\n") + 1 or len(self._read))
        line, self._read = self._read[:end], self._read[end:]
        self._answer_bytes += len(line)
        if self._answer_bytes > _LONGEST_ANSWER:
            raise OSError("the mail server's answer has no end")
        return line

    def close(self) -> None:
        """Called by smtplib; the socket is closed by itself."""
