"""The history of a run: what the clients sent and received, one line of JSON each, read back for the checker.

The kinds of line are those of Jepsen's histories (invoke, ok, fail, info), and some for the sockets:

- `invoke`, t, operation, party, user, action, noop, facts: a client sends an operation under this id for
  the first time; the party is empty for a creation, and noop says that it may be no event of the party.
  `facts` are what it is about, such as the text of a message.
- `note`, t, operation, facts: what the answer to an operation told besides.
- `ok`, t, operation, revision or null: the service acknowledged it.
- `fail`, t, operation, code: the service refused it for good, so it must have had no effect.
- `info`, t, operation, why: its outcome is unknown, and the client has given up retrying.
- `open`, t, listener, connection, party, last_revision or null: a socket was opened.
- `delivery`, t, listener, connection, kind, revision, digest: a message on it; kind is welcome, replay,
  change or tick. A listener's `name` is the same over all its connections.
- `closed`, t, listener, connection, code or null: that socket's end.
- `chat`, t, listener, connection, kind, [[seq, id], ...]: messages of the chat on it; kind is welcome or
  said.
- `heard`, t, listener, party, chat, queue: what a listener has in the end: of the chat [[seq, id, user, text,
  deleted], ...], of the queue [revision, [[id, votes], ...]].
- `read`, t, party, revision, digest: a Party as REST has shown it to a member.
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
    facts: dict[str, Any] = field(default_factory=dict)
    #: When the first `ok` came.
    done_s: float | None = None
    #: The revision of each `ok`, None where the answer names none.
    oks: list[int | None] = field(default_factory=list)
    failed: str | None = None
    unknown: str | None = None
    #: An `ok` that may be no event of the party: a join of a user that may be a member already, a message.
    may_be_noop: bool = False


@dataclass(slots=True, kw_only=True)
class Heard:
    """What a listener has of the chat and of the queue in the end."""

    listener: str
    party: str
    #: Each `seq`, id, user, text, and whether it was deleted.
    chat: list[list[Any]]
    #: The revision, and of each item its id and votes; None where it was told of none.
    queue: list[Any] | None


@dataclass(slots=True)
class Reading:
    """A Party as REST has shown it."""

    party: str
    revision: int
    digest: str


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
    #: The chat's messages on it: whether in a welcome or as they were said, and each `seq` with its id.
    talk: list[tuple[str, list[list[Any]]]] = field(default_factory=list)
    is_closed: bool = False
    code: int | None = None


@dataclass(slots=True)
class History:
    """A whole run as its clients saw it."""

    operations: dict[str, Operation] = field(default_factory=dict)
    #: By listener, its sockets in the order of their opening.
    sockets: dict[str, list[SocketHistory]] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
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
    history = History()
    sockets: dict[tuple[str, int], SocketHistory] = {}
    for line in lines:
        kind, t, *facts = json.loads(line)
        if kind in ("invoke", "note", "ok", "fail", "info"):
            _read_operation(history, kind, t, facts)
        elif kind in ("open", "delivery", "chat", "closed"):
            _read_socket(history, sockets, kind, t, facts)
        elif kind == "heard":
            listener, party, chat, queue = facts
            history.heard.append(Heard(listener=listener, party=party, chat=chat, queue=queue))
        elif kind == "read":
            history.readings.append(Reading(*facts))
        elif kind == "status":
            history.statuses[f"{facts[0]} {facts[1]}"] += 1
        elif kind == "canary":
            history.canaries.add(facts[0])
    return history


def _read_operation(history: History, kind: str, t: float, facts: list[Any]) -> None:
    if kind == "invoke":
        id, party, user, action, noop, about = facts
        operation = Operation(id=id, party=party, user=user, action=action, invoked_s=t)
        operation.may_be_noop, operation.facts = noop, about
        history.operations.setdefault(id, operation)
        return
    operation = history.operations[facts[0]]
    if kind == "note":
        operation.facts.update(facts[1])
    elif kind == "ok":
        operation.oks.append(facts[1])
        operation.done_s = t if operation.done_s is None else operation.done_s
    elif kind == "fail":
        operation.failed = facts[1]
    else:
        operation.unknown = facts[1]


def _read_socket(
    history: History, sockets: dict[tuple[str, int], SocketHistory], kind: str, t: float, facts: list[Any]
) -> None:
    if kind == "open":
        listener, number, party, last_revision = facts
        socket = SocketHistory(listener=listener, party=party, opened_s=t, last_revision=last_revision)
        sockets[listener, number] = socket
        history.sockets.setdefault(listener, []).append(socket)
        return
    socket = sockets[facts[0], facts[1]]
    if kind == "delivery":
        socket.deliveries.append(Delivery(t, *facts[2:]))
    elif kind == "chat":
        socket.talk.append((facts[2], facts[3]))
    else:
        socket.is_closed, socket.code = True, facts[2]
