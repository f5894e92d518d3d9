"""What webhooks need of the world. Every method of the first two raises `Unavailable` without Postgres."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.domain.message import Answer
from partyapp.webhook.domain.stream import ClaimedStream, DeadLetter, Settlement


class EndpointPort(Protocol):
    """Where endpoints are kept."""

    def add(self, endpoint: WebhookEndpoint) -> None:
        """Keep a new one."""
        ...

    def all(self) -> list[WebhookEndpoint]:
        """All of them, the oldest first."""
        ...

    def get(self, endpoint_id: UUID) -> WebhookEndpoint | None:
        """The one of that id."""
        ...

    def remove(self, endpoint_id: UUID) -> bool:
        """Forget it with all that waits for it; False when there is none."""
        ...

    def disable(self, endpoint_id: UUID, reason: str | None) -> bool:
        """Send it nothing more, for that reason; None: again, at once. False when there is none."""
        ...

    def worked(self, endpoint_id: UUID, now_ms: float) -> None:
        """It has accepted something: it isn't failing any more. What waited since it was down is due."""
        ...

    def failed(
        self, endpoint_id: UUID, error: str, *, began_ms: float, now_ms: float, not_before_ms: float | None
    ) -> None:
        """Count a failure. With `not_before_ms` it counts as down, and isn't tried before then.

        What began before an endpoint was found to be down says nothing new, and isn't counted.
        """
        ...


class StreamPort(Protocol):
    """Where it is kept how far each endpoint has each party's events."""

    def due(self, endpoint_ids: Collection[UUID], now_ms: float) -> set[UUID]:
        """Which of these endpoints have a stream that is due and free."""
        ...

    def claim(self, wanted: Mapping[UUID, int], now_ms: float, until_ms: float) -> list[ClaimedStream]:
        """Take the lease, until then, of at most so many streams of each endpoint that are due and free."""
        ...

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write what came of turns. One whose lease somebody else has taken meanwhile changes nothing."""
        ...

    def give_up(
        self, endpoint_id: UUID, party_id: UUID | None, error: str, *, before_ms: float, now_ms: float
    ) -> int:
        """Make dead letters of what waits since before then, of one party or all; returns of how many.

        What was replayed before then is dead again.
        """
        ...

    def dead_letters(self, endpoint_id: UUID | None, limit: int) -> list[DeadLetter]:
        """At most so many, of one endpoint or all, the oldest first; those being replayed are left out."""
        ...

    def replay(self, endpoint_id: UUID, ids: Sequence[UUID] | None, now_ms: float) -> int:
        """Have these dead letters, or all of the endpoint's, delivered once more; returns how many."""
        ...


class WebhookSender(Protocol):
    """Sends a request."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it and wait for the answer, 10 s at most. Raises nothing: what went wrong is the answer."""
        ...


class SecretVault(Protocol):
    """Keeps secrets so that rows tell nothing of them."""

    def seal(self, value: str) -> str:
        """The secret as rows keep it."""
        ...

    def opened(self, sealed: str) -> str | None:
        """The secret again; None when it was sealed with another key."""
        ...
