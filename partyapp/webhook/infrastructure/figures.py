"""How webhooks do, for whoever looks after the service."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Integer, bindparam, func, select, text

from partyapp.shared.storage.database import Transactions, unavailable_when_gone
from partyapp.webhook.domain.message import failure_kind
from partyapp.webhook.infrastructure.entities import WebhookDeadLetterEntity, WebhookEndpointEntity
from partyapp.webhook.infrastructure.postgres_endpoints import endpoint_of

#: Of each stream that waits, the first event behind its cursor: found by the key of the party's log.
_WAITING = text("""
SELECT count(*), min(at_ms) FROM (
  SELECT (SELECT e.at_ms FROM party_events e
          WHERE e.party_id = s.party_id AND e.revision > s.cursor_revision
          ORDER BY e.revision LIMIT 1) AS at_ms
  FROM webhook_streams s JOIN webhook_endpoints h ON h.id = s.endpoint_id AND h.disabled IS NULL
  WHERE s.cursor_revision < s.until_revision OR s.replaying LIMIT :most
) waiting
""").bindparams(bindparam("most", type_=Integer))


@dataclass(frozen=True, kw_only=True)
class WebhookFigures:
    """`waiting` counts streams, a party for an endpoint each. `oldest_at_ms` is when what waits happened.
    `failing` counts the endpoints whose latest request failed, by `FAILURES`.
    """

    endpoints: dict[str, int]
    failing: dict[str, int]
    waiting: int
    oldest_at_ms: float | None
    dead_letters: int
    accepted: int
    failed: int


def webhook_figures(transactions: Transactions, most_rows: int) -> WebhookFigures:
    """The figures; of each kind of row no more than `most_rows` are counted. Raises `Unavailable`."""
    letter = WebhookDeadLetterEntity
    dead = select(letter.id).where(letter.replayed_at_ms.is_(None)).limit(most_rows).subquery()
    with unavailable_when_gone(), transactions() as session:
        found = [endpoint_of(row) for row in session.scalars(select(WebhookEndpointEntity))]
        waiting, oldest_at_ms = session.execute(_WAITING, {"most": most_rows}).one()
        dead_letters = session.scalar(select(func.count()).select_from(dead)) or 0
    return WebhookFigures(
        endpoints=dict(Counter(endpoint.state for endpoint in found)),
        failing=dict(
            Counter(
                failure_kind(endpoint.last_error)
                for endpoint in found
                if endpoint.last_error is not None and endpoint.state in ("failing", "down")
            )
        ),
        waiting=waiting,
        oldest_at_ms=oldest_at_ms,
        dead_letters=dead_letters,
        accepted=sum(endpoint.delivered for endpoint in found),
        failed=sum(endpoint.failed for endpoint in found),
    )
