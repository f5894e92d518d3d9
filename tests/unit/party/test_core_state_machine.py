"""Whatever people ask for, in whatever order, with repeats and with an old copy: the core keeps its promises.

The steps go through the real handlers and the fast path of a playback command; the ports are in
memory. They are the same ones each time, and the steps of a failure are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from partyapp.party.application import commands as c
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.state import Control, PartyStatus, Visibility
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_messages import room_event
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.principal import Principal
from tests.support.core_env import Core
from tests.support.examples import examples
from tests.support.party_objects import FILM_S

PEOPLE = [Principal(user_id=UUID(int=number), display_name=f"P{number}") for number in range(1, 6)]
PARTY = UUID(int=99)
people = st.sampled_from(PEOPLE)
#: Mostly the one who begins as host: too many refusals would leave little to see.
actors = st.sampled_from([*[PEOPLE[0]] * 5, *PEOPLE])
command_ids = st.integers(1, 12).map(lambda number: UUID(int=1000 + number))
#: What decides where the playback goes: each event's own facts, and nothing else.
_MOVES = ("playback_started", "playback_paused", "playback_sought", "playback_finished")


class CoreStateMachine(RuleBasedStateMachine):
    """Five people, one party, one process with a copy of it. `fold` is made of the log alone."""

    @initialize(
        visibility=st.sampled_from(Visibility),
        control=st.sampled_from(Control),
        max_members=st.integers(1, 5),
        duration_s=st.floats(0.1, FILM_S),
    )
    def create(self, visibility: Visibility, control: Control, max_members: int, duration_s: float) -> None:
        self.core = Core(duration_s)
        self.core.run(
            c.CreatePartySessionCommand(
                actor=PEOPLE[0],
                party_id=PARTY,
                video_id=self.core.film.id,
                visibility=visibility,
                control=control,
                max_members=max_members,
            )
        )
        first = self.core.sessions.states[PARTY]
        host = self.core.members.get(PARTY, PEOPLE[0].user_id)
        assert host is not None
        self.core.copy = PartyReplica(first, [host])
        self.fold = PartyReplica(first, [host])
        self.answers: dict[tuple[UUID, UUID], Any] = {}

    @property
    def log(self) -> list[Any]:
        return self.core.sessions.logs[PARTY]

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it; what is refused changes nothing at all. None for a refusal."""
        before = self.core.sessions.states[PARTY], len(self.log), self.members()
        try:
            return act()
        except Refusal:
            assert (self.core.sessions.states[PARTY], len(self.log), self.members()) == before
            return None

    def members(self) -> set[UUID]:
        found = [self.core.members.get(PARTY, person.user_id) for person in PEOPLE]
        return {member.user_id for member in found if member is not None and member.present}

    def again(self, command: Any) -> None:
        """What has just succeeded changes nothing when it is done once more."""
        if self.attempt(lambda: self.core.run(command)) is not None:
            length = len(self.log)
            self.attempt(lambda: self.core.run(command))
            assert len(self.log) == length, "a repeat left an event"

    @rule(who=people, code=st.sampled_from(["right", "wrong", None]))
    def join(self, who: Principal, code: str | None) -> None:
        invite = self.core.sessions.states[PARTY].invite_code if code == "right" else code
        self.again(c.JoinPartySessionCommand(actor=who, party_id=PARTY, invite_code=invite))

    @rule(who=people)
    def leave(self, who: Principal) -> None:
        self.again(c.LeavePartySessionCommand(actor=who, party_id=PARTY))

    @rule(who=people, meant=st.integers(0, 3))
    def end(self, who: Principal, meant: int) -> None:
        if meant == 0:
            self.again(c.EndPartySessionCommand(actor=who, party_id=PARTY))

    @rule(who=people, to=people)
    def transfer(self, who: Principal, to: Principal) -> None:
        self.again(c.TransferHostCommand(actor=who, party_id=PARTY, user_id=to.user_id))

    @rule(connected=st.none() | st.sets(st.sampled_from([person.user_id for person in PEOPLE])))
    def look_after_it(self, connected: set[UUID] | None) -> None:
        # Presence may believe in somebody who has left a moment ago, as Redis may.
        self.core.presence.users = None if connected is None else frozenset(connected)
        self.attempt(lambda: self.core.run(c.UpkeepCommand(party_id=PARTY)))

    @rule(step=st.floats(0.0, FILM_S * 1000), lead=st.floats(80.0, 1200.0))
    def time_passes(self, step: float, lead: float) -> None:
        self.core.schedule.time_ms += step
        self.core.schedule.lead = lead

    @rule(events=st.integers(1, 30))
    def the_copy_hears(self, events: int) -> None:
        self.core.catch_up(PARTY, events)

    @rule(
        who=actors,
        action=st.sampled_from(PlaybackAction),
        command_id=command_ids,
        position_s=st.none() | st.floats(0.0, 2 * FILM_S),
        rate=st.none() | st.floats(0.25, 4.0),
        has_gap=st.none() | st.integers(0, 2),
    )
    def control(
        self,
        who: Principal,
        action: PlaybackAction,
        command_id: UUID,
        position_s: float | None,
        rate: float | None,
        has_gap: int | None,
    ) -> None:
        revision = self.core.sessions.states[PARTY].revision
        command = c.PLAYBACK_COMMANDS[action](
            actor=who,
            party_id=PARTY,
            position_s=position_s,
            rate=rate,
            expected_revision=None if has_gap is None else max(0, revision - has_gap),
        )
        length, known = len(self.log), self.answers.get((who.user_id, command_id))
        event = self.attempt(lambda: self.core.control(command, command_id))
        if known is not None:
            assert (event, len(self.log)) == (known, length), "a repeat is answered with the first event"
        elif event is not None:
            assert len(self.log) == length + 1
            assert not has_gap, "a stale command was accepted"
            self.answers[who.user_id, command_id] = event

    @invariant()
    def promises(self) -> None:
        state = self.core.sessions.states[PARTY]
        assert [event.revision for event in self.log] == list(range(1, state.revision + 1))
        for event in self.log[self.fold.state.revision :]:
            assert self.fold.state.status is PartyStatus.ACTIVE, "an ended party has no more events"
            self.fold.apply(room_event(event))
            now = self.fold.state
            assert now.host_id in self.fold.present or now.member_count == 0, "a host who is no member"
        assert self.fold.state == state, "the state is the fold of the events"
        self.are_present(self.fold.present)
        assert len(self.fold.present) == state.member_count <= state.max_members
        assert state.status is PartyStatus.ENDED or state.member_count > 0

    def are_present(self, present: Set[UUID]) -> None:
        """These are the members. A party that is over is left without an event."""
        if self.core.sessions.states[PARTY].status is PartyStatus.ENDED:
            assert present >= self.members()
        else:
            assert present == self.members()

    @invariant()
    def the_copy_is_never_ahead(self) -> None:
        copy, state = self.core.copy, self.core.sessions.states[PARTY]
        assert copy is not None
        assert copy.state.revision <= state.revision
        if copy.state.revision == state.revision:
            assert copy.state == state
            self.are_present(copy.present)

    @invariant()
    def the_position_follows_from_the_events(self) -> None:
        state, now_ms = self.core.sessions.states[PARTY], self.core.schedule.time_ms
        moves = [event for event in self.log if event.type in _MOVES]
        expected = 0.0
        if moves:
            last = moves[-1].data
            passed_s = max(0.0, now_ms - last["at_ms"]) / 1000
            moved = last["rate"] * passed_s if last["state"] == "playing" else 0.0
            expected = min(max(last["position_s"] + moved, 0.0), state.video.duration_s)
        found = state.playback.position_at(now_ms, state.video.duration_s)
        assert abs(found - expected) < 1e-6
        assert state.playback.revision == (moves[-1].revision if moves else 1)


CoreStateMachine.TestCase.settings = settings(
    max_examples=examples(40), stateful_step_count=50, derandomize=True, print_blob=True, database=None
)
TestCoreStateMachine = CoreStateMachine.TestCase
