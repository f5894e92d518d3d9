"""Who takes part: members who stay and play, and wanderers who come and go."""

from __future__ import annotations

import asyncio
import random
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from bench.faults.history import Recorder
from bench.faults.workload.listener import Ear
from bench.faults.workload.operations import Answer, Hand

Json = dict[str, Any]

#: A member asks at most this often a second: the socket's own limit is 30.
MEMBER_RATE = 25.0
#: The share of a member's commands that goes over HTTP, and of those that nobody insists upon.
BY_HTTP, CARELESS = 0.12, 0.05
LONG_S = 3600.0


@dataclass(slots=True)
class House:
    """What all clients share."""

    address: tuple[str, int]
    http: httpx.AsyncClient
    record: Recorder
    #: A word that must never be seen in a log, for names, titles and bodies that are refused.
    canary: str
    is_over: asyncio.Event


@dataclass(slots=True)
class ConnectionSlot:
    """A party and the way into it."""

    id: str
    invite_code: str
    stayers: list[str]


class Person:
    """Somebody who is signed in."""

    def __init__(self, house: House, user: str, token: str) -> None:
        self.house, self.user, self.token = house, user, token
        self.hand = Hand(house.http, house.record, user=user, token=token)

    @classmethod
    async def sign_in(cls, house: House, number: int) -> Person:
        """A new guest, whose name and token no log may show."""
        name = f"{house.canary}-{number}"
        response = await house.http.post("/api/auth/guest", json={"display_name": name})
        answer = response.raise_for_status().json()
        house.record("canary", answer["access_token"])
        return cls(house, answer["user"]["id"], answer["access_token"])

    async def add_video(self) -> str:
        """The id of a new video."""
        title = f"{self.house.canary} film"
        body = {"title": title, "playback_url": "http://127.0.0.1/media/a.mp4", "duration_s": LONG_S}
        response = await self.hand.post("/api/videos", body)
        assert response is not None
        return str(response.raise_for_status().json()["id"])

    async def start_party(self, video: str) -> ConnectionSlot | None:
        """A private party in which everyone controls the playback; None when that is not sure."""
        id = str(uuid.uuid4())
        body = {"video_id": video, "title": f"{self.house.canary} party", "control": "everyone"}

        async def attempt() -> Answer:
            return await self.hand.over_http("/api/parties", body, id)

        party = (await self.hand.carry_out(id, "", "create", attempt)).body
        if party is None:
            return None
        self.house.record("canary", party["invite_code"])
        return ConnectionSlot(party["id"], party["invite_code"], [self.user])

    async def join(self, place: ConnectionSlot, *, may_be_idle: bool = False) -> bool:
        """Become a member; False when that is not sure."""
        id, body = str(uuid.uuid4()), {"invite_code": place.invite_code}

        async def attempt() -> Answer:
            return await self.hand.over_http(f"/api/parties/{place.id}/join", body, id)

        done = await self.hand.carry_out(id, place.id, "join", attempt, may_be_idle=may_be_idle)
        return done.status == 200

    async def leave(self, place: ConnectionSlot, *, may_be_idle: bool = False) -> bool:
        """Be a member no more; False when that is not sure."""
        id = str(uuid.uuid4())

        async def attempt() -> Answer:
            return await self.hand.over_http(f"/api/parties/{place.id}/leave", {}, id)

        done = await self.hand.carry_out(id, place.id, "leave", attempt, may_be_idle=may_be_idle)
        return done.status == 204

    def ear(self, place: ConnectionSlot, name: str) -> Ear:
        """A device of this person in the party."""
        device = str(uuid.uuid4())
        house = self.house
        return Ear(house.address, house.record, name=name, party=place.id, token=self.token, device=device)


