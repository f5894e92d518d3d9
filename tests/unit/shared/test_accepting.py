"""A worker of gunicorn takes several new connections in one turn of its loop, though it isn't alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent import socket
from gevent.event import Event
from gunicorn.config import Config
from gunicorn.workers import ggevent

from partyapp.shared.http.accepting import MOST_A_TURN, TurnServer, accept_several_a_turn
from tests.support.waiting import LIMIT_S


class Worker(SimpleNamespace):
    """As much of gunicorn's as listening needs; it notes how many were accepted before one was served."""

    def __init__(self, listener: Any, workers: int) -> None:
        cfg = Config()
        cfg.set("workers", workers)
        super().__init__(sockets=[listener], cfg=cfg, worker_connections=1000, server_class=None, alive=True)
        self.log = SimpleNamespace(warning=lambda *_: None)
        self.accepted = 0
        self.first_turn = 0
        self.served = Event()

    def notify(self) -> None:
        """gunicorn's arbiter is to hear of it."""

    def handle(self, listener: Any, client: Any, peer: Any) -> None:
        self.first_turn = self.first_turn or self.accepted
        self.served.set()


@pytest.mark.parametrize("workers", [1, 2])
def test_several_a_turn_however_many_workers(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(ggevent, "StreamServer", ggevent.StreamServer)
    accept_several_a_turn()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4 * MOST_A_TURN)
    worker = Worker(listener, workers)
    do_read = TurnServer.do_read

    def counted(server: Any) -> Any:
        found = do_read(server)
        worker.accepted += found is not None
        return found

    monkeypatch.setattr(TurnServer, "do_read", counted)
    clients = [socket.create_connection(listener.getsockname()) for _ in range(2 * MOST_A_TURN)]
    running = gevent.spawn(ggevent.GeventWorker.run, worker)
    try:
        assert worker.served.wait(LIMIT_S)
        assert worker.first_turn == MOST_A_TURN
    finally:
        running.kill()
        for each in (*clients, listener):
            each.close()
