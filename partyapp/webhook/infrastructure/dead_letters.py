"""Events that were given up, in Postgres: giving up, looking at them, and sending them once more."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from partyapp.party.contract import EventRange, PartyEvent, PartyEventLog
from partyapp.shared.kernel.ids import derived_id
from partyapp.shared.storage.database import Transactions, one_of, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows
from partyapp.webhook.domain.stream import DeadLetter
from partyapp.webhook.infrastructure.entities import (
    WebhookDeadLetterEntity,
    WebhookEndpointEntity,
    WebhookStreamEntity,
)
from partyapp.webhook.infrastructure.postgres_endpoints import endpoint_of

#: So many streams are looked through at once, and so many events of each.
_STREAMS, _EVENTS = 20, 1000
#: So long dead letters are kept, and streams that have nothing to deliver.
LETTERS_KEPT_DAYS = 30.0
STREAMS_KEPT_DAYS = 7.0

_letters, _streams = table_of(WebhookDeadLetterEntity), table_of(WebhookStreamEntity)


class PostgresDeadLetters:
    """The part of `StreamPort` that is about what was given up."""

    def __init__(self, transactions: Transactions, log: Callable[[Session], PartyEventLog]) -> None:
        self._transactions = transactions
        self._log = log

    def give_up(
        self, endpoint_id: UUID, party_id: UUID | None, error: str, *, before_ms: float, now_ms: float
    ) -> int:
        """Make dead letters of what waits since before then, of one party or all; returns of how many."""
        letter, stream = WebhookDeadLetterEntity, WebhookStreamEntity
        again = update(letter).where(letter.endpoint_id == endpoint_id, letter.replayed_at_ms <= before_ms)
        if party_id is not None:
            again = again.where(letter.party_id == party_id)
        with unavailable_when_gone(), self._transactions.begin() as session:
            dead_again = session.execute(again.values(replayed_at_ms=None, error=error).returning(letter.id))
            given_up = len(dead_again.all())
        after = None
        while True:
            with unavailable_when_gone(), self._transactions.begin() as session:
                waiting = select(stream).where(
                    stream.endpoint_id == endpoint_id, stream.cursor_revision < stream.until_revision
                )
                if party_id is not None:
                    waiting = waiting.where(stream.party_id == party_id)
                if after is not None:
                    waiting = waiting.where(stream.party_id > after)
                # One that somebody is delivering just now isn't down.
                free = waiting.where(stream.lease_until_ms <= now_ms).order_by(stream.party_id)
                rows = session.scalars(free.limit(_STREAMS).with_for_update(skip_locked=True)).all()
                if not rows:
                    return given_up
                given_up += self._give_up(session, rows, error, before_ms, now_ms)
                after = rows[-1].party_id

    def _give_up(
        self,
        session: Session,
        rows: Sequence[WebhookStreamEntity],
        error: str,
        before_ms: float,
        now_ms: float,
    ) -> int:
        """What is old in these streams, which are locked."""
        ranges = [
            EventRange(party_id=row.party_id, after=row.cursor_revision, until=row.until_revision)
            for row in rows
        ]
        found = session.get(WebhookEndpointEntity, rows[0].endpoint_id)
        if found is None:
            return 0
        endpoint, letters = endpoint_of(found), []
        for row, events in zip(rows, self._log(session).events(ranges, _EVENTS), strict=True):
            for event in events:
                if event.at_ms > before_ms:
                    break
                if endpoint.wants(event):
                    letters.append(_letter(endpoint.id, event, row.attempts, error, now_ms))
                row.cursor_revision, row.attempts = event.revision, 0
        if letters:
            # One row a statement: all in one would be more values than Postgres takes.
            session.execute(insert(WebhookDeadLetterEntity).on_conflict_do_nothing(), letters)
        return len(letters)

    def dead_letters(self, endpoint_id: UUID | None, limit: int) -> list[DeadLetter]:
        """At most so many, of one endpoint or all, the oldest first; those being replayed are left out."""
        row = WebhookDeadLetterEntity
        query = select(row).where(row.replayed_at_ms.is_(None))
        if endpoint_id is not None:
            query = query.where(row.endpoint_id == endpoint_id)
        query = query.order_by(row.died_at_ms, row.party_id, row.revision).limit(limit)
        with unavailable_when_gone(), self._transactions() as session:
            return [letter_of(found) for found in session.scalars(query)]

    def replay(self, endpoint_id: UUID, ids: Sequence[UUID] | None, now_ms: float) -> int:
        """Have these dead letters, or all of the endpoint's, delivered once more; returns how many."""
        row, stream = WebhookDeadLetterEntity, WebhookStreamEntity
        asked = update(row).where(row.endpoint_id == endpoint_id, row.replayed_at_ms.is_(None))
        if ids is not None:
            asked = asked.where(row.id == one_of(ids))
        with unavailable_when_gone(), self._transactions.begin() as session:
            found = session.execute(asked.values(replayed_at_ms=now_ms).returning(row.party_id)).all()
            if found:
                # They have their stream still: it is kept for as long as they are.
                parties = one_of({each.party_id for each in found})
                at_once: dict[str, Any] = {"replaying": True, "not_before_ms": 0.0, "attempts": 0}
                session.execute(
                    update(stream)
                    .where(stream.endpoint_id == endpoint_id, stream.party_id == parties)
                    .values(**at_once, failing_since_ms=None, touched_at_ms=now_ms)
                    .execution_options(synchronize_session=False)
                )
            return len(found)


def old_letters(transactions: Transactions, before_ms: float) -> OldRows:
    """What was given up before then, in ms."""
    return OldRows(transactions, _letters, _letters.c.died_at_ms < before_ms)


def old_streams(transactions: Transactions, before_ms: float) -> OldRows:
    """The streams that have had nothing to deliver since before then, in ms, and have no dead letter."""
    has_letter = exists().where(
        _letters.c.endpoint_id == _streams.c.endpoint_id, _letters.c.party_id == _streams.c.party_id
    )
    is_done = _streams.c.cursor_revision >= _streams.c.until_revision
    return OldRows(transactions, _streams, (_streams.c.touched_at_ms < before_ms) & is_done & ~has_letter)


def _letter(endpoint_id: UUID, event: PartyEvent, attempts: int, error: str, now_ms: float) -> dict[str, Any]:
    return {
        "id": derived_id("webhook", endpoint_id, event.id),
        "endpoint_id": endpoint_id,
        "party_id": event.party_id,
        "revision": event.revision,
        "event_id": event.id,
        "type": event.type,
        "died_at_ms": now_ms,
        "attempts": attempts,
        "error": error,
    }


def letter_of(row: WebhookDeadLetterEntity) -> DeadLetter:
    """The dead letter in its row."""
    return DeadLetter(
        id=row.id,
        endpoint_id=row.endpoint_id,
        party_id=row.party_id,
        revision=row.revision,
        event_id=row.event_id,
        type=row.type,
        died_at_ms=row.died_at_ms,
        attempts=row.attempts,
        error=row.error,
        replayed_at_ms=row.replayed_at_ms,
    )