class Member:
    """Plays, pauses and seeks as fast as the answers come, until it is over."""

    def __init__(self, person: Person, place: ConnectionSlot, seed: int) -> None:
        self._person, self._place, self._chance = person, place, random.Random(seed)
        self.ear = person.ear(place, person.user)
        self.asked = 0
        self.place_id = place.id

    async def act(self) -> None:
        """Command after command."""
        loop = asyncio.get_running_loop()
        while not self._person.house.is_over.is_set():
            began = loop.time()
            if self._chance.random() < 0.01:
                await self._babble()
            await self._command()
            await asyncio.sleep(max(0.0, 1.0 / MEMBER_RATE - (loop.time() - began)))

    async def _command(self) -> None:
        chance, ear = self._chance, self.ear
        command = self._choose()
        if command["action"] != "transfer_host" and (chance.random() < BY_HTTP or not ear.is_open):
            if chance.random() > BY_HTTP:
                # Whoever lost the socket waits for it rather than turn to HTTP each time.
                await asyncio.sleep(0.1)
                return
            body = {name: value for name, value in command.items() if name not in ("type", "id")}
            path = f"/api/parties/{self._place.id}/playback"

            async def attempt() -> Answer:
                return await self._person.hand.over_http(path, body, command["id"])
        else:

            async def attempt() -> Answer:
                return await self._person.hand.over_socket(ear, command)

        self.asked += 1
        careless = chance.random() < CARELESS
        id, party, action = command["id"], self._place.id, command["action"]
        answer = await self._person.hand.carry_out(id, party, action, attempt, careless=careless)
        if answer.status == 200 and chance.random() < 0.02:
            # Said twice, done once: the answer is the first one's.
            again = await attempt()
            if again.status == 200:
                self._person.house.record("ok", id, again.revision)

    def _choose(self) -> Json:
        chance = self._chance
        command: Json = {"type": "command", "id": str(uuid.uuid4())}
        if chance.random() < 0.01 and self.ear.view.host == self._person.user:
            heirs = [user for user in self._place.stayers if user != self._person.user]
            return {**command, "action": "transfer_host", "user_id": chance.choice(heirs)}
        command["action"] = chance.choice(("play", "pause", "seek", "seek"))
        if command["action"] == "seek":
            command["position_s"] = round(chance.uniform(0.0, LONG_S - 600.0), 3)
        if self.ear.revision > 1 and (draw := chance.random()) < 0.06:
            command["expected_revision"] = self.ear.revision - (draw < 0.03)
        return command

    async def _babble(self) -> None:
        """Things that nobody should say, with a word in them that no log may repeat."""
        word = self._person.house.canary
        self.ear.send({"type": "chat", "text": word})
        self.ear.send({"type": "command", "id": word, "action": word, word: word})
        await self._person.hand.post(f"/api/parties/{self._place.id}/playback", {"action": word, word: word})


class Wanderer:
    """Joins a party, listens for a moment, leaves again, and goes to the next."""

    def __init__(self, person: Person, places: list[ConnectionSlot], seed: int) -> None:
        self._person, self._places, self._chance = person, places, random.Random(seed)
        self.asked = 0

    async def act(self) -> None:
        """Come and go until it is over."""
        unsure: set[str] = set()
        while not self._person.house.is_over.is_set():
            place = self._chance.choice(self._places)
            self.asked += 2
            sure = await self._person.join(place, may_be_idle=place.id in unsure)
            ear = self._person.ear(place, f"{self._person.user}/{self.asked}")
            ear.start()
            await asyncio.sleep(self._chance.uniform(0.1, 0.6))
            left = await self._person.leave(place, may_be_idle=not sure or place.id in unsure)
            await asyncio.sleep(0.05)
            await ear.stop()
            if sure and left:
                unsure.discard(place.id)
            else:
                unsure.add(place.id)


class Founder:
    """Starts a party of its own, plays a little, and ends it or leaves it, which ends it too."""

    def __init__(self, person: Person, video: str, seed: int) -> None:
        self._person, self._video, self._chance = person, video, random.Random(seed)
        self.asked = 0

    async def act(self) -> None:
        """Party after party until it is over."""
        while not self._person.house.is_over.is_set():
            self.asked += 1
            place = await self._person.start_party(self._video)
            if place is None:
                # Refused, perhaps as too many: parties whose end got lost are still running.
                await asyncio.sleep(1.0)
                continue
            ear = self._person.ear(place, f"{self._person.user}/{self.asked}")
            ear.start()
            for action in ("play", "pause", self._chance.choice(("end", "leave"))):
                await asyncio.sleep(self._chance.uniform(0.1, 0.5))
                await self._say(ear, place, action)
            await ear.stop()

    async def _say(self, ear: Ear, place: ConnectionSlot, action: str) -> None:
        """One command on the socket, whose answer may be lost with it when the party ends."""
        self.asked += 1
        command = {"type": "command", "id": str(uuid.uuid4()), "action": action}

        async def attempt() -> Answer:
            return await self._person.hand.over_socket(ear, command)

        await self._person.hand.carry_out(command["id"], place.id, action, attempt, careless=True)
