"""From HTTP answers to objects and exceptions, the same for both kinds of client."""

import json
from typing import Any

import httpx

from party_client.backoff import full_jitter_s
from party_client.errors import ProblemError, UnreachableError

ACCEPTED = 202
#: How often a request is sent at most, and how long a command that was accepted is waited for, in s.
MOST_TRIES, COMMAND_LIMIT_S = 4, 30.0
#: Where a command's outcome is looked for again after, in s.
LOOK_AGAIN_S = 0.25
#: What a service asks for is waited for, in s, and no longer than this.
_LONGEST_RETRY_AFTER_S = 5.0


def problem_of(status: int, headers: Any, body: bytes) -> ProblemError:
    """The problem of an answer that isn't a success; what is no problem of the contract becomes one."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        found = {"status": status, "code": "unknown", "detail": f"The answer was {status}, without a reason."}
    after = str(headers.get("Retry-After") or "")
    return ProblemError({"status": status, **found}, float(after) if after.isdigit() else None)


def again_after_s(attempt: int, response: httpx.Response | None = None) -> float | None:
    """In how many s a request is sent again after its `attempt` (from 0); None where this was the last one.

    `response` is None where nothing answered. Any answer but 503 is final.
    """
    if attempt + 1 == MOST_TRIES or (response is not None and response.status_code != 503):
        return None
    told_s = 0.0
    if response is not None:
        told_s = problem_of(503, response.headers, response.content).retry_after_s or 0.0
    return min(told_s, _LONGEST_RETRY_AFTER_S) + full_jitter_s(attempt)


def unreachable(base_url: str, error: Exception) -> UnreachableError:
    """Nothing answered there."""
    return UnreachableError(f"no answer from {base_url}: {type(error).__name__}")


def outcome(response: httpx.Response) -> Any:
    """The JSON of a success, None for an empty one. Raises ProblemError, or UnreachableError for no JSON."""
    if response.status_code >= 400:
        raise problem_of(response.status_code, response.headers, response.content)
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise UnreachableError("the answer is no JSON") from error


def outcome_of_command(state: Any) -> Any:
    """What a command that was accepted has come to. Raises ProblemError for one that failed."""
    if state["state"] == "failed":
        raise ProblemError(state["problem"])
    return state.get("result")
