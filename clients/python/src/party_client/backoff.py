"""What follows when a socket has closed or was refused, by the contract's close codes and problems."""

import random
from collections.abc import Callable

from party_client.errors import ProblemError

#: Codes after which the service would not have this client back, and why.
FINAL_REASONS = {4403: "removed", 4409: "replaced", 4410: "ended"}
TOKEN_EXPIRED, RESTART, TOO_MANY, NO_CLOSE_FRAME = 4401, 1012, 4429, 1006

_FIRST_S, _MOST_S = 0.5, 15.0
#: After a restart of the service all clients come back, spread over so long (s).
_RESTART_SPREAD_S = 3.0
#: The least wait after too many messages (s).
_TOO_MANY_S = 2.0

Random = Callable[[], float]


def full_jitter_s(attempt: int, draw: Random = random.random) -> float:
    """A wait in s, drawn evenly from 0 to a limit that doubles with each attempt, from 0.5 s up to 15 s."""
    return draw() * min(_MOST_S, _FIRST_S * 2.0 ** min(max(attempt, 0), 16))


def delay_after_close_s(
    code: int, attempt: int, was_open: bool, draw: Random = random.random
) -> float | None:
    """How long to wait before the next socket, in s; None where there is none to be had.

    `attempt`: attempts that failed since the last stable connection. `was_open`: this socket was welcomed.
    """
    if code in FINAL_REASONS:
        return None
    if code == RESTART and was_open:
        return draw() * _RESTART_SPREAD_S
    if code == TOKEN_EXPIRED and was_open and attempt == 0:
        return 0.0
    return full_jitter_s(attempt, draw) + (_TOO_MANY_S if code == TOO_MANY else 0.0)


def delay_after_refusal_s(error: ProblemError, attempt: int, draw: Random = random.random) -> float | None:
    """The same for a socket that was refused before its upgrade."""
    if error.status != 429 and error.status < 500:
        return None
    return (error.retry_after_s or 0.0) + full_jitter_s(attempt, draw)


def reason_of_refusal(error: ProblemError) -> str:
    """Why there is no other socket to be had: a word as in `ConnectionOverError`."""
    return {"party_ended": "ended", "not_a_member": "removed", "banned": "removed"}.get(error.code, "refused")
