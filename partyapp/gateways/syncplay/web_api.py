"""What the gateway asks web by REST for its clients: a guest, an invite's party, membership, a fresh token.

Blocking calls of urllib3, run in a few threads: they are asked when somebody comes and goes alone.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import urllib3

from partyapp.shared.kernel.clock import WallClock, monotonic_s
from partyapp.shared.ops.sender_address import HEADER, SenderAddress

#: Web tells programs at one address apart by it, so it stays the same from release to release.
AGENT = "party-syncplay"
THREADS = 8
CONNECT_S, READ_S = 3.0, 10.0
#: A command that takes longer than web waits for is looked after so often, and for so long at most, in s.
POLL_S, POLL_LIMIT_S = 0.5, 20.0


class WebRefused(Exception):
    """Web said no. `code` and `detail` are those of its problem; `status` is HTTP's."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", ""))

    @property
    def may_pass(self) -> bool:
        """Whether the same may be granted a little later."""
        return self.status >= 500 or self.status in (408, 425, 429)


class WebGone(Exception):
    """Web can't be reached, or can't answer now."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who was signed in."""

    token: str
    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Invited:
    """The party that an invite code opens, and whether somebody else in it has the name asked for."""

    party_id: str
    name_taken: bool


class WebApi:
    """Web at `url` (scheme, host, port and maybe a path). Every call raises `WebRefused` or `WebGone`.

    `address` is that of the client on whose behalf it is called.
    """

    def __init__(self, url: str, senders: SenderAddress) -> None:
        self._url = url
        self._senders = senders
        self._pool = urllib3.PoolManager(
            maxsize=THREADS, retries=False, timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S)
        )
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="web")

    def sender(self, address: str) -> tuple[str, str]:
        """The header that names a client's address."""
        return HEADER, self._senders.signed(address, WallClock().now_ms() / 1000)

    async def sign_in(self, name: str, key: str, address: str) -> Guest:
        """A guest of this name; the same `key` is the same guest for a day."""
        body = {"display_name": name}
        found = await self._call("POST", "/api/auth/guest", address, body=body, more={"Idempotency-Key": key})
        return _guest(found)

    async def renew(self, token: str, address: str) -> str:
        """A fresh token of the same guest."""
        found = await self._call("POST", "/api/auth/renew", address, token=token, body={})
        return str(found["access_token"])

    async def invited(self, token: str, code: str, name: str, address: str) -> Invited:
        """The party that the code opens."""
        path = f"/api/parties/invited?display_name={quote(name, safe='')}"
        found = await self._call("GET", path, address, token=token, more={"Party-Invite": code})
        return Invited(party_id=str(found["id"]), name_taken=bool(found["name_taken"]))

    async def join(self, token: str, party_id: str, code: str, address: str) -> None:
        """Become a member; who is one already stays one."""
        path = f"/api/parties/{party_id}/join"
        await self._call("POST", path, address, token=token, body={"invite_code": code})

    async def leave(self, token: str, party_id: str, address: str) -> None:
        """Be a member no more."""
        await self._call("POST", f"/api/parties/{party_id}/leave", address, token=token, body={})

    def close(self) -> None:
        """End what is under way, without waiting for it."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _call(
        self,
        method: str,
        path: str,
        address: str,
        *,
        token: str | None = None,
        body: Any = None,
        more: Mapping[str, str] | None = None,
    ) -> Any:
        headers = {"User-Agent": AGENT, **dict([self.sender(address)]), **(more or {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = None if body is None else json.dumps(body).encode()
        loop = asyncio.get_running_loop()

        def ask(method: str, path: str, sent: bytes | None) -> tuple[int, Any, str | None]:
            return self._ask(method, path, sent, headers)

        status, found, location = await loop.run_in_executor(self._threads, ask, method, path, sent)
        if status == 202 and location is not None:
            return await self._outcome(location, ask)
        return _granted(status, found)

    async def _outcome(
        self, location: str, ask: Callable[[str, str, bytes | None], tuple[int, Any, str | None]]
    ) -> Any:
        """What became of a command that web has accepted."""
        path = location[location.index("/api/") :]
        deadline_s = monotonic_s() + POLL_LIMIT_S
        while monotonic_s() < deadline_s:
            await asyncio.sleep(POLL_S)
            status, found, _ = await asyncio.get_running_loop().run_in_executor(
                self._threads, ask, "GET", path, None
            )
            command = _granted(status, found)
            if command["state"] == "failed":
                problem = command["problem"]
                raise WebRefused(int(problem["status"]), problem)
            if command["state"] == "succeeded":
                return command.get("result")
        raise WebGone

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, Any, str | None]:
        """Status, JSON and `Location` of an answer. Raises `WebGone`."""
        try:
            answer = self._pool.request(method, self._url + path, body=body, headers=headers, redirect=False)
            found = json.loads(answer.data) if answer.data else None
        except (urllib3.exceptions.HTTPError, ValueError, OSError):
            raise WebGone from None
        return answer.status, found, answer.headers.get("Location")


def _granted(status: int, found: Any) -> Any:
    if status >= 400:
        raise WebRefused(status, found if isinstance(found, dict) else {})
    return found


def _guest(found: Any) -> Guest:
    user = found["user"]
    return Guest(
        token=str(found["access_token"]), user_id=str(user["id"]), display_name=str(user["display_name"])
    )
