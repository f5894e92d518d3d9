"""Notices, from what supervisord reports, which process died and was started again.

This room only compares one report with the next; asking, speaking and killing is done by its caller.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from partyapp.local_run.supervisord import FATAL, ProcessInfo


@dataclass(kw_only=True)
class Observation:
    """What one report brought: the lines to say, the pids that died, the processes that were given up."""

    lines: list[str] = field(default_factory=list)
    dead_pids: list[int] = field(default_factory=list)
    given_up: list[ProcessInfo] = field(default_factory=list)


class ProcessWatch:
    """Remembers each process's last pid; `reason_of` says in words why the process of a name and pid died."""

    def __init__(self, reason_of: Callable[[str, int], str]) -> None:
        self._reason_of = reason_of
        self._running: dict[str, int] = {}
        self._down: dict[str, int] = {}
        self._given_up: set[str] = set()
        self.deaths: Counter[str] = Counter()

    def observe(self, processes: Iterable[ProcessInfo]) -> Observation:
        """Compare with the report before. A death and its restart are told in one line."""
        seen = Observation()
        for process in processes:
            before = self._running.get(process.name, 0)
            if before and before != process.pid:
                seen.dead_pids.append(before)
                self.deaths[process.name] += 1
                # The death to tell is the first one: a restart may have failed before it was looked at.
                self._down.setdefault(process.name, before)
            self._running[process.name] = process.pid
            if process.pid and process.name in self._down:
                reason = self._reason_of(process.name, self._down.pop(process.name))
                self._given_up.discard(process.name)
                seen.lines.append(f"{process.name} died ({reason}) and was started again")
            elif process.state == FATAL and process.name not in self._given_up:
                self._given_up.add(process.name)
                self._down.setdefault(process.name, before)
                seen.given_up.append(process)
        return seen

    def restarting(self, process: ProcessInfo) -> None:
        """`process` is about to be started after it was given up; the next FATAL is news again."""
        self._given_up.discard(process.name)
