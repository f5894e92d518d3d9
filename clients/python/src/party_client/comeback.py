"""Whether, and when, a connection comes back after its socket is gone, with a fresh token if need be."""

import random
from collections import Counter

from party_client import backoff
from party_client.async_api import AsyncPartyApi
from party_client.errors import ProblemError, UnreachableError
from party_client.member_clock import own_ms

#: A socket that was open for so long (ms) was no failed attempt.
_STABLE_MS = 10_000.0

#: In how many s to come back, or the reason why not, as in `ConnectionOverError`.
NextStep = float | str


class Comeback:
    """The attempts of one connection."""

    def __init__(self, api: AsyncPartyApi, draw: backoff.Random = random.random) -> None:
        #: How many have failed since the last stable one.
        self.attempt = 0
        #: How often it was refused, by the problem's code, and how often closed, by the close code.
        self.refused: Counter[str] = Counter()
        self.closed: Counter[int] = Counter()
        self._api = api
        self._draw = draw
        self._begun_ms = own_ms()

    def begin(self) -> None:
        """An attempt is made now."""
        self._begun_ms = own_ms()

    async def after_close(self, code: int, was_open: bool) -> NextStep:
        """A socket was closed with this code, 1006 for none. `was_open`: it had been welcomed."""
        self.closed[code] += 1
        if was_open and own_ms() - self._begun_ms > _STABLE_MS:
            self.attempt = 0
        if code in backoff.FINAL_REASONS:
            return backoff.FINAL_REASONS[code]
        wait_s = backoff.delay_after_close_s(code, self.attempt, was_open, self._draw) or 0.0
        step = await self._renewed(wait_s) if code == backoff.TOKEN_EXPIRED else wait_s
        self.attempt += 1
        return step

    async def after_refusal(self, problem: ProblemError) -> NextStep:
        """A socket was refused before its upgrade."""
        self.refused[problem.code] += 1
        if problem.status == 401 and self.attempt == 0:
            self.attempt += 1
            return await self._renewed(0.0)
        wait_s = backoff.delay_after_refusal_s(problem, self.attempt, self._draw)
        self.attempt += 1
        return backoff.reason_of_refusal(problem) if wait_s is None else wait_s

    async def _renewed(self, wait_s: float) -> NextStep:
        """Take a fresh token, and come back after `wait_s`; later where the service can't give one now."""
        try:
            await self._api.renew()
        except UnreachableError:
            return backoff.full_jitter_s(self.attempt, self._draw)
        except ProblemError as error:
            later_s = backoff.delay_after_refusal_s(error, self.attempt, self._draw)
            return "refused" if later_s is None else later_s
        return wait_s
