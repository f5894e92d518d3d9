"""Every command by its handler, through the switchboard, on ports in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.commands import (
    LIFECYCLE_COMMANDS,
    PLAYBACK_COMMANDS,
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
from partyapp.party.application.handlers import switchboard
from partyapp.party.domain.errors import InvalidInvite, NotAMember, NotTheHost, PartyEnded, PartyNotFound
from partyapp.party.domain.state import Control, PartyStatus, Visibility
from partyapp.shared.bounds import Quotas
from partyapp.shared.errors import QuotaExceeded, Refusal, ValidationFailed
from partyapp.shared.ids import new_id
from partyapp.shared.principal import Principal
from tests.support.fakes_party import (
    FixedSchedule,
    InMemoryPartyMembers,
    InMemoryPartySessions,
    InMemoryPresence,
    InMemoryTicks,
    InMemoryVideoCatalogue,
)
from tests.support.party_objects import T0, film, principal


class House:
    """The switchboard on fakes, with one film."""

    def __init__(self) -> None:
        self.film = film(title="Der Film")
        self.sessions = InMemoryPartySessions()
        self.members = InMemoryPartyMembers()
        self.presence = InMemoryPresence()
        self.schedule = FixedSchedule(T0)
        self.handlers = switchboard(
            self.sessions,
            self.members,
            videos=InMemoryVideoCatalogue({self.film.id: self.film}),
            presence=self.presence,
            schedule=self.schedule,
            ticks=InMemoryTicks(),
            quotas=Quotas(parties=50, members=60),
        )

    def __call__(self, command: Any) -> Any:
        return self.handlers[type(command)](command)

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
def house() -> House:
    return House()


ADA, GRACE, MALLORY = principal("Ada"), principal("Grace"), principal("Mallory")


def test_every_command_has_a_handler(house: House) -> None:
    commands = {*LIFECYCLE_COMMANDS.values(), *PLAYBACK_COMMANDS.values(), SyncPlaybackCommand}
    assert set(house.handlers) == commands
    assert len(commands) == 9


def test_create(house: House) -> None:
    party_id = house.party(ADA, visibility=Visibility.PUBLIC, control=Control.EVERYONE, max_members=7)
    state = house.sessions.get(party_id).state
    assert (state.title, state.video, state.host_id) == ("Der Film", house.film, ADA.user_id)
    assert (state.visibility, state.control, state.max_members) == (
        Visibility.PUBLIC, Control.EVERYONE, 7,
    )  # fmt: skip
    assert (state.created_at_ms, state.member_count, state.revision) == (T0, 1, 1)
    member = house.members.get(party_id, ADA.user_id)
    assert member is not None
    assert (member.present, member.state.display_name) == (True, "Ada")
    assert house.sessions.get(house.party(ADA, title="Kino")).state.title == "Kino"


def test_invites_are_long_and_each_its_own(house: House) -> None:
    invites = {house.sessions.get(house.party(ADA)).state.invite_code for _ in range(50)}
    assert len(invites) == 50
    assert min(map(len, invites)) >= 32


def test_a_host_has_so_many_parties_and_no_more(house: House) -> None:
    parties = [house.party(ADA) for _ in range(50)]
    refused = CreatePartySessionCommand(actor=ADA, party_id=new_id(), video_id=house.film.id)
    house.refuse(QuotaExceeded, refused)
    house.party(GRACE)
    house(EndPartySessionCommand(actor=ADA, party_id=parties[0]))
    house.party(ADA)
    house.refuse(QuotaExceeded, refused)


def test_no_party_is_larger_than_the_operator_allows(house: House) -> None:
    assert house.sessions.get(house.party(ADA, max_members=61)).state.max_members == 60
    assert house.sessions.get(house.party(ADA, max_members=59)).state.max_members == 59


def test_no_party_without_a_film_that_plays(house: House) -> None:
    command = CreatePartySessionCommand(actor=ADA, party_id=new_id(), video_id=new_id())
    house.refuse(ValidationFailed, command)
    assert house.members.get(command.party_id, ADA.user_id) is None


def test_join_and_join_again(house: House) -> None:
    party_id = house.party(ADA)
    house.join(GRACE, party_id)
    house.join(GRACE, party_id)
    assert house.log(party_id) == ["party_session_created", "member_joined"]
    member = house.members.get(party_id, GRACE.user_id)
    assert member is not None
    assert member.present
    wrong = JoinPartySessionCommand(actor=MALLORY, party_id=party_id, invite_code="x")
    house.refuse(PartyNotFound, wrong)
    house.refuse(PartyNotFound, replace(wrong, party_id=new_id()))
    public = house.party(ADA, visibility=Visibility.PUBLIC)
    house.refuse(InvalidInvite, replace(wrong, party_id=public))
    assert house.members.get(party_id, MALLORY.user_id) is None


def test_leave_and_leave_again(house: House) -> None:
    party_id = house.party(ADA)
    house.join(GRACE, party_id)
    for _ in range(2):
        house(LeavePartySessionCommand(actor=GRACE, party_id=party_id))
    assert house.log(party_id) == ["party_session_created", "member_joined", "member_left"]
    member = house.members.get(party_id, GRACE.user_id)
    assert member is not None
    assert not member.present
    house.refuse(PartyNotFound, LeavePartySessionCommand(actor=MALLORY, party_id=party_id))
    public = house.party(ADA, visibility=Visibility.PUBLIC)
    house.refuse(NotAMember, LeavePartySessionCommand(actor=MALLORY, party_id=public))


@pytest.mark.parametrize(
    ("connected", "heir"),
    [(None, "Grace"), ([], "Grace"), (["Mallory"], "Mallory"), (["Mallory", "Grace"], "Grace")],
)
def test_a_leaving_host_hands_over_to_who_is_connected(
    house: House, connected: list[str] | None, heir: str
) -> None:
    people = {person.display_name: person for person in (GRACE, MALLORY)}
    party_id = house.party(ADA)
    for person in people.values():
        house.join(person, party_id)
    house.presence.users = None if connected is None else frozenset(people[n].user_id for n in connected)
    house(LeavePartySessionCommand(actor=ADA, party_id=party_id))
    assert house.sessions.get(party_id).state.host_id == people[heir].user_id


def test_the_last_to_leave_ends_the_party_and_may_end_it_again(house: House) -> None:
    party_id = house.party(ADA)
    house(LeavePartySessionCommand(actor=ADA, party_id=party_id))
    assert house.sessions.get(party_id).state.status is PartyStatus.ENDED
    house(LeavePartySessionCommand(actor=ADA, party_id=party_id))
    house(EndPartySessionCommand(actor=ADA, party_id=party_id))
    assert house.log(party_id) == ["party_session_created", "member_left", "party_session_ended"]


def test_transfer(house: House) -> None:
    party_id = house.party(ADA)
    house.join(GRACE, party_id)
    give = TransferHostCommand(actor=ADA, party_id=party_id, user_id=GRACE.user_id)
    house.refuse(NotAMember, replace(give, user_id=MALLORY.user_id))
    house.refuse(NotTheHost, replace(give, actor=GRACE))
    house.refuse(PartyNotFound, replace(give, actor=MALLORY))
    house(give)
    assert house.sessions.get(party_id).state.host_id == GRACE.user_id
    house(replace(give, actor=GRACE))
    assert house.log(party_id)[2:] == ["host_transferred"], "to hand over to oneself is no event"


def test_end_and_end_again(house: House) -> None:
    party_id = house.party(ADA)
    house.join(GRACE, party_id)
    end = EndPartySessionCommand(actor=ADA, party_id=party_id)
    house.refuse(NotTheHost, replace(end, actor=GRACE))
    house.refuse(PartyNotFound, replace(end, actor=MALLORY))
    house(end)
    house(end)
    assert house.log(party_id)[2:] == ["party_session_ended"]
    house.refuse(PartyEnded, TransferHostCommand(actor=ADA, party_id=party_id, user_id=GRACE.user_id))


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (StartPlaybackCommand, "playback_started"),
        (PausePlaybackCommand, "playback_paused"),
        (SeekPlaybackCommand, "playback_sought"),
    ],
)
def test_playback_is_scheduled_with_the_rooms_lead(house: House, kind: Any, type_: str) -> None:
    party_id = house.party(ADA)
    house.schedule.lead = 432.0
    session = house(kind(actor=ADA, party_id=party_id, position_s=12.5, rate=2.0, expected_revision=1))
    assert house.log(party_id)[1:] == [type_]
    assert (session.state.playback.at_ms, session.state.playback.position_s) == (T0 + 432.0, 12.5)
    assert (session.state.playback.rate, session.state.lead_ms) == (2.0, 432.0)
    house.refuse(PartyNotFound, kind(actor=MALLORY, party_id=party_id))


def test_a_slot_is_ticked_once_and_finds_what_is_due(house: House) -> None:
    ended, quiet = house.party(ADA), house.party(ADA)
    house(StartPlaybackCommand(actor=ADA, party_id=ended, position_s=599.0))
    house.schedule.time_ms = T0 + 2000
    assert house(SyncPlaybackCommand(slot=7)) == [ended]
    assert house(SyncPlaybackCommand(slot=7)) is None
    house.schedule.time_ms = T0 + 61_000
    # Both are unattended by now, and a party that is due twice is looked after once.
    assert house(SyncPlaybackCommand(slot=8)) == [ended, quiet]
