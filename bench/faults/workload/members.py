"""The kinds of client: members that stay and play, visitors that join and leave, creators of parties."""

from __future__ import annotations

import asyncio
import random
import uuid
from typing import Any

from bench.faults.workload.listener import Listener
from bench.faults.workload.operations import Answer
from bench.faults.workload.permanent_member import PermanentMember
from bench.faults.workload.users import VIDEO_S, PartyHandle, User

Json = dict[str, Any]

#: A member sends at most so many commands a second: the socket's own limit is 30.
MEMBER_RATE = 25.0
#: The share of a member's commands that go over HTTP, and of those that are not retried.
OVER_HTTP, NO_RETRY = 0.12, 0.05
#: The share of what they do that is none of play, pause and seek.
EVENING = 0.04


class Member(PermanentMember):
    """Plays, pauses and seeks as fast as the answers come, until the workload stops."""

    async def run(self) -> None:
        """Send command after command."""
        loop = asyncio.get_running_loop()
        while not self._user.context.stopping.is_set():
            began = loop.time()
            if self._rng.random() < 0.01:
                await self._send_invalid()
            if self._rng.random() < EVENING:
                await self._evening.act()
            else:
                await self._command()
            await asyncio.sleep(max(0.0, 1.0 / MEMBER_RATE - (loop.time() - began)))

    async def _command(self) -> None:
        rng, listener, operations = self._rng, self.listener, self._user.operations
        command = self._choose()
        if command["action"] != "transfer_host" and (rng.random() < OVER_HTTP or not listener.is_open):
            if rng.random() > OVER_HTTP:
                # Without a socket most commands wait for the reconnect instead of going over HTTP.
                await asyncio.sleep(0.1)
                return
            body = {name: value for name, value in command.items() if name not in ("type", "id")}
            path = f"/api/parties/{self._party.id}/playback"

            async def attempt() -> Answer:
                return await operations.try_http(path, body, command["id"])
        else:

            async def attempt() -> Answer:
                return await operations.try_socket(listener, command)

        self.requests += 1
        no_retry = rng.random() < NO_RETRY
        id, party, action = command["id"], self._party.id, command["action"]
        answer = await operations.execute(id, party, action, attempt, no_retry=no_retry)
        if answer.status == 200 and rng.random() < 0.02:
            # Sent again it must not be executed again: the answer is the first one's.
            again = await attempt()
            if again.status == 200:
                self._user.context.record("ok", id, again.revision)

    def _choose(self) -> Json:
        rng = self._rng
        command: Json = {"type": "command", "id": str(uuid.uuid4())}
        if rng.random() < 0.01 and self.listener.view.host == self._user.id:
            others = [user for user in self._party.permanent_ids if user != self._user.id]
            return {**command, "action": "transfer_host", "user_id": rng.choice(others)}
        command["action"] = rng.choice(("play", "pause", "seek", "seek"))
        if command["action"] == "seek":
            command["position_s"] = round(rng.uniform(0.0, VIDEO_S - 600.0), 3)
        if self.listener.revision > 1 and (draw := rng.random()) < 0.06:
            command["expected_revision"] = self.listener.revision - (draw < 0.03)
        return command

    async def _send_invalid(self) -> None:
        """Invalid messages and requests with the canary in them, which no log may repeat."""
        word = self._user.context.canary
        self.listener.send({"type": "chat", "text": word})
        self.listener.send({"type": "command", "id": word, "action": word, word: word})
        path = f"/api/parties/{self._party.id}/playback"
        await self._user.operations.send("POST", path, {"action": word, word: word})


class Visitor:
    """Joins a party, listens for a moment, leaves it, and goes on to the next."""

    def __init__(self, user: User, parties: list[PartyHandle], seed: int) -> None:
        self._user, self._parties, self._rng = user, parties, random.Random(seed)
        self.requests = 0

    async def run(self) -> None:
        """Join and leave until the workload stops."""
        unknown: set[str] = set()
        while not self._user.context.stopping.is_set():
            party = self._rng.choice(self._parties)
            self.requests += 2
            joined = await self._user.join(party, may_be_noop=party.id in unknown)
            listener = self._user.listener(party, f"{self._user.id}/{self.requests}")
            listener.start()
            await asyncio.sleep(self._rng.uniform(0.1, 0.6))
            left = await self._user.leave(party, may_be_noop=not joined or party.id in unknown)
            await asyncio.sleep(0.05)
            await listener.stop()
            if joined and left:
                unknown.discard(party.id)
            else:
                unknown.add(party.id)


class Creator:
    """Creates a party, plays a little, and ends it, or leaves it, which ends it too."""

    def __init__(self, user: User, video: str, seed: int) -> None:
        self._user, self._video, self._rng = user, video, random.Random(seed)
        self.requests = 0

    async def run(self) -> None:
        """Party after party until the workload stops."""
        while not self._user.context.stopping.is_set():
            self.requests += 1
            party = await self._user.create_party(self._video)
            if party is None:
                # Refused, perhaps as too many: parties whose end was lost are still running.
                await asyncio.sleep(1.0)
                continue
            listener = self._user.listener(party, f"{self._user.id}/{self.requests}")
            listener.start()
            for action in ("play", "pause", self._rng.choice(("end", "leave"))):
                await asyncio.sleep(self._rng.uniform(0.1, 0.5))
                await self._command(listener, party, action)
            await listener.stop()

    async def _command(self, listener: Listener, party: PartyHandle, action: str) -> None:
        """One command on the socket, whose answer may be lost with it when the party ends."""
        self.requests += 1
        command = {"type": "command", "id": str(uuid.uuid4()), "action": action}

        async def attempt() -> Answer:
            return await self._user.operations.try_socket(listener, command)

        await self._user.operations.execute(command["id"], party.id, action, attempt, no_retry=True)
