"""From the outbox relay to the streams: who is to have how much of which party's log."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from partyapp.party.contract import PartyDirectory, PartyEvent
from partyapp.shared.kernel.clock import Clock
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.infrastructure.entities import WebhookEndpointEntity, WebhookStreamEntity
from partyapp.webhook.infrastructure.postgres_endpoints import endpoint_of

#: So many streams go into one statement: with ten values each, far below what Postgres takes.
_ROWS = 1000


class WebhookConsumer:
    """`EventConsumer`: notes, in the relay's transaction, up to where each endpoint is to have the events.

    What is noted commits with the marks of the events, so each event is noted, and an event that comes again
    notes the same. An endpoint that is disabled misses what happens meanwhile, unless its stream goes on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def consume(self, events: Sequence[PartyEvent], parties: PartyDirectory, transaction: Session) -> None:
        """Note the events for the endpoints that want them."""
        row = WebhookEndpointEntity
        found = transaction.scalars(select(row).where(row.disabled.is_(None)))
        note(transaction, noted_for([endpoint_of(each) for each in found], events), self._clock.now_ms())


def noted_for(
    endpoints: Sequence[WebhookEndpoint], events: Sequence[PartyEvent]
) -> dict[tuple[UUID, UUID], tuple[int, int]]:
    """By endpoint and party: the revision before the first event that it wants, and that of the last."""
    noted: dict[tuple[UUID, UUID], tuple[int, int]] = {}
    for endpoint in endpoints:
        for event in events:
            if endpoint.wants(event):
                key = endpoint.id, event.party_id
                before, until = noted.get(key, (event.revision - 1, event.revision))
                noted[key] = min(before, event.revision - 1), max(until, event.revision)
    return noted


def note(transaction: Session, noted: dict[tuple[UUID, UUID], tuple[int, int]], now_ms: float) -> None:
    """Insert new streams, and let the others go on as far. In one order, so that two never deadlock."""
    if not noted:
        return
    row = WebhookStreamEntity
    rows: list[dict[str, Any]] = [
        {
            "endpoint_id": endpoint_id,
            "party_id": party_id,
            "cursor_revision": before,
            "until_revision": until,
            "replaying": False,
            "attempts": 0,
            "not_before_ms": 0.0,
            "lease_until_ms": 0.0,
            "fence": 0,
            "touched_at_ms": now_ms,
        }
        for (endpoint_id, party_id), (before, until) in sorted(noted.items())
    ]
    for first in range(0, len(rows), _ROWS):
        new = insert(row).values(rows[first : first + _ROWS])
        transaction.execute(
            new.on_conflict_do_update(
                index_elements=["endpoint_id", "party_id"],
                set_={
                    "until_revision": func.greatest(row.until_revision, new.excluded.until_revision),
                    "touched_at_ms": now_ms,
                },
            )
        )
