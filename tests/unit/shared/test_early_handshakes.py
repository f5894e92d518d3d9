"""A handshake becomes a socket before gunicorn has read it, or gunicorn finds all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest
from gevent import socket
from gunicorn.config import Config

from partyapp.shared.http.early_handshakes import EARLY, install_early_handshakes
from tests.unit.shared.test_plain_heads import PEER, SERVER, head_of

App = Callable[[dict[str, Any]], Any]


class Listener:
    def getsockname(self) -> Any:
        return SERVER


class Worker:
    """As much of gunicorn's as is asked for: what it has read itself, and which errors it was handed."""

    def __init__(self, app: App, wait_s: float = 5.0, **config: Any) -> None:
        self.cfg = Config()
        for name, value in config.items():
            self.cfg.set(name, value)
        self._app = app
        self.read: list[bytes] = []
        self.errors: list[BaseException] = []
        self.timeout_ctx = lambda: gevent.Timeout(wait_s, False)
        self.wait_s = wait_s

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self._app(environ)

    def handle(self, listener: Any, client: Any, peer: Any) -> None:
        assert client.gettimeout() is None
        self.read.append(client.recv(10_000))

    def handle_error(self, request: Any, client: Any, peer: Any, error: BaseException) -> None:
        self.errors.append(error)


def becomes_a_socket(environ: dict[str, Any]) -> Any:
    environ[EARLY].take()
    raise StopIteration


def refuses(environ: dict[str, Any]) -> Any:
    return []


@contextmanager
def connection(worker: Worker) -> Iterator[tuple[Any, Any, Callable[[], None]]]:
    """Both ends of a connection, the server's first, and what has the worker serve it."""
    install_early_handshakes(worker)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs, lambda: worker.handle(Listener(), ours, PEER)


def test_what_becomes_a_socket_is_no_work_for_gunicorn() -> None:
    worker = Worker(becomes_a_socket)
    with connection(worker) as (ours, theirs, serve):
        theirs.sendall(head_of() + b"after")
        serve()
        assert not worker.read
        # What follows the handshake is the socket's.
        assert ours.recv(100) == b"after"


@pytest.mark.parametrize("data", [head_of(), head_of(target="/api/me"), head_of()[:20], b"\x16\x03\x01"])
def test_gunicorn_finds_all_of_what_becomes_none(data: bytes) -> None:
    worker = Worker(refuses)
    with connection(worker) as (_, theirs, serve):
        theirs.sendall(data)
        serve()
        assert worker.read == [data]


def test_it_is_waited_for() -> None:
    worker = Worker(becomes_a_socket)
    with connection(worker) as (_, theirs, serve):
        serving = gevent.spawn(serve)
        gevent.idle()
        theirs.sendall(head_of())
        serving.get(timeout=5.0)
        assert not worker.read


def test_who_says_nothing_is_not_waited_for_twice() -> None:
    worker = Worker(refuses, wait_s=0.01)
    with connection(worker) as (_, _, serve):
        serve()
        assert not worker.read


def test_who_goes_meanwhile_is_gunicorns() -> None:
    worker = Worker(refuses)
    with connection(worker) as (_, theirs, serve):
        theirs.close()
        serve()
        assert worker.read == [b""]


def test_a_bug_before_it_is_a_socket_is_met_by_gunicorn_too() -> None:
    def fails(environ: dict[str, Any]) -> Any:
        raise KeyError

    worker = Worker(fails)
    with connection(worker) as (_, theirs, serve):
        theirs.sendall(head_of())
        serve()
        assert worker.read
        assert not worker.errors


def test_a_bug_afterwards_is_gunicorns_to_tell() -> None:
    def fails(environ: dict[str, Any]) -> Any:
        environ[EARLY].take()
        raise KeyError

    worker = Worker(fails)
    with connection(worker) as (_, theirs, serve):
        theirs.sendall(head_of())
        serve()
        assert not worker.read
        assert [type(error) for error in worker.errors] == [KeyError]


@pytest.mark.parametrize("config", [{"proxy_protocol": "auto"}, {"certfile": __file__}, {"max_requests": 5}])
def test_a_server_that_has_more_to_find_out_does_all_itself(config: dict[str, Any]) -> None:
    worker = Worker(becomes_a_socket, **config)
    with connection(worker) as (_, theirs, serve):
        theirs.sendall(head_of())
        serve()
        assert worker.read == [head_of()]
