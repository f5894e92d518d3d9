"""Looks after the running processes: says what died, clears up after it, and never gives one up."""

import time
from collections.abc import Callable
from pathlib import Path

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.process_session import kill_group
from partyapp.local_run.stop_signal import StopSignal
from partyapp.local_run.supervisord import ProcessInfo, Supervisord, SupervisorUnreachableError
from partyapp.local_run.watch import ProcessWatch

LOOK_EVERY_S = 0.5
START_AGAIN_AFTER_S = 5.0
SILENCE_LIMIT_S = 15.0


class Supervision:
    """One running supervisord and what is known of its processes."""

    def __init__(self, supervisord: Supervisord, logs: Path, say: Callable[[str], None]) -> None:
        self.supervisord = supervisord
        self._logs = logs
        self._say = say
        self._watch = ProcessWatch(supervisord.reason_of_death)
        self._last_answer = time.monotonic()
        self._start_again: dict[str, tuple[float, ProcessInfo]] = {}

    def look(self) -> list[ProcessInfo]:
        """Ask once, say what is new, and do what is due; an empty list when there was no answer.

        Raises LocalRunError when supervisord died, or was silent for too long.
        """
        if not self.supervisord.is_alive:
            raise LocalRunError(
                f"supervisord died; everything is stopped. Its log is {self._logs / 'supervisord.log'}."
            )
        try:
            processes = self.supervisord.processes()
        except SupervisorUnreachableError as error:
            if time.monotonic() - self._last_answer > SILENCE_LIMIT_S:
                raise LocalRunError("supervisord does not answer any more; everything is stopped.") from error
            return []
        self._last_answer = time.monotonic()
        seen = self._watch.observe(processes)
        for pid in seen.dead_pids:
            # A killed parent leaves children, which would hold the port or take tasks in its stead.
            kill_group(self.supervisord.pid, pid)
        for line in seen.lines:
            self._say(line)
        for process in seen.given_up:
            self._plan_another_start(process)
        self._start_what_is_due()
        return processes

    def _plan_another_start(self, process: ProcessInfo) -> None:
        name = process.name
        reason = self.supervisord.reason_of_death(name)
        pause = f"{START_AGAIN_AFTER_S:g} s"
        self._say(f"{name} keeps dying ({reason}); trying again in {pause}. Its log is {self.log_of(name)}")
        self._start_again[name] = (time.monotonic() + START_AGAIN_AFTER_S, process)

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for name, (due, process) in list(self._start_again.items()):
            if due > now:
                continue
            try:
                self._watch.restarting(process)
                self.supervisord.start_process(process)
            except SupervisorUnreachableError:
                self._start_again[name] = (now + START_AGAIN_AFTER_S, process)
            else:
                del self._start_again[name]

    def log_of(self, name: str) -> Path:
        """Where what the process says is written."""
        return self._logs / f"{name}.log"

    def deaths(self, name: str) -> int:
        """How many times the process was seen to have died."""
        return self._watch.deaths[name]

    def look_after_until(self, stop: StopSignal) -> None:
        """Look twice a second until the stop is asked for, and raise StopRequestedError then."""
        while True:
            stop.pause(LOOK_EVERY_S)
            self.look()
