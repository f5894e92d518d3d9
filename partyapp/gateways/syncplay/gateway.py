"""The gateway's process: its clients, their memberships, and what both need of the event loop and of web."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from partyapp.gateways.syncplay import party_messages as news
from partyapp.gateways.syncplay.admissions import Admissions
from partyapp.gateways.syncplay.membership import Membership
from partyapp.gateways.syncplay.party_link import PartyLink, Timer
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.party_time import PartyTime
from partyapp.gateways.syncplay.session import Session
from partyapp.gateways.syncplay.web_api import WebApi, WebGone, WebRefused
from partyapp.gateways.syncplay.web_socket import WebSocket
from partyapp.shared.kernel.clock import monotonic_ms

log = logging.getLogger(__name__)

#: So long a connection to web may take, in s.
CONNECT_S = 5.0


class Gateway:
    """It is the `SessionPorts` of sessions and the `MembershipPorts` of memberships. Web is at `url`."""

    def __init__(self, url: str, web: WebApi, secret: str) -> None:
        parts = urlsplit(url)
        self._is_secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._is_secure else 80)
        self._authority, self._path = parts.netloc.rpartition("@")[2], parts.path.rstrip("/")
        self._web = web
        self._tasks: set[asyncio.Task[None]] = set()
        self._rooms: dict[str, tuple[PartyRoom, set[Membership]]] = {}
        self.time = PartyTime()
        self.admissions = Admissions(web, self, secret)

    # What sessions ask.

    def now_ms(self) -> float:
        """Party time in ms."""
        return self.time.now_ms()

    def mono_ms(self) -> float:
        """The monotonic clock in ms."""
        return monotonic_ms()

    @property
    def links(self) -> int:
        """How many memberships this process has, at least 1."""
        return max(1, len(self.admissions))

    def later(self, delay_s: float, work: Callable[[], None]) -> Timer:
        """Do something then."""
        return asyncio.get_running_loop().call_later(delay_s, work)

    def admit(self, session: Session, name: str, code: str) -> None:
        """Make the client a member."""
        self._begin(self.admissions.admit(session, name, code))

    # What memberships ask.

    def open_socket(self, link: PartyLink, query: str) -> None:
        """Open a member's socket."""
        self._begin(self._open(link, query))

    def renew_token(self, link: PartyLink) -> None:
        """Have the member's token renewed, and open the socket again."""
        self._begin(self._renew(link))

    def room_of(self, party: news.Party) -> PartyRoom:
        """The one room of this party."""
        found = self._rooms.get(party.id)
        if found is None:
            found = self._rooms[party.id] = (PartyRoom(party), set())
        else:
            found[0].welcomed(party)
        return found[0]

    def entered(self, member: Membership) -> None:
        """The member has its room, which stays as long as it has members."""
        if member.room is not None:
            self._rooms[member.room.id][1].add(member)

    def gone(self, member: Membership, *, leaves: bool) -> None:
        """A membership is over."""
        self.admissions.forget(member)
        if member.room is not None and member.room.id in self._rooms:
            members = self._rooms[member.room.id][1]
            members.discard(member)
            if not members:
                del self._rooms[member.room.id]
        if leaves and member.token:
            self._begin(self.admissions.leave(member))

    async def _open(self, link: PartyLink, query: str) -> None:
        owner = link.owner
        headers = [("Authorization", f"Bearer {owner.token}"), self._web.sender(owner.address)]
        target = f"{self._path}/api/parties/{owner.party_id}/ws?{query}"
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(
                    lambda: WebSocket(link, self._authority, target, headers),
                    self._host,
                    self._port,
                    ssl=True if self._is_secure else None,
                )
        except (OSError, TimeoutError):
            link.socket_refused(0, news.Problem())

    async def _renew(self, link: PartyLink) -> None:
        owner = link.owner
        try:
            owner.token = await self._web.renew(owner.token, owner.address)
        except WebRefused as refused:
            if refused.may_pass:
                link.socket_refused(0, news.Problem())
            else:
                owner.link_over(None)
        except WebGone:
            link.socket_refused(0, news.Problem())
        else:
            link.open()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with suppress(asyncio.CancelledError):
            error = task.exception()
            if error is not None:
                log.error("a piece of work failed: %s", type(error).__name__, exc_info=error)
