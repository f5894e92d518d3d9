"""Many hostile sockets beside two good ones, and what the web processes must look like afterwards."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.support.hostile_sockets import ATTACKS, Target, attack_once
from tests.support.local_stack import Stack
from tests.support.party_client import Guest, Socket
from tests.support.waiting import RECOVERY_S, Unexpected, eventually
from tests.support.web_workers import web_workers

AT_ONCE = 8
#: The database's pool may have opened a few connections more than it had before.
MORE_FILES = 4
#: Python's memory goes back in whole arenas only. A socket that is kept takes 37 KB, so a leak shows.
MORE_MB = 10.0


@dataclass(frozen=True)
class Body:
    """What a process holds: open files, threads of the system, resident memory."""

    files: int
    threads: int
    resident_mb: float

    @classmethod
    def of(cls, pid: int) -> Body:
        """The process as it is now."""
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        found = {name: int(re.findall(rf"{name}:\s+(\d+)", status)[0]) for name in ("Threads", "VmRSS")}
        return cls(len(list(Path(f"/proc/{pid}/fd").iterdir())), found["Threads"], found["VmRSS"] / 1024)

    def is_back_at(self, before: Body) -> bool:
        """Whether nothing was kept."""
        return (
            self.files <= before.files + MORE_FILES
            and self.threads <= before.threads
            and self.resident_mb <= before.resident_mb + MORE_MB
        )


@dataclass
class Report:
    """What `fuzz_sockets` saw. `before` and `after` are in the order of the processes' ids."""

    statuses: Counter[int]
    before: list[Body]
    after: list[Body]

    def __str__(self) -> str:
        return (
            f"{self.statuses.total()} hostile sockets, {dict(self.statuses)}; {self.before} -> {self.after}"
        )


class Bystanders:
    """Two good members, who must not notice anything."""

    def __init__(self, url: str) -> None:
        self.host, self.member = Guest(url, "Host"), Guest(url, "Member")
        self.hostile = Guest(url, "Hostile")
        self.party = self.host.create_party()
        for guest in (self.member, self.hostile):
            guest.join(self.party["id"], self.party["invite_code"])
        self.sockets = [guest.connect(self.party["id"]) for guest in (self.host, self.member)]
        for socket in self.sockets:
            socket.expect("welcome")
        self._pings = 0

    def check(self) -> None:
        """Both are answered, and both hear of a command. Raises Unexpected."""
        self._pings += 1
        for socket in self.sockets:
            socket.ping(self._pings)
        said = self.sockets[0].command("seek", position_s=float(self._pings))
        for socket in self.sockets:
            socket.wait_for_revision(said["revision"])
            _check_whole(socket)

    def close(self) -> None:
        for guest in (self.host, self.member, self.hostile):
            guest.close()


def _check_whole(socket: Socket) -> None:
    socket.check_no_gap()
    # JSON has no infinite numbers, though Python reads them.
    json.dumps(socket.messages, allow_nan=False)
    if not socket.is_open:
        raise Unexpected("a good member's socket was closed")


def _assault(target: Target, seeds: Sequence[int], bystanders: Bystanders) -> Counter[int]:
    statuses: Counter[int] = Counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for kind, status, received in pool.map(lambda seed: attack_once(target, seed), seeds):
            statuses[status] += 1
            if (status >= 500 and status != 503) or b"HTTP/1.1" in received:
                raise Unexpected(f"{kind} was answered with {status}: {received[:200]!r}")
            if statuses.total() % 50 == 0:
                bystanders.check()
    bystanders.check()
    return statuses


def fuzz_sockets(stack: Stack, number: int, seed: int) -> Report:
    """So many hostile sockets, after a few to warm up. The same seed makes the same ones.

    Raises Unexpected when a good member was disturbed, an answer was 5xx but 503, or a web process is not
    what it was before.
    """
    bystanders = Bystanders(stack.url)
    try:
        target = Target(stack.url, bystanders.party["id"], bystanders.hostile.token)
        pids = web_workers(stack)
        first = seed * 1_000_003
        _assault(target, range(first, first + 4 * len(ATTACKS)), bystanders)
        before = [_settled(pid) for pid in pids]
        statuses = _assault(target, range(first + 100, first + 100 + number), bystanders)
        if web_workers(stack) != pids:
            raise Unexpected(f"the web processes were {pids} and are {web_workers(stack)}")
        for pid, was in zip(pids, before, strict=True):
            _back_at(pid, was)
        bystanders.check()
        return Report(statuses, before, [Body.of(pid) for pid in pids])
    finally:
        bystanders.close()


def _settled(pid: int) -> Body:
    """The process once two looks in a row show as many files."""
    seen = [Body.of(pid)]

    def same() -> Body | None:
        seen.append(Body.of(pid))
        return seen[-1] if seen[-1].files == seen[-2].files else None

    return eventually(same, RECOVERY_S, every_s=2.5) or seen[-1]


def _back_at(pid: int, before: Body) -> None:
    try:
        eventually(lambda: Body.of(pid).is_back_at(before), RECOVERY_S, every_s=0.5)
    except Unexpected:
        raise Unexpected(f"process {pid} was {before} and stays {Body.of(pid)}") from None
