"""All of delivering webhooks, around receivers in this process and on a clock that is moved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from uuid import UUID

from partyapp.shared.kernel.clock import FixedClock
from partyapp.webhook.application.deliveries import Deliveries
from partyapp.webhook.application.settling import SettleTurns
from partyapp.webhook.application.turns import DeliverTurn
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.domain.message import Answer
from partyapp.webhook.domain.retries import RetrySchedule
from tests.support.fakes_webhook import InMemoryWebhooks, PlainVault, Receiver, endpoint, event

SECRET = "whsec_" + "QUJD" * 8
GOOD = Answer(status=204)


class WebhookService:
    """Delivers to receivers that are each a function of the message."""

    def __init__(self) -> None:
        self.clock = FixedClock(1_700_000_000_000.0)
        self.place = InMemoryWebhooks()
        self.receiver = Receiver(self._answer)
        self._answers: dict[str, Callable[[dict[str, object]], Answer]] = {}
        settle = SettleTurns(
            endpoints=self.place,
            streams=self.place,
            schedule=RetrySchedule(),
            clock=self.clock,
            chance=lambda: 0.5,
        )
        deliver = DeliverTurn(
            sender=self.receiver, vault=PlainVault(), clock=self.clock, wall_clock=self.clock
        )
        self.deliveries = Deliveries(self.place, self.place, deliver, settle, self.clock, width=4)

    def _answer(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return self._answers[url](json.loads(body))

    def endpoint(self, answer: Callable[[dict[str, object]], Answer], **facts: object) -> WebhookEndpoint:
        url = f"https://{len(self._answers)}.example/"
        self._answers[url] = answer
        found = endpoint(url=url, sealed_secret=SECRET, **facts)
        self.place.add(found)
        return found

    def happen(self, party_id: UUID, *revisions: int, **changes: object) -> None:
        at = {"at_ms": self.clock.now_ms(), **changes}
        self.place.relay([event(party_id, revision, **at) for revision in revisions])

    def go_on(self, ms: float = 0.0) -> int:
        self.clock.advance(ms)
        return self.deliveries.run_until_idle()

    def sent(self, found: WebhookEndpoint) -> list[tuple[str, int]]:
        """Party and revision of what was sent to it, in order."""
        bodies = (json.loads(body) for url, _, body in self.receiver.sent if url == found.url)
        return [(body["party"], body["revision"]) for body in bodies]

    def state(self, found: WebhookEndpoint) -> WebhookEndpoint:
        return self.place.rows[found.id]
