"""How slowly a request's body may come. Who sends it a byte at a time would hold a greenlet for hours."""

from typing import Any

from partyapp.shared.kernel.clock import monotonic_s

#: A client may say nothing for so long in the middle of a body, in s.
SILENCE_S = 10.0
#: And all its reads together may wait no longer than that and what this many bytes a second take.
SLOWEST_BYTES_A_S = 500


class BodyPace:
    """One body as gunicorn reads it from its socket. What the application does in between doesn't count."""

    def __init__(self, unreader: Any) -> None:
        self._sock = unreader.sock
        self._chunk = unreader.chunk
        self._left_s = SILENCE_S

    def __call__(self, size_hint: int | None = None) -> bytes:
        """The next piece of it. Raises `TimeoutError` for one that is too late."""
        if self._left_s <= 0:
            raise TimeoutError
        begun_s = monotonic_s()
        self._sock.settimeout(min(SILENCE_S, self._left_s))
        data: bytes = self._chunk(size_hint)
        # The answer goes out by the same socket.
        self._sock.settimeout(SILENCE_S)
        self._left_s += len(data) / SLOWEST_BYTES_A_S - (monotonic_s() - begun_s)
        return data


def pace_body(request: Any) -> None:
    """Hold the body of a gunicorn request to it, until `unpace_body`."""
    request.unreader.sock.settimeout(SILENCE_S)
    request.unreader.chunk = BodyPace(request.unreader)


def unpace_body(request: Any) -> None:
    """Let gunicorn read what follows on the connection by its own time limits."""
    vars(request.unreader).pop("chunk", None)
