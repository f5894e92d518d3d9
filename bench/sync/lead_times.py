"""The scheduling part of `make bench-sync`: the lead a room needs, and the share of late members.

The delays of the synthetic networks are put through the real `DelayHistogram` and `lead_of`, as those of the
members' exchanges are; a command is sent every five seconds.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bench.percentiles import percentiles
from partyapp.party.infrastructure.playback.lead_needs import lead_of, needs_of
from partyapp.party.infrastructure.playback.lead_time import DelayHistogram
from tests.support import clock_networks as networks

COMMAND_EVERY_MS = 5_000.0
EXCHANGE_EVERY_MS = 1_000.0

#: The least lead of a peer, independent of the members (Jellyfin SyncPlay: 500 ms), ms.
FIXED_LEAD_MS = 500.0

#: The first command is sent after so long, ms, when each member has been measured for a while.
KNOWN_AFTER_MS = 30_000.0


def rooms(seed: int) -> dict[str, tuple[networks.Network, ...]]:
    """A room on good networks, and the same with members on difficult ones."""
    good = (
        networks.lan(seed),
        networks.wifi_stalls(seed + 10),
        networks.transatlantic(seed + 20),
        networks.mobile_5g(seed + 40),
    )
    hard = (networks.mobile_4g(seed + 30), networks.bufferbloat(seed + 50), networks.bursty_loss(seed + 70))
    return {"good": good, "hard": (*good, *hard)}


def lead_of_room(delays: Sequence[DelayHistogram]) -> float:
    """The lead in ms of a room of as many persons; the first is the host."""
    persons = [UUID(int=number) for number, _ in enumerate(delays)]
    measured = [(person, one.quantile_ms()) for person, one in zip(persons, delays, strict=True)]
    return lead_of(needs_of(measured, persons[0]))


def run_room(paths: tuple[networks.Network, ...], fixed_ms: float | None = None) -> dict[str, Any]:
    """The leads of ten minutes of commands, and the share of members that each reached too late.

    With `fixed_ms` every lead is that, whatever was measured.
    """
    delays = [DelayHistogram() for _ in paths]
    leads: list[float] = []
    late_by: list[float] = []
    reached, measured_ms, sent_ms = 0, 0.0, KNOWN_AFTER_MS
    while sent_ms < networks.TRACE_MS:
        while measured_ms < sent_ms:
            measured_ms += EXCHANGE_EVERY_MS
            for path, histogram in zip(paths, delays, strict=True):
                histogram.add(path.delay_down(measured_ms))
        lead_ms = lead_of_room(delays)
        lead_ms = lead_ms if fixed_ms is None else fixed_ms
        leads.append(lead_ms)
        for path in paths:
            reached += 1
            lateness_ms = path.delay_down(sent_ms) - lead_ms
            if lateness_ms > 0.0:
                late_by.append(lateness_ms)
        sent_ms += COMMAND_EVERY_MS
    spread = percentiles(leads)
    return {
        "lead_p50_ms": spread["p50"],
        "lead_p95_ms": spread["p95"],
        "late_share": len(late_by) / reached,
        "mean_lateness_ms": sum(late_by) / len(late_by) if late_by else 0.0,
    }


def run(seed: int) -> dict[str, Any]:
    """Both rooms on one seed."""
    found = {name: run_room(paths) for name, paths in rooms(seed).items()}
    found |= {f"{name}, fixed": run_room(paths, FIXED_LEAD_MS) for name, paths in rooms(seed).items()}
    return {"seed": seed, "rooms": found}
