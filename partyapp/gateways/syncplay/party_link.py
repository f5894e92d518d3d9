"""A member's way to its party: a socket that comes back by itself, its pings, and its status messages."""

import logging
import random
from collections.abc import Callable
from typing import Protocol

import msgspec

from partyapp.gateways.syncplay import party_messages as news
from partyapp.gateways.syncplay.party_time import PartyTime
from partyapp.realtime.websocket.frames import CloseCode

log = logging.getLogger(__name__)

#: A socket that ended is opened anew after up to so long, in s.
RETRY_S = 3.0
#: Pings of a new socket come so fast, in ms, and so many of them.
BURST_MS, BURST = 150.0, 6

#: All links of the process measure the same clock. Where there are many, none of them needs to ask more often
#: than this, in ms: web then knows each member's clock within 2 ms more (500 ppm of it).
SHARED_PING_MS = 4_000.0
#: What is due within so many ms is done now.
EARLY_MS = 50.0

#: A web process that was silent for so long, in ms, is gone.
SILENT_MS = 15_000.0

REMOVED_TEXT = "You were removed from the party."
ENDED_TEXT = "The party has ended."
#: What a client is shown when its socket was closed for good, see `LinkOwner.link_over`.
_OVER: dict[int, str | None] = {
    CloseCode.REMOVED: REMOVED_TEXT,
    CloseCode.PARTY_ENDED: ENDED_TEXT,
    CloseCode.REPLACED: None,
}


class Socket(Protocol):
    """An open socket."""

    def send(self, text: bytes) -> None:
        """Send a message."""
        ...

    def close(self) -> None:
        """Close it, without a word to its owner."""
        ...


class Timer(Protocol):
    """Something that will be done."""

    def cancel(self) -> None:
        """Don't."""
        ...


class LinkPorts(Protocol):
    """What a link needs of its process."""

    @property
    def time(self) -> PartyTime:
        """Party time."""
        ...

    @property
    def links(self) -> int:
        """How many memberships, each with a link of its own, this process has: at least 1."""
        ...

    def mono_ms(self) -> float:
        """The monotonic clock in ms, by which what comes in is stamped."""
        ...

    def later(self, delay_s: float, work: Callable[[], None]) -> Timer:
        """Do something then."""
        ...

    def open_socket(self, link: "PartyLink", query: str) -> None:
        """Open the member's socket: `opened` is called, and `socket_…`."""
        ...

    def renew_token(self, link: "PartyLink") -> None:
        """Have the member's token renewed, then `open` called, or `socket_refused`."""
        ...


class LinkOwner(Protocol):
    """Whose link it is."""

    token: str
    party_id: str
    address: str

    def query(self) -> str:
        """What the address of the socket says of the member."""
        ...

    def received(self, message: news.Incoming) -> None:
        """A message of the party; answers to pings are none."""
        ...

    def time_known(self) -> None:
        """Party time is known; said with each answer to a ping."""
        ...

    def status(self) -> dict[str, object] | None:
        """Where the player is, as a `status` message has it; None where there is nothing to tell."""
        ...

    def link_lost(self) -> None:
        """What was sent and not answered never will be. The link comes back by itself."""
        ...

    def link_over(self, text: str | None) -> None:
        """It won't come back, for a reason to be shown; None: the client had better connect anew."""
        ...


