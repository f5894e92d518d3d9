"""A user's operations: commands over HTTP or the socket, retried and recorded.

An operation has one id, its Idempotency-Key or command id, and is retried with the same id while its
outcome is unknown.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bench.faults.history import Recorder
from bench.faults.workload.listener import Listener

Json = dict[str, Any]

#: The longest wait for an answer over the socket, in s.
ANSWER_LIMIT_S = 8.0
#: How long an operation is retried, in s.
RETRY_LIMIT_S = 75.0
#: Statuses that refuse an operation for now only.
_RETRIED = (429, 503)


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one try; `status` 0 stands for an unknown one."""

    status: int
    revision: int | None = None
    code: str = ""
    body: Json | None = None


class OperationClient:
    """Sends the operations of one user."""

    def __init__(self, http: httpx.AsyncClient, record: Recorder, *, user: str, token: str) -> None:
        self._http, self._record = http, record
        self._user = user
        self._headers = {"Authorization": f"Bearer {token}"}

    async def send(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> httpx.Response | None:
        """One request; None when there was no answer."""
        headers = self._headers if key is None else {**self._headers, "Idempotency-Key": key}
        try:
            response = await self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError:
            return None
        if response.status_code >= 500:
            self._record("status", response.status_code, f"{method} {_shape(path)}")
        return response

    async def try_http(
        self, path: str, body: Any, key: str, *, method: str = "POST", number: str = "revision"
    ) -> Answer:
        """One try by a request with an Idempotency-Key. `number` names the answer's revision, if it has one;
        that of a Party may be a later one, so it is "" then."""
        response = await self.send(method, path, body, key)
        if response is None or response.status_code == 202:
            return Answer(0)
        found = response.json() if response.content else {}
        if response.is_success:
            return Answer(response.status_code, found.get(number), body=found)
        return Answer(response.status_code, code=str(found.get("code")))

    async def try_socket(self, listener: Listener, command: Json) -> Answer:
        """One try by a command on the listener's socket."""
        message = await listener.request(command, ANSWER_LIMIT_S)
        if message is None:
            return Answer(0)
        if message["type"] == "ack":
            return Answer(200, int(message["revision"]))
        if message["type"] == "chat":
            return Answer(200, int(message["message"]["seq"]))
        problem = message["problem"]
        if problem["status"] >= 500:
            self._record("status", problem["status"], f"command {command.get('action', command['type'])}")
        return Answer(int(problem["status"]), code=str(problem["code"]))

    async def execute(
        self,
        id: str,
        party: str,
        action: str,
        attempt: Callable[[], Awaitable[Answer]],
        *,
        no_retry: bool = False,
        may_be_noop: bool = False,
        facts: Json | None = None,
    ) -> Answer:
        """Execute an operation by `attempt`, which is one try, and record its outcome.

        `facts` are what it is about, for the checker. With `no_retry` there is one try only, whatever comes
        of it.
        """
        self._record("invoke", id, party, self._user, action, may_be_noop, facts or {})
        until = time.monotonic() + RETRY_LIMIT_S
        while True:
            answer = await attempt()
            if answer.status and answer.status not in _RETRIED:
                break
            if no_retry or time.monotonic() > until:
                self._record("info", id, f"gave up: {answer.status}")
                return Answer(0)
            await asyncio.sleep(random.uniform(0.1, 0.4))
        if answer.status < 400:
            self._record("ok", id, answer.revision)
        else:
            self._record("fail", id, answer.code)
        return answer


def _shape(path: str) -> str:
    """An address without the ids in it."""
    words = path.partition("?")[0].split("/")
    return "/".join(word for word in words[3:] if len(word) < 30 and not word.isdigit())
