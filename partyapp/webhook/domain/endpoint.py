"""A program that is told of events: where it is, what it wants to hear of, and how it does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from partyapp.party.contract import EVENT_TYPES, PartyEvent
from partyapp.shared.kernel.errors import NotFound, ValidationFailed

LONGEST_URL = 2000

#: An endpoint that fails so often in a row, with nothing accepted between, counts as down. Fewer may be about
#: one party alone.
DOWN_AFTER = 5

#: Why an endpoint is disabled: it has answered 410.
GONE = "gone"

#: What an endpoint's `state` may say.
STATES = ("active", "failing", "down", "disabled")


class NoSuchEndpoint(NotFound):
    detail = "There is no such webhook endpoint."


@dataclass(frozen=True, kw_only=True)
class WebhookEndpoint:
    """Where events go. Instants in ms of party time; `events` and `parties` are None for all.

    `failures` counts what failed since it last accepted something, from `failing_since_ms` on. It is not to
    be tried before `not_before_ms`, which is 0 unless it counts as down.
    """

    id: UUID
    url: str
    sealed_secret: str = field(repr=False)
    events: tuple[str, ...] | None
    parties: tuple[UUID, ...] | None
    owner: str | None
    created_at_ms: float
    disabled: str | None = None
    failures: int = 0
    failing_since_ms: float | None = None
    not_before_ms: float = 0.0
    last_error: str | None = None
    delivered: int = 0
    failed: int = 0

    def wants(self, event: PartyEvent) -> bool:
        """Whether the event is one of those that it was registered for."""
        is_of_type = self.events is None or event.type in self.events
        return is_of_type and (self.parties is None or event.party_id in self.parties)

    @property
    def is_down(self) -> bool:
        """Whether it is tried seldom, and with one request at a time."""
        return self.not_before_ms > 0

    def counts_as_down(self, *, is_unreachable: bool) -> bool:
        """Whether it does after one more failure. Who can't be reached is down for every party."""
        return is_unreachable or self.failures + 1 >= DOWN_AFTER

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self.disabled is not None:
            return "disabled"
        if self.is_down:
            return "down"
        return "failing" if self.failures else "active"


def checked_url(text: str) -> str:
    """The URL, if requests may be sent to it. Raises `ValidationFailed`. Its address is checked when used."""
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise _wrong("url", "This is no URL.") from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise _wrong("url", "It must begin with http:// or https:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise _wrong("url", "It must hold no user and no password; check the signature instead.")
    # One that is to be sent as it stands: no blanks, no line ends, nothing that needs an encoding.
    if parts.fragment or len(text) > LONGEST_URL or not all("!" <= mark <= "~" for mark in text):
        raise _wrong("url", f"At most {LONGEST_URL} printable ASCII characters, without a fragment.")
    return text


def checked_events(names: Sequence[str]) -> tuple[str, ...] | None:
    """The types of events, in order and each once; None for all. Raises `ValidationFailed`."""
    unknown = sorted(set(names) - set(EVENT_TYPES))
    if unknown:
        raise _wrong("events", f"No such event: {', '.join(unknown)}.")
    return tuple(sorted(set(names))) or None


def _wrong(name: str, reason: str) -> ValidationFailed:
    return ValidationFailed(reason, errors={name: [reason]})
