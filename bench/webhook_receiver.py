"""A receiver of webhooks in a process of its own; see `webhooks`."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, Self

import gevent
from gevent.server import StreamServer
from gevent.socket import wait_read
from standardwebhooks import Webhook, WebhookVerificationError

_ANSWERS = {True: b"HTTP/1.1 204 No Content\r\n\r\n", False: b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"}


class Kind(StrEnum):
    """How it answers: at once, each message only after `refusals`, or never."""

    GOOD = "good"
    REFUSES = "refuses"
    SILENT = "silent"


@dataclass(frozen=True)
class Report:
    """What came: each event counts once, by its id; a message that comes again is a request more.

    `misplaced` are events that came before an earlier one of their party was accepted. Instants in s.
    """

    requests: int = 0
    events: int = 0
    unsigned: int = 0
    misplaced: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


class _Receiver:
    def __init__(self, kind: Kind, refusals: int) -> None:
        self._kind, self._refusals = kind, refusals
        self.hook: Webhook | None = None
        self.forget()

    def forget(self) -> None:
        self._seen: Counter[str] = Counter()
        self._accepted: set[str] = set()
        self._revisions: dict[str, int] = {}
        self._requests = self._unsigned = self._misplaced = 0
        self._first_s = self._last_s = 0.0

    def report(self) -> Report:
        return Report(
            self._requests, len(self._accepted), self._unsigned, self._misplaced, self._first_s, self._last_s
        )

    def serve(self, wire: Any, _address: object) -> None:
        reader = wire.makefile("rb")
        while line := reader.readline():
            headers = {}
            while (line := reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                headers[name.decode().lower()] = value.strip().decode()
            body = reader.read(int(headers["content-length"]))
            self._requests += 1
            if self._kind is Kind.SILENT:
                gevent.sleep(3600)
            wire.sendall(_ANSWERS[self._take(headers, body)])

    def _take(self, headers: dict[str, str], body: bytes) -> bool:
        name = headers["webhook-id"]
        self._seen[name] += 1
        if self._kind is Kind.REFUSES and self._seen[name] <= self._refusals:
            return False
        if name in self._accepted:
            return True
        self._last_s = monotonic()
        self._first_s = self._first_s or self._last_s
        try:
            assert self.hook is not None
            message = self.hook.verify(body, headers)
        except WebhookVerificationError:
            self._unsigned += 1
            return True
        self._accepted.add(name)
        before = self._revisions.get(message["party"], message["revision"] - 1)
        self._misplaced += message["revision"] != before + 1
        self._revisions[message["party"]] = message["revision"]
        return True


def _run(pipe: Connection, kind: Kind, refusals: int) -> None:
    receiver = _Receiver(kind, refusals)
    server = StreamServer(("127.0.0.1", 0), receiver.serve)
    server.start()
    pipe.send(server.server_port)
    while True:
        wait_read(pipe.fileno())
        word, argument = pipe.recv()
        if word == "use":
            receiver.hook = Webhook(argument)
        elif word == "forget":
            receiver.forget()
        elif word == "report":
            pipe.send(receiver.report())
        else:
            return


class ReceiverProcess:
    """A receiver, from another process."""

    def __init__(self, kind: Kind, refusals: int = 0) -> None:
        context = get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_run, args=(other, kind, refusals), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}/hooks"
        return self

    def __exit__(self, *_error: object) -> None:
        self._pipe.send(("end", None))
        self._process.join(10)

    def use(self, secret: str) -> None:
        """Verify signatures by this secret from now on."""
        self._pipe.send(("use", secret))

    def forget(self) -> None:
        """Count anew."""
        self._pipe.send(("forget", None))

    def report(self) -> Report:
        """What has come so far."""
        self._pipe.send(("report", None))
        found: Report = self._pipe.recv()
        return found
