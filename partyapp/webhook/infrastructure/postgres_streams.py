"""`StreamPort` on Postgres: streams are claimed under leases, their events read from the parties' logs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Double, Integer, Uuid, bindparam, delete, or_, select, text
from sqlalchemy.orm import Session

from partyapp.party.contract import EventRange, PartyEventLog
from partyapp.shared.storage.database import Transactions, one_of, unavailable_when_gone
from partyapp.webhook.domain.stream import ClaimedStream, DueEvent, Settlement
from partyapp.webhook.infrastructure.dead_letters import PostgresDeadLetters
from partyapp.webhook.infrastructure.entities import WebhookDeadLetterEntity

#: At most so many events go with one claim of a stream.
EVENTS = 50

_DUE = text("""
SELECT w.endpoint_id FROM unnest(:endpoint_ids) AS w(endpoint_id) WHERE EXISTS (
  SELECT 1 FROM webhook_streams
  WHERE endpoint_id = w.endpoint_id AND (cursor_revision < until_revision OR replaying)
    AND not_before_ms <= :now_ms AND lease_until_ms <= :now_ms
)
""").bindparams(bindparam("endpoint_ids", type_=ARRAY(Uuid)), bindparam("now_ms", type_=Double))

#: Each endpoint's streams by themselves, so that one with many holds up none of the others.
_CLAIM = text("""
WITH wanted AS (
  SELECT endpoint_id, amount FROM unnest(:endpoint_ids, :amounts) AS w(endpoint_id, amount)
), free AS (
  SELECT s.endpoint_id, s.party_id FROM wanted w CROSS JOIN LATERAL (
    SELECT endpoint_id, party_id FROM webhook_streams
    WHERE endpoint_id = w.endpoint_id AND (cursor_revision < until_revision OR replaying)
      AND not_before_ms <= :now_ms AND lease_until_ms <= :now_ms
    ORDER BY not_before_ms, touched_at_ms LIMIT w.amount FOR UPDATE SKIP LOCKED
  ) s
)
UPDATE webhook_streams s SET lease_until_ms = :until_ms, fence = s.fence + 1
FROM free WHERE s.endpoint_id = free.endpoint_id AND s.party_id = free.party_id
RETURNING s.endpoint_id, s.party_id, s.fence, s.cursor_revision, s.until_revision, s.replaying,
  s.attempts, s.failing_since_ms
""").bindparams(
    bindparam("endpoint_ids", type_=ARRAY(Uuid)),
    bindparam("amounts", type_=ARRAY(Integer)),
    bindparam("now_ms", type_=Double),
    bindparam("until_ms", type_=Double),
)

#: Locks come in the order in which the relay takes them too, so that neither ever waits for the other in a
#: circle.
_SETTLE = text("""
WITH given AS (
  SELECT * FROM unnest(:endpoint_ids, :party_ids, :fences, :cursors, :attempts, :since, :not_before)
    AS g(endpoint_id, party_id, fence, cursor, attempts, since_ms, not_before_ms)
), held AS (
  SELECT s.endpoint_id, s.party_id FROM webhook_streams s
  JOIN given g ON g.endpoint_id = s.endpoint_id AND g.party_id = s.party_id AND g.fence = s.fence
  ORDER BY s.endpoint_id, s.party_id FOR UPDATE OF s
)
UPDATE webhook_streams s SET cursor_revision = g.cursor, attempts = g.attempts,
  failing_since_ms = g.since_ms, not_before_ms = g.not_before_ms, lease_until_ms = 0,
  replaying = s.replaying AND EXISTS (
    SELECT 1 FROM webhook_dead_letters d
    WHERE d.endpoint_id = s.endpoint_id AND d.party_id = s.party_id AND d.replayed_at_ms IS NOT NULL
  )
