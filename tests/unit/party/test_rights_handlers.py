"""What the host sets, rights, and who is put out, by their handlers on ports in memory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.commands import LeavePartySessionCommand, TransferHostCommand
from partyapp.party.application.rights_commands import (
    ChangeInviteCodeCommand,
    ChangePartySessionCommand,
    GiveGrantsCommand,
    RemoveMemberCommand,
    UnbanMemberCommand,
)
from partyapp.party.domain.errors import (
    Banned,
    HostCannotBeRemoved,
    NoSuchMember,
    NotGranted,
    NotTheHost,
    PartyNotFound,
)
from partyapp.party.domain.grants import ALL_GRANTS, Grant
from tests.unit.party.test_handlers import ADA, GRACE, MALLORY, Env


@pytest.fixture
def env() -> Env:
    return Env()


@pytest.fixture
def party(env: Env) -> UUID:
    """A private party of Ada's that Grace is in."""
    party_id = env.party(ADA)
    env.join(GRACE, party_id)
    return party_id


def give(env: Env, party: UUID, *grants: Grant) -> None:
    env(GiveGrantsCommand(actor=ADA, party_id=party, user_id=GRACE.user_id, grants=frozenset(grants) or None))


def remove(party: UUID, **changes: Any) -> RemoveMemberCommand:
    given: dict[str, Any] = {"actor": ADA, "party_id": party, "user_id": GRACE.user_id, **changes}
    return RemoveMemberCommand(**given)


def test_a_party_is_never_made_larger_than_it_may_be(env: Env, party: UUID) -> None:
    env(ChangePartySessionCommand(actor=ADA, party_id=party, changes={"max_members": 9999}))
    assert env.sessions.get(party).state.max_members == 60
    env(ChangePartySessionCommand(actor=ADA, party_id=party, changes={"max_members": 8888}))
    assert env.log(party)[-2:] == ["member_joined", "party_session_changed"]
    env.refuse(NotTheHost, ChangePartySessionCommand(actor=GRACE, party_id=party, changes={"title": "x"}))


def test_rights_stay_with_the_member_over_a_hand_over_and_end_with_the_membership(
    env: Env, party: UUID
) -> None:
    give(env, party, Grant.QUEUE)
    member = env.members.get(party, GRACE.user_id)
    assert member is not None
    assert member.state.grants == frozenset({Grant.QUEUE})
    env(TransferHostCommand(actor=ADA, party_id=party, user_id=GRACE.user_id))
    state = env.sessions.get(party).state
    assert state.grants_of(GRACE.user_id, member.state.grants) == ALL_GRANTS
    assert state.grants_of(ADA.user_id, None) == {Grant.CHAT}
    env(TransferHostCommand(actor=GRACE, party_id=party, user_id=ADA.user_id))
    env(LeavePartySessionCommand(actor=GRACE, party_id=party))
    env.join(GRACE, party)
    back = env.members.get(party, GRACE.user_id)
    assert back is not None
    assert back.state.grants is None


def test_who_may_moderate_removes_others_but_the_host(env: Env, party: UUID) -> None:
    env.join(MALLORY, party)
    env.refuse(NotGranted, remove(party, actor=GRACE, user_id=MALLORY.user_id))
    give(env, party, Grant.MODERATE)
    env.refuse(HostCannotBeRemoved, remove(party, actor=GRACE, user_id=ADA.user_id))
    env.refuse(NoSuchMember, remove(party, user_id=party))
    for _ in range(2):
        env(remove(party, actor=GRACE, user_id=MALLORY.user_id))
    assert env.log(party)[-2:] == ["member_grants_changed", "member_removed"]
    assert env.sessions.get(party).state.member_count == 2
    env.refuse(PartyNotFound, remove(party, actor=MALLORY))


@pytest.mark.parametrize("gone_before", [False, True])
def test_who_is_banned_stays_out_until_unbanned(env: Env, party: UUID, gone_before: bool) -> None:
    if gone_before:
        env(LeavePartySessionCommand(actor=GRACE, party_id=party))
    for _ in range(2):
        env(remove(party, ban=True))
    with pytest.raises(Banned):
        env.join(GRACE, party)
    said = [kind for kind in env.log(party) if kind in ("member_removed", "member_banned")]
    assert said == ["member_banned" if gone_before else "member_removed"]
    unban = UnbanMemberCommand(actor=ADA, party_id=party, user_id=GRACE.user_id)
    for _ in range(2):
        env(unban)
    assert env.log(party).count("member_unbanned") == 1
    env.join(GRACE, party)


def test_the_code_is_another_one_and_in_no_event(env: Env, party: UUID) -> None:
    before = env.sessions.get(party).state.invite_code
    env(ChangeInviteCodeCommand(actor=ADA, party_id=party))
    after = env.sessions.get(party).state.invite_code
    assert after != before
    assert len(after) >= 32
    event = env.sessions.events[party][-1]
    assert (event.type, event.data()) == ("invite_code_changed", {})
    env.refuse(NotTheHost, ChangeInviteCodeCommand(actor=GRACE, party_id=party))
