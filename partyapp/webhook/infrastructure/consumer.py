"""From the outbox relay to the streams: who is to have how much of which party's log."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Double, Integer, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from partyapp.party.contract import PartyDirectory, PartyEvent
from partyapp.shared.kernel.clock import Clock
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.infrastructure.entities import WebhookEndpointEntity
from partyapp.webhook.infrastructure.postgres_endpoints import endpoint_of

#: Arrays, so that the statement is the same for any number of streams. They come in one order, so that two
#: that note the same streams never wait for each other in a circle.
_NOTE = text("""
INSERT INTO webhook_streams (endpoint_id, party_id, cursor_revision, until_revision, replaying, attempts,
  not_before_ms, lease_until_ms, fence, touched_at_ms)
SELECT n.endpoint_id, n.party_id, n.before, n.until, false, 0, 0, 0, 0, :now_ms
FROM unnest(:endpoint_ids, :party_ids, :befores, :untils) AS n(endpoint_id, party_id, before, until)
ORDER BY n.endpoint_id, n.party_id
ON CONFLICT (endpoint_id, party_id) DO UPDATE SET
  until_revision = greatest(webhook_streams.until_revision, excluded.until_revision),
  touched_at_ms = excluded.touched_at_ms
""").bindparams(
    bindparam("endpoint_ids", type_=ARRAY(Uuid)),
    bindparam("party_ids", type_=ARRAY(Uuid)),
    bindparam("befores", type_=ARRAY(Integer)),
    bindparam("untils", type_=ARRAY(Integer)),
    bindparam("now_ms", type_=Double),
)


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
    """Insert new streams, and let the others go on as far."""
    if noted:
        transaction.execute(
            _NOTE,
            {
                "endpoint_ids": [endpoint_id for endpoint_id, _ in noted],
                "party_ids": [party_id for _, party_id in noted],
                "befores": [before for before, _ in noted.values()],
                "untils": [until for _, until in noted.values()],
                "now_ms": now_ms,
            },
        )
