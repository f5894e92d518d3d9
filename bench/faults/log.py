"""A party's audit log, replayed."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.faults.database import StoredParty
from bench.faults.replay import View, playback_digest


@dataclass(slots=True)
class Log:
    """A party's log with the digests of the party after each event; index 0 is before the first."""

    stored: StoredParty
    views: list[str] = field(default_factory=list)
    playbacks: list[str] = field(default_factory=list)
    final: View = field(default_factory=View.initial)

    def __post_init__(self) -> None:
        self._note()
        for event in self.stored.events:
            self.final.apply(event)
            self._note()

    def _note(self) -> None:
        self.views.append(self.final.digest())
        self.playbacks.append(playback_digest(self.final.playback))
