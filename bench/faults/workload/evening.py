"""What members do in an evening beside play, pause and seek: each an operation as any other."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from bench.faults.replay import View
from bench.faults.workload.listener import Listener
from bench.faults.workload.operations import Answer
from bench.faults.workload.users import VIDEO_S, PartyHandle, User

Json = dict[str, Any]

#: The lengths of films that are queued, in s: short ones, so that the next begins by itself.
QUEUED_S = (1.5, 4.0)
#: How long a player loads at a time, and how often it says so, in s.
LOADING_S, STATUS_EVERY_S = (0.5, 4.0), 0.2
#: How a party waits that waits at all.
WAIT: Json = {"for": "everyone", "grace_s": 0.3, "limit_s": 2.0, "budget_s": 600.0}
GRANTS = ("playback", "queue", "invite", "moderate", "chat")
EMOJI = ("🎉", "😂", "👍🏽", "é")
#: What has more chances than one.
_WEIGHTS: dict[str, float] = {
    **{"say": 8, "react": 2, "queue": 3, "vote": 2, "load": 2, "read": 2, "film": 0.3, "next": 0.5},
    **{"invite": 6, "settings": 3, "grants": 2, "remove": 2, "unban": 2, "mute": 2, "revoke": 1},
}
#: What others than the host may do only with a right of their own, and what a guest does.
_OF_HOSTS = ("settings", "grants", "mute", "remove", "unban", "invite", "revoke")
_OF_GUESTS = ("say", "react", "vote", "queue")


class Evening:
    """The operations of one user in one party, on the listener's socket or over REST."""

    def __init__(self, user: User, party: PartyHandle, listener: Listener, rng: random.Random) -> None:
        self._user, self._party, self._listener, self._rng = user, party, listener, rng
        self._path = f"/api/parties/{party.id}"
        self._actions: dict[str, Callable[[], Awaitable[object]]] = {
            "say": self._say,
            "react": self._react,
            "delete": self._delete,
            "mute": self._mute,
            "settings": self._settings,
            "grants": self._grants,
            "remove": self._remove,
            "unban": self._unban,
            "invite": self._invite,
            "revoke": self._revoke,
            "film": self._film,
            "queue": self._queue,
            "move": self._move,
            "unqueue": self._unqueue,
            "vote": self._vote,
            "next": self._next,
            "load": self._load,
            "read": self.read,
        }

    async def act(self, *, as_guest: bool = False) -> None:
        """Do one of them, by chance; seldom one that only the host may do, unless one is the host."""
        names = list(_OF_GUESTS if as_guest else self._actions)
        if self._listener.view.host != self._user.id and self._rng.random() < 0.8:
            names = [name for name in names if name not in _OF_HOSTS]
        weights = [_WEIGHTS.get(name, 1) for name in names]
        await self._actions[self._rng.choices(names, weights)[0]]()

    async def begin(self) -> None:
        """As a host: have the party wait for everyone, and film after film begin; and invite somebody."""
        await self._change({"wait": WAIT, "next_after_s": 0.5})
        await self._invite(1)
        for _ in range(3):
            await self._queue()
        await self._next()

    async def read(self) -> None:
        """Have a Party shown, for the checker to compare with the log."""
        response = await self._user.operations.send("GET", self._path)
        if response is not None and response.status_code == 200:
            party = response.json()
            digest = View.of_party(party).digest()
            self._user.context.record("read", self._party.id, party["revision"], digest)

    async def _say(self) -> None:
        id, text = str(uuid.uuid4()), f"{self._user.context.canary} {self._rng.random()}"
        body: Json = {"id": id, "text": text}

        async def over_socket() -> Answer:
            return await self._user.operations.try_socket(self._listener, {"type": "chat", **body})

        async def over_http() -> Answer:
            return await self._user.operations.try_http(f"{self._path}/chat", body, id, number="seq")

        by_socket = self._listener.is_open and self._rng.random() < 0.7
        attempt = over_socket if by_socket else over_http
        await self._user.operations.execute(
            id, self._party.id, "say", attempt, may_be_noop=True, facts={"text": text}
        )

    async def _react(self) -> None:
        self._listener.send({"type": "react", "emoji": self._rng.choice(EMOJI)})

    async def _delete(self) -> None:
        seq = self._listener.talk.some_seq(self._rng.random())
        if seq is not None:
            await self._do("delete_message", "DELETE", f"/chat/{seq}", facts={"seq": seq})

    async def _mute(self) -> None:
        user = self._some_guest()
        if user is None:
            return
        body = {"muted_s": self._rng.choice((0, 1.5, 3.0))}
        answer = await self._do("mute", "PUT", f"/members/{user}/mute", body, facts={"user": user})
        self._note(answer, {"until_ms": (answer.body or {}).get("muted_until_ms")})

    async def _settings(self) -> None:
        rng = self._rng
        await self._change(
            rng.choice(
                (
                    {"wait": {**WAIT, "limit_s": rng.uniform(1.0, 3.0)}},
                    {"wait": {"for": rng.choice(("nobody", "host", "most"))}},
                    {"next_after_s": rng.choice((0, 0.5, 1.0, None))},
                    {"queue_mode": rng.choice(("order", "votes"))},
                    {"default_grants": ["chat", "queue", *rng.sample(GRANTS, 2)]},
                    {"control": rng.choice(("host", "everyone"))},
                    {"chat_enabled": rng.random() < 0.7},
                    {"max_members": rng.randint(30, 60)},
                    {"wait": WAIT, "next_after_s": 0.5, "chat_enabled": True, "control": "everyone"},
                )
            )
        )

    async def _change(self, changes: Json) -> None:
        # The title is another one each time, so there is always an event.
        id = str(uuid.uuid4())
        body = {**changes, "title": f"{self._user.context.canary} {id}"}
        await self._do("settings", "PATCH", "", body, id=id, noop=False)

    async def _grants(self) -> None:
        others = [user for user in self._party.permanent_ids if user != self._user.id]
        user = self._some_guest() if self._rng.random() < 0.5 else self._rng.choice(others)
        if user is not None:
            given = self._rng.choice((None, ["chat", "playback"], list(GRANTS), ["playback", "queue"]))
            await self._do("grants", "PUT", f"/members/{user}/grants", {"grants": given})

    async def _remove(self) -> None:
        user = self._some_guest()
        if user is None:
            return
        ban = self._rng.random() < 0.6
        action, query = ("ban", "?ban=true") if ban else ("remove", "")
        await self._do(action, "DELETE", f"/members/{user}{query}", facts={"user": user})
        if ban:
            self._party.banned.add(user)

    async def _unban(self) -> None:
        if self._party.banned:
            user = self._rng.choice(sorted(self._party.banned))
            answer = await self._do("unban", "DELETE", f"/bans/{user}", facts={"user": user})
            if answer.status == 204:
                self._party.banned.discard(user)

    async def _invite(self, most: int | None = 0) -> None:
        """Make an invite for so many, None for any number; 0: by chance."""
        most = self._rng.choice((1, 1, 2, None)) if most == 0 else most
        body = {"max_uses": most, "grants": self._rng.choice((None, ["chat"], ["chat", "queue"]))}
        answer = await self._do("invite", "POST", "/invites", body, facts={"max_uses": most})
        if answer.body is not None:
            self._user.context.record("canary", answer.body["code"])
            self._note(answer, {"invite": answer.body["id"]})
            self._party.invites.append((answer.body["id"], answer.body["code"]))
            del self._party.invites[:-3]

    async def _revoke(self) -> None:
        if self._party.invites:
            invite, _ = self._rng.choice(self._party.invites)
            await self._do("revoke", "DELETE", f"/invites/{invite}", facts={"invite": invite})

    async def _film(self) -> None:
        body = {"video_id": self._party.film, "play": True, "position_s": self._rng.uniform(0, VIDEO_S / 2)}
        await self._do("film", "POST", "/video", body, noop=False)

    async def _queue(self) -> None:
        if self._rng.random() < 0.2 * len(self._listener.queue.get("items", ())):
            return
        video = await self._user.add_video(self._rng.uniform(*QUEUED_S))
        if video is not None:
            body = {"video_id": video, "next": self._rng.random() < 0.3}
            answer = await self._do("queue", "POST", "/queue", body, facts={"video": video})
            if answer.body is not None:
                self._note(answer, {"item": answer.body["id"]})

    async def _move(self) -> None:
        item, other = self._some_item(), self._some_item() if self._rng.random() < 0.8 else None
        if item is not None:
            facts = {"item": item, "before": other}
            await self._do("move", "POST", f"/queue/{item}/move", {"before": other}, facts=facts)

    async def _unqueue(self) -> None:
        item = self._some_item()
        if item is not None:
            await self._do("unqueue", "DELETE", f"/queue/{item}", facts={"item": item})

    async def _vote(self) -> None:
        item = self._some_item()
        if item is not None:
            method = self._rng.choice(("PUT", "PUT", "DELETE"))
            facts = {"item": item, "given": method == "PUT"}
            await self._do("vote", method, f"/queue/{item}/vote", facts=facts)

    async def _next(self) -> None:
        await self._do("next", "POST", "/next", {}, noop=False)

    async def _load(self) -> None:
        """Be a player that loads for a while, and then is where the party is."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._rng.uniform(*LOADING_S)
        while loop.time() < until and not self._user.context.stopping.is_set():
            self._report("buffering")
            await asyncio.sleep(STATUS_EVERY_S)
        for _ in range(5):
            self._report("ready")
            await asyncio.sleep(STATUS_EVERY_S)

    def _report(self, state: str) -> None:
        listener = self._listener
        playback, now_ms = listener.view.playback, listener.server_time_ms
        position_s = playback["position_s"]
        if playback["state"] == "playing":
            position_s += max(0.0, now_ms - playback["at_ms"]) / 1000.0 * playback["rate"]
        status = {"position_s": position_s, "state": state, "sampled_at_ms": now_ms}
        about = {"revision": listener.revision, "video_id": listener.view.video}
        listener.send({"type": "status", **status, **about})

    async def _do(
        self,
        action: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        id: str | None = None,
        noop: bool = True,
        facts: Json | None = None,
    ) -> Answer:
        """One operation over HTTP under the party's address. `noop`: it may be no event of the party."""
        key = str(uuid.uuid4()) if id is None else id
        self._last = key

        async def attempt() -> Answer:
            return await self._user.operations.try_http(
                self._path + path, body, key, method=method, number=""
            )

        return await self._user.operations.execute(
            key, self._party.id, action, attempt, may_be_noop=noop, facts=facts
        )

    def _note(self, answer: Answer, facts: Json) -> None:
        if answer.body is not None:
            self._user.context.record("note", self._last, facts)

    def _some_guest(self) -> str | None:
        return self._rng.choice(sorted(self._party.guests)) if self._party.guests else None

    def _some_item(self) -> str | None:
        items = self._listener.queue.get("items", [])
        return str(self._rng.choice(items)["id"]) if items else None
