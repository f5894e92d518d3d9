"""What whoever runs the service, or a program with its key, may do with endpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.ids import new_id
from partyapp.webhook.application.ports import EndpointPort, SecretVault, StreamPort, WebhookSender
from partyapp.webhook.application.signing import new_secret, signed
from partyapp.webhook.application.turns import SECRET_LOST
from partyapp.webhook.domain.endpoint import NoSuchEndpoint, WebhookEndpoint, checked_events, checked_url
from partyapp.webhook.domain.message import TEST_TYPE, Answer, message_id
from partyapp.webhook.domain.stream import DeadLetter


@dataclass(frozen=True, kw_only=True)
class WebhookEndpoints:
    """Registers endpoints and looks after them.

    With an `owner` (the name of an integrator's key, say) only that owner's endpoints are there; without one,
    as for the operator, all are. Each method raises `NoSuchEndpoint` for another's, and `Unavailable`.
    """

    endpoints: EndpointPort
    streams: StreamPort
    sender: WebhookSender
    vault: SecretVault
    clock: Clock
    wall_clock: Clock
    owner: str | None = None

    def add(
        self, url: str, *, events: Sequence[str] = (), parties: Sequence[UUID] = ()
    ) -> tuple[WebhookEndpoint, str]:
        """Register one, for these events (all) of these parties (all); it, and its secret, told this once.

        It is told of what happens from now on. Raises `ValidationFailed`.
        """
        secret = new_secret()
        endpoint = WebhookEndpoint(
            id=new_id(),
            url=checked_url(url),
            sealed_secret=self.vault.seal(secret),
            events=checked_events(events),
            parties=tuple(sorted(set(parties))) or None,
            owner=self.owner,
            created_at_ms=self.clock.now_ms(),
        )
        self.endpoints.add(endpoint)
        return endpoint, secret

    def list(self) -> list[WebhookEndpoint]:
        """The endpoints, the oldest first."""
        return [found for found in self.endpoints.all() if self.owner in (None, found.owner)]

    def remove(self, endpoint_id: UUID) -> None:
        """Forget one, with all that waits for it and its dead letters."""
        self.endpoints.remove(self._own(endpoint_id).id)

    def enable(self, endpoint_id: UUID) -> None:
        """Send to one that was disabled or is down again, at once."""
        self.endpoints.disable(self._own(endpoint_id).id, None)

    def test(self, endpoint_id: UUID) -> Answer:
        """Send a signed message of the type `webhook_test` now; what it answers. Nothing is kept of it."""
        endpoint = self._own(endpoint_id)
        secret = self.vault.opened(endpoint.sealed_secret)
        if secret is None:
            return SECRET_LOST
        message: dict[str, Any] = {
            "type": TEST_TYPE,
            "party": None,
            "revision": 0,
            "at_ms": self.clock.now_ms(),
            "actor_id": None,
            "data": {},
        }
        headers, body = signed(message_id(endpoint.id, new_id()), message, secret, self.wall_clock.now_ms())
        return self.sender.post(endpoint.url, headers, body)

    def dead_letters(self, endpoint_id: UUID | None = None, *, limit: int = 100) -> Sequence[DeadLetter]:
        """What was given up, the oldest first: of one endpoint, or of all."""
        if endpoint_id is not None:
            return self.streams.dead_letters(self._own(endpoint_id).id, limit)
        if self.owner is None:
            return self.streams.dead_letters(None, limit)
        found = [letter for own in self.list() for letter in self.streams.dead_letters(own.id, limit)]
        return sorted(found, key=lambda letter: letter.died_at_ms)[:limit]

    def replay(self, endpoint_id: UUID, ids: Sequence[UUID] | None = None) -> int:
        """Have these of its dead letters, or all, delivered once more, in order; returns how many."""
        return self.streams.replay(self._own(endpoint_id).id, ids, self.clock.now_ms())

    def _own(self, endpoint_id: UUID) -> WebhookEndpoint:
        found = self.endpoints.get(endpoint_id)
        if found is None or self.owner not in (None, found.owner):
            raise NoSuchEndpoint()
        return found
