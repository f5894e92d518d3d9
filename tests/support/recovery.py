"""Processes of a stack that are ended on purpose, and requests that are sent until the service is back."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Callable
from contextlib import suppress

import httpx

from tests.support.local_stack import Stack
from tests.support.party_client import Guest, Json
from tests.support.waiting import RECOVERY_S, Unexpected, eventually


def is_ready(stack: Stack) -> bool:
    """Whether /readyz misses nothing now."""
    with suppress(httpx.HTTPError):
        return httpx.get(f"{stack.url}/readyz?strict=1", trust_env=False).status_code == 200
    return False


def wait_until_ready(stack: Stack) -> None:
    """Raises Unexpected if the service doesn't recover."""
    eventually(lambda: is_ready(stack), RECOVERY_S, every_s=0.25)


def replace_process(stack: Stack, name: str, sig: signal.Signals = signal.SIGKILL) -> None:
    """End a process with this signal, and wait until another is in its place. Raises Unexpected."""
    old = stack.pid_of(name)
    stack.kill(name, sig)
    eventually(lambda: stack.pids().get(name, 0) not in (0, old), RECOVERY_S)


def insist(send: Callable[[], httpx.Response]) -> httpx.Response:
    """Send until it is accepted, as a client does that has an idempotency key to send along.

    Raises Unexpected for another refusal than 503, or when `RECOVERY_S` have passed.
    """

    def accepted() -> httpx.Response | None:
        with suppress(httpx.HTTPError):
            response = send()
            if response.is_success:
                return response
            if (response.status_code, response.json()["code"]) != (503, "unavailable"):
                raise Unexpected(f"refused with {response.status_code}: {response.text[:500]}")
        return None

    response = eventually(accepted, RECOVERY_S, every_s=0.2)
    assert response is not None
    return response


def insist_on(guest: Guest, path: str, body: Json | None = None) -> Json:
    """What a POST gives in the end, whatever dies meanwhile; it is done once. Raises Unexpected."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    response = insist(lambda: guest.post(path, body, headers=key))
    return dict(response.json()) if response.content else {}
