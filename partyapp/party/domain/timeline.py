"""The playbacks of a party that matter now: the one in force, and those that are scheduled after it.

A command is scheduled a lead ahead, and the next may come within that lead. The server computes the second
from the first as if the first had begun, so whoever dropped the first would stand still for as long as lies
between the two, and then jump. `party-client/timeline.js` is the same for the page; `tests/golden` holds both
to the same figures.
"""

from dataclasses import dataclass

from partyapp.party.domain.playback import PlaybackState

#: So many are kept at most, the newest: more than a person schedules within a lead.
MOST_KEPT = 32


@dataclass(frozen=True)
class PlaybackTimeline:
    """The playbacks known, by rising `revision` and by rising `at_ms`. Each is in force from its `at_ms`."""

    playbacks: tuple[PlaybackState, ...] = ()

    def with_playback(self, playback: PlaybackState, now_ms: float) -> "PlaybackTimeline":
        """The timeline once this playback is known too, at party time `now_ms` (ms).

        A newer revision takes the place of all that would have begun at its instant or after it; what begins
        earlier stays. What is over at `now_ms` is dropped. Playbacks may come in any order.
        """
        newer = [one for one in self.playbacks if one.revision > playback.revision]
        if any(one.revision == playback.revision for one in self.playbacks):
            return self
        if newer and newer[0].at_ms <= playback.at_ms:
            return self
        older = [one for one in self.playbacks if one.revision < playback.revision]
        kept = [*(one for one in older if one.at_ms < playback.at_ms), playback, *newer]
        over = max(sum(one.at_ms <= now_ms for one in kept) - 1, len(kept) - MOST_KEPT, 0)
        return PlaybackTimeline(tuple(kept[over:]))

    def in_force_at(self, party_time_ms: float) -> PlaybackState | None:
        """The playback in force at that instant (ms); None before the first that is known."""
        begun = (one for one in reversed(self.playbacks) if one.at_ms <= party_time_ms)
        return next(begun, None)
