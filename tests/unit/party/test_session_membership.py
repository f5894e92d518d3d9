"""Who may join, leave, lead and end a party."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from partyapp.party.domain.errors import (
    InvalidInvite,
    NotAMember,
    NotTheHost,
    PartyEnded,
    PartyFull,
    PartyNotFound,
)
from partyapp.party.domain.events import (
    HostTransferred,
    MemberJoined,
    MemberLeft,
    MemberRenamed,
    PartySessionCreated,
    PartySessionEnded,
)
from partyapp.party.domain.member import MemberRole
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyStatus, Visibility
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import INVITE, T0, created, host_of, joined, member_of

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE


def assert_refused(session: SyncedPartySession, why: type[Refusal], act: Callable[[], object]) -> None:
    """The act is refused for that very reason, and the party is as it was."""
    before, events = session.state, session.events
    with pytest.raises(Refusal) as caught:
        act()
    assert type(caught.value) is why
    assert (session.state, session.events) == (before, events)


def ended(**changes: object) -> SyncedPartySession:
    session = created(**changes)
    session.end(host_of(session), session.state.host_id, T0 + 5)
    return session


def test_a_new_party_has_one_event_and_one_member() -> None:
    session = created(title="Kino", revision=7, member_count=7)
    (event,) = session.events
    assert isinstance(event, PartySessionCreated)
    assert (event.revision, event.at_ms, event.actor_id) == (1, T0, session.state.host_id)
    assert event.data() == {
        "title": "Kino",
        "video_id": str(session.state.video.id),
        "host_id": str(session.state.host_id),
        "display_name": "Ada",
    }
    assert (session.state.revision, session.state.member_count) == (1, 1)
    host = session.host_member("Ada")
    assert (host.user_id, host.present, host.state.joined_at_ms) == (session.state.host_id, True, T0)
    assert host.role_in(session.state.host_id) is MemberRole.HOST


def test_a_stored_party_has_no_events_yet() -> None:
    stored = created().state
    assert SyncedPartySession.reconstitute(stored).state == SyncedPartySession(stored).state == stored
    assert SyncedPartySession.reconstitute(stored).events == ()


@pytest.mark.parametrize(
    ("visibility", "code", "why"),
    [
        (PRIVATE, INVITE, None),
        (PRIVATE, None, PartyNotFound),
        (PRIVATE, "", PartyNotFound),
        (PRIVATE, INVITE[:-1], PartyNotFound),
        (PRIVATE, "ünïcode 🎬", PartyNotFound),
        (PUBLIC, INVITE, None),
        (PUBLIC, None, None),
        (PUBLIC, "", InvalidInvite),
        (PUBLIC, INVITE.upper(), InvalidInvite),
    ],
)
@pytest.mark.parametrize("was_here", [False, True])
def test_joining_takes_the_invite(
    visibility: Visibility, code: str | None, why: type[Refusal] | None, was_here: bool
) -> None:
    session = created(visibility=visibility)
    grace = new_id()
    known = member_of(session, grace, joined_at_ms=T0, left_at_ms=T0 + 1) if was_here else None
    if why is not None:
        assert_refused(session, why, lambda: session.join(grace, "Grace", code, known, T0 + 2))
        return
    member = session.join(grace, "Amazing Grace", code, known, T0 + 2)
    assert member.present
    assert member.state.party_id == session.state.id
    assert (member.user_id, member.state.display_name, member.state.joined_at_ms) == (
        grace, "Amazing Grace", T0 + 2,
    )  # fmt: skip
    assert session.state.member_count == 2
    event = session.events[-1]
    assert isinstance(event, MemberJoined)
    assert (event.revision, event.actor_id) == (2, grace)
    assert event.data() == {
        "user_id": str(grace), "display_name": "Amazing Grace", "grants": ["chat"],
    }  # fmt: skip


@pytest.mark.parametrize("code", [INVITE, None, "wrong"])
def test_who_is_in_stays_in_and_nothing_happens(code: str | None) -> None:
    session = created(max_members=1)
    member = host_of(session)
    assert session.join(member.user_id, member.state.display_name, code, member, T0 + 9) is member
    assert session.state.revision == 1


def test_who_joins_again_under_another_name_takes_it() -> None:
    session = created(max_members=1)
    member = host_of(session)
    renamed = session.join(member.user_id, "Other", None, member, T0 + 9)
    assert (renamed.state.display_name, renamed.state.joined_at_ms) == ("Other", member.state.joined_at_ms)
    event = session.events[-1]
    assert isinstance(event, MemberRenamed)
    assert (event.revision, event.actor_id, session.state.member_count) == (2, member.user_id, 1)
    former = member.state.display_name
    assert event.data() == {
        "user_id": str(member.user_id), "display_name": "Other", "former_name": former
    }  # fmt: skip


def test_nobody_is_renamed_in_a_party_that_has_ended() -> None:
    session = created()
    member = host_of(session)
    session.abandon(T0 + 5)
    assert_refused(session, PartyEnded, lambda: session.rename(member, "Other", T0 + 9))


def test_a_full_party_takes_nobody_until_somebody_leaves() -> None:
    session = created(max_members=2)
    grace = joined(session)
    assert_refused(session, PartyFull, lambda: joined(session))
    session.leave(grace, None, T0 + 3)
    joined(session)
    assert session.state.member_count == 2


def test_an_ended_party_takes_nobody_and_hides_from_strangers() -> None:
    session = ended()
    member = host_of(session)
    assert_refused(session, PartyEnded, lambda: joined(session))
    assert_refused(session, PartyEnded, lambda: session.join(member.user_id, "A", None, member, T0))
    assert_refused(session, PartyNotFound, lambda: session.join(new_id(), "A", "wrong", None, T0))


def test_a_member_leaves() -> None:
    session = created()
    grace = joined(session)
    gone = session.leave(grace, host_of(session), T0 + 7)
    assert (gone.present, gone.state.left_at_ms) == (False, T0 + 7)
    assert session.state.host_id != grace.user_id
    assert session.state.member_count == 1
    assert isinstance(session.events[-1], MemberLeft)
    assert session.events[-1].data() == {
        "user_id": str(grace.user_id),
        "display_name": "Grace",
        "reason": "left",
    }


def test_a_leaving_host_hands_over() -> None:
    session = created()
    grace = joined(session)
    host = host_of(session)
    session.leave(host, grace, T0 + 7)
    # The hand-over comes first, so that the host is a member at every revision.
    handed, left = session.events[-2:]
    assert isinstance(handed, HostTransferred)
    assert isinstance(left, MemberLeft)
    assert handed.actor_id == host.user_id
    assert handed.data() == {
        "from_user_id": str(host.user_id),
        "to_user_id": str(grace.user_id),
        "to_display_name": "Grace",
        "to_joined_at_ms": grace.state.joined_at_ms,
        "reason": "left",
    }
    assert session.state.host_id == grace.user_id
    assert session.state.status is PartyStatus.ACTIVE
    assert [event.revision for event in session.events] == [1, 2, 3, 4]


def test_the_last_one_to_leave_ends_the_party() -> None:
    session = created()
    session.leave(host_of(session), None, T0 + 7)
    assert isinstance(session.events[-1], PartySessionEnded)
    assert session.events[-1].data() == {"reason": "empty"}
    assert (session.state.status, session.state.ended_at_ms) == (PartyStatus.ENDED, T0 + 7)
    assert session.state.member_count == 0


def test_a_party_that_is_over_can_be_left_without_an_event() -> None:
    session = ended()
    before = session.state
    gone = session.leave(host_of(session), None, T0 + 8)
    assert (gone.present, gone.state.left_at_ms) == (False, T0 + 8)
    assert session.state == before


def test_a_seat_that_is_given_up_is_an_event_of_nobodys() -> None:
    session = created(max_members=2)
    grace = joined(session)
    gone = session.give_seat_up(grace, T0 + 9)
    assert (gone.present, session.state.member_count) == (False, 1)
    assert session.events[-1].actor_id is None
    assert session.events[-1].data()["reason"] == "absent"
    joined(session)


@pytest.mark.parametrize("visibility", [PUBLIC, PRIVATE])
def test_only_the_host_hands_over_and_only_to_a_member(visibility: Visibility) -> None:
    session = created(visibility=visibility)
    host, grace = host_of(session), joined(session)
    gone = member_of(session, left_at_ms=T0)
    stranger_hears = PartyNotFound if visibility is PRIVATE else NotAMember
    assert_refused(session, NotTheHost, lambda: session.transfer_host(grace, grace, T0))
    assert_refused(session, stranger_hears, lambda: session.transfer_host(None, grace, T0))
    assert_refused(session, stranger_hears, lambda: session.transfer_host(gone, grace, T0))
    assert_refused(session, NotAMember, lambda: session.transfer_host(host, None, T0))
    assert_refused(session, NotAMember, lambda: session.transfer_host(host, gone, T0))
    session.transfer_host(host, host, T0)
    assert session.state.revision == 2, "to hand over to oneself is no event"
    session.transfer_host(host, grace, T0 + 3)
    assert session.state.host_id == grace.user_id
    assert session.events[-1].data()["reason"] == "transfer"
    assert session.events[-1].actor_id == host.user_id
    assert_refused(session, NotTheHost, lambda: session.transfer_host(host, host, T0))


def test_nobody_hands_an_ended_party_over() -> None:
    session = ended()
    assert_refused(session, PartyEnded, lambda: session.transfer_host(host_of(session), None, T0))


def test_the_upkeep_hands_over_from_an_absent_host() -> None:
    session = created()
    grace = joined(session)
    session.succeed_host(grace, T0 + 9)
    assert session.state.host_id == grace.user_id
    assert session.events[-1].actor_id is None
    assert session.events[-1].data()["reason"] == "absent"
    session.succeed_host(grace, T0 + 10)
    assert session.state.revision == 3, "the host follows nobody"


def test_only_the_host_ends_a_party() -> None:
    session = created(visibility=PUBLIC)
    host, grace = host_of(session), joined(session)
    assert_refused(session, NotTheHost, lambda: session.end(grace, grace.user_id, T0))
    assert_refused(session, NotAMember, lambda: session.end(None, new_id(), T0))
    session.end(host, host.user_id, T0 + 4)
    assert session.events[-1].data() == {"reason": "host"}
    assert (session.state.status, session.state.ended_at_ms) == (PartyStatus.ENDED, T0 + 4)
    before = session.state
    session.end(host, host.user_id, T0 + 6)
    assert session.state == before, "ending again changes nothing"
    assert_refused(session, NotTheHost, lambda: session.end(grace, grace.user_id, T0))


def test_an_abandoned_party_ends() -> None:
    session = created()
    session.abandon(T0 + 4)
    assert session.events[-1].data() == {"reason": "abandoned"}
    assert session.events[-1].actor_id is None
    assert_refused(session, PartyEnded, lambda: session.abandon(T0 + 5))
    assert_refused(session, PartyEnded, lambda: session.succeed_host(member_of(session), T0 + 5))


def test_the_operator_ends_a_party_whoever_hosts_it() -> None:
    session = created()
    session.close(T0 + 4)
    assert session.events[-1].data() == {"reason": "operator"}
    assert (session.events[-1].actor_id, session.state.status) == (None, PartyStatus.ENDED)
    before = session.events
    session.close(T0 + 5)
    assert (session.events, session.state.ended_at_ms) == (before, T0 + 4)


def test_the_invite_is_not_in_the_text_of_a_state() -> None:
    assert INVITE not in repr(created().state)
