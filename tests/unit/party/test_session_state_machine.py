"""Whatever people do, in whatever order, a party keeps its promises."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import Control, PartyStatus, SyncedPartySessionState, Visibility
from partyapp.shared.kernel.errors import Refusal
from tests.support.examples import examples
from tests.support.party_objects import FILM_S, INVITE, T0, created, film

PEOPLE = [UUID(int=number) for number in range(1, 6)]
people = st.sampled_from(PEOPLE)
codes = st.sampled_from([INVITE, None, "wrong"])
positions = st.none() | st.floats(0.0, 2 * FILM_S)
steps = st.floats(0.0, FILM_S * 1000)


class AnyParty(RuleBasedStateMachine):
    """Five people and one party; the members are kept here as a port would."""

    @initialize(
        visibility=st.sampled_from(Visibility),
        control=st.sampled_from(Control),
        max_members=st.integers(1, 5),
        duration_s=st.floats(0.1, FILM_S),
    )
    def create(self, visibility: Visibility, control: Control, max_members: int, duration_s: float) -> None:
        self.now_ms = T0
        self.session = created(
            host_id=PEOPLE[0],
            visibility=visibility,
            control=control,
            max_members=max_members,
            video=film(duration_s=duration_s),
        )
        self.members = {PEOPLE[0]: self.session.host_member("Host")}
        self.told: list[int] = []
        self.final: SyncedPartySessionState | None = None
        self.store_and_read_back()

    def present(self) -> list[PartyMember]:
        return [member for member in self.members.values() if member.present]

    def store_and_read_back(self) -> None:
        self.told += [event.revision for event in self.session.events]
        self.session = SyncedPartySession.reconstitute(self.session.state)

    @rule(who=people, code=codes)
    def join(self, who: UUID, code: str | None) -> None:
        self.attempt(lambda: self.keep(self.session.join(who, "X", code, self.members.get(who), self.now_ms)))

    @rule(who=people)
    def leave(self, who: UUID) -> None:
        member = self.members.get(who)
        if member is not None and member.present:
            others = [other for other in self.present() if other.user_id != who]
            successor = others[0] if others else None
            self.attempt(lambda: self.keep(self.session.leave(member, successor, self.now_ms)))

    @rule(who=people, to=people)
    def transfer(self, who: UUID, to: UUID) -> None:
        actor, heir = self.members.get(who), self.members.get(to)
        self.attempt(lambda: self.session.transfer_host(actor, heir, self.now_ms))

    @rule(who=people)
    def end(self, who: UUID) -> None:
        self.attempt(lambda: self.session.end(self.members.get(who), who, self.now_ms))

    @rule(who=people)
    def succeed(self, who: UUID) -> None:
        member = self.members.get(who)
        if member is not None and member.present:
            self.attempt(lambda: self.session.succeed_host(member, self.now_ms))

    @rule(
        who=people,
        action=st.sampled_from(PlaybackAction),
        position_s=positions,
        rate=st.none() | st.floats(0.25, 4.0),
        lead_ms=st.floats(80.0, 1200.0),
        expected=st.none() | st.integers(0, 20),
    )
    def play(
        self,
        who: UUID,
        action: PlaybackAction,
        position_s: float | None,
        rate: float | None,
        lead_ms: float,
        expected: int | None,
    ) -> None:
        self.attempt(
            lambda: self.session.control(
                action,
                self.members.get(who),
                at_ms=self.now_ms,
                lead_ms=lead_ms,
                position_s=position_s,
                rate=rate,
                expected_revision=expected,
            )
        )

    @rule(step=steps)
    def time_passes(self, step: float) -> None:
        self.now_ms += step
        self.attempt(lambda: self.session.finish(self.now_ms))

    def keep(self, member: PartyMember) -> None:
        self.members[member.user_id] = member

    def attempt(self, act: Callable[[], object]) -> None:
        """Do it; what is refused changes nothing at all."""
        before = self.session.state
        try:
            act()
        except Refusal:
            assert (self.session.state, self.session.events) == (before, ())
        if self.final is not None:
            assert self.session.state == self.final, "an ended party never changes"
        self.store_and_read_back()

    @invariant()
    def promises(self) -> None:
        state = self.session.state
        assert self.told == list(range(1, state.revision + 1)), "one event a revision, without a gap"
        assert 0 <= state.playback.position_s <= (state.video.duration_s or 0.0)
        assert state.playback.revision <= state.revision
        if state.status is PartyStatus.ACTIVE:
            assert [m for m in self.present() if m.user_id == state.host_id], "the host is a present member"
            assert state.ended_at_ms is None
            assert state.member_count == len(self.present())
            assert 1 <= state.member_count <= state.max_members
        else:
            assert state.ended_at_ms is not None
            assert state.member_count >= len(self.present()), "it can still be left"
            self.final = self.final or state


AnyParty.TestCase.settings = settings(max_examples=examples(40), stateful_step_count=20)
TestAnyParty = AnyParty.TestCase
