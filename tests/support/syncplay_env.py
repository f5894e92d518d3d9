"""A desktop client and its party without IO: what the gateway's sessions and memberships need, recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from partyapp.gateways.syncplay import party_messages as news
from partyapp.gateways.syncplay import wire
from partyapp.gateways.syncplay.membership import Membership
from partyapp.gateways.syncplay.party_link import PartyLink
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.party_time import PartyTime
from partyapp.gateways.syncplay.session import Session
from partyapp.shared.kernel.clock import monotonic_ms

ADA, BEN, HOST = "ada", "ben", "host"
CODE = "9f3kq"


class Later:
    """Something to be done, in ms."""

    def __init__(self, at_ms: float, work: Callable[[], None]) -> None:
        self.at_ms, self.work = at_ms, work

    def cancel(self) -> None:
        self.work = _nothing


def _nothing() -> None:
    return None


class FakeSocket:
    """A member's open socket: what was sent by it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed = False

    def send(self, text: bytes) -> None:
        self.sent.append(json.loads(text))

    def close(self) -> None:
        self.closed = True

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == kind]


class FakeLine:
    """The client's end: what it was told, and how it was hung up on."""

    def __init__(self, tls: bool = False) -> None:
        self.told: list[dict[str, Any]] = []
        self.ended = False
        self.tls = tls

    def tell(self, *messages: wire.Message) -> None:
        # As it would arrive.
        self.told += [json.loads(wire.line_of(message)) for message in messages]

    def begin_tls(self) -> bool:
        return self.tls

    def end(self, text: str | None) -> None:
        if text:
            self.tell(wire.error(text))
        self.ended = True

    def all(self, kind: str) -> list[Any]:
        return [message[kind] for message in self.told if kind in message]

    def chats(self) -> list[str]:
        return [f"{chat['username']}: {chat['message']}" for chat in self.all("Chat")]

    def forget(self) -> None:
        self.told.clear()


class FakeGateway:
    """`SessionPorts` and `MembershipPorts` on a clock moved by hand; sockets and admissions are recorded."""

    def __init__(self) -> None:
        self.clock_ms = 1_700_000_000_000.0
        self.links = 1
        self.time = PartyTime()
        self.timers: list[Later] = []
        self.asked: list[tuple[Session, str, str]] = []
        self.opened: list[tuple[PartyLink, str]] = []
        self.renewed: list[PartyLink] = []
        self.rooms: dict[str, PartyRoom] = {}
        self.over: list[tuple[Membership, bool]] = []
        sent_ms = monotonic_ms()
        self.time.learn(news.Pong(n=1, t1=sent_ms, t2=sent_ms, t3=sent_ms, clock_epoch="e"), monotonic_ms())

    def now_ms(self) -> float:
        return self.clock_ms

    def mono_ms(self) -> float:
        return self.clock_ms

    def later(self, delay_s: float, work: Callable[[], None]) -> Later:
        self.timers.append(Later(self.clock_ms + delay_s * 1000, work))
        return self.timers[-1]

    def pass_ms(self, ms: float) -> None:
        """Let time go by, and do what becomes due."""
        until_ms = self.clock_ms + ms
        while (due := min(self.timers, key=lambda each: each.at_ms, default=None)) is not None:
            if due.at_ms > until_ms:
                break
            self.timers.remove(due)
            self.clock_ms = max(self.clock_ms, due.at_ms)
            due.work()
        self.clock_ms = until_ms

    def admit(self, session: Session, name: str, code: str) -> None:
        self.asked.append((session, name, code))

    def open_socket(self, link: PartyLink, query: str) -> None:
        self.opened.append((link, query))

    def renew_token(self, link: PartyLink) -> None:
        self.renewed.append(link)

    def room_of(self, party: news.Party) -> PartyRoom:
        room = self.rooms.get(party.id)
        if room is None:
            room = self.rooms[party.id] = PartyRoom(party)
        else:
            room.welcomed(party)
        return room

    def entered(self, member: Membership) -> None:
        pass

    def gone(self, member: Membership, *, leaves: bool) -> None:
        self.over.append((member, leaves))


def member_json(user_id: str, name: str, *, online: bool = True, grants: Any = None) -> dict[str, Any]:
    return {"user_id": user_id, "display_name": name, "online": online, "own_grants": grants}


def playback_json(state: str = "paused", position_s: float = 10.0, **more: Any) -> dict[str, Any]:
    facts = {"state": state, "position_s": position_s, "rate": 1.0, "at_ms": 0.0, "revision": 3}
    return {**facts, "held": None, "next": None, **more}


def party_json(**changes: Any) -> dict[str, Any]:
    party = {
        "id": "party",
        "title": "An evening",
        "video": {"id": "film", "title": "A film", "duration_s": 600.0},
        "host_id": HOST,
        "control": "everyone",
        "revision": 5,
        "playback": playback_json(),
        "default_grants": ["chat", "playback", "queue"],
        "members": [member_json(HOST, "Host"), member_json(ADA, "Ada")],
    }
    return {**party, **changes}


def welcome(**changes: Any) -> str:
    chat = {"last_seq": 4, "enabled": True, "messages": []}
    return json.dumps({"type": "welcome", "party": party_json(**changes), "clock_epoch": "e", "chat": chat})


def event(kind: str, revision: int, data: dict[str, Any], **more: Any) -> str:
    told = {"revision": revision, "type": kind, "at_ms": 0.0, "actor_id": HOST, "data": data}
    return json.dumps({"type": "event", "event": told, **more})


class DesktopMember:
    """A client that was let into the party, with its line, its membership and its socket."""

    def __init__(self, *, name: str = "Ada", **party: Any) -> None:
        self.gateway = FakeGateway()
        self.line = FakeLine()
        self.session = Session(self.gateway, self.line, "192.0.2.7")
        self.hear({"TLS": {"startTLS": "send"}})
        self.hear({"Hello": {"username": name, "room": {"name": CODE}, "version": "1.2.255"}})
        self.member = Membership(self.gateway, identity="identity", name=name, address="192.0.2.7")
        self.member.token, self.member.user_id, self.member.party_id = "token", ADA, "party"
        self.session.admitted(self.member, CODE)
        self.link = self.gateway.opened[-1][0]
        self.socket = FakeSocket()
        self.link.opened(self.socket)
        self.party(welcome(**party))

    def hear(self, message: dict[str, Any]) -> None:
        """A line of the client."""
        self.session.received(message)

    def party(self, text: str) -> None:
        """A message of the party."""
        self.link.socket_said(text, self.gateway.mono_ms())

    def open_file(self, duration_s: float = 600.0) -> None:
        self.hear({"Set": {"file": {"name": "film.mkv", "duration": duration_s, "size": 1}}})
