"""Fills parties through the contract's REST, over a few keep-alive connections.

Tokens are signed here with the deployment's own secret, since signing in is not what is measured.
"""

import json
import threading
import uuid
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from bench.live.http_client import HttpClient
from partyapp.auth.infrastructure import PartyTokens
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.principal import Principal
from tests.support.local_stack import Stack

REQUEST_LIMIT_S = 30.0
TOKEN_TTL_S = 7200
MAX_MEMBERS = 10_000
T = TypeVar("T")


class PartyClients:
    """Users of one stack, with a connection for each thread."""

    def __init__(self, stack: Stack) -> None:
        self.port = stack.port
        self._tokens = PartyTokens(stack.secret_key, TOKEN_TTL_S, WallClock())
        self._local = threading.local()
        self._video_id = ""

    def new_token(self) -> str:
        """A new user's token."""
        return self._tokens.issue(Principal(user_id=uuid.uuid4(), display_name="Member", expires_at_ms=0.0))

    def post(self, path: str, token: str, body: Any) -> Any:
        """The JSON of the answer to a POST. Raises RuntimeError unless it succeeded at once."""
        return self._request("POST", path, token, body)

    def end(self, party: dict[str, Any], host: str) -> None:
        """End a party, so that it costs nothing in later measurements."""
        self._request("DELETE", f"/api/parties/{party['id']}", host, {})

    def _request(self, method: str, path: str, token: str, body: Any) -> Any:
        status, text = self._send(method, path, token, json.dumps(body))
        if status not in (200, 201, 204):
            raise RuntimeError(f"{method} {path} gave {status}: {text[:300]!r}")
        return json.loads(text) if text else None

    def _send(self, method: str, path: str, token: str, body: str) -> tuple[int, bytes]:
        for attempt in (1, 2):
            client = getattr(self._local, "client", None)
            if client is None:
                client = self._local.client = HttpClient(self.port, REQUEST_LIMIT_S)
            try:
                return client.request(method, path, token, body)
            except ConnectionError:
                # The server closes idle connections; a retried join is one join.
                client.close()
                self._local.client = None
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def party(self) -> tuple[dict[str, Any], str]:
        """A new party that everyone controls, since its host may leave, and its host's token."""
        host = self.new_token()
        if not self._video_id:
            video = {"title": "Bench", "playback_url": "http://localhost/film.mp4", "duration_s": 6000.0}
            self._video_id = self.post("/api/videos", host, video)["id"]
        body = {"video_id": self._video_id, "max_members": MAX_MEMBERS, "control": "everyone"}
        return self.post("/api/parties", host, body), host

    def join(self, party: dict[str, Any], token: str | None = None) -> str:
        """A new member's token."""
        token = token or self.new_token()
        self.post(f"/api/parties/{party['id']}/join", token, {"invite_code": party["invite_code"]})
        return token

    def full_party(self, members: int, at_once: int = 6) -> tuple[dict[str, Any], list[str]]:
        """A playing party of that many members, and their tokens, the host's first."""
        party, host = self.party()
        tokens = [host, *in_threads(lambda _: self.join(party), range(members - 1), at_once)]
        self.post(f"/api/parties/{party['id']}/playback", host, {"action": "play"})
        return party, tokens

    def socket(self, party: dict[str, Any], token: str) -> dict[str, Any]:
        """What the load generator needs to open this member's socket."""
        return {
            "url": f"ws://127.0.0.1:{self.port}/api/parties/{party['id']}/ws",
            "headers": {"Authorization": f"Bearer {token}"},
        }


def in_threads(action: Callable[[Any], T], over: Iterable[Any], at_once: int) -> list[T]:
    """The results of `action` on each, by that many threads, in any order. Raises the first error."""
    waiting: SimpleQueue[Any] = SimpleQueue()
    for one in over:
        waiting.put(one)
    done: list[T] = []
    errors: list[Exception] = []

    def work() -> None:
        while not errors:
            try:
                done.append(action(waiting.get_nowait()))
            except Empty:
                return
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return done
