"""One turn of a stream: its due events, one after the other, until one isn't accepted."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from partyapp.party.contract import PartyEvent
from partyapp.shared.kernel.clock import Clock
from partyapp.webhook.application.ports import SecretVault, WebhookSender
from partyapp.webhook.application.signing import signed
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.domain.message import Answer, message_id, message_of
from partyapp.webhook.domain.stream import ClaimedStream

#: The secret can't be read: it was sealed under another PARTY_SECRET_KEY.
SECRET_LOST = Answer(error="secret_lost")


@dataclass(frozen=True, kw_only=True)
class TurnResult:
    """What came of a turn. `cursor` is the last revision that is dealt with, `failure` what ended it.

    `slowest_ms` is how long the longest request took. The turn began at `began_ms` of party time.
    """

    stream: ClaimedStream
    began_ms: float
    cursor: int
    delivered: int = 0
    replayed: tuple[UUID, ...] = ()
    failure: Answer | None = None
    slowest_ms: float = 0.0


@dataclass(frozen=True, kw_only=True)
class DeliverTurn:
    """Delivers what a claimed stream holds. Each event's receiver has it before the next one is sent."""

    sender: WebhookSender
    vault: SecretVault
    clock: Clock
    #: The time of the headers, which receivers compare with their own.
    wall_clock: Clock

    def __call__(
        self, endpoint: WebhookEndpoint, stream: ClaimedStream, may_go_on: Callable[[], bool]
    ) -> TurnResult:
        """`may_go_on` is asked before each request: whether the lease holds for long enough."""
        began_ms, cursor, delivered, slowest_ms = self.clock.now_ms(), stream.cursor, 0, 0.0
        replayed: list[UUID] = []
        failure: Answer | None = None
        secret = self.vault.opened(endpoint.sealed_secret)
        for due in stream.due:
            # What was asked for once more is sent whatever the endpoint is registered for by now.
            if due.dead_letter_id is not None or endpoint.wants(due.event):
                if not may_go_on():
                    break
                answer = SECRET_LOST if secret is None else self._send(endpoint, due.event, secret)
                slowest_ms = max(slowest_ms, answer.took_ms)
                if not answer.is_accepted:
                    failure = answer
                    break
                delivered += 1
            if due.dead_letter_id is None:
                cursor = due.event.revision
            else:
                replayed.append(due.dead_letter_id)
        if not stream.due:
            cursor = stream.until
        return TurnResult(
            stream=stream,
            began_ms=began_ms,
            cursor=cursor,
            delivered=delivered,
            replayed=tuple(replayed),
            failure=failure,
            slowest_ms=slowest_ms,
        )

    def _send(self, endpoint: WebhookEndpoint, event: PartyEvent, secret: str) -> Answer:
        name = message_id(endpoint.id, event.id)
        headers, body = signed(name, message_of(event), secret, self.wall_clock.now_ms())
        return self.sender.post(endpoint.url, headers, body)
