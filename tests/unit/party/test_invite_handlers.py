"""Invites by their handlers on ports in memory: made, used, closed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application import invite_handlers
from partyapp.party.application.commands import JoinPartySessionCommand
from partyapp.party.application.invite_handlers import MOST_INVITES
from partyapp.party.application.rights_commands import (
    ChangePartySessionCommand,
    CreateInviteCommand,
    GiveGrantsCommand,
    RemoveMemberCommand,
    RevokeInviteCommand,
)
from partyapp.party.domain.admission import PartyInvite
from partyapp.party.domain.errors import (
    Banned,
    InvalidInvite,
    NoSuchInvite,
    NotGranted,
    PartyEnded,
    PartyFull,
    PartyNotFound,
)
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.state import Visibility
from partyapp.shared.kernel.errors import QuotaExceeded, ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from tests.unit.party.test_handlers import ADA, GRACE, MALLORY, Env


@pytest.fixture
def env() -> Env:
    return Env()


@pytest.fixture
def party(env: Env) -> UUID:
    return env.party(ADA)


def invite(env: Env, party: UUID, **changes: Any) -> PartyInvite:
    given: dict[str, Any] = {"actor": ADA, "party_id": party, "invite_id": new_id(), **changes}
    made: PartyInvite = env(CreateInviteCommand(**given))
    return made


def by(party: UUID, who: Principal, code: str | None) -> JoinPartySessionCommand:
    return JoinPartySessionCommand(actor=who, party_id=party, invite_code=code)


def test_the_same_id_again_is_the_same_invite(env: Env, party: UUID) -> None:
    invite_id = new_id()
    first, again = (invite(env, party, invite_id=invite_id) for _ in range(2))
    assert first == again
    assert len(first.code) >= 32
    assert list(env.admissions.invites) == [invite_id]


def test_what_an_invite_gives_is_the_members_own(env: Env, party: UUID) -> None:
    made = invite(env, party, grants=frozenset({Grant.QUEUE}))
    env(by(party, GRACE, made.code))
    member = env.members.get(party, GRACE.user_id)
    assert member is not None
    assert member.state.grants == frozenset({Grant.QUEUE})
    data = env.sessions.events[party][-1].data()
    assert (data["grants"], data["own_grants"], data["invite_id"]) == (["queue"], ["queue"], str(made.id))
    assert env.admissions.invites[made.id].uses == 1
    env(by(party, GRACE, made.code))
    assert env.admissions.invites[made.id].uses == 1, "a member joins by nothing"


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("why", ["expired", "used up", "revoked"])
def test_a_closed_invite_says_why_where_the_party_is_no_secret(
    env: Env, why: str, visibility: Visibility
) -> None:
    party = env.party(ADA, visibility=visibility)
    made = invite(env, party, expires_in_s=10.0, max_uses=1)
    if why == "expired":
        env.schedule.time_ms += 10_000
    elif why == "used up":
        env(by(party, MALLORY, made.code))
    else:
        env(RevokeInviteCommand(actor=ADA, party_id=party, invite_id=made.id))
    if visibility is Visibility.PRIVATE:
        env.refuse(PartyNotFound, by(party, GRACE, made.code))
        return
    with pytest.raises(InvalidInvite, match=why):
        env(by(party, GRACE, made.code))
    env(by(party, GRACE, None))


def test_an_invite_by_name_needs_no_code_and_is_nobody_elses(env: Env, party: UUID) -> None:
    made = invite(env, party, user_id=GRACE.user_id, grants=frozenset({Grant.PLAYBACK}))
    assert [(told.user_id, told.inviter_name) for told in env.notices] == [(GRACE.user_id, "Ada")]
    env.refuse(PartyNotFound, by(party, MALLORY, made.code))
    own_code = env.sessions.get(party).state.invite_code
    env(by(party, MALLORY, own_code))
    # It counts whichever way they come.
    env(by(party, GRACE, own_code))
    assert env.admissions.invites[made.id].uses == 1
    with pytest.raises(ValidationFailed):
        invite(env, party, user_id=GRACE.user_id)


def test_only_ones_own_rights_are_handed_on(env: Env, party: UUID) -> None:
    env.join(GRACE, party)
    with pytest.raises(NotGranted):
        invite(env, party, actor=GRACE)
    give = GiveGrantsCommand(
        actor=ADA, party_id=party, user_id=GRACE.user_id, grants=frozenset({Grant.INVITE, Grant.CHAT})
    )
    env(give)
    made = invite(env, party, actor=GRACE, grants=frozenset({Grant.CHAT}))
    with pytest.raises(NotGranted):
        invite(env, party, actor=GRACE, grants=frozenset({Grant.PLAYBACK}))
    env(GiveGrantsCommand(actor=ADA, party_id=party, user_id=GRACE.user_id, grants=None))
    env.refuse(PartyNotFound, by(party, MALLORY, made.code))


def test_what_all_lose_is_handed_on_by_none_of_their_invites(env: Env, party: UUID) -> None:
    env.join(GRACE, party)

    def rights_of_all(*names: str) -> None:
        changes = {"default_grants": list(names)}
        env(ChangePartySessionCommand(actor=ADA, party_id=party, changes=changes))

    rights_of_all("invite", "chat", "playback")
    kept = invite(env, party, actor=GRACE, grants=frozenset({Grant.CHAT}))
    beyond = invite(env, party, actor=GRACE, grants=frozenset({Grant.PLAYBACK}))
    of_host = invite(env, party, grants=frozenset({Grant.PLAYBACK}))

    def is_open(one: PartyInvite) -> bool:
        return env.admissions.invites[one.id].revoked_at_ms is None

    rights_of_all("invite", "chat", "queue")
    assert [is_open(one) for one in (kept, beyond, of_host)] == [True, False, True]
    rights_of_all("chat", "queue")
    assert [is_open(one) for one in (kept, beyond, of_host)] == [False, False, True]


def test_who_is_put_out_leaves_no_way_in(env: Env, party: UUID) -> None:
    env.join(GRACE, party)
    env(ChangePartySessionCommand(actor=ADA, party_id=party, changes={"default_grants": ["invite"]}))
    theirs, others = invite(env, party, actor=GRACE), invite(env, party)
    env(RemoveMemberCommand(actor=ADA, party_id=party, user_id=GRACE.user_id))
    env.refuse(PartyNotFound, by(party, MALLORY, theirs.code))
    env(by(party, MALLORY, others.code))


def test_a_ban_is_stronger_than_an_invite_and_uses_none_up(env: Env, party: UUID) -> None:
    env.join(GRACE, party)
    env(RemoveMemberCommand(actor=ADA, party_id=party, user_id=GRACE.user_id, ban=True))
    made, by_name = invite(env, party), invite(env, party, user_id=GRACE.user_id)
    env.refuse(Banned, by(party, GRACE, made.code))
    env.refuse(Banned, by(party, GRACE, None))
    env(RevokeInviteCommand(actor=ADA, party_id=party, invite_id=by_name.id))
    env.refuse(PartyNotFound, by(party, GRACE, None))
    env.refuse(PartyNotFound, by(party, GRACE, "wrong"))
    assert {one.uses for one in env.admissions.invites.values()} == {0}


def test_a_full_party_uses_no_invite_up(env: Env) -> None:
    party = env.party(ADA, max_members=1)
    made = invite(env, party, max_uses=1)
    env.refuse(PartyFull, by(party, GRACE, made.code))
    assert env.admissions.invites[made.id].uses == 0


def test_there_are_so_many_open_invites_and_no_more(env: Env, party: UUID) -> None:
    made = [invite(env, party) for _ in range(MOST_INVITES)]
    with pytest.raises(QuotaExceeded):
        invite(env, party)
    env(RevokeInviteCommand(actor=ADA, party_id=party, invite_id=made[0].id))
    invite(env, party)


def test_an_invite_is_revoked_by_who_may_invite_while_the_party_goes_on(env: Env, party: UUID) -> None:
    made = invite(env, party)
    env.join(GRACE, party)
    env.refuse(NotGranted, RevokeInviteCommand(actor=GRACE, party_id=party, invite_id=made.id))
    env.refuse(NoSuchInvite, RevokeInviteCommand(actor=ADA, party_id=party, invite_id=new_id()))
    session = env.sessions.get(party)
    session.abandon(env.schedule.time_ms)
    env.sessions.save(session)
    env.refuse(PartyEnded, RevokeInviteCommand(actor=ADA, party_id=party, invite_id=made.id))
    with pytest.raises(PartyEnded):
        invite(env, party)


def test_a_code_begins_and_ends_with_a_letter_or_a_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["-and-more", "_and-more", "more-and-", "more-and_", "0-and_A"])
    monkeypatch.setattr("secrets.token_urlsafe", lambda _bytes: next(drawn))
    assert invite_handlers.new_invite_code() == "0-and_A"
