"""What is sent for an event, and what an answer means."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.party.contract import PartyEvent
from partyapp.shared.kernel.ids import derived_id

#: What `party webhooks test` sends; no event of a party.
TEST_TYPE = "webhook_test"

_GONE_STATUS = 410


def message_id(endpoint_id: UUID, event_id: UUID) -> str:
    """The `webhook-id`: the same whenever this event is sent to this endpoint."""
    return f"msg_{derived_id('webhook', endpoint_id, event_id).hex}"


def message_of(event: PartyEvent) -> dict[str, Any]:
    """The event as its receiver reads it: as in the audit log, with its party."""
    return {
        "type": event.type,
        "party": str(event.party_id),
        "revision": event.revision,
        "at_ms": event.at_ms,
        "actor_id": None if event.actor_id is None else str(event.actor_id),
        "data": event.data,
    }


#: What a receiver fails by, for whoever counts them; `connection` is what has no name of its own.
FAILURES = (
    *("timeout", "connection", "tls", "unknown_host", "private_address"),
    *("http_1xx", "http_3xx", "http_4xx", "http_5xx"),
)


def failure_kind(reason: str) -> str:
    """Which of `FAILURES` the reason of an `Answer` is."""
    kind = f"{reason[:6]}xx" if reason.startswith("http_") else reason
    return kind if kind in FAILURES else "connection"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one request: a status, or the name of what went wrong before there was one."""

    status: int | None = None
    error: str | None = None
    retry_after_s: float | None = None
    took_ms: float = 0.0

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more of them, ever."""
        return self.status == _GONE_STATUS

    @property
    def is_unreachable(self) -> bool:
        """Whether nobody answered, which has nothing to do with what was sent."""
        return self.status is None

    @property
    def reason(self) -> str:
        """Why it isn't accepted, in a word."""
        return self.error or f"http_{self.status}"
