"""Records the golden vectors of the timeline: commands that follow each other within a lead, and where the
film is from then on.

Run it by `python -m tests.golden.record_timeline` after a wanted change. Both suites replay them. The file is
a list of

    {"name": what happens, unique,
     "duration_s": length of the film,
     "known": [[Playback, party time in ms at which it becomes known], ...] in the order of their arrival,
     "points": [[party time in ms, revision in force or null, state or null, position in s or null], ...]}

The playbacks are those of the real `SyncedPartySession`, decided one after the other.
"""

import json
import random
from pathlib import Path
from typing import Any

from partyapp.party.application.views import playback_view
from partyapp.party.domain.playback import PlaybackAction, PlaybackState
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.timeline import PlaybackTimeline
from tests.support.party_objects import FILM_S, T0, created, host_of

GOLDEN_FILE = Path(__file__).with_name("timeline.json")

PLAY, PAUSE, SEEK = PlaybackAction.PLAY, PlaybackAction.PAUSE, PlaybackAction.SEEK

#: When it is decided, in ms after T0; the lead in ms; the action; its position in s; its rate.
Wish = tuple[float, float, PlaybackAction, float | None, float | None]
Known = list[tuple[PlaybackState, float]]

#: The room plays from here on, long before everything else.
BEGUN: Wish = (-60_000.0, 100.0, PLAY, 10.0, None)

CASES: dict[str, list[Wish]] = {
    "a pause and a play within one lead": [BEGUN, (0, 610, PAUSE, None, None), (200, 610, PLAY, None, None)],
    "a play and a pause within one lead": [(0, 610, PLAY, 5.0, None), (250, 610, PAUSE, None, None)],
    "two seeks within one lead": [BEGUN, (0, 400, SEEK, 300.0, None), (150, 400, SEEK, 20.0, None)],
    "a seek and a pause within one lead": [BEGUN, (0, 400, SEEK, 300.0, None), (100, 400, PAUSE, None, None)],
    "three rates within one lead": [
        BEGUN,
        (0, 800, PLAY, None, 2.0),
        (200, 800, PLAY, None, 0.5),
        (400, 800, PLAY, None, 1.0),
    ],
    "the lead shrinks before the first has begun": [
        BEGUN,
        (0, 1200, PAUSE, None, None),
        (100, 80, PLAY, None, None),
    ],
    "what lies further ahead than any lead is cancelled": [
        (0, 60_000, PLAY, 5.0, None),
        (1000, 80, PLAY, 42.0, None),
    ],
    "past the end within one lead": [
        BEGUN,
        (0, 300, SEEK, FILM_S - 0.1, None),
        (200, 300, PAUSE, None, None),
    ],
}


def decided(wishes: list[Wish]) -> Known:
    """The playbacks of these commands, each known when it was decided."""
    session = created()
    known: Known = []
    for at_ms, lead_ms, action, position_s, rate in wishes:
        session = SyncedPartySession.reconstitute(session.state)
        session.control(
            action,
            host_of(session),
            at_ms=T0 + at_ms,
            lead_ms=lead_ms,
            position_s=position_s,
            rate=rate,
            expected_revision=None,
        )
        known.append((session.state.playback, T0 + at_ms))
    return known


def arrivals() -> dict[str, Known]:
    """The cases as decided, some of them out of order, and what a person with a nervous finger does."""
    found = {name: decided(wishes) for name, wishes in CASES.items()}
    three = found["three rates within one lead"]
    found["the newest first, then what was missed"] = [three[0], three[3], three[1], three[2], three[2]]
    found["nothing before them is known"] = three[1:]
    found["the clock isn't known yet"] = [(playback, T0 - 1e6) for playback, _ in three]
    chance = random.Random(14)
    wishes = [BEGUN]
    for number in range(40):
        action = chance.choice([PLAY, PAUSE, SEEK])
        position_s = chance.uniform(0, FILM_S) if action is SEEK else None
        wishes.append(
            (number * 90.0, chance.uniform(80, 1200), action, position_s, chance.choice([None, 1.5]))
        )
    found["a command each 90 ms"] = decided(wishes)
    return found


def points_of(known: Known) -> list[list[Any]]:
    """What is in force before, at and after each instant at which something begins."""
    timeline = PlaybackTimeline()
    for playback, at_ms in known:
        timeline = timeline.with_playback(playback, at_ms)
    instants = {at_ms + step for playback, at_ms in known for step in (0.0, 1.0)}
    instants |= {playback.at_ms + step for playback, _ in known for step in (-1.0, 0.0, 50.0, 5000.0)}
    points: list[list[Any]] = []
    for at_ms in sorted(instants):
        one = timeline.in_force_at(at_ms)
        if one is None:
            points.append([at_ms, None, None, None])
        else:
            points.append([at_ms, one.revision, one.status.value, one.position_at(at_ms, FILM_S)])
    return points


def vectors() -> list[dict[str, Any]]:
    """All vectors, always the same."""
    return [
        {
            "name": name,
            "duration_s": FILM_S,
            "known": [[playback_view(playback), at_ms] for playback, at_ms in known],
            "points": points_of(known),
        }
        for name, known in arrivals().items()
    ]


def encoded() -> str:
    """The file's text, one vector a line."""
    lines = [json.dumps(vector, separators=(",", ":"), allow_nan=False) for vector in vectors()]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    GOLDEN_FILE.write_text(encoded(), encoding="utf-8")
