"""What all rules of a party stand on: state, events, who may ask for something; and playback commands."""

from dataclasses import replace
from math import inf
from typing import Any
from uuid import UUID

from partyapp.party.domain.errors import (
    NotAMember,
    NotGranted,
    NotTheHost,
    PartyEnded,
    PartyNotFound,
    StaleRevision,
)
from partyapp.party.domain.events import DomainEvent
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import AT_THE_END_S, PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.domain.playback_events import (
    PlaybackChanged,
    PlaybackHeld,
    PlaybackPaused,
    PlaybackSought,
    PlaybackStarted,
)
from partyapp.party.domain.readiness import Players, start_hold
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState, Visibility

_EVENT_OF: dict[PlaybackAction, type[PlaybackChanged]] = {
    PlaybackAction.PLAY: PlaybackStarted,
    PlaybackAction.PAUSE: PlaybackPaused,
    PlaybackAction.SEEK: PlaybackSought,
}
_STATUS_AFTER = {PlaybackAction.PLAY: PlaybackStatus.PLAYING, PlaybackAction.PAUSE: PlaybackStatus.PAUSED}
MAY_NOT_PLAY = "You have not been given the right to control the playback of this party."


class PartyAggregate:
    """A party's state and the events since it was loaded.

    Every method that changes something appends an event and moves `state.revision` on by one, so that
    the revision is the number of events. Methods raise a `Refusal` and change nothing when a rule says no.
    """

    def __init__(self, state: SyncedPartySessionState) -> None:
        self._state = state
        self._events: list[DomainEvent] = []

    @property
    def state(self) -> SyncedPartySessionState:
        """The state as it is now."""
        return self._state

    @property
    def events(self) -> tuple[DomainEvent, ...]:
        """What has happened since it was loaded, oldest first."""
        return tuple(self._events)

    def must_have(self, actor: PartyMember | None, grant: Grant, detail: str | None = None) -> PartyMember:
        """The actor as a member with that right: the one place that asks for rights.

        Raises `PartyNotFound` or `NotAMember` for who is no member, `NotGranted` with `detail`.
        """
        present = self._must_be_member(actor)
        if grant not in self._state.grants_of(present.user_id, present.state.grants):
            raise NotGranted(detail)
        return present

    def must_control(self, actor: PartyMember | None) -> PartyMember:
        """The actor, if they may control the playback now.

        Raises `PartyNotFound` or `NotAMember`, then `PartyEnded`, then `NotGranted`.
        """
        self._must_be_member(actor)
        self._must_be_active()
        return self.must_have(actor, Grant.PLAYBACK, MAY_NOT_PLAY)

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
        players: Players | None = None,
    ) -> None:
        """Play, pause or seek, decided at `at_ms` and to be acted on by all `lead_ms` later.

        That is later still if a command before it begins later, and goes on from where that one leaves the
        film. A party whose date has not come begins then, sought or not. A seek past the end, or past what
        can be watched of it, is clamped to that; a play at the end starts over. With `players`, a play waits
        until all who count are ready. Raises `PartyEnded`, `NotAMember`, `NotGranted` or `StaleRevision`.
        """
        present = self.must_control(actor)
        if expected_revision is not None and expected_revision != self._state.revision:
            raise StaleRevision(f"The party is at revision {self._state.revision}.")
        old = self._state.playback
        from_ms = old.earliest_next_ms(at_ms, lead_ms)
        if action is PlaybackAction.SEEK and old.waits_for_date(at_ms):
            # It says where the film will begin, and not when.
            from_ms = old.at_ms
        playback = self._next_playback(action, from_ms, position_s, rate)
        event = _EVENT_OF[action]
        if action is PlaybackAction.PLAY and players is not None:
            wait = start_hold(self._state, players, at_ms, playback.position_s)
            if wait is not None:
                playback, event = playback.held_for(wait.reason, wait.waits_for, wait.limit_ms), PlaybackHeld
        waits = self._state.waits_after(at_ms)
        self._state = replace(self._state, playback=playback, waits=waits, lead_ms=lead_ms)
        self._record(event, at_ms, present.user_id, playback=playback, lead_ms=lead_ms)

    def _next_playback(
        self, action: PlaybackAction, from_ms: float, position_s: float | None, rate: float | None
    ) -> PlaybackState:
        old, duration = self._state.playback, self._state.video.duration_s
        end_s = duration or inf
        reach_s = self._state.video.reach_s
        position = old.position_at(from_ms, duration) if position_s is None else min(position_s, reach_s)
        if action is PlaybackAction.PLAY and position >= end_s - AT_THE_END_S:
            position = 0.0
        return PlaybackState(
            # A held party is one that plays: a seek ends the wait, and goes on from there.
            status=_STATUS_AFTER.get(action, PlaybackStatus.PLAYING if old.held else old.status),
            position_s=position,
            rate=old.rate if rate is None else rate,
            at_ms=from_ms,
            revision=self._state.revision + 1,
        )

    def _must_be_active(self) -> None:
        if self._state.status is PartyStatus.ENDED:
            raise PartyEnded()

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
