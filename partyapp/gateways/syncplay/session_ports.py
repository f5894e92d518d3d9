"""What a session needs of its client and of its process."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from partyapp.gateways.syncplay import wire
from partyapp.gateways.syncplay.party_link import Timer

if TYPE_CHECKING:
    from partyapp.gateways.syncplay.session import Session


class ClientLine(Protocol):
    """The connection to the client."""

    def tell(self, *messages: wire.Message) -> None:
        """Send messages."""
        ...

    def begin_tls(self) -> bool:
        """Answer that TLS begins and begin it; False, without an answer, where there is none."""
        ...

    def end(self, text: str | None) -> None:
        """Hang up; with a text it is shown, and the client doesn't come again by itself."""
        ...


class SessionPorts(Protocol):
    """What a session needs of its process."""

    def now_ms(self) -> float:
        """Party time in ms."""
        ...

    def mono_ms(self) -> float:
        """The monotonic clock in ms, for what has nothing to do with the party."""
        ...

    def later(self, delay_s: float, work: Callable[[], None]) -> Timer:
        """Do something then."""
        ...

    def admit(self, session: "Session", name: str, code: str) -> None:
        """Make the client a member: `admitted` is called, or `not_admitted`."""
        ...
