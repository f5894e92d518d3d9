"""What these tests ask of a running stack, whoever started it."""

from __future__ import annotations

from signal import Signals
from typing import Protocol

from tests.support.operator_commands import Deployment


class Stack(Deployment, Protocol):
    """The whole service as real processes on this machine."""

    @property
    def url(self) -> str: ...

    def kill(self, name: str, sig: Signals) -> None: ...

    def pid_of(self, name: str) -> int: ...
