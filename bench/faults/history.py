"""The history of a run: what the clients sent and received, one line of JSON each, read back for the checker.

The kinds of line are those of Jepsen's histories (invoke, ok, fail, info), and some for the sockets:

- `invoke`, t, operation, party, user, action, noop: a client sends an operation under this id for the first
  time; the party is empty for a creation, and noop says that it may change nothing.
- `ok`, t, operation, revision or null: the service acknowledged it.
- `fail`, t, operation, code: the service refused it for good, so it must have had no effect.
- `info`, t, operation, why: its outcome is unknown, and the client has given up retrying.
- `open`, t, listener, connection, party, last_revision or null: a socket was opened.
- `delivery`, t, listener, connection, kind, revision, digest: a message on it; kind is welcome, replay,
  change or tick. A listener's `name` is the same over all its connections.
- `closed`, t, listener, connection, code or null: that socket's end.
- `status`, t, status, what: an HTTP answer of 500 or more.
- `canary`, t, text: a secret or private word that no log may show.

`t` is this machine's monotonic clock in s, the same for all processes.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self


@dataclass(slots=True, kw_only=True)
class Operation:
    """One command of a client, sent once or, with the same id, several times."""

    id: str
    party: str
    user: str
    action: str
    invoked_s: float
    #: The revision of each `ok`, None where the answer names none.
    oks: list[int | None] = field(default_factory=list)
    failed: str | None = None
    unknown: str | None = None
    #: An `ok` that may have changed nothing: a join of a user that may be a member already.
    may_be_noop: bool = False


@dataclass(slots=True)
class Delivery:
    """One message that a listener received."""

    t: float
    kind: str
    revision: int
    digest: str


@dataclass(slots=True, kw_only=True)
class SocketHistory:
    """All messages of one socket, in their order."""

    listener: str
    party: str
    opened_s: float
    last_revision: int | None
    deliveries: list[Delivery] = field(default_factory=list)
    is_closed: bool = False
    code: int | None = None


@dataclass(slots=True)
class History:
    """A whole run as its clients saw it."""

    operations: dict[str, Operation] = field(default_factory=dict)
    #: By listener, its sockets in the order of their opening.
    sockets: dict[str, list[SocketHistory]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    canaries: set[str] = field(default_factory=set)

    def counts(self) -> dict[str, int]:
        """The number of commands by outcome, and of sockets and deliveries."""
        found = self.operations.values()
        sockets = [socket for of_listener in self.sockets.values() for socket in of_listener]
        return {
            "commands": len(self.operations),
            "ok": sum(bool(each.oks) for each in found),
            "fail": sum(not each.oks and each.failed is not None for each in found),
            "unknown": sum(not each.oks and each.failed is None for each in found),
            "deliveries": sum(len(socket.deliveries) for socket in sockets),
            "sockets": len(sockets),
        }


class Recorder:
    """Writes a history."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    @classmethod
    def to(cls, path: Path) -> Self:
        """A recorder that writes to a new file."""
        return cls(path.open("w", encoding="utf-8", buffering=1 << 16))

    def __call__(self, kind: str, *facts: Any) -> None:
        """Write one line; see the top of this file."""
        self._out.write(json.dumps([kind, round(time.monotonic(), 4), *facts]) + "\n")

    def close(self) -> None:
        """End the file."""
        self._out.close()


def read_history(lines: Iterable[str]) -> History:
    """Read a history back. Raises KeyError for the outcome of an operation that was never invoked."""
    history, sockets = History(), {}
    for line in lines:
        kind, t, *facts = json.loads(line)
        if kind == "invoke":
            id, party, user, action, may_be_noop = facts
            history.operations.setdefault(
                id,
                Operation(id=id, party=party, user=user, action=action, invoked_s=t, may_be_noop=may_be_noop),
            )
        elif kind in ("ok", "fail", "info"):
            _end(history.operations[facts[0]], kind, facts[1])
        elif kind == "open":
            listener, number, party, last_revision = facts
            socket = SocketHistory(listener=listener, party=party, opened_s=t, last_revision=last_revision)
            sockets[listener, number] = socket
            history.sockets.setdefault(listener, []).append(socket)
        elif kind == "delivery":
            sockets[facts[0], facts[1]].deliveries.append(Delivery(t, *facts[2:]))
        elif kind == "closed":
            socket = sockets[facts[0], facts[1]]
            socket.is_closed, socket.code = True, facts[2]
        elif kind == "status":
            history.statuses[f"{facts[0]} {facts[1]}"] += 1
        elif kind == "canary":
            history.canaries.add(facts[0])
    return history


def _end(operation: Operation, kind: str, fact: Any) -> None:
    if kind == "ok":
        operation.oks.append(fact)
    elif kind == "fail":
        operation.failed = fact
    else:
        operation.unknown = fact
