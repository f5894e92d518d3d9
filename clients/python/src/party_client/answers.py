"""From HTTP answers to objects and exceptions, the same for both kinds of client."""

import json
from typing import Any

import httpx

from party_client.errors import ProblemError, UnreachableError

ACCEPTED = 202
#: How often a request is sent at most, and how long a command that was accepted is waited for, in s.
MOST_TRIES, COMMAND_LIMIT_S = 4, 30.0
#: Where a command's outcome is looked for again after, in s.
LOOK_AGAIN_S = 0.25


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
