"""Changes of settings, rights and invites count against what a person and a party may commit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import pytest

from partyapp.party.application.rights_commands import ChangeInviteCodeCommand
from partyapp.party.infrastructure.party_changes import PartyChanges
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.shared.kernel.errors import RateLimited
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import principal


class OneOnly:
    """Limits that let one command through."""

    def __init__(self) -> None:
        self.taken: list[tuple[UUID, UUID]] = []

    def take(self, user_id: UUID, party_id: UUID) -> None:
        self.taken.append((user_id, party_id))
        if len(self.taken) > 1:
            raise RateLimited()


class UnitOfWork:
    """Counts what it is given to do."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self, work: Any, **options: Any) -> None:
        self.runs += 1

    def run_once(self, work: Any, **options: Any) -> None:
        self.runs += 1


@pytest.mark.parametrize("once", [False, True])
def test_what_is_too_much_changes_nothing(once: bool) -> None:
    unit_of_work, limits = UnitOfWork(), OneOnly()
    changes = PartyChanges(cast(PartyUnitOfWork, unit_of_work), limits)
    command = ChangeInviteCodeCommand(actor=principal(), party_id=new_id())

    def change() -> None:
        if once:
            changes.run_once(command, new_id())
        else:
            changes.run(command)

    change()
    with pytest.raises(RateLimited):
        change()
    assert unit_of_work.runs == 1
    assert limits.taken[0] == (command.actor.user_id, command.party_id)


def test_what_a_server_does_for_the_host_is_not_counted_as_the_hosts() -> None:
    limits = OneOnly()
    changes = PartyChanges(cast(PartyUnitOfWork, UnitOfWork()), limits)
    host, party_id, key_id = principal(), new_id(), new_id()
    server = replace(host, key_id=key_id, site="films")
    changes.run(ChangeInviteCodeCommand(actor=server, party_id=party_id))
    with pytest.raises(RateLimited):
        changes.run(ChangeInviteCodeCommand(actor=replace(server, user_id=new_id()), party_id=party_id))
    (one, in_party), again = limits.taken
    # Nor is the key counted as a person: it serves many parties.
    assert again == (one, party_id) == (one, in_party)
    assert one not in (host.user_id, key_id)
