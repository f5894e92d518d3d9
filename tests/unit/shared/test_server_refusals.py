"""What gunicorn refuses by itself is a problem, and the client can read it while it still sends."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from gunicorn.http import errors

from partyapp.shared.http.server_refusals import answer_with_problems, code_of, response_bytes


class Worker:
    """As gunicorn's worker: it logs what it refuses, and writes HTML to the client."""

    def __init__(self) -> None:
        self.logged: list[BaseException] = []

    def handle_error(self, req: Any, client: Any, addr: Any, error: BaseException) -> None:
        self.logged.append(error)
        client.setblocking(0)
        client.sendall(b"<html>")
        client.setblocking(1)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.LimitRequestLine(9000, 8190), "uri_too_long"),
        (errors.LimitRequestHeaders("too many"), "headers_too_large"),
        (errors.InvalidHeader("A"), "bad_request"),
        (errors.InvalidResponseHeader("A"), "internal"),
        (RuntimeError("of ours"), "internal"),
    ],
)
def test_each_refusal_has_its_code(error: BaseException, code: str) -> None:
    assert code_of(error) == code


def test_a_problem_goes_out_instead_of_html_and_the_rest_is_read() -> None:
    worker = Worker()
    handle: Any = worker
    answer_with_problems(handle)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"x" * 100_000)
        theirs.shutdown(socket.SHUT_WR)
        error = errors.LimitRequestLine(100_000, 8190)
        handle.handle_error(None, ours, ("", 0), error)
        ours.close()
        answer = b"".join(iter(lambda: theirs.recv(1 << 16), b""))
    assert worker.logged == [error]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 ")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["code"] == "uri_too_long"
    assert b"html" not in answer
    assert answer == response_bytes("uri_too_long")


def test_a_client_that_is_gone_is_no_error() -> None:
    handle: Any = Worker()
    answer_with_problems(handle)
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        handle.handle_error(None, ours, ("", 0), errors.LimitRequestHeaders("too many"))
    assert len(handle.logged) == 1
