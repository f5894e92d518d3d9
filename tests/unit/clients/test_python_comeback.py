"""After the end of a socket the Python client comes back, with a fresh token where the old one has ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from party_client.comeback import Comeback, NextStep
from party_client.errors import ProblemError, UnreachableError


class Api:
    """Gives fresh tokens, or fails as it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.renewals = 0

    async def renew(self) -> None:
        self.renewals += 1
        if self.error is not None:
            raise self.error


def comeback(error: Exception | None = None) -> tuple[Api, Comeback]:
    api: Any = Api(error)
    return api, Comeback(api, draw=lambda: 1.0)


def after_close(one: Comeback, code: int, was_open: bool = True) -> NextStep:
    return asyncio.run(one.after_close(code, was_open))


def refused(code: str, status: int) -> ProblemError:
    return ProblemError({"code": code, "status": status})


def test_pauses_grow_while_attempts_fail() -> None:
    _, one = comeback()
    assert [after_close(one, 1006, was_open=False) for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(("code", "reason"), [(4403, "removed"), (4409, "replaced"), (4410, "ended")])
def test_there_is_no_coming_back_from_some(code: int, reason: str) -> None:
    api, one = comeback()
    assert after_close(one, code) == reason
    assert api.renewals == 0


def test_a_token_that_has_ended_is_renewed_at_once() -> None:
    api, one = comeback()
    assert after_close(one, 4401) == 0.0
    assert api.renewals == 1
    api, one = comeback()
    assert asyncio.run(one.after_refusal(refused("unauthenticated", 401))) == 0.0
    assert api.renewals == 1
    assert asyncio.run(one.after_refusal(refused("unauthenticated", 401))) == "refused", "a fresh one, too"


def test_a_service_that_can_not_renew_now_is_asked_again_and_one_that_will_not_is_final() -> None:
    for passing in (UnreachableError("gone"), refused("unavailable", 503)):
        _, one = comeback(passing)
        assert after_close(one, 4401) == 0.5
    _, one = comeback(refused("unauthenticated", 401))
    assert after_close(one, 4401) == "refused"
