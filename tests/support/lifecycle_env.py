"""Accepted lifecycle commands on a real Postgres, run as a worker does, by the fast or the slow path."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from partyapp.commands.executor import CommandExecutor
from partyapp.commands.kinds import CommandEffect, CommandKind, CommandKinds, DirectEffect
from partyapp.commands.payloads import to_payload
from partyapp.commands.record import NewCommand
from partyapp.commands.store import CommandEntity, CommandStore
from partyapp.party.application.commands import (
    LIFECYCLE_COMMANDS,
    CreatePartySessionCommand,
    JoinPartySessionCommand,
)
from partyapp.party.application.ports import ProcessPorts
from partyapp.party.infrastructure.admission_entities import PartyBanEntity, PartyInviteEntity
from partyapp.party.infrastructure.direct_join_statement import DirectJoinStatement
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
    TickSlotEntity,
)
from partyapp.party.infrastructure.join_direct_path import Join, JoinDirectPath
from partyapp.party.infrastructure.join_fast_path import JoinFastPath
from partyapp.party.infrastructure.join_statement import JoinStatement
from partyapp.party.infrastructure.lifecycle_runner import LifecycleRunner
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.shared.kernel.bounds import Quotas
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_party import (
    FixedSchedule,
    InMemoryPresence,
    InMemoryVideoCatalogue,
    RecordedCommits,
)
from tests.support.party_objects import T0, film, principal

ENTITIES = (
    SyncedPartySessionEntity,
    PartyMemberEntity,
    PartyEventEntity,
    PartyInviteEntity,
    PartyBanEntity,
    TickSlotEntity,
    CommandEntity,
)
ADA, GRACE = principal("Ada"), principal("Grace")
FILM = film()


class Workers:
    """`CommandExecutor` with the real handlers, and a switch that makes them crash."""

    def __init__(
        self, transactions: Transactions, *, fast: bool = True, quotas: Quotas | None = None
    ) -> None:
        self.transactions = transactions
        self.engine = transactions.engine
        self.commands = CommandStore(transactions)
        self.announced = RecordedCommits()
        self.handled: list[object] = []
        self.crash: Exception | None = None
        schedule = FixedSchedule(T0)
        self.join = JoinFastPath(
            statement=JoinStatement(self.engine), schedule=schedule, announcer=self.announced
        )
        self.direct = JoinDirectPath(
            statement=DirectJoinStatement(self.engine),
            schedule=schedule,
            announcer=self.announced,
            gather=lambda run_all: lambda join: run_all([join])[0],
        )
        ports = ProcessPorts(
            schedule=schedule,
            videos=InMemoryVideoCatalogue({FILM.id: FILM}),
            presence=InMemoryPresence(),
            quotas=quotas or Quotas(),
        )
        self._runner = LifecycleRunner(PartyUnitOfWork(transactions, self.announced, ports))
        kinds = CommandKinds(
            CommandKind(
                name=name,
                command=command,
                runner=self,
                fast_path=self.join if fast and name == "join" else None,
            )
            for name, command in LIFECYCLE_COMMANDS.items()
        )
        self.accepted = CommandExecutor(transactions=transactions, store=self.commands, kinds=kinds)

    def run(self, command: Any, transaction: Session, command_id: UUID) -> CommandEffect:
        """As `LifecycleRunner` does, unless it is to crash."""
        self.handled.append(command)
        effect = self._runner.run(command, transaction, command_id)
        if self.crash is not None:
            raise self.crash
        return effect

    def asked(self, kind: str, command: Any, key: str | None = None) -> NewCommand:
        """The command as it is asked for, in no row yet."""
        return NewCommand(
            id=new_id(),
            user_id=command.actor.user_id,
            key=key,
            fingerprint="m",
            kind=kind,
            payload=to_payload(command),
            now_ms=T0,
        )

    def accept(self, kind: str, command: Any, key: str | None = None) -> UUID:
        return self.commands.accept(self.asked(kind, command, key)).id

    def asked_to_join(
        self, party_id: UUID, invite_code: str | None, actor: Principal, key: str | None = None
    ) -> Join:
        command = JoinPartySessionCommand(actor=actor, party_id=party_id, invite_code=invite_code)
        return command, self.asked("join", command, key)

    def join_directly(
        self, party_id: UUID, actor: Principal, invite_code: str | None, key: str | None = None
    ) -> DirectEffect | None:
        """Join as a web process does."""
        return self.direct.try_run(*self.asked_to_join(party_id, invite_code, actor, key))

    def create(self) -> tuple[UUID, UUID]:
        """A create command, accepted; its id and the party's."""
        command = CreatePartySessionCommand(actor=ADA, party_id=new_id(), video_id=FILM.id)
        return self.accept("create", command), command.party_id

    def opened(self) -> UUID:
        """A new party of Ada's, of which nothing is remembered yet as handled or announced."""
        command_id, party_id = self.create()
        assert self.accepted.run(command_id)
        self.handled.clear()
        self.announced.clear()
        return party_id

    def ask_to_join(self, party_id: UUID, actor: Principal, invite_code: str | None) -> UUID:
        """A join command, accepted; its id."""
        command = JoinPartySessionCommand(actor=actor, party_id=party_id, invite_code=invite_code)
        return self.accept("join", command)

    def invite_of(self, party_id: UUID) -> str:
        with self.transactions() as session:
            party = session.get(SyncedPartySessionEntity, party_id)
        assert party is not None
        return party.invite_code

    def events(self, party_id: UUID) -> list[str]:
        entity = PartyEventEntity
        statement = select(entity.type).where(entity.party_id == party_id).order_by(entity.revision)
        with self.transactions() as session:
            return list(session.scalars(statement))

    def row(self, command_id: UUID) -> CommandEntity:
        with self.transactions() as session:
            found = session.get(CommandEntity, command_id)
        assert found is not None
        return found
