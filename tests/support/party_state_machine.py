"""Members of a real party who come, go, command, repeat themselves and lose their network, in any order."""

from __future__ import annotations

import uuid
from contextlib import suppress
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.clients.blocking import revision_of
from tests.support.party_client import Guest, Json, Socket
from tests.support.waiting import Unexpected, eventually

NAMES = ("Ada", "Grace", "Edsger")
people = st.sampled_from(NAMES)
#: Few, so that the same one comes again.
command_numbers = st.integers(0, 5)
ACTIONS = st.sampled_from(["play", "pause", "seek"])


def state_of(messages: list[Json]) -> Json:
    """What a client knows that heard these messages: the latest welcome, and each change after it."""
    known: Json = {}
    for message in messages:
        if message["type"] == "welcome":
            party = message["party"]
            known = {name: party[name] for name in ("revision", "host_id", "playback")}
            known["members"] = {member["user_id"] for member in party["members"]}
        elif message["type"] in ("playback", "event") and revision_of(message) > known["revision"]:
            known["revision"] = revision_of(message)
            _apply(known, message)
    return known


def _apply(known: Json, message: Json) -> None:
    if "playback" in message:
        known["playback"] = message["playback"]
        return
    kind, data = message["event"]["type"], message["event"]["data"]
    if kind == "member_joined":
        known["members"] = known["members"] | {data["user_id"]}
    elif kind == "member_left":
        known["members"] = known["members"] - {data["user_id"]}
    elif kind == "host_transferred":
        known["host_id"] = data["to_user_id"]


