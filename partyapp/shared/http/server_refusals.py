"""What gunicorn refuses before the application sees a request: as a problem too, instead of its HTML.

These are request lines and headers over its limits, and what is no HTTP at all. Nothing of what was sent is
said back.
"""

import socket
from http import HTTPStatus
from typing import Any

from flask import json
from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)

from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import problem

#: How much of what a refused client still sends is read, in bytes, and for how long in all, in s.
#: Closing at once would reset the connection, and the client might never read why.
_DRAINED_BYTES, _DRAINED_S = 1 << 17, 1.0
_DETAILS = {
    "uri_too_long": "The request's first line is too long.",
    "headers_too_large": "There are too many headers, or one is too long.",
    "bad_request": "The request can't be understood.",
    "internal": "An error of ours. It was written down.",
}


def answer_with_problems(worker: Any) -> None:
    """Have this gunicorn worker answer with problems where it refuses by itself."""
    handle = worker.handle_error

    def handle_error(req: Any, client: socket.socket, addr: Any, error: BaseException) -> None:
        # Its own answer goes nowhere; what it logs, and counts, stays as it is.
        handle(req, _Unanswered(client), addr, error)
        _answer(client, code_of(error))

    worker.handle_error = handle_error


def code_of(error: BaseException) -> str:
    """The problem's code for what gunicorn's parser, or a request, has raised."""
    if isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName):
        return "internal"
    if isinstance(error, LimitRequestLine):
        return "uri_too_long"
    if isinstance(error, LimitRequestHeaders):
        return "headers_too_large"
    return "bad_request" if isinstance(error, ParseException) else "internal"


def response_bytes(code: str) -> bytes:
    """The whole HTTP answer."""
    body = json.dumps(problem(code, _DETAILS[code])).encode()
    status = HTTPStatus(problem(code, "")["status"])
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Connection: close\r\n"
        "Content-Type: application/problem+json\r\n"
        "Cache-Control: no-store\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(client: socket.socket, code: str) -> None:
    """Send the answer and read what is still coming, within bounds. A client that is gone is no error."""
    try:
        client.settimeout(_DRAINED_S)
        client.sendall(response_bytes(code))
        client.shutdown(socket.SHUT_WR)
        ends_s, left = monotonic_s() + _DRAINED_S, _DRAINED_BYTES
        while left > 0 and (left_s := ends_s - monotonic_s()) > 0:
            client.settimeout(left_s)
            piece = client.recv(min(left, 1 << 14))
            if not piece:
                break
            left -= len(piece)
    except OSError:
        pass


class _Unanswered:
    """A client's socket to whom nothing is sent."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send(self, data: bytes) -> int:
        return len(data)

    def sendall(self, data: bytes) -> None:
        pass
