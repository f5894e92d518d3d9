"""A signed-in user, and what all of them share."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.faults.history import Recorder
from bench.faults.workload.listener import Listener
from bench.faults.workload.operations import Answer, OperationClient

Json = dict[str, Any]

VIDEO_S = 3600.0


@dataclass(slots=True)
class SharedContext:
    """What all clients share."""

    address: tuple[str, int]
    http: httpx.AsyncClient
    record: Recorder
    #: A word that no log may show, for names, titles and bodies that are refused.
    canary: str
    stopping: asyncio.Event


@dataclass(slots=True)
class PartyHandle:
    """A party's id and invite code, the members that never leave it, and its long film.

    `invites` are the newest, by id and code; `guests` and `banned` whom its members know to be there, or not.
    """

    id: str
    invite_code: str
    permanent_ids: list[str]
    film: str
    invites: list[tuple[str, str]] = field(default_factory=list)
    guests: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)


class User:
    """A signed-in guest."""

    def __init__(self, context: SharedContext, user_id: str, token: str) -> None:
        self.context, self.id, self._token = context, user_id, token
        self.operations = OperationClient(context.http, context.record, user=user_id, token=token)

    @classmethod
    async def sign_in(cls, context: SharedContext, number: int) -> User:
        """A new guest, whose name and token no log may show."""
        name = f"{context.canary}-{number}"
        response = await context.http.post("/api/auth/guest", json={"display_name": name})
        answer = response.raise_for_status().json()
        context.record("canary", answer["access_token"])
        return cls(context, answer["user"]["id"], answer["access_token"])

    async def add_video(self, duration_s: float = VIDEO_S) -> str | None:
        """The id of a new video; None without an answer."""
        title = f"{self.context.canary} film"
        body = {"title": title, "playback_url": "http://127.0.0.1/media/a.mp4", "duration_s": duration_s}
        response = await self.operations.send("POST", "/api/videos", body)
        if response is None or response.status_code != 201:
            return None
        return str(response.json()["id"])

    async def create_party(self, video: str) -> PartyHandle | None:
        """A private party in which everyone controls the playback; None when the outcome is unknown."""
        id = str(uuid.uuid4())
        body = {"video_id": video, "title": f"{self.context.canary} party", "control": "everyone"}

        async def attempt() -> Answer:
            return await self.operations.try_http("/api/parties", body, id, number="")

        created = (await self.operations.execute(id, "", "create", attempt)).body
        if created is None:
            return None
        self.context.record("canary", created["invite_code"])
        return PartyHandle(created["id"], created["invite_code"], [self.id], video)

    async def join(self, party: PartyHandle, *, may_be_noop: bool = False) -> bool:
        """Become a member; False when the outcome is unknown."""
        return (await self.enter(party, party.invite_code, may_be_noop=may_be_noop)).status == 200

    async def enter(
        self, party: PartyHandle, code: str, *, may_be_noop: bool = False, facts: Json | None = None
    ) -> Answer:
        """Become a member by this code; the answer's status is 0 when the outcome is unknown."""
        id, body = str(uuid.uuid4()), {"invite_code": code}

        async def attempt() -> Answer:
            return await self.operations.try_http(f"/api/parties/{party.id}/join", body, id)

        return await self.operations.execute(
            id, party.id, "join", attempt, may_be_noop=may_be_noop, facts=facts
        )

    async def leave(self, party: PartyHandle, *, may_be_noop: bool = False) -> bool:
        """Leave the party; False when the outcome is unknown."""
        return await self.go(party, may_be_noop=may_be_noop) == 204

    async def go(self, party: PartyHandle, *, may_be_noop: bool = False) -> int:
        """Leave the party; the answer's status, 0 when the outcome is unknown."""
        id = str(uuid.uuid4())

        async def attempt() -> Answer:
            return await self.operations.try_http(f"/api/parties/{party.id}/leave", {}, id)

        answer = await self.operations.execute(id, party.id, "leave", attempt, may_be_noop=may_be_noop)
        return answer.status

    def listener(self, party: PartyHandle, name: str) -> Listener:
        """A listener on a new device of this user in the party."""
        context, device = self.context, str(uuid.uuid4())
        return Listener(
            context.address, context.record, name=name, party=party.id, token=self._token, device=device
        )
