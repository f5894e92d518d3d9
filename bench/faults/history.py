"""What the clients did and were told: written down line by line, and read back for the checker.

One line of JSON each; the first word says what it is:

- `invoke`, t, operation, party, user, action, idle: somebody wants something done under this operation's
  id; the party is empty for a creation, and idle says that nothing may be left to do.
- `ok`, t, operation, revision or null: the service said that it is done.
- `fail`, t, operation, code: the service refused for good, so nothing may have happened.
- `info`, t, operation, why: nobody knows, and the client has given up asking.
- `open`, t, listener, connection, party, last_revision or null: a socket was opened.
- `told`, t, listener, connection, how, revision, digest: what was said on it; how is welcome, replay,
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
    """One command of a client, asked for once or, with the same id, several times."""

    id: str
    party: str
    user: str
    action: str
    invoked_s: float
    #: The revision of each `ok`, None where the answer names none.
    oks: list[int | None] = field(default_factory=list)
    failed: str | None = None
    unknown: str | None = None
    #: An `ok` that may have changed nothing: a join of who may be in already.
    may_be_idle: bool = False


@dataclass(slots=True)
class Told:
    """One thing that a listener was told."""

    t: float
    how: str
    revision: int
    digest: str


@dataclass(slots=True, kw_only=True)
class Hearing:
    """All that one socket brought, in its order."""

    listener: str
    party: str
    opened_s: float
    last_revision: int | None
    told: list[Told] = field(default_factory=list)
    is_closed: bool = False
    code: int | None = None


@dataclass(slots=True)
class History:
    """A whole run as its clients saw it."""

    operations: dict[str, Operation] = field(default_factory=dict)
    #: By listener, its sockets in the order of their opening.
    hearings: dict[str, list[Hearing]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    canaries: set[str] = field(default_factory=set)

    def counts(self) -> dict[str, int]:
        """How many commands ended how."""
        found = self.operations.values()
        return {
            "commands": len(self.operations),
            "ok": sum(bool(each.oks) for each in found),
            "fail": sum(not each.oks and each.failed is not None for each in found),
            "unknown": sum(not each.oks and each.failed is None for each in found),
            "told": sum(len(hearing.told) for all_of in self.hearings.values() for hearing in all_of),
            "sockets": sum(len(all_of) for all_of in self.hearings.values()),
        }


class Recorder:
    """Writes a history down."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    @classmethod
    def to(cls, path: Path) -> Self:
        """One that writes to a new file."""
        return cls(path.open("w", encoding="utf-8", buffering=1 << 16))

    def __call__(self, kind: str, *facts: Any) -> None:
        """Write one line; see the top of this file."""
        self._out.write(json.dumps([kind, round(time.monotonic(), 4), *facts]) + "\n")

    def close(self) -> None:
        """Nothing more comes."""
        self._out.close()


def read_history(lines: Iterable[str]) -> History:
    """Read a history back. Raises KeyError for an answer to what nobody asked."""
    history, sockets = History(), {}
    for line in lines:
        kind, t, *facts = json.loads(line)
        if kind == "invoke":
            id, party, user, action, may_be_idle = facts
            history.operations.setdefault(
                id,
                Operation(id=id, party=party, user=user, action=action, invoked_s=t, may_be_idle=may_be_idle),
            )
        elif kind in ("ok", "fail", "info"):
            _end(history.operations[facts[0]], kind, facts[1])
        elif kind == "open":
            listener, number, party, last_revision = facts
            hearing = Hearing(listener=listener, party=party, opened_s=t, last_revision=last_revision)
            sockets[listener, number] = hearing
            history.hearings.setdefault(listener, []).append(hearing)
        elif kind == "told":
            sockets[facts[0], facts[1]].told.append(Told(t, *facts[2:]))
        elif kind == "closed":
            hearing = sockets[facts[0], facts[1]]
            hearing.is_closed, hearing.code = True, facts[2]
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
