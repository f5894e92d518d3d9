"""The waves in which a tick reaches the members of a load generator."""

from collections.abc import Iterable
from typing import Any


def waves_of(received_s: Iterable[float], apart_s: float) -> dict[str, Any]:
    """For each wave how many receipts it had, and how long it took from its first to its last, in ms.

    `received_s` are instants in s; waves are `apart_s` apart at least. The first and the last may be cut, so
    they don't count.
    """
    found: list[list[float]] = []
    for at in sorted(received_s):
        if not found or at - found[-1][-1] > apart_s:
            found.append([])
        found[-1].append(at)
    whole = found[1:-1]
    return {"reached": [len(wave) for wave in whole], "took_ms": [(w[-1] - w[0]) * 1000 for w in whole]}
