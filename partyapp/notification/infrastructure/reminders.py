"""Reminders of parties that begin on a date."""

from collections.abc import Callable, Sequence
from itertools import chain
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from partyapp.notification.domain import reminder_id, reminders_of, wants_reminder
from partyapp.notification.infrastructure.notifications import NotificationEntity, Outlet, store, tell_nobody
from partyapp.party.contract import PartyCalendar, PartyStart
from partyapp.shared.storage.database import Transactions, unavailable_when_gone

#: So many parties on a date are looked at in one transaction.
_STARTS = 200


class Reminders:
    """Reminds the members of parties that begin on a date, once for each date, `ahead_ms` before it.

    Whoever comes into the party after its reminders gets none. Any number of workers may run at once.
    """

    def __init__(
        self,
        transactions: Transactions,
        calendar: Callable[[Session], PartyCalendar],
        ahead_ms: float,
        tell: Outlet = tell_nobody,
    ) -> None:
        self._tell = tell
        self._transactions = transactions
        self._calendar = calendar
        self._ahead_ms = ahead_ms

    def remind(self, now_ms: float, is_ending: Callable[[], bool] = lambda: False) -> int:
        """Remind of what is near at `now_ms` (party time); returns of how many parties.

        Raises `Unavailable`; what it has told by then stays told.
        """
        reminded, after = 0, (now_ms, UUID(int=0))
        while not is_ending():
            with unavailable_when_gone(), self._transactions.begin() as session:
                starts = self._calendar(session).starting(after, now_ms + self._ahead_ms, _STARTS)
                reminded += self._remind(session, starts, now_ms)
            if len(starts) < _STARTS:
                break
            after = (starts[-1].starts_at_ms, starts[-1].party_id)
        return reminded

    def _remind(self, session: Session, starts: Sequence[PartyStart], now_ms: float) -> int:
        near = {reminder_id(start): start for start in starts if wants_reminder(start, self._ahead_ms)}
        row = NotificationEntity
        # The host is always a member: who has reminded the host has reminded all, in one transaction.
        hosts = [(start.host_id, event_id) for event_id, start in near.items()]
        told = set(session.scalars(select(row.event_id).where(tuple_(row.user_id, row.event_id).in_(hosts))))
        new = [start for event_id, start in near.items() if event_id not in told]
        members = self._calendar(session).members({start.party_id for start in new})
        found = (reminders_of(start, members[start.party_id], now_ms) for start in new)
        store(session, list(chain.from_iterable(found)), self._tell)
        return len(new)
