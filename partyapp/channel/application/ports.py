"""What channels need of the world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from partyapp.channel.domain.channel import Channel, Failure, NewChannel, Outage
from partyapp.channel.domain.message import Message
from partyapp.channel.domain.quiet_hours import QuietHours

#: A code by its number: how many the channel was given, this one included.
CodeOf = Callable[[int], str]


class ChannelPort(Protocol):
    """Keeps channels. Every method raises `Unavailable` without the database."""

    def all(self, user_id: UUID) -> list[Channel]:
        """The person's, the oldest first."""
        ...

    def add(self, new: NewChannel) -> Channel:
        """Keep it, and have its first code sent; what is there under its id already stays.

        Raises `QuotaExceeded`, `RateLimited` or `AlreadyThere`.
        """
        ...

    def change(self, user_id: UUID, channel_id: UUID, kinds: Sequence[str]) -> Channel | None:
        """Have the person's channel told of these; None when they have no such one, as below."""
        ...

    def remove(self, user_id: UUID, channel_id: UUID) -> bool:
        """Forget it with all that waits for it; False when they have no such one."""
        ...

    def new_code(self, user_id: UUID, channel_id: UUID, now_ms: float) -> Channel | None:
        """Have another code sent, unless it is active. Raises `RateLimited`."""
        ...

    def try_code(
        self, user_id: UUID, channel_id: UUID, code: str, code_of: CodeOf, now_ms: float
    ) -> tuple[Channel, bool] | None:
        """Activate it if that is its code, and count the try; whether it is active."""
        ...

    def quiet_hours(self, user_id: UUID) -> QuietHours | None:
        """When the person is not to be disturbed."""
        ...

    def set_quiet_hours(self, user_id: UUID, quiet: QuietHours | None, now_ms: float) -> None:
        """Keep that."""
        ...


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message whose turn it is. `kind` is None for a code, the `codes`th of the channel.

    Of what has passed since `first_try_ms` only that counts in which it was not put off.
    """

    channel_id: UUID
    subject_id: UUID
    user_id: UUID
    scheme: str
    sealed: str
    tries: int
    first_try_ms: float
    lease_until_ms: float
    kind: str | None
    data: dict[str, Any]
    party_id: UUID | None
    codes: int


class DeliveryPort(Protocol):
    """Keeps what waits. Every method raises `Unavailable` without the database."""

    def claim(self, now_ms: float, limit: int) -> list[Claimed]:
        """What is due, each for whoever claims it alone until its lease is over."""
        ...

    def delivered(self, claimed: Claimed) -> None:
        """It has arrived, also where its lease was over meanwhile."""
        ...

    def failed(self, claimed: Claimed, due_at_ms: float, failure: Failure) -> None:
        """It is to be tried again then; who waits for a code sees why it hasn't come."""
        ...

    def given_up(self, claimed: Claimed, failure: Failure) -> None:
        """Set the channel aside for that reason, and forget what waits for it, unless the lease was over."""
        ...

    def dropped(self, claimed: Claimed) -> None:
        """Forget it, and leave the channel as it is, unless the lease was over."""
        ...


class Vault(Protocol):
    """Encrypts addresses, and makes codes that only this deployment can make."""

    def seal(self, value: str) -> str:
        """An address as rows keep it."""
        ...

    def opened(self, sealed: str) -> str | None:
        """The address again; None when it can't be read."""
        ...

    def mark(self, value: str) -> str:
        """What tells one address from another and can't be guessed back."""
        ...

    def code(self, channel_id: UUID, number: int) -> str:
        """The channel's code of that number."""
        ...


class Sender(Protocol):
    """Sends to addresses of some schemes, from any thread."""

    def send(self, address: str, message: Message) -> Failure | Outage | None:
        """Send it, within half a minute; what went wrong, or None."""
        ...

    def end_idle(self) -> None:
        """Let go of what nobody needs."""
        ...
