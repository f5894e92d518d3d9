"""Who is told of what happens on a socket."""

from typing import Protocol


class ConnectionHandler(Protocol):
    """What happens on a socket. Called from the event loop: it must return at once and never wait."""

    def on_text(self, text: str, received_ms: float) -> None:
        """A message came in; `received_ms` was stamped first thing after the read."""
        ...

    def on_room_to_write(self) -> None:
        """Changes had been dropped for a slow peer, and now there is room for a fresh welcome."""
        ...

    def on_dismissed(self, code: int) -> None:
        """There is no place for this socket any more: answer what was asked, then close it with `code`."""
        ...

    def on_closed(self) -> None:
        """The socket is gone."""
        ...
