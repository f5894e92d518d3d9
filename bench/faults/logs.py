"""Checks of the processes' logs: private words, and processes or greenlets that ended by themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bench.faults.violation import Violation

_DIED = re.compile(r"^(\w+) (?:died|keeps dying) \(([^)]*)\)", re.MULTILINE)
#: gunicorn's and celery's messages about a child that ended.
_CHILD_GONE = (
    re.compile(r"Worker \(pid:(\d+)\) (?:was sent|exited)"),
    re.compile(r"WORKER TIMEOUT \(pid:(\d+)\)"),
    re.compile(r"pid:(\d+) exited with"),
)
#: celery's and gunicorn's messages when they end because of an error of their own.
_GIVES_UP = re.compile(r"(Unrecoverable error: .{0,100}|Worker failed to boot)")
#: gevent's message about a greenlet that failed.
_GREENLET_GONE = re.compile(r"<Greenlet at \w+: (?:<bound method )?(\S+).*failed with (\w+)$", re.MULTILINE)
_BEGAN_AGAIN = re.compile(r"(\S+) failed and begins again")
#: What an entry's chain of exceptions ended with: those before it are its causes.
_RAISED = re.compile(
    r"^(?:[a-z_]+\.)*([A-Z]\w*(?:Error|Exception|HandshakeRefused|Unavailable)\b(?!.*\nand then:).{0,120})",
    re.MULTILINE,
)


def read_logs(folder: Path) -> dict[str, str]:
    """All logs of a run by file name, rotated ones too."""
    return {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.glob("*.log*"))
    }


def check_canaries(logs: Mapping[str, str], canaries: Iterable[str]) -> Iterator[Violation]:
    """Rule 5: no log shows a secret or a private word."""
    words = sorted(canaries)
    if not words:
        return
    # The words are many and the logs long, so each log is searched once for all of them.
    any_of_them = re.compile("|".join(re.escape(word) for word in words))
    for name, text in logs.items():
        found = Counter(any_of_them.findall(text))
        for word, times in found.most_common(3):
            line = text[: text.index(word)].count("\n") + 1
            yield Violation("canaries", f"{name}, line {line}: {word[:24]}..., {times} times")


def check_ends(
    output: str, logs: Mapping[str, str], killed: Mapping[str, int], killed_pids: set[int]
) -> Iterator[Violation]:
    """Rule 5: no process ended that was not killed. `output` is what the supervisor has printed.

    `killed` counts the kills by the name of the process, `killed_pids` are the pids of all that were killed.
    """
    deaths = Counter(name for name, _ in _DIED.findall(output))
    reasons = {name: reason for name, reason in _DIED.findall(output)}
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
    """Rule 5: no greenlet failed, since its work would be missing from then on."""
    for name, text in logs.items():
        for (what, error), times in Counter(_GREENLET_GONE.findall(text)).items():
            yield Violation("greenlets", f"{name}: {what} failed with {error}, {times} times")
        for what, times in Counter(_BEGAN_AGAIN.findall(text)).items():
            yield Violation("greenlets", f"{name}: {what} failed and began again, {times} times")


def exceptions(logs: Mapping[str, str]) -> Counter[str]:
    """The exceptions that were logged, by their first words: no violation, but worth a look."""
    return Counter(
        f"{name}: {raised[:100]}" for name, text in logs.items() for raised in _RAISED.findall(text)
    )
