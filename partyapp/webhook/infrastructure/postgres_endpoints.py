"""`EndpointPort` on Postgres."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, func, select, update

from partyapp.shared.storage.database import Transactions, unavailable_when_gone
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.infrastructure.entities import WebhookEndpointEntity, WebhookStreamEntity

#: An endpoint as if nothing had ever gone wrong.
_WELL: dict[str, Any] = {"failures": 0, "failing_since_ms": None, "not_before_ms": 0.0, "last_error": None}


class PostgresEndpoints:
    """`EndpointPort`, each call in a transaction of its own."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def add(self, endpoint: WebhookEndpoint) -> None:
        """Keep a new one."""
        parties = None if endpoint.parties is None else [str(party_id) for party_id in endpoint.parties]
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.add(
                WebhookEndpointEntity(
                    id=endpoint.id,
                    url=endpoint.url,
                    sealed_secret=endpoint.sealed_secret,
                    events=None if endpoint.events is None else list(endpoint.events),
                    parties=parties,
                    owner=endpoint.owner,
                    created_at_ms=endpoint.created_at_ms,
                    disabled=endpoint.disabled,
                )
            )

    def all(self) -> list[WebhookEndpoint]:
        """All of them, the oldest first."""
        row = WebhookEndpointEntity
        with unavailable_when_gone(), self._transactions() as session:
            return [endpoint_of(found) for found in session.scalars(select(row).order_by(row.id))]

    def get(self, endpoint_id: UUID) -> WebhookEndpoint | None:
        """The one of that id."""
        with unavailable_when_gone(), self._transactions() as session:
            found = session.get(WebhookEndpointEntity, endpoint_id)
            return None if found is None else endpoint_of(found)

    def remove(self, endpoint_id: UUID) -> bool:
        """Forget it with all that waits for it; False when there is none."""
        row = WebhookEndpointEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            gone = session.execute(delete(row).where(row.id == endpoint_id).returning(row.id))
            return gone.first() is not None

    def disable(self, endpoint_id: UUID, reason: str | None) -> bool:
        """Send it nothing more, for that reason; None: again, at once."""
        row = WebhookEndpointEntity
        changes = {"disabled": reason} if reason is not None else {"disabled": None, **_WELL}
        with unavailable_when_gone(), self._transactions.begin() as session:
            if reason is None:
                session.execute(_due_now(endpoint_id))
            changed = update(row).where(row.id == endpoint_id).values(**changes).returning(row.id)
            return session.execute(changed).first() is not None

    def reseal(self, again: Callable[[str], str | None]) -> int:
        """Replace each sealed secret by what `again` makes of it, None: leave it; returns how many."""
        row, count = WebhookEndpointEntity, 0
        with unavailable_when_gone(), self._transactions.begin() as session:
            for found in session.scalars(select(row).order_by(row.id).with_for_update()):
                sealed = again(found.sealed_secret)
                if sealed is not None:
                    found.sealed_secret, count = sealed, count + 1
        return count

    def worked(self, endpoint_id: UUID, now_ms: float) -> None:
        """It has accepted something. What waited since it was down is due."""
        row = WebhookEndpointEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            # The relay's new streams hold its key meanwhile.
            found = session.get(row, endpoint_id, with_for_update={"key_share": True})
            if found is None or not found.failures:
                return
            if found.not_before_ms > 0:
                session.execute(_due_now(endpoint_id))
            for name, value in _WELL.items():
                setattr(found, name, value)

    def failed(
        self, endpoint_id: UUID, error: str, *, began_ms: float, now_ms: float, not_before_ms: float | None
    ) -> None:
        """Count a failure; with `not_before_ms` it counts as down, and isn't tried before then."""
        row = WebhookEndpointEntity
        changes: dict[str, Any] = {
            "failures": row.failures + 1,
            "failing_since_ms": func.coalesce(row.failing_since_ms, now_ms),
            "last_error": error,
        }
        if not_before_ms is not None:
            changes["not_before_ms"] = case(
                (row.not_before_ms > not_before_ms, row.not_before_ms), else_=not_before_ms
            )
        counted = update(row).where(row.id == endpoint_id, row.not_before_ms <= began_ms).values(**changes)
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(counted)


def endpoint_of(row: WebhookEndpointEntity) -> WebhookEndpoint:
    """The endpoint in its row."""
    return WebhookEndpoint(
        id=row.id,
        url=row.url,
        sealed_secret=row.sealed_secret,
        events=None if row.events is None else tuple(row.events),
        parties=None if row.parties is None else tuple(UUID(party_id) for party_id in row.parties),
        owner=row.owner,
        created_at_ms=row.created_at_ms,
        disabled=row.disabled,
        failures=row.failures,
        failing_since_ms=row.failing_since_ms,
        not_before_ms=row.not_before_ms,
        last_error=row.last_error,
        delivered=row.delivered,
        failed=row.failed,
    )


def _due_now(endpoint_id: UUID) -> Any:
    """What waits for its next attempt waits no longer. Rows in one order, as everywhere: no deadlocks."""
    row = WebhookStreamEntity
    waiting = (
        select(row.party_id)
        .where(row.endpoint_id == endpoint_id, row.not_before_ms > 0)
        .order_by(row.party_id)
        .with_for_update()
        .cte("waiting")
    )
    return (
        update(row)
        .where(row.endpoint_id == endpoint_id, row.party_id == waiting.c.party_id)
        .values(not_before_ms=0.0)
        .execution_options(synchronize_session=False)
    )
