"""A client of the contract in PROTOCOL.md for tests and scripts.

It knows HTTP and WebSocket alone: nothing of the backend is imported here, so whatever it can do,
a third party can do too. `Guest` is a signed-in person, `Socket` one device's live connection.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.support.accepted_commands import ACCEPTED, followed, wants_202
from tests.support.clients.blocking import Json, Socket
from tests.support.waiting import LIMIT_S, Unexpected, eventually

__all__ = ["REQUEST_TIMEOUT_S", "Guest", "Json", "Socket", "Unexpected", "body_of", "eventually", "unlimited"]

REQUEST_TIMEOUT_S = LIMIT_S


def unlimited(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Its first answer that is no 429: who asks as often as tests do is told to wait, whatever it is of."""
    answers: list[httpx.Response] = []

    def is_answered() -> bool:
        answers.append(ask())
        return answers[-1].status_code != 429

    eventually(is_answered)
    return answers[-1]


def body_of(response: httpx.Response, *statuses: int) -> Any:
    """The JSON of an answer (None for an empty one), once its status is one of `statuses`."""
    if response.status_code not in statuses:
        request = response.request
        asked = f"{request.method} {request.url.path}"
        raise Unexpected(f"{asked} gave {response.status_code}, not {statuses}: {response.text[:500]}")
    return response.json() if response.content else None


class Guest:
    """A person who signed in as a guest. Methods named after a deed raise Unexpected if it is refused;
    `request`, `get`, `post` and `delete` give the answer, whatever it is.

    A command that was accepted with 202 because it took too long is followed to its outcome, except where
    the request asks for 202 by its header `Prefer`. `http` is the plain client, for requests that are not
    to be followed. `tls`: whose certificates are believed, where those are others than usual.
    """

    def __init__(
        self,
        base_url: str,
        display_name: str = "Ada",
        token: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.tls = tls
        self.http = httpx.Client(
            base_url=self.base_url, timeout=REQUEST_TIMEOUT_S, trust_env=False, verify=tls or True
        )
        self.sockets: list[Socket] = []
        if token is None:
            answer = body_of(self.http.post("/api/auth/guest", json={"display_name": display_name}), 201)
            self.user_id, self.display_name = answer["user"]["id"], answer["user"]["display_name"]
            token = answer["access_token"]
            self.use_token(token)
        else:
            self.use_token(token)
            me = body_of(self.get("/api/auth/me"), 200)
            self.user_id, self.display_name = me["id"], me["display_name"]

    def use_token(self, token: str) -> None:
        self.token = token
        self.http.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        for socket in self.sockets:
            socket.close()
        self.http.close()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = self.http.request(method, path, **options)
        if response.status_code == ACCEPTED and not wants_202(response.request):
            return followed(self.http, response)
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.request("POST", path, json={} if body is None else body, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def create_video(self, title: str = "A film", duration_s: float | None = 600.0) -> Json:
        body = {"title": title, "playback_url": f"{self.base_url}/media/sample.mp4", "duration_s": duration_s}
        return _object(body_of(self.post("/api/videos", body), 201))

    def create_party(self, video_id: str | None = None, **fields: Any) -> Json:
        """Create a party, for a video of its own unless one is named; `fields` are the request's others."""
        body = {"video_id": video_id or self.create_video()["id"], **fields}
        return _object(body_of(self.post("/api/parties", body), 201))

    def party(self, party_id: str) -> Json:
        return _object(body_of(self.get(f"/api/parties/{party_id}"), 200))

    def join(self, party_id: str, invite_code: str | None = None) -> Json:
        body = {} if invite_code is None else {"invite_code": invite_code}
        return _object(body_of(self.post(f"/api/parties/{party_id}/join", body), 200))

    def leave(self, party_id: str) -> None:
        body_of(self.post(f"/api/parties/{party_id}/leave"), 204)

    def end(self, party_id: str) -> None:
        body_of(self.delete(f"/api/parties/{party_id}"), 204)

    def transfer(self, party_id: str, user_id: str) -> Json:
        return _object(body_of(self.post(f"/api/parties/{party_id}/transfer", {"user_id": user_id}), 200))

    def playback(self, party_id: str, action: str, **fields: Any) -> Json:
        return _object(
            body_of(self.post(f"/api/parties/{party_id}/playback", {"action": action, **fields}), 200)
        )

    def sync(self, party_id: str, position_s: float, state: str, **fields: Any) -> Json:
        body = {"position_s": position_s, "state": state, **fields}
        return _object(body_of(self.post(f"/api/parties/{party_id}/sync", body), 200))

    def events(self, party_id: str, limit: int = 100) -> list[Json]:
        """The whole audit log, read page by page: the last revision seen is where the next page begins."""
        items: list[Json] = []
        while True:
            after = items[-1]["revision"] if items else 0
            params = {"after": after, "limit": limit}
            page = body_of(self.get(f"/api/parties/{party_id}/events", params=params), 200)
            items += page["items"]
            if not page["items"] or page["next_cursor"] is None:
                return items

    def ticket(self, party_id: str) -> str:
        return str(body_of(self.post(f"/api/parties/{party_id}/ticket"), 201)["ticket"])

    def connect(
        self,
        party_id: str,
        *,
        headers: Mapping[str, str] | None = None,
        read: bool = True,
        **query: Any,
    ) -> Socket:
        """Open a live connection and wait for its first message, unless nothing of it is read.

        The bearer token goes along unless a `ticket` does.

        Raises websocket.WebSocketBadStatusException if it is refused before the upgrade.
        """
        sent = {} if "ticket" in query else {"Authorization": f"Bearer {self.token}"}
        socket = Socket(self.base_url, party_id, {**sent, **(headers or {})}, query, read, self.tls)
        self.sockets.append(socket)
        if read:
            socket.wait_begun()
        return socket


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise Unexpected(f"not a JSON object: {value!r}")
    return value
