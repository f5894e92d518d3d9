"""One-use tickets for a WebSocket that can't send headers. Only their hashes are kept, in Postgres."""

import hashlib
import math
import secrets
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from partyapp.party.infrastructure.entities import WebSocketTicketEntity
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows

TICKET_TTL_S = 30


class WebSocketTickets:
    """Gives tickets and takes each back once, by one atomic statement."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    def issue(self, party_id: UUID, principal: Principal) -> tuple[str, int]:
        """A ticket of 256 bits, and for how long it is good, in s: `TICKET_TTL_S`, or until their token ends.

        Raises `Unauthenticated` when the token ends at this moment.
        """
        ticket = secrets.token_urlsafe(32)
        now_ms = self._clock.now_ms()
        ends_ms = int(min(now_ms + TICKET_TTL_S * 1000, principal.expires_at_ms or math.inf))
        if ends_ms <= now_ms:
            raise Unauthenticated("The token has expired. Sign in again.")
        entity = WebSocketTicketEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(
                insert(entity).values(
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
        entity = WebSocketTicketEntity
        statement = delete(entity).where(entity.hash == _hash(ticket)).returning(entity)
        with unavailable_when_gone(), self._transactions.begin() as session:
            row = session.scalars(statement).one_or_none()
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

    def old(self) -> OldRows:
        """The tickets that have expired."""
        entity = WebSocketTicketEntity
        return OldRows(self._transactions, table_of(entity), entity.expires_at_ms < int(self._clock.now_ms()))


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
