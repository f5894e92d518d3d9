"""The aggregate: every rule of a party, each change of which is an event."""

from dataclasses import replace
from uuid import UUID

from partyapp.party.domain.errors import NotTheHost
from partyapp.party.domain.events import PartySessionCreated
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.membership_rules import MembershipRules
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.playback_rules import PlaybackRules
from partyapp.party.domain.settings_rules import SettingsRules
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState


class SyncedPartySession(MembershipRules, PlaybackRules, SettingsRules):
    """A watch party. It decides in pure Python; who stores and tells is others' business.

    Every method that changes something appends an event and moves `state.revision` on by one, so that
    the revision is the number of events. Methods raise a `Refusal` and change nothing when a rule says no.
    """

    @classmethod
    def create(cls, state: SyncedPartySessionState, host_name: str) -> "SyncedPartySession":
        """A new party from its first state; its host becomes the first member."""
        first = PlaybackState(at_ms=state.created_at_ms, revision=1)
        if state.starts_at_ms is not None:
            # A start on a date is a play with a long lead.
            first = replace(first, status=PlaybackStatus.PLAYING, at_ms=state.starts_at_ms)
        session = cls(replace(state, revision=0, member_count=1, playback=first))
        facts = {"title": state.title, "video_id": state.video.id, "display_name": host_name}
        session._record(PartySessionCreated, state.created_at_ms, state.host_id, **facts)
        return session

    @classmethod
    def reconstitute(cls, state: SyncedPartySessionState) -> "SyncedPartySession":
        """A party as it was stored."""
        return cls(state)

    def host_member(self, display_name: str) -> PartyMember:
        """The creator's own membership."""
        return PartyMember.new(self._state.id, self._state.host_id, display_name, self._state.created_at_ms)

    def end(self, actor: PartyMember | None, actor_id: UUID, at_ms: float) -> None:
        """End the party; only the host may. Ending an ended party changes nothing."""
        if self._state.status is PartyStatus.ENDED:
            if actor_id != self._state.host_id:
                raise NotTheHost()
            return
        self._must_be_host(actor)
        self._end("host", actor_id, at_ms)

    def close(self, at_ms: float) -> None:
        """End it for the operator, whoever hosts it. Closing an ended party changes nothing."""
        if self._state.status is not PartyStatus.ENDED:
            self._end("operator", None, at_ms)

    def abandon(self, at_ms: float) -> None:
        """End a party that nobody has been connected to for too long."""
        self._must_be_active()
        self._end("abandoned", None, at_ms)
