"""The ground on which all is measured: the four servers, the load generator, and what fills their rooms."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench.live.clients import Crowd, in_threads
from bench.live.processes import Load, RoomServer, Theft, cpu_of, memory_of
from bench.load.time_under_load import children
from tests.support.local_stack import Stack

#: Ours with everything behind it, our live path alone, and what peers are built on.
OURS, HUB, WS, SOCKETIO = "party", "hub", "ws", "socket.io"
IN_MEMORY = (HUB, WS, SOCKETIO)
ALL = (OURS, *IN_MEMORY)
SETTLE_S = 1.5
#: So many handshakes are under way at once.
AT_ONCE = 50
#: When the host kept more than this share of a core to itself, what was measured is its doing. It is measured
#: again then, so many times at most, and the calmest counts, whatever it shows.
CALM = 0.01
TRIES = 4


class Resources:
    """Everything runs; `quick` and `full` say how much of it to measure."""

    def __init__(
        self, load: Load, stack: Stack, servers: dict[str, RoomServer], quick: bool, full: bool
    ) -> None:
        self.load, self.stack, self.servers = load, stack, servers
        self.crowd = Crowd(stack)
        self.quick, self.full = quick, full
        self._number = 0
        #: Parties whose room was closed, by size: filling one costs more than all that is measured in it.
        self._spare: dict[int, list[tuple[dict[str, Any], list[str]]]] = {}

    def pick(self, quick: Any, default: Any, full: Any = None) -> Any:
        """The value for the size of this run."""
        if self.quick:
            return quick
        return full if self.full and full is not None else default

    def pids(self, name: str) -> list[int]:
        """The processes that hold the sockets of a server."""
        if name != OURS:
            return self.servers[name].server_pids()
        return children(self.stack.pid_of("web"))

    @contextmanager
    def room(self, name: str, members: int, small_last: int = 0) -> Iterator[str]:
        """A room of that many open sockets on a server, until the end of the block; its name at the load.

        The last `small_last` have small receive buffers.
        """
        with self.rooms(name, 1, members, small_last) as (opened, _):
            yield opened[0]

    @contextmanager
    def rooms(
        self, name: str, count: int, members: int, small_last: int = 0
    ) -> Iterator[tuple[list[str], dict[str, Any]]]:
        """So many rooms alike, and what opening all their sockets took."""
        self._number += count
        names = [f"{name}-{self._number - at}" for at in range(count)]
        parties = self._parties(count, members) if name == OURS else []
        wanted = [
            self._to_open(name, room, members, small_last, *(parties[at] if parties else ()))
            for at, room in enumerate(names)
        ]
        before = memory_of(self.pids(name))
        opened = self.load("open", wanted=wanted, at_once=AT_ONCE)
        opened["memory_before"] = before
        try:
            yield names, opened
        finally:
            self.load("close", names=names)
            self._spare.setdefault(members, []).extend(parties)

    def _parties(self, count: int, members: int) -> list[tuple[dict[str, Any], list[str]]]:
        """So many parties of that size with their members' tokens; those that were used before, if any."""
        spare = self._spare.get(members, [])
        taken, self._spare[members] = spare[:count], spare[count:]
        missing = count - len(taken)
        # One room's joins wait for each other in the database; those of many rooms don't.
        at_once = 6 if count == 1 else 1
        return taken + in_threads(lambda _: self.crowd.filled(members, at_once), range(missing), 6)

    def _to_open(
        self,
        name: str,
        room: str,
        members: int,
        small_last: int,
        party: dict[str, Any] | None = None,
        tokens: Sequence[str] = (),
    ) -> dict[str, Any]:
        """What the load generator needs to open a room."""
        if party is not None:
            protocol, sockets = "party", [self.crowd.socket(party, token) for token in tokens]
        else:
            server = self.servers[name]
            protocol, sockets = server.protocol, server.sockets(room, members)
        for number in range(members - small_last, members):
            sockets[number] = {**sockets[number], "small_buffer": True}
        return {"name": room, "protocol": protocol, "sockets": sockets}


@contextmanager
def watched(ground: Resources, name: str, row: dict[str, Any]) -> Iterator[None]:
    """Note in `row` the processor time of a server, the load generator and the host's theft in this block."""
    server, load = ground.pids(name), [ground.load.pid]
    began, used, own, theft = time.monotonic(), cpu_of(server), cpu_of(load), Theft()
    yield
    took = time.monotonic() - began
    row["server_cpu_s"] = round(cpu_of(server) - used, 3)
    row["load_cpu_share"] = round((cpu_of(load) - own) / took, 3)
    row["stolen_share"] = theft.share()


def calmest(deed: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `deed` finds in a spell in which the host leaves us alone, or nearly; the row says how nearly."""
    rows: list[dict[str, Any]] = []
    while len(rows) < TRIES and all(row["stolen_share"] > CALM for row in rows):
        theft = Theft()
        rows.append({**deed(), "stolen_share": theft.share()})
    return min(rows, key=lambda row: float(row["stolen_share"]))


def settle() -> None:
    """Let presence, which is told once a second, come to rest after many arrivals."""
    time.sleep(SETTLE_S)


def in_rounds(
    names: Sequence[str], rounds: int, deed: Callable[[str], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """`deed` of each server in turn, round by round, so that a slow spell of the machine meets all."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(rounds):
        order = names if number % 2 == 0 else tuple(reversed(names))
        for name in order:
            found[name].append(deed(name))
    return found


def share(values: Sequence[float], percent: float) -> float:
    """A percentile of what was measured: the value that so many percent don't pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else float("nan")


def ratios(found: dict[str, list[dict[str, Any]]], ours: str, figure: str) -> dict[str, float]:
    """The median over the rounds of `ours` divided by each other server's figure in the same round."""
    return {
        other: statistics.median(
            mine[figure] / theirs[figure] for mine, theirs in zip(found[ours], rows, strict=True)
        )
        for other, rows in found.items()
        if other != ours
    }
