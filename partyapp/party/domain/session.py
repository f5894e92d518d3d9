"""The aggregate: every rule of a party, each change of which is an event."""

from dataclasses import replace
from math import inf
from typing import Any
from uuid import UUID

from partyapp.party.domain.errors import (
    InvalidInvite,
    NotAMember,
    NotTheHost,
    PartyEnded,
    PartyFull,
    PartyNotFound,
    StaleRevision,
)
from partyapp.party.domain.events import (
    DomainEvent,
    HostTransferred,
    MemberJoined,
    MemberLeft,
    MemberRenamed,
    PartySessionCreated,
    PartySessionEnded,
    PlaybackChanged,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackSought,
    PlaybackStarted,
    VideoDurationKnown,
)
from partyapp.party.domain.film_length import BY_HOST, BY_MEMBERS, is_news
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import AT_THE_END_S, PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.domain.state import (
    ABSENT,
    Control,
    PartyStatus,
    SyncedPartySessionState,
    Visibility,
)

_EVENT_OF: dict[PlaybackAction, type[PlaybackChanged]] = {
    PlaybackAction.PLAY: PlaybackStarted,
    PlaybackAction.PAUSE: PlaybackPaused,
    PlaybackAction.SEEK: PlaybackSought,
}
_STATUS_AFTER = {PlaybackAction.PLAY: PlaybackStatus.PLAYING, PlaybackAction.PAUSE: PlaybackStatus.PAUSED}