class PartyLink:
    """One member's link. It is wanted from `open` to `close`, and keeps coming back meanwhile."""

    __slots__ = (
        "_burst", "_heard_ms", "_number", "_opening", "_pace", "_ping", "_ping_due_ms", "_previous", "_retry",
        "_socket", "_status_ms", "_timer", "_wanted", "_ports", "owner",
    )  # fmt: skip

    def __init__(self, ports: LinkPorts, owner: LinkOwner) -> None:
        self._ports = ports
        self.owner = owner
        self._socket: Socket | None = None
        self._wanted = self._opening = False
        self._pace = news.Pace()
        #: The ping that is under way: its number, and when it was sent.
        self._ping: tuple[int, float] | None = None
        self._ping_due_ms = 0.0
        self._number = 0
        self._previous: dict[str, float] | None = None
        self._burst = 0
        self._heard_ms = 0.0
        self._status_ms = 0.0
        self._timer: Timer | None = None
        self._retry: Timer | None = None

    @property
    def is_open(self) -> bool:
        """Whether what is sent now may arrive."""
        return self._socket is not None

    def open(self) -> None:
        """Open the socket, unless it is open."""
        self._wanted = True
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._socket is None and not self._opening:
            self._opening = True
            self._ports.open_socket(self, self.owner.query())

    def close(self) -> None:
        """Close it; the owner hears nothing."""
        self._wanted = False
        socket = self._socket
        self._lost()
        if socket is not None:
            socket.close()

    def send(self, message: dict[str, object]) -> bool:
        """Send a message; False when there is no way to do so now."""
        if self._socket is None:
            return False
        self._socket.send(msgspec.json.encode(message))
        return True

    def report(self) -> None:
        """Tell where the player is, now."""
        self._status_ms = self._ports.mono_ms()
        status = self.owner.status()
        if status is not None:
            self.send({"type": "status", **status})

    def opened(self, socket: Socket) -> None:
        """The socket is open."""
        self._opening = False
        if self._wanted:
            self._socket = socket
        else:
            socket.close()

    def socket_said(self, text: str, received_ms: float) -> None:
        """A message of the party."""
        self._heard_ms = received_ms
        try:
            message = news.decoded(text)
        except msgspec.MsgspecError as error:
            log.warning("a message of the party can't be read: %s", type(error).__name__)
            return
        if isinstance(message, news.Pong):
            self._pong(message, received_ms)
        elif isinstance(message, news.Pace):
            self._pace = message
        elif message is not None:
            self.owner.received(message)
            if isinstance(message, news.Welcome):
                self._begin(message.pace)

    def socket_refused(self, status: int, problem: news.Problem) -> None:
        """Web refused the socket; status 0: it can't be reached."""
        self._opening = False
        self._lost()
        if not self._wanted:
            return
        if status == 401:
            self._ports.renew_token(self)
        elif status in (403, 404, 409):
            self.owner.link_over(problem.detail or ENDED_TEXT)
        else:
            self._come_back()

    def socket_closed(self, code: int) -> None:
        """The socket is gone."""
        self._opening = False
        self._lost()
        if not self._wanted:
            return
        if code == CloseCode.TOKEN_EXPIRED:
            self._ports.renew_token(self)
        elif code in _OVER:
            self.owner.link_over(_OVER[code])
        else:
            self._come_back()

    def _begin(self, pace: news.Pace) -> None:
        self._pace = pace
        if self._socket is not None and self._timer is None:
            self._burst, self._ping_due_ms = BURST, 0.0
            self._tick()

    def _tick(self) -> None:
        """Ping, and tell where the player is, as often as web asks for both."""
        self._timer = None
        now_ms = self._ports.mono_ms()
        if now_ms - self._heard_ms > SILENT_MS:
            # Web answers pings; one that doesn't is gone without a word.
            socket = self._socket
            self._lost()
            if socket is not None:
                socket.close()
            self._come_back()
            return
        if now_ms >= self._ping_due_ms - EARLY_MS:
            self._send_ping(now_ms)
        if now_ms - self._status_ms >= self._pace.status_ms - BURST_MS:
            self.report()
        due_ms = min(self._ping_due_ms, self._status_ms + self._pace.status_ms)
        if self._socket is not None:
            self._timer = self._ports.later((due_ms - now_ms) / 1000, self._tick)

    def _send_ping(self, now_ms: float) -> None:
        self._number += 1
        self._ping = (self._number, now_ms)
        ping: dict[str, object] = {"type": "ping", "n": self._number, "t1": now_ms}
        if self._previous is not None:
            ping["prev"] = self._previous
        self.send(ping)
        self._burst = max(0, self._burst - 1)
        shared_ms = min(SHARED_PING_MS, self._pace.ping_ms * self._ports.links)
        self._ping_due_ms = now_ms + (BURST_MS if self._burst else max(self._pace.ping_ms, shared_ms))

    def _pong(self, pong: news.Pong, received_ms: float) -> None:
        if self._ping is None or pong.n != self._ping[0]:
            return
        self._ping = None
        self._previous = {"n": pong.n, "t1": pong.t1, "t2": pong.t2, "t3": pong.t3, "t4": received_ms}
        self._ports.time.learn(pong, received_ms)
        if self._ports.time.known:
            self.owner.time_known()

    def _come_back(self) -> None:
        if self._retry is None:
            self._retry = self._ports.later(random.uniform(0.2, RETRY_S), self.open)

    def _lost(self) -> None:
        had = self._socket is not None
        self._socket, self._ping, self._previous = None, None, None
        for timer in (self._timer, self._retry):
            if timer is not None:
                timer.cancel()
        self._timer = self._retry = None
        if had and self._wanted:
            self.owner.link_lost()