FROM given g JOIN held h ON h.endpoint_id = g.endpoint_id AND h.party_id = g.party_id
WHERE s.endpoint_id = g.endpoint_id AND s.party_id = g.party_id AND s.fence = g.fence
""").bindparams(
    bindparam("endpoint_ids", type_=ARRAY(Uuid)),
    bindparam("party_ids", type_=ARRAY(Uuid)),
    bindparam("fences", type_=ARRAY(Integer)),
    bindparam("cursors", type_=ARRAY(Integer)),
    bindparam("attempts", type_=ARRAY(Integer)),
    bindparam("since", type_=ARRAY(Double)),
    bindparam("not_before", type_=ARRAY(Double)),
)


#: What each endpoint has accepted and failed at, in one order.
_COUNT = text("""
WITH given AS (
  SELECT endpoint_id, sum(delivered) AS delivered, sum(failed) AS failed
  FROM unnest(:endpoint_ids, :delivered, :failed) AS g(endpoint_id, delivered, failed)
  GROUP BY endpoint_id HAVING sum(delivered) + sum(failed) > 0
), held AS (
  SELECT h.id FROM webhook_endpoints h JOIN given g ON g.endpoint_id = h.id
  ORDER BY h.id FOR NO KEY UPDATE OF h
)
UPDATE webhook_endpoints h SET delivered = h.delivered + g.delivered, failed = h.failed + g.failed
FROM given g JOIN held ON held.id = g.endpoint_id WHERE h.id = g.endpoint_id
""").bindparams(
    bindparam("endpoint_ids", type_=ARRAY(Uuid)),
    bindparam("delivered", type_=ARRAY(Integer)),
    bindparam("failed", type_=ARRAY(Integer)),
)


class PostgresStreams(PostgresDeadLetters):
    """`StreamPort`, each call in a transaction of its own."""

    def __init__(self, transactions: Transactions, log: Callable[[Session], PartyEventLog]) -> None:
        super().__init__(transactions, log)

    def due(self, endpoint_ids: Collection[UUID], now_ms: float) -> set[UUID]:
        """Which of these endpoints have a stream that is due and free."""
        asked = {"endpoint_ids": list(endpoint_ids), "now_ms": now_ms}
        with unavailable_when_gone(), self._transactions() as session:
            return set(session.scalars(_DUE, asked))

    def claim(self, wanted: Mapping[UUID, int], now_ms: float, until_ms: float) -> list[ClaimedStream]:
        """Take the lease, until then, of at most so many streams of each endpoint that are due and free."""
        asked = {
            "endpoint_ids": list(wanted),
            "amounts": list(wanted.values()),
            "now_ms": now_ms,
            "until_ms": until_ms,
        }
        with unavailable_when_gone(), self._transactions.begin() as session:
            rows = session.execute(_CLAIM, asked).all()
            if not rows:
                return []
            replays = self._replays(session, [row for row in rows if row.replaying])
            ranges = [
                EventRange(party_id=row.party_id, after=row.cursor_revision, until=row.until_revision)
                for row in rows
            ]
            following = self._log(session).events(ranges, EVENTS)
        return [
            ClaimedStream(
                endpoint_id=row.endpoint_id,
                party_id=row.party_id,
                fence=row.fence,
                cursor=row.cursor_revision,
                until=row.until_revision,
                attempts=row.attempts,
                failing_since_ms=row.failing_since_ms,
                due=(
                    *replays.get((row.endpoint_id, row.party_id), ()),
                    *(DueEvent(event=event) for event in events),
                ),
            )
            for row, events in zip(rows, following, strict=True)
        ]

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write what came of turns. One whose lease somebody else has taken meanwhile changes nothing."""
        replayed = [letter_id for each in settlements for letter_id in each.replayed]
        letter = WebhookDeadLetterEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            if replayed:
                # Before the streams, which are told whether any is left. What was delivered was delivered,
                # whoever holds the lease.
                session.execute(delete(letter).where(letter.id == one_of(replayed)))
            # Endpoints before their streams, as whoever else changes both.
            session.execute(
                _COUNT,
                {
                    "endpoint_ids": [each.endpoint_id for each in settlements],
                    "delivered": [each.delivered for each in settlements],
                    "failed": [each.failed for each in settlements],
                },
            )
            session.execute(
                _SETTLE,
                {
                    "endpoint_ids": [each.endpoint_id for each in settlements],
                    "party_ids": [each.party_id for each in settlements],
                    "fences": [each.fence for each in settlements],
                    "cursors": [each.cursor for each in settlements],
                    "attempts": [each.attempts for each in settlements],
                    "since": [each.failing_since_ms for each in settlements],
                    "not_before": [each.not_before_ms for each in settlements],
                },
            )

    def _replays(self, session: Session, rows: Sequence[Any]) -> dict[tuple[UUID, UUID], list[DueEvent]]:
        """What is to be sent once more of each of these streams, in the order of the revisions."""
        if not rows:
            return {}
        letter = WebhookDeadLetterEntity
        streams = or_(
            *((letter.endpoint_id == row.endpoint_id) & (letter.party_id == row.party_id) for row in rows)
        )
        found = session.scalars(
            select(letter)
            .where(letter.replayed_at_ms.is_not(None), streams)
            .order_by(letter.endpoint_id, letter.party_id, letter.revision)
            .limit(EVENTS * len(rows))
        ).all()
        ranges = [
            EventRange(party_id=each.party_id, after=each.revision - 1, until=each.revision) for each in found
        ]
        due: dict[tuple[UUID, UUID], list[DueEvent]] = {}
        for each, events in zip(found, self._log(session).events(ranges, 1), strict=True):
            if not events:
                # The party's log is gone.
                session.delete(each)
            for event in events:
                key = each.endpoint_id, each.party_id
                due.setdefault(key, []).append(DueEvent(event=event, dead_letter_id=each.id))
        return due
