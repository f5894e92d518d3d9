"""How often the server is asked: counted in libpq's own record of what went over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from sqlalchemy import Engine, event


class RoundTrips:
    """What connections of one engine have asked since they were opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: list[BinaryIO] = []

    def opened(self, connection: Any, _record: object) -> None:
        """Have libpq write down the messages of a new connection."""
        file = (self._folder / str(len(self._written))).open("wb", buffering=0)
        self._written.append(file)
        connection.pgconn.trace(file.fileno())

    @property
    def count(self) -> int:
        """Each Sync or Query of the client is one wait for an answer."""
        return sum(self._asked(path) for path in self._folder.iterdir())

    @staticmethod
    def _asked(path: Path) -> int:
        messages = (line.split(b"\t") for line in path.read_bytes().splitlines())
        return sum(1 for parts in messages if len(parts) > 3 and parts[1] == b"F" and parts[3] in _ASKS)

    def close(self) -> None:
        """Give the files back."""
        for file in self._written:
            file.close()


_ASKS = {b"Sync", b"Query"}


@contextmanager
def round_trips(engine: Engine) -> Iterator[RoundTrips]:
    """Count from here on. The engine's connections are opened anew; those counted are closed at the end."""
    engine.dispose()
    with TemporaryDirectory() as folder:
        counted = RoundTrips(Path(folder))
        event.listen(engine, "connect", counted.opened)
        try:
            yield counted
        finally:
            event.remove(engine, "connect", counted.opened)
            engine.dispose()
            counted.close()
