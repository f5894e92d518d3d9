"""Whoever leads a process of members is answered, whatever becomes of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from party_client import UnreachableError

from partyapp.simulation.process import _done


class Crowd:
    """One whose every work ends so."""

    open_members = 0
    members: tuple[Any, ...] = ()

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def fill(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnreachableError("refused"), "The service doesn't answer: refused."),
        (KeyError("id"), "The simulator failed: KeyError."),
    ],
)
def test_what_goes_wrong_is_answered(error: Exception, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    crowd: Any = Crowd(error)
    asyncio.run(_done(crowd, 3, "fill", {}))
    assert json.loads(capsys.readouterr().out) == {"n": 3, "error": said}
