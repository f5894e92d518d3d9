"""A person's new name in the parties that they are a member of.

It runs in the web process that was asked, one party after the other, each in a transaction of its own under
the party's row lock. Whoever asks again after a failure finds done what was done.
"""

from functools import partial

from partyapp.party.application.commands import RenameMemberCommand
from partyapp.party.application.handlers import handle
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.shared.kernel.principal import Principal


class MemberNames:
    """Renames memberships."""

    def __init__(self, queries: PartyQueries, unit_of_work: PartyUnitOfWork) -> None:
        self._queries = queries
        self._unit_of_work = unit_of_work

    def renamed(self, principal: Principal) -> None:
        """Give the person's memberships in active parties the principal's name. Raises `Unavailable`."""
        for party_id in self._queries.active_memberships(principal.user_id):
            command = RenameMemberCommand(actor=principal, party_id=party_id)
            self._unit_of_work.run(partial(handle, command), lock=Lock.WAIT)
