"""Commands accepted with 202: their outcome is waited for at the `Location`, as the contract has it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx

from tests.support.waiting import RECOVERY_S, Unexpected, eventually

Json = dict[str, Any]

ACCEPTED = 202
#: Headers of the 202 that the answer itself would not have had, or with another value.
_OF_THE_202 = ("content-length", "content-type", "location", "retry-after")


def wants_202(request: httpx.Request) -> bool:
    """Whether the request asked for 202 itself."""
    return "respond-async" in request.headers.get("Prefer", "").lower()


def outcome_of(http: httpx.Client, accepted: httpx.Response, limit_s: float = RECOVERY_S) -> Json:
    """The command behind an answer of 202, once it has succeeded or failed.

    It is asked for again while the service can't be reached or is unavailable. Raises Unexpected when it is
    still pending after `limit_s` seconds, or the answer is none of the contract's.
    """
    location = httpx.URL(accepted.headers["Location"]).path

    def decided() -> Json | None:
        with suppress(httpx.TransportError):
            response = http.get(location)
            if response.status_code == 200:
                command: Json = response.json()
                return command if command["state"] != "pending" else None
            if response.status_code != 503:
                raise Unexpected(f"{location} gave {response.status_code}: {response.text[:500]}")
        return None

    command = eventually(decided, limit_s, every_s=0.05, longest_s=1.0)
    assert command is not None
    return command


def followed(http: httpx.Client, accepted: httpx.Response) -> httpx.Response:
    """What the request would have been answered with, had the command been done at once.

    A request with an Idempotency-Key is sent again. The answer to another one is put together from the
    outcome, which holds the same body or the same problem. Raises Unexpected.
    """
    request = accepted.request
    command = outcome_of(http, accepted)
    if "Idempotency-Key" in request.headers:
        again = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        return http.send(again)
    headers = {name: value for name, value in accepted.headers.items() if name not in _OF_THE_202}
    if command["state"] == "failed":
        problem = command["problem"]
        headers["content-type"] = "application/problem+json"
        if problem["status"] == 503:
            headers["retry-after"] = accepted.headers["Retry-After"]
        return httpx.Response(problem["status"], headers=headers, json=problem, request=request)
    result = command.get("result")
    if result is None:
        return httpx.Response(204, headers=headers, request=request)
    if request.url.path == "/api/parties":
        headers["location"] = f"/api/parties/{result['id']}"
        return httpx.Response(201, headers=headers, json=result, request=request)
    return httpx.Response(200, headers=headers, json=result, request=request)
