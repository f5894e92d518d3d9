"""The REST part of the contract, blocking."""

import time
from typing import Any, Self, cast

import httpx

from party_client import answers
from party_client.calls import Call, changing, given, party_path
from party_client.errors import UnreachableError
from party_client.types import Joined, Json, Notification, Party, Playback, SignedIn, Video

_TIMEOUT_S = 15.0


class PartyApi:
    """One person's requests. Every method raises ProblemError where it is refused, and UnreachableError.

    `base_url`: the service's address. `token`: of an earlier sign-in, or of an identity provider. What
    changes something carries an Idempotency-Key and is sent again, with pauses, while the service can't be
    reached. `http`: a client of httpx to use instead of an own one, for proxies and certificates.
    """

    def __init__(self, base_url: str, token: str | None = None, *, http: httpx.Client | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._http = http or httpx.Client(timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def guest(self, display_name: str) -> SignedIn:
        """Sign in as a guest; this object is that person from then on."""
        return self._signed_in(changing("POST", "/api/auth/guest", {"display_name": display_name}))

    def renew(self) -> SignedIn:
        """Take a fresh token of the same session; the one in use may have ended already."""
        return self._signed_in(changing("POST", "/api/auth/renew"))

    def videos(self, limit: int = 50) -> list[Video]:
        """The films that this person may watch, the newest first."""
        page = self.send(Call("GET", "/api/videos", params={"limit": limit}))
        return cast(list[Video], page["items"])

    def add_video(self, title: str, playback_url: str, duration_s: float | None = None) -> Video:
        """Add a film by its address."""
        body = given(title=title, playback_url=playback_url, duration_s=duration_s)
        return cast(Video, self.send(changing("POST", "/api/videos", body)))

    def create_party(self, video_id: str, **settings: Any) -> Party:
        """Create a party for a film; `settings` as in the contract: `title`, `visibility`, `control`…"""
        return cast(Party, self.send(changing("POST", "/api/parties", {"video_id": video_id, **settings})))

    def party(self, party_id: str) -> Party:
        """The party as this person may see it."""
        return cast(Party, self.send(Call("GET", party_path(party_id))))

    def join(self, party_id: str, invite_code: str | None = None) -> Joined:
        """Become a member; being one already is no error."""
        call = changing("POST", party_path(party_id, "/join"), given(invite_code=invite_code))
        return cast(Joined, self.send(call))

    def leave(self, party_id: str) -> None:
        """Leave the party."""
        self.send(changing("POST", party_path(party_id, "/leave")))

    def end(self, party_id: str) -> None:
        """End the party, as its host."""
        self.send(changing("DELETE", party_path(party_id)))

    def playback(self, party_id: str, action: str, **fields: Any) -> Playback:
        """Play, pause or seek without a socket; `fields`: `position_s`, `rate`, `expected_revision`…"""
        call = changing("POST", party_path(party_id, "/playback"), {"action": action, **fields})
        return cast(Playback, (self.send(call))["playback"])

    def chat(self, party_id: str, **params: Any) -> list[Json]:
        """What was said, the oldest first; `params`: `after`, `before`, `limit`."""
        page = self.send(Call("GET", party_path(party_id, "/chat"), params=params))
        return cast(list[Json], page["items"])

    def notifications(self, **params: Any) -> list[Notification]:
        """What has happened in one's parties, the newest first; `params`: `unread`, `limit`, `cursor`.

        A connection's listeners of `notification` hear of new ones as they come.
        """
        page = self.send(Call("GET", "/api/notifications", params=params))
        return cast(list[Notification], page["items"])

    def send(self, call: Call) -> Any:
        """Send any request of the contract; its JSON, once a command that was accepted has its outcome."""
        response = self._sent(call)
        if response.status_code != answers.ACCEPTED or "Location" not in response.headers:
            return answers.outcome(response)
        look = Call("GET", response.headers["Location"])
        for _ in range(int(answers.COMMAND_LIMIT_S / answers.LOOK_AGAIN_S)):
            state = answers.outcome(self._sent(look))
            if state["state"] != "pending":
                return answers.outcome_of_command(state)
            time.sleep(answers.LOOK_AGAIN_S)
        raise UnreachableError("the command was accepted, and has no outcome yet")

    def _signed_in(self, call: Call) -> SignedIn:
        answer = cast(SignedIn, self.send(call))
        self.token = answer["access_token"]
        return answer

    def _sent(self, call: Call) -> httpx.Response:
        """The answer, whatever it is; while there is none, or it is 503, it is asked again."""
        headers = {**call.headers, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        for attempt in range(answers.MOST_TRIES):
            try:
                response = self._http.request(
                    call.method,
                    f"{self.base_url}{call.path}",
                    json=call.body,
                    params=dict(call.params) or None,
                    headers=headers,
                )
            except httpx.TransportError as error:
                again_s = answers.again_after_s(attempt)
                if again_s is None:
                    raise answers.unreachable(self.base_url, error) from error
            else:
                again_s = answers.again_after_s(attempt, response)
                if again_s is None:
                    return response
            time.sleep(again_s)
        raise AssertionError("each way out of the loop returns or raises")
