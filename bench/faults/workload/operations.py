"""A client's hand: has commands done, over HTTP or the socket, and writes down what came of each.

An operation has one id, its Idempotency-Key or command id, and is asked for again with the same id while
nobody knows what became of it. A careless client asks once and never learns.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

import httpx

from bench.faults.history import Recorder
from bench.faults.workload.listener import Ear

Json = dict[str, Any]

#: How long an answer is waited for, in s.
ANSWER_LIMIT_S = 8.0
#: How long an operation is asked for again and again, in s.
INSIST_S = 75.0
#: What is refused for now only: the same is asked again.
_LATER = (429, 503)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known after one try: `status` 0 stands for nothing at all."""

    status: int
    revision: int | None = None
    code: str = ""
    body: Json | None = None


class Hand:
    """Asks for one person. `ear` carries the commands of the socket."""

    def __init__(self, http: httpx.AsyncClient, record: Recorder, *, user: str, token: str) -> None:
        self._http, self._record = http, record
        self.user = user
        self._headers = {"Authorization": f"Bearer {token}"}

    async def post(self, path: str, body: Any, key: str | None = None) -> httpx.Response | None:
        """One POST; None when there was no answer."""
        headers = self._headers if key is None else {**self._headers, "Idempotency-Key": key}
        try:
            response = await self._http.post(path, json=body, headers=headers)
        except httpx.HTTPError:
            return None
        if response.status_code >= 500:
            self._record("status", response.status_code, f"POST {path.rpartition('/')[2]}")
        return response

    async def over_http(self, path: str, body: Json, key: str) -> Answer:
        """One try by a POST with an Idempotency-Key."""
        response = await self.post(path, body, key)
        if response is None or response.status_code == 202:
            return Answer(0)
        found = response.json() if response.content else {}
        if response.is_success:
            return Answer(response.status_code, found.get("revision"), body=found)
        return Answer(response.status_code, code=str(found.get("code")))

    async def over_socket(self, ear: Ear, command: Json) -> Answer:
        """One try by a command on the socket."""
        told = await ear.ask(command, ANSWER_LIMIT_S)
        if told is None:
            return Answer(0)
        if told["type"] == "ack":
            return Answer(200, int(told["revision"]))
        problem = told["problem"]
        if problem["status"] >= 500:
            self._record("status", problem["status"], f"command {command['action']}")
        return Answer(int(problem["status"]), code=str(problem["code"]))

    async def carry_out(
        self,
        id: str,
        party: str,
        action: str,
        attempt: Any,
        *,
        careless: bool = False,
        may_be_idle: bool = False,
    ) -> Answer:
        """Have an operation done by `attempt`, a coroutine function for one try, and record it."""
        self._record("invoke", id, party, self.user, action, may_be_idle)
        until = time.monotonic() + INSIST_S
        while True:
            answer: Answer = await attempt()
            if answer.status and answer.status not in _LATER:
                break
            if careless or time.monotonic() > until:
                self._record("info", id, f"gave up: {answer.status}")
                return Answer(0)
            await asyncio.sleep(random.uniform(0.1, 0.4))
        if answer.status < 400:
            self._record("ok", id, answer.revision)
        else:
            self._record("fail", id, answer.code)
        return answer
