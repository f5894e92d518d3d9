"""The input of the media simulation: a scenario of commands, when each member receives them, and the clock
estimates of each. All times in ms from the start of the trace.
"""

import random
from collections.abc import Sequence
from typing import Any

from bench.sync.clocks import MemberTrace
from bench.sync.lead_times import lead_of_room
from partyapp.party.infrastructure.playback.lead_time import DelayHistogram
from tests.support.clock_networks import TRACE_MS, Network, room

#: The commands: (ms, action, position in s or None for the present one).
SCENARIO = (
    (15_000.0, "play", None),
    (120_000.0, "seek", 600.0),
    (210_000.0, "pause", None),
    (225_000.0, "play", None),
    (330_000.0, "seek", 60.0),
    (450_000.0, "seek", 1_800.0),
)

#: A member's delay is measured this often, ms, as by its exchanges.
DELAY_EVERY_MS = 1_000.0


def media_input(seed: int, traces: Sequence[MemberTrace]) -> dict[str, Any]:
    """The input of `bench/sync/media/room.mjs` for a room whose members have the estimates of `traces`."""
    paths = room(seed)
    commands = _commands(seed, paths)
    return {
        "seed": seed,
        "duration_ms": TRACE_MS,
        "video_duration_s": 7_200.0,
        "commands": [playback for _, playback in commands],
        "members": [
            {
                "name": path.name,
                "arrivals_ms": [sent_ms + path.delay_down(sent_ms) for sent_ms, _ in commands],
                "estimates": trace.estimates,
            }
            for path, trace in zip(paths, traces, strict=True)
        ],
    }


def _commands(seed: int, paths: Sequence[Network]) -> list[tuple[float, dict[str, Any]]]:
    """When each command is broadcast, and the playback it makes, with the real scheduler's lead."""
    rng = random.Random(seed)
    delays = [DelayHistogram() for _ in paths]
    measured_ms = 0.0
    made: list[tuple[float, dict[str, Any]]] = []
    now: dict[str, Any] = {"state": "stopped", "position_s": 0.0, "at_ms": 0.0}
    for planned_ms, action, position_s in SCENARIO:
        sent_ms = planned_ms + rng.uniform(0.0, 5_000.0)
        while measured_ms < sent_ms:
            measured_ms += DELAY_EVERY_MS
            for path, histogram in zip(paths, delays, strict=True):
                histogram.add(path.delay_down(measured_ms))
        at_ms = sent_ms + lead_of_room(delays)
        playing = now["state"] == "playing"
        here_s = now["position_s"] + ((at_ms - now["at_ms"]) / 1000.0 if playing else 0.0)
        state = {"play": "playing", "pause": "paused"}.get(action, now["state"])
        now = {
            "state": state,
            "position_s": here_s if position_s is None else position_s,
            "rate": 1.0,
            "at_ms": at_ms,
            "revision": len(made) + 1,
        }
        made.append((sent_ms, now))
    return made
