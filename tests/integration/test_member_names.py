"""A person's new name in all of their parties: a request does what it can in a moment, a worker the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from sqlalchemy import select

from partyapp.bootstrap import BackgroundJobs, Resources, build_member_names, build_resources
from partyapp.bootstrap.channels import build_outlet
from partyapp.bootstrap.commands import build_unit_of_work
from partyapp.commands.idempotency import IdempotentRequests
from partyapp.commands.payloads import to_payload
from partyapp.commands.store import CommandEntity
from partyapp.party.application.commands import RenameMembershipsCommand
from partyapp.party.domain.member import PartyMember
from partyapp.party.infrastructure import member_names
from partyapp.party.infrastructure.entities import PartyMemberEntity
from partyapp.party.infrastructure.member_names import MemberNames, RenamedMembers
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.party.infrastructure.unit_of_work import Committed
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings, sqlalchemy_url
from tests.support.fresh_database import fresh_database
from tests.support.party_objects import T0, created, host_of
from tests.support.waiting import LIMIT_S

PARTIES = 12


class NotPublished:
    """Nobody listens."""

    def announce(self, committed: Committed) -> None:
        pass


@dataclass
class Evening:
    """A person in many parties, a web process that renames them, and a worker."""

    resources: Resources
    bo: Principal = field(
        default_factory=lambda: Principal(user_id=new_id(), display_name="Bo", session_id=new_id())
    )
    later: list[RenameMembershipsCommand] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.jobs = BackgroundJobs(self.resources)
        schedule = PlaybackSynchronizer(self.resources.clock, lambda _: 0.0)
        tell = build_outlet(lambda _: None)
        unit_of_work = build_unit_of_work(self.resources, schedule, NotPublished(), tell)
        self.people = RenamedMembers(build_member_names(self.resources, unit_of_work), self.later.append)
        with self.resources.transactions.begin() as transaction:
            for number in range(PARTIES):
                session = created(created_at_ms=T0 + number)
                PartySessionService(transaction).add(session)
                members = PartyMemberService(transaction)
                members.add(host_of(session))
                members.add(PartyMember.new(session.state.id, self.bo.user_id, "Bo", T0 + number))
        self.resources.auth_sessions.keep(self.bo, now_ms=T0, until_ms=T0 + 1e9)

    def is_called(self, name: str) -> Principal:
        """As auth does it first: all of the person's sessions have the name."""
        self.resources.auth_sessions.rename(self.bo.user_id, name, T0)
        return replace(self.bo, display_name=name)

    def names(self) -> set[str]:
        entity = PartyMemberEntity
        with self.resources.transactions() as session:
            return set(session.scalars(select(entity.display_name).where(entity.user_id == self.bo.user_id)))

    def renames(self) -> int:
        with self.resources.transactions() as session:
            found = [
                event.type
                for party_id in session.scalars(
                    select(PartyMemberEntity.party_id).where(PartyMemberEntity.user_id == self.bo.user_id)
                )
                for event in self.resources.queries.events(party_id, 0, 10)
            ]
        return found.count("member_renamed")

    def run(self, command: RenameMembershipsCommand) -> str:
        """Accept it, and have the worker run it twice; the state of its row."""
        record = IdempotentRequests(self.resources.commands, self.resources.clock).accept(
            user_id=self.bo.user_id,
            key=None,
            fingerprint="",
            kind=self.jobs.kinds.of(command).name,
            payload=to_payload(command),
        )
        for _ in range(2):
            self.jobs.run_command(record.id, "", record.kind)
        with self.resources.transactions() as session:
            return session.scalars(select(CommandEntity.state).where(CommandEntity.id == record.id)).one()


@pytest.fixture(scope="module")
def resources(database_url: str, redis_url: str) -> Iterator[Resources]:
    with fresh_database(database_url) as url:
        upgrade(url)
        settings = Settings(
            database_url=sqlalchemy_url(url), redis_url=redis_url, secret_key="x" * 40, environment="test",
            redis_prefix=f"t{new_id().hex[:8]}:",
        )  # fmt: skip
        resources = build_resources(settings, 4)
        yield resources
        resources.engine.dispose()


@pytest.fixture
def evening(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Evening:
    """One in which a request has the time for all parties, on a slow machine too."""
    monkeypatch.setattr(member_names, "REQUEST_S", LIMIT_S)
    return Evening(resources)


def test_a_request_renames_in_all_parties_where_it_has_the_time(evening: Evening) -> None:
    evening.people.renamed(evening.is_called("Bob"))
    assert (evening.names(), evening.renames(), evening.later) == ({"Bob"}, PARTIES, [])
    evening.people.renamed(evening.is_called("Bob"))
    assert (evening.renames(), evening.later) == (PARTIES, [])


def test_what_a_request_has_no_time_for_a_worker_does_once(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_names, "REQUEST_S", 0.0)
    evening.people.renamed(evening.is_called("Bob"))
    assert evening.names() == {"Bo"}
    (left,) = evening.later
    assert evening.run(left) == "succeeded"
    assert (evening.names(), evening.renames()) == ({"Bob"}, PARTIES)


def test_what_a_worker_has_no_time_for_stays_to_be_done(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_names, "TASK_S", 0.0)
    command = RenameMembershipsCommand(actor=evening.is_called("Bob"))
    with pytest.raises(Unavailable):
        evening.run(command)
    monkeypatch.undo()
    assert evening.run(command) == "succeeded"
    assert evening.names() == {"Bob"}


def test_a_worker_that_comes_late_gives_the_name_of_now(evening: Evening) -> None:
    former = evening.is_called("Bob")
    evening.people.renamed(evening.is_called("Robert"))
    assert evening.run(RenameMembershipsCommand(actor=former)) == "succeeded"
    assert (evening.names(), evening.renames()) == ({"Robert"}, PARTIES)
    # A session that was revoked was not renamed with the others: its name says nothing.
    evening.resources.auth_sessions.revoke(evening.bo, everywhere=True, now_ms=T0)
    evening.people.renamed(replace(evening.bo, display_name="Bobby"))
    assert evening.names() == {"Bobby"}


def test_of_two_renames_at_once_the_later_one_stays(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins and ends while the first is at its first party, which it writes after that."""
    begun: list[UUID] = []
    names, rename_in = evening.people._names, MemberNames._rename_in

    def overtaken(self: MemberNames, party_id: UUID, named: Principal) -> bool:
        if not begun:
            begun.append(party_id)
            evening.people.renamed(evening.is_called("Robert"))
        return rename_in(self, party_id, named)

    monkeypatch.setattr(MemberNames, "_rename_in", overtaken)
    assert names.rename(evening.is_called("Bob"), 5.0)
    assert evening.names() == {"Robert"}
