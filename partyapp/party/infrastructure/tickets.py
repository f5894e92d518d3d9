"""One-use tickets for a WebSocket that can't send headers. Only their hashes are kept, in Postgres."""

import hashlib
import math
import secrets
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, column

from partyapp.party.infrastructure.entities import WebSocketTicketEntity
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows
from partyapp.shared.storage.prepared_sql import PreparedSql, typed_text

TICKET_TTL_S = 30

Q = TypeVar("Q")
A = TypeVar("A")


class Gather(Protocol):
    """Makes of what answers several questions what answers one."""

    def __call__(self, ask: Callable[[Sequence[Q]], Sequence[A]], /) -> Callable[[Q], A]: ...


def each_alone(ask: Callable[[Sequence[Q]], Sequence[A]]) -> Callable[[Q], A]:
    """The plainest `Gather`."""
    return lambda question: ask([question])[0]


class _Row(NamedTuple):
    """The columns of a ticket."""

    hash: str
    party_id: UUID
    user_id: UUID
    display_name: str
    token_expires_at_ms: float
    session_id: UUID | None
    expires_at_ms: int


class WebSocketTickets:
    """Gives tickets and takes each back once, by one atomic statement.

    With `gather` those that are asked for at the same time share one.
    """

    def __init__(self, transactions: Transactions, clock: Clock, gather: Gather = each_alone) -> None:
        self._transactions = transactions
        self._engine = transactions.engine
        self._clock = clock
        self._keep = gather(self._keep_all)
        self._take = gather(self._take_all)

    def issue(self, party_id: UUID, principal: Principal) -> tuple[str, int]:
        """A ticket of 256 bits, and for how long it is good, in s: `TICKET_TTL_S`, or until their token ends.

        Raises `Unauthenticated` when the token ends at this moment.
        """
        ticket = secrets.token_urlsafe(32)
        now_ms = self._clock.now_ms()
        ends_ms = int(min(now_ms + TICKET_TTL_S * 1000, principal.expires_at_ms or math.inf))
        if ends_ms <= now_ms:
            raise Unauthenticated("The token has expired. Sign in again.")
        self._keep(
            _Row(
                hash=_hash(ticket),
                party_id=party_id,
                user_id=principal.user_id,
                display_name=principal.display_name,
                token_expires_at_ms=principal.expires_at_ms,
                session_id=principal.lasts_with,
                expires_at_ms=ends_ms,
            )
        )
        return ticket, math.ceil((ends_ms - now_ms) / 1000)

    def redeem(self, ticket: str, party_id: UUID) -> Principal:
        """Who the ticket was given to. Raises `Unauthenticated` when it is used, late or of another party."""
        row = self._take(_hash(ticket))
        if row is None or row.party_id != party_id or row.expires_at_ms < self._clock.now_ms():
            raise Unauthenticated("The ticket was used already, is too old, or is not for this party.")
        return Principal(
            user_id=row.user_id,
            display_name=row.display_name,
            expires_at_ms=row.token_expires_at_ms,
            # The token was good then; its own time is not kept.
            issued_at_ms=row.expires_at_ms - TICKET_TTL_S * 1000,
            session_id=row.session_id,
        )

    def _keep_all(self, rows: Sequence[_Row]) -> Sequence[None]:
        values = {name: [getattr(row, name) for row in rows] for name in _Row._fields}
        with unavailable_when_gone():
            _KEEP(self._engine, values)
        return [None] * len(rows)

    def _take_all(self, hashes: Sequence[str]) -> Sequence[Any]:
        """The row of each, None for one that there isn't. One that is shown twice is there once."""
        with unavailable_when_gone():
            rows = _TAKE(self._engine, {"hash": list(set(hashes))})
        found = {row.hash: row for row in rows}
        return [found.pop(one, None) for one in hashes]

    def old(self) -> OldRows:
        """The tickets that have expired."""
        entity = WebSocketTicketEntity
        return OldRows(self._transactions, table_of(entity), entity.expires_at_ms < int(self._clock.now_ms()))


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()


_tickets = table_of(WebSocketTicketEntity)
_ARRAYS = {name: column(name, ARRAY(_tickets.c[name].type)) for name in _Row._fields}
_KEEP = PreparedSql(
    typed_text(
        f"""
INSERT INTO websocket_tickets ({", ".join(_Row._fields)})
SELECT * FROM unnest({", ".join(f":{name}" for name in _Row._fields)})
RETURNING hash
""",
        _ARRAYS,
    )
)
# Whoever takes the same ticket at the same time finds none, instead of waiting. The length of the array is
# hidden from the planner, which would plan for it each time.
_TAKE = PreparedSql(
    typed_text(
        """
WITH taken AS (
    SELECT hash FROM websocket_tickets WHERE hash = ANY (ARRAY(SELECT unnest((SELECT :hash))))
    FOR UPDATE SKIP LOCKED
)
DELETE FROM websocket_tickets AS ticket USING taken WHERE ticket.hash = taken.hash
RETURNING ticket.*
""",
        {"hash": _ARRAYS["hash"]},
    )
)
