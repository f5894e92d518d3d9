"""A change of settings, rights or members that is sent again after a lost answer has no second effect.

What another person has done meanwhile stays: only the log knows that the change was made already.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine

from partyapp.party.application.ports import ProcessPorts
from partyapp.party.application.rights_commands import (
    ChangePartySessionCommand,
    GiveGrantsCommand,
    RemoveMemberCommand,
    UnbanMemberCommand,
)
from partyapp.party.domain.errors import NotTheHost
from partyapp.party.domain.grants import Grant
from partyapp.party.infrastructure.admission_entities import PartyBanEntity, PartyInviteEntity
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.party_changes import PartyChanges
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork, TransactionPorts
from partyapp.shared.kernel.bounds import Quotas
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_party import (
    FixedSchedule,
    InMemoryQueue,
    InMemoryVideoCatalogue,
    RecordedCommits,
)
from tests.support.fresh_database import emptied
from tests.support.party_objects import INVITE, T0, created, host_of, joined, principal

ENTITIES = (
    SyncedPartySessionEntity,
    PartyMemberEntity,
    PartyEventEntity,
    PartyInviteEntity,
    PartyBanEntity,
)


class NoLimits:
    """Lets everything through."""

    def take(self, *_: object) -> None:
        """Count nothing."""


class Env:
    """A party with a host and a guest in Postgres, and its changes."""

    def __init__(self, engine: Engine) -> None:
        transactions = Transactions(engine)
        ports = ProcessPorts(schedule=FixedSchedule(T0), videos=InMemoryVideoCatalogue(), quotas=Quotas())
        self.unit = PartyUnitOfWork(
            transactions, RecordedCommits(), ports, queue_in=lambda _: InMemoryQueue()
        )
        self.queries = PartyQueries(transactions)
        self.changes = PartyChanges(self.unit, NoLimits())
        session = created()
        self.id, self.host = session.state.id, principal(user_id=session.state.host_id)
        guest = joined(session)
        self.guest = principal("Grace", guest.user_id)

        def add(found: TransactionPorts) -> None:
            found.sessions.add(session)
            found.members.add(host_of(session))
            found.members.add(guest)

        self.unit.run(add)

    def of(self, kind: Callable[..., Any], **facts: Any) -> Callable[[], Any]:
        """A command of the host, which is the same one each time it is called."""
        command = kind(actor=self.host, party_id=self.id, **facts)
        run = self.changes.give_grants if kind is GiveGrantsCommand else self.changes.run
        return partial(run, command, new_id())

    def join(self) -> None:
        def work(ports: TransactionPorts) -> None:
            session = ports.sessions.get(self.id)
            member = ports.members.get(self.id, self.guest.user_id)
            ports.members.add(session.join(self.guest.user_id, "Grace", INVITE, member, T0 + 2))
            ports.sessions.save(session)

        self.unit.run(work, lock=Lock.WAIT)

    def hand_over(self, to: Principal) -> None:
        def work(ports: TransactionPorts) -> None:
            session = ports.sessions.get(self.id)
            host = ports.members.get(self.id, self.host.user_id)
            session.transfer_host(host, ports.members.get(self.id, to.user_id), T0 + 3)
            ports.sessions.save(session)

        self.unit.run(work, lock=Lock.WAIT)

    def log(self) -> list[str]:
        """The events since the party's beginning and the guest's joining."""
        return [event.type for event in self.queries.events(self.id, 2, 1000)]


@pytest.fixture
def env(engine: Engine) -> Env:
    emptied(engine, ENTITIES)
    return Env(engine)


def test_settings_that_were_set_otherwise_since_stay_so(env: Env) -> None:
    first = env.of(ChangePartySessionCommand, changes={"title": "One"})
    first()
    env.of(ChangePartySessionCommand, changes={"title": "Two"})()
    first()
    assert env.queries.state(env.id).title == "Two"
    assert env.log() == ["party_session_changed"] * 2


def test_rights_that_were_given_otherwise_since_stay_so(env: Env) -> None:
    given = frozenset({Grant.MODERATE})
    first = env.of(GiveGrantsCommand, user_id=env.guest.user_id, grants=given)
    _, member = first()
    assert member.state.grants == given
    env.of(GiveGrantsCommand, user_id=env.guest.user_id, grants=None)()
    _, member = first()
    assert member.state.grants is None
    assert env.log() == ["member_grants_changed"] * 2


def test_rights_of_who_has_gone_since_are_answered_all_the_same(env: Env) -> None:
    first = env.of(GiveGrantsCommand, user_id=env.guest.user_id, grants=frozenset({Grant.MODERATE}))
    first()
    env.of(RemoveMemberCommand, user_id=env.guest.user_id)()
    session, member = first()
    assert (session.state.revision, member.present) == (4, False)


@pytest.mark.parametrize("ban", [False, True])
def test_who_has_come_back_since_is_not_put_out_again(env: Env, ban: bool) -> None:
    first = env.of(RemoveMemberCommand, user_id=env.guest.user_id, ban=ban)
    first()
    if ban:
        env.of(UnbanMemberCommand, user_id=env.guest.user_id)()
    env.join()
    first()
    assert env.queries.membership(env.id, env.guest.user_id).own is not None
    assert env.log().count("member_removed") == 1


def test_the_ban_of_who_had_left_is_in_the_log_once(env: Env) -> None:
    env.of(RemoveMemberCommand, user_id=env.guest.user_id)()
    ban = env.of(RemoveMemberCommand, user_id=env.guest.user_id, ban=True)
    ban()
    ban()
    env.of(RemoveMemberCommand, user_id=env.guest.user_id, ban=True)()
    assert env.log() == ["member_removed", "member_banned"]


def test_who_was_banned_again_since_stays_banned(env: Env) -> None:
    env.of(RemoveMemberCommand, user_id=env.guest.user_id, ban=True)()
    first = env.of(UnbanMemberCommand, user_id=env.guest.user_id)
    first()
    env.join()
    env.of(RemoveMemberCommand, user_id=env.guest.user_id, ban=True)()
    first()
    assert env.log().count("member_unbanned") == 1


def test_who_is_not_host_any_more_is_answered_as_the_first_time(env: Env) -> None:
    first = env.of(ChangePartySessionCommand, changes={"title": "One"})
    first()
    env.hand_over(env.guest)
    first()
    with pytest.raises(NotTheHost):
        env.of(ChangePartySessionCommand, changes={"title": "Two"})()
    assert env.log() == ["party_session_changed", "host_transferred"]
