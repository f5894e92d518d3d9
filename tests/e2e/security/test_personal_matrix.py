"""Every cell of the matrix of what is no party's, against the running service."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from partyapp.description import DESCRIPTION
from tests.e2e.conftest import Service, SignIn
from tests.e2e.security.personal_matrix import PersonalCell, personal_cells
from tests.support.contract import assert_refused
from tests.support.party_client import Guest, Json, body_of, eventually

pytestmark = pytest.mark.stack

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"

#: What the requests of an upload need besides; each takes what is meant for it.
TUS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": "10",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
    "X-HTTP-Method-Override": "PATCH",
}
_OPERATIONS = {operation.id: operation for operation in DESCRIPTION.operations}


@dataclass
class Objects:
    """What belongs to somebody, each made when it is asked for."""

    owner: Guest
    service: Service
    sign_in: SignIn

    def command_id(self) -> str:
        """A command that the owner has given."""
        headers = {"Prefer": "respond-async"}
        created = self.owner.http.post(
            "/api/parties", json={"video_id": self.service.video["id"]}, headers=headers
        )
        return str(body_of(created, 202)["id"])

    def notification_id(self) -> str:
        """A notification of the owner's: somebody has joined a party of theirs."""
        party = self.owner.create_party(self.service.video["id"])
        self.sign_in("Grace").join(party["id"], party["invite_code"])

        def newest() -> list[Json]:
            found: list[Json] = body_of(self.owner.get("/api/notifications"), 200)["items"]
            return found

        return str(eventually(newest)[0]["id"])

    def channel_id(self) -> str:
        """A channel of the owner's, not verified."""
        body = {"address": f"ntfys://ntfy.sh/{uuid.uuid4()}"}
        return str(body_of(self.owner.post("/api/me/channels", body), 201)["id"])

    def code(self) -> str:
        """A device code of somebody who stays signed in, since a sign-out takes one's codes back."""
        return str(body_of(self.sign_in("Giver").post("/api/auth/device-code"), 201)["code"])

    def video_id(self) -> str:
        """A video by its address, which the owner has registered."""
        body = {"title": "A film", "playback_url": "https://media.example/a.mp4", "duration_s": 61.5}
        return str(body_of(self.owner.http.post("/api/videos", json=body), 201)["id"])

    def upload_id(self) -> str:
        """An upload of the owner's that has just begun."""
        begun = self.owner.http.post("/api/uploads", headers=TUS)
        assert begun.status_code == 201, begun.text
        return begun.headers["Location"].rpartition("/")[2]

    def subtitles_id(self) -> str:
        """Subtitles that nobody has."""
        return str(uuid.uuid4())

    def body(self, operation_id: str) -> Json | None:
        """What the operation is sent."""
        made: dict[str, Callable[[], Json]] = {
            "signInGuest": lambda: {"display_name": "Somebody new"},
            "signInDevice": lambda: {"code": self.code()},
            "signInAccount": lambda: {"code": "a code", "state": "a state"},
            "renameMe": lambda: {"display_name": "Another name"},
            "registerVideo": lambda: {"title": "A film", "playback_url": "/media/sample.mp4"},
            "changeVideo": lambda: {"title": "Another title"},
            "addChannel": lambda: {"address": f"ntfys://ntfy.sh/{uuid.uuid4()}"},
            "changeChannel": lambda: {"kinds": ["member_joined"]},
            # Nobody is sent the one that it was made.
            "verifyChannel": lambda: {"code": "000000"},
            "setQuietHours": lambda: {"time_zone": "Europe/Berlin", "begin": "22:00", "end": "07:00"},
            "createParty": lambda: {"video_id": self.service.video["id"]},
        }
        if operation_id in made:
            return made[operation_id]()
        return {} if _OPERATIONS[operation_id].method == "post" else None


def token_of(who: str, guest: Guest, service: Service) -> str | None:
    """What this kind of person shows; `guest` is signed in."""
    if who == "nobody":
        return None
    claims: dict[str, Any] = jwt.decode(guest.token, options={"verify_signature": False})
    header = jwt.get_unverified_header(guest.token)
    if who == "forged":
        return jwt.encode(claims, "k" * 48, headers=header)
    if who == "ended":
        ended_s = int(time.time()) - 3600
        times = {"exp": ended_s, "iat": ended_s - 60, "nbf": ended_s - 60}
        return jwt.encode({**claims, **times}, service.secret_key, headers=header)
    if who == "signed_out":
        body_of(guest.http.delete("/api/auth/session"), 204)
    return guest.token


@pytest.mark.parametrize("cell", list(personal_cells()), ids=str)
def test_each_token_is_answered_as_the_matrix_has_it(
    cell: PersonalCell, service: Service, sign_in: SignIn
) -> None:
    operation, owner = _OPERATIONS[cell.operation], sign_in("Ada")
    objects = Objects(owner, service, sign_in)
    path = operation.path
    for name in ("command_id", "notification_id", "channel_id", "video_id", "upload_id", "subtitles_id"):
        if "{" + name + "}" in path:
            path = path.replace("{" + name + "}", getattr(objects, name)())
    body = None if operation.resumable else objects.body(cell.operation)
    token = token_of(cell.who, sign_in("Eve") if cell.who == "another" else owner, service)
    headers = {"Idempotency-Key": str(uuid.uuid4())} if operation.key else {}
    headers |= TUS if operation.resumable else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    with httpx.Client(base_url=service.url, timeout=30.0, trust_env=False) as client:
        if operation.form is not None:
            response = client.post(path, files={"file": ("a.vtt", VTT)}, headers=headers)
        else:
            response = client.request(operation.method.upper(), path, json=body, headers=headers)
    if isinstance(cell.expected, str):
        assert_refused(response, cell.expected)
    else:
        assert response.status_code == cell.expected, response.text
