"""What the processes left in their logs: private words, and ends that nobody brought about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bench.faults.checker import Violation

_DIED = re.compile(r"^(\w+) (?:died|keeps dying) \(([^)]*)\)", re.MULTILINE)
#: gunicorn's and celery's words for a child that is gone.
_CHILD_GONE = (
    re.compile(r"Worker \(pid:(\d+)\) (?:was sent|exited)"),
    re.compile(r"WORKER TIMEOUT \(pid:(\d+)\)"),
    re.compile(r"pid:(\d+) exited with"),
)
#: celery's and gunicorn's words when they end for a fault of their own, whoever was killed besides.
_GIVES_UP = re.compile(r"(Unrecoverable error: .{0,100}|Worker failed to boot)")
#: gevent's words for a greenlet that is gone.
_GREENLET_GONE = re.compile(r"<Greenlet at \w+: (?:<bound method )?(\S+).*failed with (\w+)$", re.MULTILINE)
_BEGAN_AGAIN = re.compile(r"(\S+) failed and begins again")
_RAISED = re.compile(
    r"^(?:[a-z_]+\.)*([A-Z]\w*(?:Error|Exception|Refused|Unavailable)\b.{0,120})", re.MULTILINE
)


def read_logs(folder: Path) -> dict[str, str]:
    """All logs of a run by their file's name, also those that were rotated away."""
    return {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.glob("*.log*"))
    }


def check_canaries(logs: Mapping[str, str], canaries: Iterable[str]) -> Iterator[Violation]:
    """Rule 5: no log shows a secret or a private word."""
    words = sorted(canaries)
    if not words:
        return
    # The words are many and the logs long, so that one search through each log is for all at once.
    any_of_them = re.compile("|".join(re.escape(word) for word in words))
    for name, text in logs.items():
        found = Counter(any_of_them.findall(text))
        for word, times in found.most_common(3):
            line = text[: text.index(word)].count("\n") + 1
            yield Violation("canaries", f"{name}, line {line}: {word[:24]}..., {times} times")


def check_ends(
    said: str, logs: Mapping[str, str], killed: Mapping[str, int], killed_pids: set[int]
) -> Iterator[Violation]:
    """Rule 5: no process ended that was not killed. `said` is what the supervision has said.

    `killed` counts the strokes by the name of the process, `killed_pids` are all that were struck.
    """
    deaths = Counter(name for name, _ in _DIED.findall(said))
    reasons = {name: reason for name, reason in _DIED.findall(said)}
    for name, times in deaths.items():
        if times > killed.get(name, 0):
            why = f"the last: {reasons[name]}"
            yield Violation("processes", f"{name} ended {times} times, killed {killed.get(name, 0)} ({why})")
    for name, text in logs.items():
        gone = {int(pid) for pattern in _CHILD_GONE for pid in pattern.findall(text)}
        for pid in sorted(gone - killed_pids):
            yield Violation("processes", f"{name}: child {pid} ended by itself")
        for what, times in Counter(_GIVES_UP.findall(text)).items():
            yield Violation("processes", f"{name}: {what}, {times} times")


def check_greenlets(logs: Mapping[str, str]) -> Iterator[Violation]:
    """Rule 5: within a process nothing ended by itself either; it would be missed from then on."""
    for name, text in logs.items():
        for (what, error), times in Counter(_GREENLET_GONE.findall(text)).items():
            yield Violation("greenlets", f"{name}: {what} failed with {error}, {times} times")
        for what, times in Counter(_BEGAN_AGAIN.findall(text)).items():
            yield Violation("greenlets", f"{name}: {what} failed and began again, {times} times")


def exceptions(logs: Mapping[str, str]) -> Counter[str]:
    """What was raised and logged, by its first words: not a violation, but worth a look."""
    return Counter(
        f"{name}: {raised[:100]}" for name, text in logs.items() for raised in _RAISED.findall(text)
    )
