"""Every command by its handler, through `handle`, on ports in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.commands import (
    CreatePartySessionCommand,
    EndPartySessionCommand,
    JoinPartySessionCommand,
    LeavePartySessionCommand,
    PausePlaybackCommand,
    SeekPlaybackCommand,
    StartPlaybackCommand,
    SyncPlaybackCommand,
    TransferHostCommand,
)
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import Graces, Ports
from partyapp.party.domain.errors import (
    InvalidInvite,
    NotAMember,
    NotTheHost,
    PartyEnded,
    PartyNotFound,
)
from partyapp.party.domain.state import Control, PartyStatus, Visibility
from partyapp.shared.kernel.bounds import Quotas
from partyapp.shared.kernel.errors import QuotaExceeded, Refusal, ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from tests.support.fakes_admission import InMemoryAdmissions, RecordedInvitations
from tests.support.fakes_party import (
    FixedSchedule,
    InMemoryPartyMembers,
    InMemoryPartySessions,
    InMemoryPresence,
    InMemoryQueue,
    InMemoryTicks,
    InMemoryVideoCatalogue,
)
from tests.support.party_objects import T0, film, principal


class Env:
    """All ports as fakes, with one film."""

    def __init__(self) -> None:
        self.film = film(title="Der Film")
        self.sessions = InMemoryPartySessions()
        self.members = InMemoryPartyMembers()
        self.presence = InMemoryPresence()
        self.schedule = FixedSchedule(T0)
        self.admissions, self.notices = InMemoryAdmissions(), RecordedInvitations()
        self.ports = Ports(
            sessions=self.sessions,
            members=self.members,
            videos=InMemoryVideoCatalogue({self.film.id: self.film}),
            presence=self.presence,
            schedule=self.schedule,
            ticks=InMemoryTicks(),
            queue=InMemoryQueue(),
            admissions=self.admissions,
            notices=self.notices,
            quotas=Quotas(parties=50, members=60),
            graces=Graces(host_ms=60e3, abandoned_ms=1800e3, unvisited_ms=604_800e3),
        )

    def __call__(self, command: Any) -> Any:
        return handle(command, self.ports)

    def party(self, host: Principal, **changes: Any) -> UUID:
        command = CreatePartySessionCommand(actor=host, party_id=new_id(), video_id=self.film.id)
        party_id: UUID = self(replace(command, **changes)).state.id
        return party_id

    def join(self, who: Principal, party_id: UUID) -> None:
        self.schedule.time_ms += 1
        invite = self.sessions.get(party_id).state.invite_code
        self(JoinPartySessionCommand(actor=who, party_id=party_id, invite_code=invite))

    def log(self, party_id: UUID) -> list[str]:
        return [event.type for event in self.sessions.events[party_id]]

    def refuse(self, why: type[Refusal], command: Any) -> None:
        """The command is refused for that reason and leaves nothing."""
        before = dict(self.sessions.states)
        with pytest.raises(Refusal) as caught:
            self(command)
        assert type(caught.value) is why
        assert self.sessions.states == before


@pytest.fixture
def env() -> Env:
    return Env()


ADA, GRACE, MALLORY = principal("Ada"), principal("Grace"), principal("Mallory")


def test_a_party_with_a_date(env: Env) -> None:
    state = env.sessions.get(env.party(ADA, starts_at_ms=T0 + 1e9)).state
    assert (state.starts_at_ms, state.playback.at_ms) == (T0 + 1e9, T0 + 1e9)
    for wrong in (T0, T0 - 1.0, T0 + 367 * 86_400_000.0):
        command = CreatePartySessionCommand(
            actor=ADA, party_id=new_id(), video_id=env.film.id, starts_at_ms=wrong
        )
        env.refuse(ValidationFailed, command)


def test_create(env: Env) -> None:
    party_id = env.party(ADA, visibility=Visibility.PUBLIC, control=Control.EVERYONE, max_members=7)
    state = env.sessions.get(party_id).state
    assert (state.title, state.video, state.host_id) == ("Der Film", env.film, ADA.user_id)
    assert (state.visibility, state.control, state.max_members) == (
        Visibility.PUBLIC, Control.EVERYONE, 7,
    )  # fmt: skip
    assert (state.created_at_ms, state.member_count, state.revision) == (T0, 1, 1)
    member = env.members.get(party_id, ADA.user_id)
    assert member is not None
    assert (member.present, member.state.display_name) == (True, "Ada")
    assert env.sessions.get(env.party(ADA, title="Kino")).state.title == "Kino"


def test_invites_are_long_and_each_its_own(env: Env) -> None:
    invites = {env.sessions.get(env.party(ADA)).state.invite_code for _ in range(50)}
    assert len(invites) == 50
    assert min(map(len, invites)) >= 32


def test_a_host_has_so_many_parties_and_no_more(env: Env) -> None:
    parties = [env.party(ADA) for _ in range(50)]
    refused = CreatePartySessionCommand(actor=ADA, party_id=new_id(), video_id=env.film.id)
    env.refuse(QuotaExceeded, refused)
    env.party(GRACE)
    env(EndPartySessionCommand(actor=ADA, party_id=parties[0]))
    env.party(ADA)
    env.refuse(QuotaExceeded, refused)


def test_no_party_is_larger_than_the_operator_allows(env: Env) -> None:
    assert env.sessions.get(env.party(ADA, max_members=61)).state.max_members == 60
    assert env.sessions.get(env.party(ADA, max_members=59)).state.max_members == 59


def test_no_party_without_a_film_that_plays(env: Env) -> None:
    command = CreatePartySessionCommand(actor=ADA, party_id=new_id(), video_id=new_id())
    env.refuse(ValidationFailed, command)
    assert env.members.get(command.party_id, ADA.user_id) is None


def test_join_and_join_again(env: Env) -> None:
    party_id = env.party(ADA)
    env.join(GRACE, party_id)
    env.join(GRACE, party_id)
    assert env.log(party_id) == ["party_session_created", "member_joined"]
    member = env.members.get(party_id, GRACE.user_id)
    assert member is not None
    assert member.present
    wrong = JoinPartySessionCommand(actor=MALLORY, party_id=party_id, invite_code="x")
    env.refuse(PartyNotFound, wrong)
    env.refuse(PartyNotFound, replace(wrong, party_id=new_id()))
    public = env.party(ADA, visibility=Visibility.PUBLIC)
    env.refuse(InvalidInvite, replace(wrong, party_id=public))
    assert env.members.get(party_id, MALLORY.user_id) is None


def test_leave_and_leave_again(env: Env) -> None:
    party_id = env.party(ADA)
    env.join(GRACE, party_id)
    for _ in range(2):
        env(LeavePartySessionCommand(actor=GRACE, party_id=party_id))
    assert env.log(party_id) == ["party_session_created", "member_joined", "member_left"]
    member = env.members.get(party_id, GRACE.user_id)
    assert member is not None
    assert not member.present
    env.refuse(PartyNotFound, LeavePartySessionCommand(actor=MALLORY, party_id=party_id))
    public = env.party(ADA, visibility=Visibility.PUBLIC)
    env.refuse(NotAMember, LeavePartySessionCommand(actor=MALLORY, party_id=public))


@pytest.mark.parametrize(
    ("connected", "heir"),
    [(None, "Grace"), ([], "Grace"), (["Mallory"], "Mallory"), (["Mallory", "Grace"], "Grace")],
)
def test_a_leaving_host_hands_over_to_who_is_connected(
    env: Env, connected: list[str] | None, heir: str
) -> None:
    people = {person.display_name: person for person in (GRACE, MALLORY)}
    party_id = env.party(ADA)
    for person in people.values():
        env.join(person, party_id)
    env.presence.users = None if connected is None else frozenset(people[n].user_id for n in connected)
    env(LeavePartySessionCommand(actor=ADA, party_id=party_id))
    assert env.sessions.get(party_id).state.host_id == people[heir].user_id


def test_the_last_to_leave_ends_the_party_and_may_end_it_again(env: Env) -> None:
    party_id = env.party(ADA)
    env(LeavePartySessionCommand(actor=ADA, party_id=party_id))
    assert env.sessions.get(party_id).state.status is PartyStatus.ENDED
    env(LeavePartySessionCommand(actor=ADA, party_id=party_id))
    env(EndPartySessionCommand(actor=ADA, party_id=party_id))
    assert env.log(party_id) == ["party_session_created", "member_left", "party_session_ended"]


def test_transfer(env: Env) -> None:
    party_id = env.party(ADA)
    env.join(GRACE, party_id)
    give = TransferHostCommand(actor=ADA, party_id=party_id, user_id=GRACE.user_id)
    env.refuse(NotAMember, replace(give, user_id=MALLORY.user_id))
    env.refuse(NotTheHost, replace(give, actor=GRACE))
    env.refuse(PartyNotFound, replace(give, actor=MALLORY))
    env(give)
    assert env.sessions.get(party_id).state.host_id == GRACE.user_id
    env(replace(give, actor=GRACE))
    assert env.log(party_id)[2:] == ["host_transferred"], "to hand over to oneself is no event"


def test_end_and_end_again(env: Env) -> None:
    party_id = env.party(ADA)
    env.join(GRACE, party_id)
    end = EndPartySessionCommand(actor=ADA, party_id=party_id)
    env.refuse(NotTheHost, replace(end, actor=GRACE))
    env.refuse(PartyNotFound, replace(end, actor=MALLORY))
    env(end)
    env(end)
    assert env.log(party_id)[2:] == ["party_session_ended"]
    env.refuse(PartyEnded, TransferHostCommand(actor=ADA, party_id=party_id, user_id=GRACE.user_id))


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (StartPlaybackCommand, "playback_started"),
        (PausePlaybackCommand, "playback_paused"),
        (SeekPlaybackCommand, "playback_sought"),
    ],
)
def test_playback_is_scheduled_with_the_rooms_lead(env: Env, kind: Any, type_: str) -> None:
    party_id = env.party(ADA)
    env.schedule.lead = 432.0
    session = env(kind(actor=ADA, party_id=party_id, position_s=12.5, rate=2.0, expected_revision=1))
    assert env.log(party_id)[1:] == [type_]
    assert (session.state.playback.at_ms, session.state.playback.position_s) == (T0 + 432.0, 12.5)
    assert (session.state.playback.rate, session.state.lead_ms) == (2.0, 432.0)
    env.refuse(PartyNotFound, kind(actor=MALLORY, party_id=party_id))


def test_a_slot_is_ticked_once_and_finds_what_is_due(env: Env) -> None:
    ended, quiet = env.party(ADA), env.party(ADA)
    env(StartPlaybackCommand(actor=ADA, party_id=ended, position_s=599.0))
    env.schedule.time_ms = T0 + 2000
    assert env(SyncPlaybackCommand(slot=7)) == [ended]
    assert env(SyncPlaybackCommand(slot=7)) is None
    env.schedule.time_ms = T0 + 61_000
    # Both are unattended by now, and a party that is due twice is looked after once.
    assert env(SyncPlaybackCommand(slot=8)) == [ended, quiet]
