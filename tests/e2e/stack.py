"""What these tests ask of a running stack, whoever started it."""

from __future__ import annotations

from signal import Signals
from typing import Protocol


class Stack(Protocol):
    """The whole service as real processes on this machine."""

    @property
    def url(self) -> str: ...

    @property
    def redis_url(self) -> str: ...

    @property
    def database_url(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    def kill(self, name: str, sig: Signals) -> None: ...

    def pid_of(self, name: str) -> int: ...
