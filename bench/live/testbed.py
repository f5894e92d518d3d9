"""The testbed of the live bench: the four servers, the load generator, and the rooms on them."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench.live.clients import PartyClients, in_threads
from bench.live.processes import LoadGenerator, RoomServer
from bench.percentiles import quantile
from bench.processes import StealTime, children_of, cpu_of, memory_of
from tests.support.local_stack import Stack

#: Our whole stack, our live path alone, and the libraries that peers are built on.
OURS, HUB, WS, SOCKETIO = "party", "hub", "ws", "socket.io"
IN_MEMORY = (HUB, WS, SOCKETIO)
ALL = (OURS, *IN_MEMORY)
SETTLE_S = 1.5
#: The number of concurrent handshakes.
AT_ONCE = 50
#: With more steal time than this share of a core a figure measures the host. It is measured again then, so
#: many times at most, and the interval of the least steal time counts.
MAX_STEAL_CORES = 0.01
TRIES = 4


class Testbed:
    """Running servers and clients; `quick` and `full` select the size of the measurements."""

    def __init__(
        self, load: LoadGenerator, stack: Stack, servers: dict[str, RoomServer], quick: bool, full: bool
    ) -> None:
        self.load, self.stack, self.servers = load, stack, servers
        self.clients = PartyClients(stack)
        self.quick, self.full = quick, full
        self._number = 0
        #: Parties whose room was closed, by size, for reuse: filling one takes longer than measuring in it.
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
        return children_of(self.stack.pid_of("web"))

    @contextmanager
    def room(self, name: str, members: int, small_last: int = 0) -> Iterator[str]:
        """A room of that many open sockets on a server until the end of the block; gives the room's name.

        The last `small_last` have small receive buffers.
        """
        with self.rooms(name, 1, members, small_last) as (opened, _):
            yield opened[0]

    @contextmanager
    def rooms(
        self, name: str, count: int, members: int, small_last: int = 0
    ) -> Iterator[tuple[list[str], dict[str, Any]]]:
        """So many equal rooms, and the result of opening all their sockets."""
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
        """So many parties of that size with their members' tokens, reused ones first."""
        spare = self._spare.get(members, [])
        taken, self._spare[members] = spare[:count], spare[count:]
        missing = count - len(taken)
        # The joins of one party wait for each other in the database; those of several don't.
        at_once = 6 if count == 1 else 1
        return taken + in_threads(lambda _: self.clients.full_party(members, at_once), range(missing), 6)

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
            protocol, sockets = "party", [self.clients.socket(party, token) for token in tokens]
        else:
            server = self.servers[name]
            protocol, sockets = server.protocol, server.sockets(room, members)
        for number in range(members - small_last, members):
            sockets[number] = {**sockets[number], "small_buffer": True}
        return {"name": room, "protocol": protocol, "sockets": sockets}


@contextmanager
def measured_usage(testbed: Testbed, name: str, row: dict[str, Any]) -> Iterator[None]:
    """Note in `row` the CPU time of a server and of the load generator, and the steal time, in this block."""
    server, load = testbed.pids(name), [testbed.load.pid]
    began, used, own, steal = time.monotonic(), cpu_of(server), cpu_of(load), StealTime()
    yield
    took = time.monotonic() - began
    row["server_cpu_s"] = round(cpu_of(server) - used, 3)
    row["load_cpu_share"] = round((cpu_of(load) - own) / took, 3)
    row["steal_cores"] = steal.cores()


def least_steal(action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of `action` in a low-steal interval, or in the best of `TRIES`, with its steal time."""
    rows: list[dict[str, Any]] = []
    while len(rows) < TRIES and all(row["steal_cores"] > MAX_STEAL_CORES for row in rows):
        steal = StealTime()
        rows.append({**action(), "steal_cores": steal.cores()})
    return min(rows, key=lambda row: float(row["steal_cores"]))


def settle() -> None:
    """Let presence, which is published once a second, settle after many joins."""
    time.sleep(SETTLE_S)


def interleaved(
    names: Sequence[str], rounds: int, action: Callable[[str], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """`action` on each server in turn, round by round, so that a slow interval of the machine affects all."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(rounds):
        order = names if number % 2 == 0 else tuple(reversed(names))
        for name in order:
            found[name].append(action(name))
    return found


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed; NaN of no values."""
    return quantile(sorted(values), percent / 100)


def ratios(found: dict[str, list[dict[str, Any]]], ours: str, figure: str) -> dict[str, float]:
    """The median over the rounds of `ours` divided by each other server's figure in the same round."""
    return {
        other: statistics.median(
            mine[figure] / theirs[figure] for mine, theirs in zip(found[ours], rows, strict=True)
        )
        for other, rows in found.items()
        if other != ours
    }