class SyncedPartySession:
    """A watch party. It decides in pure Python; who stores and tells is others' business.

    Every method that changes something appends an event and moves `state.revision` on by one, so that
    the revision is the number of events. Methods raise a `Refusal` and change nothing when a rule says no.
    """

    def __init__(self, state: SyncedPartySessionState) -> None:
        self._state = state
        self._events: list[DomainEvent] = []

    @classmethod
    def create(cls, state: SyncedPartySessionState, host_name: str) -> "SyncedPartySession":
        """A new party from its first state; its host becomes the first member."""
        still = PlaybackState(at_ms=state.created_at_ms, revision=1)
        session = cls(replace(state, revision=0, member_count=1, playback=still))
        facts = {"title": state.title, "video_id": state.video.id, "display_name": host_name}
        session._record(PartySessionCreated, state.created_at_ms, state.host_id, **facts)
        return session

    @classmethod
    def reconstitute(cls, state: SyncedPartySessionState) -> "SyncedPartySession":
        """A party as it was stored."""
        return cls(state)

    @property
    def state(self) -> SyncedPartySessionState:
        """The state as it is now."""
        return self._state

    @property
    def events(self) -> tuple[DomainEvent, ...]:
        """What has happened since it was loaded, oldest first."""
        return tuple(self._events)

    def host_member(self, display_name: str) -> PartyMember:
        """The creator's own membership."""
        return PartyMember.new(self._state.id, self._state.host_id, display_name, self._state.created_at_ms)

    def join(
        self,
        user_id: UUID,
        display_name: str,
        invite_code: str | None,
        member: PartyMember | None,
        at_ms: float,
    ) -> PartyMember:
        """Become a member; who is one already stays one, and takes the name that they come with.

        Raises `PartyNotFound` for a private party without its invite, `InvalidInvite` for a public one
        with a wrong one, `PartyEnded`, `PartyFull`.
        """
        if member is not None and member.present:
            return self.rename(member, display_name, at_ms)
        self._must_be_invited(invite_code)
        self._must_be_active()
        if self._state.member_count >= self._state.max_members:
            raise PartyFull()
        joined = (
            PartyMember.new(self._state.id, user_id, display_name, at_ms)
            if member is None
            else member.joined_again(display_name, at_ms)
        )
        self._state = replace(self._state, member_count=self._state.member_count + 1)
        self._record(MemberJoined, at_ms, user_id, user_id=user_id, display_name=display_name)
        return joined

    def rename(self, member: PartyMember, display_name: str, at_ms: float) -> PartyMember:
        """Give a present member another name; the same name changes nothing. Raises `PartyEnded`."""
        self._must_be_active()
        user_id, former = member.user_id, member.state.display_name
        if display_name == former:
            return member
        self._record(
            MemberRenamed, at_ms, user_id, user_id=user_id, display_name=display_name, former_name=former
        )
        return member.renamed(display_name)

    def leave(self, member: PartyMember, successor: PartyMember | None, at_ms: float) -> PartyMember:
        """Leave. A host hands over to `successor`; without one the party ends with the last to leave.

        A party that is over has had its last event: then only the membership ends.
        """
        if self._state.status is PartyStatus.ENDED:
            return member.left(at_ms)
        if member.user_id == self._state.host_id and successor is not None:
            # First the hand-over, so that the host is a member at every revision.
            self._hand_over(successor, member.user_id, "left", at_ms)
        self._member_left(member, member.user_id, "left", at_ms)
        if self._state.member_count == 0:
            self._end("empty", member.user_id, at_ms)
        return member.left(at_ms)

    def give_seat_up(self, member: PartyMember, at_ms: float) -> PartyMember:
        """End the membership of somebody who has been gone for `SEAT_MS`, since the party is full."""
        self._must_be_active()
        self._member_left(member, None, ABSENT, at_ms)
        return member.left(at_ms)

    def transfer_host(self, actor: PartyMember | None, to: PartyMember | None, at_ms: float) -> None:
        """Make another member the host. Only the host may; a transfer to oneself changes nothing."""
        host = self._must_be_host(actor)
        self._must_be_active()
        if to is None or not to.present:
            raise NotAMember("Whom you want to hand over to is not a member of this party.")
        if to.user_id != host.user_id:
            self._hand_over(to, host.user_id, "transfer", at_ms)

    def succeed_host(self, successor: PartyMember, at_ms: float) -> None:
        """Hand over from a host who has been gone for too long."""
        self._must_be_active()
        if successor.user_id != self._state.host_id:
            self._hand_over(successor, None, ABSENT, at_ms)

    def end(self, actor: PartyMember | None, actor_id: UUID, at_ms: float) -> None:
        """End the party; only the host may. Ending an ended party changes nothing."""
        if self._state.status is PartyStatus.ENDED:
            if actor_id != self._state.host_id:
                raise NotTheHost()
            return
        self._must_be_host(actor)
        self._end("host", actor_id, at_ms)

    def abandon(self, at_ms: float) -> None:
        """End a party that nobody has been connected to for too long."""
        self._must_be_active()
        self._end("abandoned", None, at_ms)

    def control(
        self,
        action: PlaybackAction,
        actor: PartyMember | None,
        *,
        at_ms: float,
        lead_ms: float,
        position_s: float | None,
        rate: float | None,
        expected_revision: int | None,
    ) -> None:
        """Play, pause or seek, decided at `at_ms` and to be acted on by all `lead_ms` later.

        That is later still if a command before it begins later, and goes on from where that one leaves the
        film. A seek past the end is clamped to it; a play at the end starts over. Raises `PartyEnded`,
        `NotAMember`, `NotTheHost` or `StaleRevision`.
        """
        present = self._must_be_member(actor)
        self._must_be_active()
        if self._state.control is Control.HOST and present.user_id != self._state.host_id:
            raise NotTheHost("Only the host controls the playback of this party.")
        if expected_revision is not None and expected_revision != self._state.revision:
            raise StaleRevision(f"The party is at revision {self._state.revision}.")
        from_ms = self._state.playback.earliest_next_ms(at_ms, lead_ms)
        playback = self._next_playback(action, from_ms, position_s, rate)
        self._state = replace(self._state, playback=playback, lead_ms=lead_ms)
        self._record(_EVENT_OF[action], at_ms, present.user_id, playback=playback, lead_ms=lead_ms)

    def know_duration(
        self, actor: PartyMember | None, video_id: UUID, duration_s: float, agreed: bool, at_ms: float
    ) -> bool:
        """Take the video's length (s) from a member's player; False where it is no news or not believed.

        The host's word counts; another's if others agree (`agreed`) and the host has said nothing yet.
        """
        present, video = self._must_be_member(actor), self._state.video
        self._must_be_active()
        by = BY_HOST if present.user_id == self._state.host_id else BY_MEMBERS
        if by == BY_MEMBERS and (not agreed or video.duration_by == BY_HOST):
            return False
        if video_id != video.id or not is_news(duration_s, video.duration_s):
            return False
        known = {"video_id": video_id, "duration_s": duration_s, "was_s": video.duration_s, "by": by}
        self._state = replace(self._state, video=replace(video, duration_s=duration_s, duration_by=by))
        self._record(VideoDurationKnown, at_ms, present.user_id, **known)
        return True

    def finish(self, at_ms: float) -> bool:
        """Stop the video at its end once it ran past it; False while it has not."""
        self._must_be_active()
        duration, playback = self._state.video.duration_s, self._state.playback
        ends = playback.ends_at_ms(duration)
        if duration is None or ends is None or ends > at_ms:
            return False
        playback = playback.stopped(duration, ends, revision=self._state.revision + 1)
        self._state = replace(self._state, playback=playback)
        self._record(PlaybackFinished, at_ms, None, playback=playback)
        return True

    def _next_playback(
        self, action: PlaybackAction, from_ms: float, position_s: float | None, rate: float | None
    ) -> PlaybackState:
        old, duration = self._state.playback, self._state.video.duration_s
        end_s = duration or inf
        position = old.position_at(from_ms, duration) if position_s is None else min(position_s, end_s)
        if action is PlaybackAction.PLAY and position >= end_s - AT_THE_END_S:
            position = 0.0
        return PlaybackState(
            status=_STATUS_AFTER.get(action, old.status),
            position_s=position,
            rate=old.rate if rate is None else rate,
            at_ms=from_ms,
            revision=self._state.revision + 1,
        )

    def _hand_over(self, to: PartyMember, actor_id: UUID | None, reason: str, at_ms: float) -> None:
        former = self._state.host_id
        self._state = self._state.handed_over(to.user_id, reason, at_ms)
        known = {"to_display_name": to.state.display_name, "to_joined_at_ms": to.state.joined_at_ms}
        facts = {"from_user_id": former, "to_user_id": to.user_id, **known, "reason": reason}
        self._record(HostTransferred, at_ms, actor_id, **facts)

    def _member_left(self, member: PartyMember, actor_id: UUID | None, reason: str, at_ms: float) -> None:
        name = member.state.display_name
        self._state = replace(self._state, member_count=self._state.member_count - 1)
        self._record(MemberLeft, at_ms, actor_id, user_id=member.user_id, display_name=name, reason=reason)

    def _end(self, reason: str, actor_id: UUID | None, at_ms: float) -> None:
        self._state = replace(self._state, status=PartyStatus.ENDED, ended_at_ms=at_ms)
        self._record(PartySessionEnded, at_ms, actor_id, reason=reason)

    def _must_be_active(self) -> None:
        if self._state.status is PartyStatus.ENDED:
            raise PartyEnded()

    def _must_be_invited(self, invite_code: str | None) -> None:
        right = self._state.opened_by(invite_code)
        if self._state.visibility is Visibility.PRIVATE and not right:
            raise PartyNotFound()
        if invite_code is not None and not right:
            raise InvalidInvite()

    def _must_be_member(self, actor: PartyMember | None) -> PartyMember:
        if actor is not None and actor.present:
            return actor
        if self._state.visibility is Visibility.PRIVATE:
            raise PartyNotFound()
        raise NotAMember()

    def _must_be_host(self, actor: PartyMember | None) -> PartyMember:
        present = self._must_be_member(actor)
        if present.user_id != self._state.host_id:
            raise NotTheHost()
        return present

    def _record(self, event: type[DomainEvent], at_ms: float, actor_id: UUID | None, **facts: Any) -> None:
        revision = self._state.revision + 1
        self._state = replace(self._state, revision=revision)
        self._events.append(
            event(party_id=self._state.id, revision=revision, at_ms=at_ms, actor_id=actor_id, **facts)
        )
