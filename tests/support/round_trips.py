"""How often the server is asked: counted in libpq's own record of what went over the wire."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class RoundTrips:
    """What connections of one engine have asked since they were opened."""

    def __init__(self) -> None:
        self._files: list[Any] = []

    def opened(self, connection: Any, _record: object) -> None:
        """Have libpq write down the messages of a new connection."""
        file = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._files.append(file)
        connection.pgconn.trace(file.fileno())

    @property
    def count(self) -> int:
        """Each Sync or Query of the client is one wait for an answer."""
        return sum(self._asked(file) for file in self._files)

    @staticmethod
    def _asked(file: Any) -> int:
        file.seek(0)
        messages = (line.split("\t") for line in file)
        return sum(1 for parts in messages if len(parts) > 3 and parts[1] == "F" and parts[3] in _ASKS)

    def close(self) -> None:
        """Give the files back."""
        for file in self._files:
            file.close()


_ASKS = {"Sync", "Query"}


@contextmanager
def round_trips(engine: Engine) -> Iterator[RoundTrips]:
    """Count from here on. The engine's connections are opened anew; those counted are closed at the end."""
    counted = RoundTrips()
    engine.dispose()
    event.listen(engine, "connect", counted.opened)
    try:
        yield counted
    finally:
        event.remove(engine, "connect", counted.opened)
        engine.dispose()
        counted.close()
