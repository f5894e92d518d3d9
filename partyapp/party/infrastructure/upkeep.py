"""Upkeep of the parties that are due, each by itself, so that one that fails doesn't stop the rest."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from partyapp.party.application.commands import SyncPlaybackCommand, UpkeepCommand
from partyapp.party.application.handlers import handle
from partyapp.party.infrastructure.services.party_session_service import UPKEEP, Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.storage.database import Transactions
from partyapp.shared.storage.failing_work import FailingWork


class Upkeep:
    """Finds the parties that are due and looks after them. Every method raises `Unavailable`."""

    def __init__(self, unit_of_work: PartyUnitOfWork, transactions: Transactions, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._failing = FailingWork(transactions, UPKEEP)
        self._clock = clock

    def due(self, slot: int) -> list[UUID] | None:
        """The parties that are due, None when somebody else has claimed this slot of the tick."""
        found: list[UUID] | None = self._unit_of_work.run(partial(handle, SyncPlaybackCommand(slot=slot)))
        return found

    def look_after(self, party_ids: Iterable[UUID]) -> None:
        """Do what each is due for, under its row's lock.

        A row that somebody else has locked isn't waited for: the next tick comes soon. Whatever goes wrong
        with a party, it is moved back and the others go on; only without Postgres all of them stop.
        """
        failed_before = self._failing.known()
        for party_id in party_ids:
            work = partial(handle, UpkeepCommand(party_id=party_id))
            try:
                self._unit_of_work.run(work, lock=Lock.NO_WAIT)
            except Exception as error:
                self._failing.failed(party_id, error, self._clock.now_ms())
            else:
                if party_id in failed_before:
                    self._failing.worked(party_id)
