"""The requests that bots make, with urllib3."""

import json
from threading import Event
from typing import Any
from uuid import uuid4

import urllib3

#: How long one request may take, and how long a bot waits in all for a service that wants it to slow down, s.
_TIMEOUT_S, _PATIENCE_S = 15.0, 120.0
_LOOK_AGAIN_S = 0.25


class DemoError(Exception):
    """The demo can't go on; the text is a sentence for a person."""


class DemoService:
    """The service at `url`. Every method raises DemoError where it is refused, or nothing answers."""

    def __init__(self, url: str, stop: Event) -> None:
        self.url = url.rstrip("/")
        #: Set when the demo is to end.
        self.stop = stop
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT_S, retries=urllib3.Retry(2, redirect=0))

    def guest(self, name: str) -> str:
        """Sign in; the token."""
        return str(self._asked("POST", "/api/auth/guest", None, {"display_name": name})["access_token"])

    def some_video(self, token: str) -> str:
        """The id of a film that can be played, the sample rather than another."""
        films = self._asked("GET", "/api/videos?limit=100", token)["items"]
        playable = [film for film in films if film["state"] == "playable"]
        if not playable:
            raise DemoError("There is no film to watch: name one with --film, or start with the sample.")
        return str(min(playable, key=lambda film: film["kind"] != "sample")["id"])

    def add_video(self, token: str, address: str) -> str:
        """Register the film of that address; its id."""
        body = {"title": "Demo film", "playback_url": address}
        return str(self._asked("POST", "/api/videos", token, body)["id"])

    def create_party(self, token: str, video_id: str) -> Any:
        """A party in which everybody may play, pause and seek."""
        body = {"video_id": video_id, "title": "Demo party", "control": "everyone"}
        return self._asked("POST", "/api/parties", token, body)

    def join(self, token: str, party_id: str, invite: str | None) -> Any:
        """Become a member; the party."""
        body = {"invite_code": invite} if invite else {}
        return self._asked("POST", f"/api/parties/{party_id}/join", token, body)["party"]

    def leave(self, token: str, party_id: str) -> None:
        """Leave the party."""
        self._asked("POST", f"/api/parties/{party_id}/leave", token, {})

    def _asked(self, method: str, path: str, token: str | None, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        waited_s = 0.0
        while True:
            response = self._sent(method, path, headers, body)
            after_s = float(response.headers.get("Retry-After") or 0)
            if response.status in (429, 503) and waited_s < _PATIENCE_S:
                waited_s += max(1.0, after_s)
                if self.stop.wait(max(1.0, after_s)):
                    raise DemoError("Stopped.")
                continue
            if response.status == 202:
                return self._outcome(response.headers["Location"], headers)
            if response.status >= 400:
                raise DemoError(f"{method} {path.partition('?')[0]}: {_detail(response)}")
            return json.loads(response.data) if response.data else None

    def _outcome(self, location: str, headers: dict[str, str]) -> Any:
        """What a command that was accepted has come to."""
        for _ in range(int(_PATIENCE_S / _LOOK_AGAIN_S)):
            state = json.loads(self._sent("GET", location, headers, None).data)
            if state.get("state") == "succeeded":
                return state.get("result")
            if state.get("state") != "pending" or self.stop.wait(_LOOK_AGAIN_S):
                break
        raise DemoError("A command that was accepted came to nothing.")

    def _sent(self, method: str, path: str, headers: dict[str, str], body: Any) -> urllib3.BaseHTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        try:
            return self._pool.request(method, self.url + path, headers=headers, body=data)
        except urllib3.exceptions.HTTPError as error:
            raise DemoError(f"Nothing answers at {self.url} ({type(error).__name__}).") from error


def _detail(response: urllib3.BaseHTTPResponse) -> str:
    try:
        return str(json.loads(response.data)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the answer was {response.status}"
