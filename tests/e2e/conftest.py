"""What every black-box test starts from: guests, a video, a party with two people in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
import websocket

from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from tests.e2e.stack import Stack
from tests.support.contract import assert_described
from tests.support.party_client import REQUEST_TIMEOUT_S, Guest, Json, Socket, Unexpected
from tests.support.waiting import RECOVERY_S

SignIn = Callable[..., Guest]
#: So many messages of each socket are held to the description: a crowd hears thousands of the same.
MOST_CHECKED = 200


@dataclass
class Room:
    """A private party with its host and one more member."""

    host: Guest
    member: Guest
    party: Json

    @property
    def id(self) -> str:
        return str(self.party["id"])

    @property
    def path(self) -> str:
        return f"/api/parties/{self.id}"

    def connect(self) -> tuple[Socket, Socket]:
        """The host's socket and the member's, each past its welcome."""
        sockets = self.host.connect(self.id), self.member.connect(self.id)
        for socket in sockets:
            socket.expect("welcome")
        return sockets


class LongWaits:
    """What takes half a minute to expire: it is begun early, so that its tests need not wait as long."""

    def __init__(self, owner: Guest) -> None:
        self.owner = owner
        self.party = owner.create_party()
        self.ticket = owner.ticket(self.party["id"])
        self.silent = owner.connect(self.party["id"], read=False, device_id=str(owner.user_id))
        self._begun_s = time.monotonic()

    def wait_for_age(self, seconds: float) -> None:
        """Until this was begun so long ago."""
        left = self._begun_s + seconds - time.monotonic()
        threading.Event().wait(max(0.0, left))

    def close_code_of_the_silent(self) -> int:
        """Read what piled up for the silent socket, answering nothing, until its close frame."""
        deadline = time.monotonic() + RECOVERY_S
        while time.monotonic() < deadline:
            opcode, payload = self.silent.next_frame(RECOVERY_S)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(payload[:2], "big")
        raise Unexpected(f"the silent socket is still open {RECOVERY_S} s later")


@dataclass
class Service:
    """The stack as the tests know it: its address, a client nobody is signed in with, a playable video."""

    url: str
    http: httpx.Client
    secret_key: str
    video: Json
    long_waits: LongWaits


@pytest.fixture(scope="session")
def service(stack: Stack) -> Iterator[Service]:
    owner = Guest(stack.url, "Owner")
    with httpx.Client(base_url=stack.url, timeout=REQUEST_TIMEOUT_S, trust_env=False) as nobody:
        yield Service(stack.url, nobody, stack.secret_key, owner.create_video(), LongWaits(owner))
    owner.close()


@pytest.fixture(scope="session")
def still_room(service: Service) -> Iterator[Room]:
    """A room like `room` for all the tests of what is refused, since that leaves it as it was."""
    guests = Guest(service.url, "Host"), Guest(service.url, "Member")
    party = guests[0].create_party(service.video["id"])
    yield Room(*guests, guests[1].join(party["id"], party["invite_code"])["party"])
    for guest in guests:
        guest.close()


@pytest.fixture
def sign_in(service: Service) -> Iterator[SignIn]:
    """Sign guests in; whatever they leave open is closed after the test.

    Every answer that they get is held to the description, and so is what their sockets hear.
    """
    guests: list[Guest] = []

    def signed_in(name: str = "Ada", token: str | None = None) -> Guest:
        guests.append(Guest(service.url, name, token))
        guests[-1].http.event_hooks["response"].append(assert_described)
        return guests[-1]

    yield signed_in
    for guest in guests:
        guest.close()
    for socket in [socket for guest in guests for socket in guest.sockets]:
        for message in socket.messages[:MOST_CHECKED]:
            answers.check_message(DESCRIPTION, message)


@pytest.fixture
def host(sign_in: SignIn) -> Guest:
    return sign_in("Ada")


@pytest.fixture
def member(sign_in: SignIn) -> Guest:
    return sign_in("Grace")


@pytest.fixture
def stranger(sign_in: SignIn) -> Guest:
    return sign_in("Mallory")


@pytest.fixture
def room(service: Service, host: Guest, member: Guest) -> Room:
    """A private party of the host, joined by the member: revision 2."""
    party = host.create_party(service.video["id"])
    return Room(host, member, member.join(party["id"], party["invite_code"])["party"])


@pytest.fixture
def open_room(service: Service, host: Guest, member: Guest) -> Room:
    """A public party in which everyone controls the playback, joined by the member: revision 2."""
    party = host.create_party(service.video["id"], visibility="public", control="everyone")
    return Room(host, member, member.join(party["id"])["party"])
