"""What requests of somebody without a socket say: that they are there, and how well they follow."""

from uuid import UUID

from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.shared.kernel.clock import PartyClock


class RestSigns:
    """Takes in the signs of life that requests are. Nothing of it waits."""

    def __init__(self, publisher: PresencePublisher, clock: PartyClock) -> None:
        self._publisher = publisher
        self._clock = clock

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
    ) -> None:
        """A member has said where their player was at `sampled_ms`, and in which state it is.

        The instant is off by half the round trip at most; without `rtt_ms` nobody knows by how much.
        """
        sync_state = self._publisher.seen(party.id, user_id)
        sync_state.status(position_s, player, sampled_ms, party.playback, party.video.duration_s)
        sync_state.rtt_ms = rtt_ms
        sync_state.bound_ms = None if rtt_ms is None else rtt_ms / 2 + self._clock.root_bound_ms

    def left(self, party_id: UUID, user_id: UUID) -> None:
        """The person is no member any more."""
        self._publisher.forget(party_id, user_id)
