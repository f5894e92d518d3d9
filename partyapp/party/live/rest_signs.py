"""What requests of somebody without a socket say: that they are there, and how well they follow."""

from typing import Protocol
from uuid import UUID

from partyapp.party.domain.film_length import DurationNews, duration_news
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.domain.timeline import PlaybackTimeline
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.shared.kernel.clock import PartyClock


class FollowedWaits(Protocol):
    """What parties wait by."""

    def followed(self, party: SyncedPartySessionState) -> None:
        """Somebody follows this party by requests, and it was read for that."""
        ...


class RestSigns:
    """Takes in the signs of life that requests are. Nothing of it waits."""

    def __init__(
        self, publisher: PresencePublisher, clock: PartyClock, waits: FollowedWaits | None = None
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._waits = waits

    def seen(self, party_id: UUID, user_id: UUID) -> None:
        """A member has sent a command."""
        self._publisher.seen(party_id, user_id)

    def synced(
        self,
        party: SyncedPartySessionState,
        user_id: UUID,
        *,
        position_s: float,
        player: str,
        sampled_ms: float,
        rtt_ms: float | None,
        duration_s: float | None,
    ) -> DurationNews | None:
        """A member has said where their player was at `sampled_ms`, and in which state it is.

        The instant is off by half the round trip at most; without `rtt_ms` nobody knows by how much.
        Returns the length of the film (s) that the player tells, if it may count.
        """
        sync_state = self._publisher.seen(party.id, user_id)
        timeline = PlaybackTimeline((party.playback,))
        sync_state.status(position_s, player, sampled_ms, timeline, party.video.duration_s)
        target_s = party.playback.position_at(sampled_ms, party.video.duration_s)
        sync_state.follow(party, position_s, player, target_s, self._clock.now_ms())
        if self._waits is not None:
            self._waits.followed(party)
        sync_state.rtt_ms = rtt_ms
        sync_state.bound_ms = None if rtt_ms is None else rtt_ms / 2 + self._clock.root_bound_ms
        sync_state.tell_duration(duration_s, party.video.id)
        if duration_s is None:
            return None
        return duration_news(party, user_id, duration_s, lambda: self._durations(party))

    def _durations(self, party: SyncedPartySessionState) -> dict[UUID, float]:
        return self._publisher.durations(party.id, party.video.id)

    def left(self, party_id: UUID, user_id: UUID) -> None:
        """The person is no member any more."""
        self._publisher.forget(party_id, user_id)