class PartyStateMachine(RuleBasedStateMachine):
    """Three people beside a watcher, who never leaves. `revision` and `present` are what must come of it."""

    def __init__(self, watcher: Guest, people: dict[str, Guest], video_id: str) -> None:
        super().__init__()
        self.watcher, self.people, self.video_id = watcher, people, video_id
        self.sockets: dict[str, Socket] = {}
        self.seen: dict[str, int] = {}
        self.answers: dict[tuple[str, Any], int] = {}

    @initialize()
    def create(self) -> None:
        # A key of an earlier party must not be one of this party's.
        self.run = uuid.uuid4().int % 2**64
        party = self.watcher.create_party(self.video_id, control="everyone")
        self.id, self.invite = party["id"], party["invite_code"]
        self.path = f"/api/parties/{self.id}"
        self.revision, self.present, self.host = 1, set[str](), self.watcher.user_id
        self.sockets["watcher"] = self.watcher.connect(self.id)
        self.sockets["watcher"].expect("welcome")

    @rule(who=people)
    def join(self, who: str) -> None:
        self.people[who].join(self.id, self.invite)
        self.revision += who not in self.present
        self.present.add(who)

    @rule(who=people)
    def leave(self, who: str) -> None:
        response = self.people[who].post(f"{self.path}/leave")
        assert response.status_code in (204, 404), response.text
        if who not in self.present:
            return
        assert response.status_code == 204
        hands_over = self.host == self.people[who].user_id
        self.revision += 2 if hands_over else 1
        self.present.discard(who)
        if (socket := self.sockets.pop(who, None)) is not None:
            assert socket.wait_closed() == 4403
        if hands_over:
            self.host = self.watcher.party(self.id)["host_id"]

    @rule(to=people)
    def hand_over(self, to: str) -> None:
        everyone = [self.watcher, *self.people.values()]
        host = next(guest for guest in everyone if guest.user_id == self.host)
        target = self.people[to].user_id
        response = host.post(f"{self.path}/transfer", {"user_id": target})
        if to not in self.present:
            assert response.json()["code"] == "not_a_member"
            return
        assert response.status_code == 200, response.text
        self.revision += target != self.host
        self.host = target

    @rule(who=people, resume=st.booleans())
    def connect(self, who: str, resume: bool) -> None:
        """Come (back). Who was connected already replaces the older socket."""
        if who not in self.present:
            return
        self._note(who)
        query: Json = {"last_revision": self.seen[who]} if resume and who in self.seen else {}
        socket = self.people[who].connect(self.id, **query)
        welcome = socket.expect("welcome")
        assert welcome["party"]["revision"] == self.revision
        if query:
            missed = list(range(self.seen[who] + 1, self.revision + 1))
            eventually(lambda: socket.revisions[: len(missed)] == missed)
        self.sockets[who] = socket

    @precondition(lambda self: len(self.sockets) > 1)
    @rule(who=people)
    def lose_the_network(self, who: str) -> None:
        if who in self.sockets:
            self._note(who)
            self.sockets.pop(who).drop()

    @rule(who=people, action=ACTIONS, number=command_numbers)
    def command_by_http(self, who: str, action: str, number: int) -> None:
        """The key makes a repeat; a key always comes with the same body here."""
        body = {"action": action, "position_s": float(number)}
        key = f"{self.run}-{who}-{action}-{number}"
        response = self.people[who].post(f"{self.path}/playback", body, headers={"Idempotency-Key": key})
        known = self.answers.get((who, key))
        if known is not None:
            assert (response.status_code, response.json()["revision"]) == (200, known)
        elif who not in self.present:
            assert response.status_code == 404, response.text
        else:
            self.revision += 1
            assert (response.status_code, response.json()["revision"]) == (200, self.revision)
            self.answers[who, key] = self.revision

    @rule(who=people, action=ACTIONS, number=command_numbers, times=st.integers(1, 3))
    def command_by_socket(self, who: str, action: str, number: int, times: int) -> None:
        """The same id up to three times at once, and maybe again later."""
        if who not in self.sockets:
            return
        command_id = str(uuid.UUID(int=(self.run << 64) + number))
        sent = {"type": "command", "id": command_id, "action": action, "position_s": float(number)}
        start = len(self.sockets[who].messages)
        for _ in range(times):
            self.sockets[who].send(sent)

        def acks() -> list[Json]:
            heard = self.sockets[who].messages[start:]
            return [m for m in heard if m["type"] in ("ack", "error") and m.get("id") == command_id]

        eventually(lambda: len(acks()) == times)
        if (who, command_id) not in self.answers:
            self.revision += 1
            self.answers[who, command_id] = self.revision
        assert {(m["type"], m["revision"]) for m in acks()} == {("ack", self.answers[who, command_id])}

    def _note(self, who: str) -> None:
        """Remember how far this person's last socket had heard."""
        if who in self.sockets:
            self.seen[who] = state_of(list(self.sockets[who].messages))["revision"]

    @invariant()
    def the_party_is_what_came_of_it(self) -> None:
        if not hasattr(self, "revision"):
            return
        party = self.watcher.party(self.id)
        present = {self.people[name].user_id for name in self.present} | {self.watcher.user_id}
        assert party["revision"] == self.revision
        assert {member["user_id"] for member in party["members"]} == present
        assert party["host_id"] == self.host

    def teardown(self) -> None:
        """Everybody who is connected ends with the same state, and the log has no gap."""
        try:
            if hasattr(self, "revision"):
                self._everybody_agrees()
        finally:
            for socket in self.sockets.values():
                with suppress(OSError):
                    socket.close()

    def _everybody_agrees(self) -> None:
        party = self.watcher.party(self.id)
        stored = {name: party[name] for name in ("revision", "host_id", "playback")}
        stored["members"] = {member["user_id"] for member in party["members"]}

        def agrees(socket: Socket) -> bool:
            return state_of(list(socket.messages)) == stored

        for who, socket in self.sockets.items():
            try:
                eventually(partial(agrees, socket))
            except Unexpected:
                raise Unexpected(f"{who} has {state_of(list(socket.messages))}, not {stored}") from None
            socket.check_no_gap()
        revisions = [event["revision"] for event in self.watcher.events(self.id)]
        assert revisions == list(range(1, self.revision + 1))
