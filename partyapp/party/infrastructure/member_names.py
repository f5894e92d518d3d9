"""A person's new name in their parties, each in a transaction of its own under the party's row lock.

The web process that is asked does it as far as it gets in a moment, and hands the rest to a worker as a
durable command. Every step may be repeated.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from partyapp.commands.kinds import CommandEffect
from partyapp.party.application.commands import RenameMemberCommand, RenameMembershipsCommand
from partyapp.party.application.handlers import handle
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.principal import Principal

#: A request renames for so long at most, in s: some hundred parties.
REQUEST_S = 0.5

#: A worker does so for so long at a time, in s: Celery ends by force what takes longer than its limit.
TASK_S = 10.0

#: By what name their sessions know a person now; None where they have none that lasts.
NameOf = Callable[[UUID], str | None]


class Memberships(Protocol):
    """Where a person is a member."""

    def memberships_named_otherwise(self, user_id: UUID, display_name: str) -> list[UUID]:
        """The active parties in which a person has another name, newest first."""
        ...


class MemberNames:
    """Renames memberships."""

    def __init__(self, memberships: Memberships, unit_of_work: PartyUnitOfWork, name_of: NameOf) -> None:
        self._memberships = memberships
        self._unit_of_work = unit_of_work
        self._name_of = name_of

    def rename(self, person: Principal, limit_s: float) -> bool:
        """Give the person's memberships in active parties the name that they have now; whether all have it.

        That is the principal's unless their sessions know a newer one. A party that can't be changed now
        keeps no other waiting. Raises `Unavailable`.
        """
        until_s, is_done = monotonic_s() + limit_s, True
        while is_done:
            name = self._name_of(person.user_id) or person.display_name
            named = replace(person, display_name=name)
            for party_id in self._memberships.memberships_named_otherwise(person.user_id, name):
                if monotonic_s() >= until_s:
                    return False
                is_done = self._rename_in(party_id, named) and is_done
            # Of two renames at once the older may have come last to a party.
            if self._name_of(person.user_id) in (None, name):
                break
        return is_done

    def _rename_in(self, party_id: UUID, named: Principal) -> bool:
        command = RenameMemberCommand(actor=named, party_id=party_id)
        try:
            self._unit_of_work.run(partial(handle, command), lock=Lock.WAIT)
        except Unavailable:
            return False
        return True


class RenamedMembers:
    """The `RenamedPeople` of auth, in a web process. `later` has a worker run a command soon."""

    def __init__(self, names: MemberNames, later: Callable[[RenameMembershipsCommand], None]) -> None:
        self._names = names
        self._later = later

    def renamed(self, principal: Principal) -> None:
        """The person is called so from now on. Raises `Unavailable`; it is called again then."""
        if not self._names.rename(principal, REQUEST_S):
            self._later(RenameMembershipsCommand(actor=principal))


class MembershipsRunner:
    """The `CommandRunner` of `RenameMembershipsCommand`. What is left after a while the next run does."""

    def __init__(self, names: MemberNames) -> None:
        self._names = names

    def run(self, command: Any, transaction: Session, command_id: UUID) -> CommandEffect:
        """Rename in transactions of its own, so that no party is locked for longer than its turn.

        Raises `Unavailable` while something is left: the row stays pending then.
        """
        if not self._names.rename(command.actor, TASK_S):
            raise Unavailable("There are memberships left to rename.")
        return CommandEffect(result={}, announcement=_Nothing())


class _Nothing:
    """Each party's event was published when it was committed."""

    def announce(self) -> None:
        """There is nothing left to say."""
