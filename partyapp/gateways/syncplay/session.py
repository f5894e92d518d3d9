"""One desktop client, from its first line to its last, without IO: what its lines mean, what it is told."""

from collections.abc import Callable, Mapping
from typing import Any

from partyapp.gateways.syncplay import notices, wire
from partyapp.gateways.syncplay.membership import Membership
from partyapp.gateways.syncplay.party_link import Timer
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.played_film import PlayedFilm
from partyapp.gateways.syncplay.room_names import code_of, person_name
from partyapp.gateways.syncplay.room_view import RoomView
from partyapp.gateways.syncplay.session_ports import ClientLine, SessionPorts
from partyapp.gateways.syncplay.steered_client import SteeredClient

#: Who is silent for so long, in ms, is gone: as long as a client waits itself.
SILENT_MS = 12_500.0
#: A client that is told nothing has nothing to answer: until its party is known it may be silent so long.
UNTOLD_MS = 60_000.0


class Session:
    """One client. It is the follower of its membership."""

    __slots__ = (
        "_asks_for", "_client", "_code", "_ports", "_ended", "_film", "_greeted", "_heard_ms", "_line",
        "_timer", "_view", "address", "member", "name",
    )  # fmt: skip

    def __init__(self, ports: SessionPorts, line: ClientLine, address: str) -> None:
        self._ports = ports
        self._line = line
        self.address = address
        self.name = ""
        self.member: Membership | None = None
        self._code = ""
        #: The code of the party that it is being let into.
        self._asks_for: str | None = None
        self._view: RoomView | None = None
        self._client = SteeredClient(ports, line)
        self._film = PlayedFilm()
        self._greeted = False
        self._heard_ms = ports.mono_ms()
        self._ended = False
        self._timer: Timer | None = ports.later(SILENT_MS / 1000, self._look)

    @property
    def is_over(self) -> bool:
        """Whether the client is gone."""
        return self._ended

    @property
    def is_told(self) -> bool:
        """Whether the client is told States, each of which it answers."""
        return self._view is not None

    def silent_ms(self) -> float:
        """For how long nothing was heard of the client, in ms."""
        return self._ports.mono_ms() - self._heard_ms

    # What the client says.

    def received(self, message: wire.Message) -> None:
        """One line. Raises `wire.BadLine` for one that no client sends."""
        self._heard_ms = self._ports.mono_ms()
        for kind, body in message.items():
            if self._ended:
                return
            take = _TAKE.get(kind)
            if take is None:
                raise wire.BadLine("A message is unknown here.")
            if self.member is None and kind not in ("TLS", "Hello", "Error"):
                # While it is being let in it may say what it will say again.
                if self._asks_for is None:
                    raise wire.BadLine("Say hello first.")
                continue
            take(self, body)

    def lost(self) -> None:
        """The connection is gone."""
        self._end(stays=True)

    def replaced(self) -> None:
        """The same client has called anew, so this connection of it is dead."""
        self.dismissed(None)

    def _tls(self, _: Any) -> None:
        if not self._line.begin_tls():
            self._line.tell(wire.tls(False))

    def _hello(self, body: Any) -> None:
        if self.member is not None or self._asks_for is not None:
            raise wire.BadLine("Hello was said already.")
        facts = body if isinstance(body, Mapping) else {}
        name, code = person_name(facts.get("username")), code_of(wire.room_named(facts.get("room")))
        if name is None:
            raise wire.BadLine("The name can't be read.")
        if code is None:
            raise wire.BadLine(notices.NO_PARTY)
        self._ask(name, code)

    def _ask(self, name: str, code: str) -> None:
        self._asks_for = code
        self._ports.admit(self, name, code)

    def _set(self, body: Any) -> None:
        for kind, value in (body if isinstance(body, Mapping) else {}).items():
            if kind == "file":
                self._file_opened(value)
            elif kind == "room":
                self._room_asked(value)
            elif kind == "controllerAuth" and self._view is not None:
                self._line.tell(wire.controls(self.name, self._view.room_name, may=False))
            elif kind == "newControlledRoom":
                self._notice(notices.RIGHTS_ARE_THE_HOSTS)

    def _file_opened(self, body: Any) -> None:
        room = self._room
        if room is None or not self._client.is_begun:
            return
        duration_s = self._film.opened(body, room.video.id)
        self._client.opened(duration_s)
        self._notice(notices.other_length(duration_s, room.duration_s))

    def _room_asked(self, body: Any) -> None:
        """The user wants to be elsewhere; its client believes to be there already."""
        code = code_of(wire.room_named(body))
        if self._asks_for is not None or self._view is None:
            return
        if code is None:
            self._stay(notices.NO_PARTY)
        elif code == self._code:
            self._line.tell(wire.room_is(self._view.room_name), *wire.empty_playlist())
        else:
            self._ask(self.name, code)

    def _list(self, _: Any) -> None:
        if self._view is not None and self._room is not None:
            self._line.tell(self._view.listing(self._room))

    def _state(self, body: Any) -> None:
        if self.member is None or not isinstance(body, Mapping):
            return
        for command in self._client.received(body):
            self._command(command.action.value, command.position_s)
        self._client.answer()
        room, reading = self._room, self._client.reading()
        if (
            room is not None
            and reading is not None
            and self._film.is_news(reading, room, self._ports.now_ms())
        ):
            self.member.report()

    def _command(self, action: str, position_s: float) -> None:
        if self.member is None or self._room is None:
            return
        if not self._room.may_play(self.member.user_id):
            self.refused(notices.MAY_NOT_PLAY, command=True)
        elif not self.member.command(action, position_s):
            self.refused(notices.NO_WAY, command=True)

    def _chat(self, body: Any) -> None:
        text = body.strip()[: wire.MAX_CHAT] if isinstance(body, str) else ""
        if text and self.member is not None and not self.member.say(text):
            self._notice(notices.NO_WAY)

    def _hang_up(self, _: Any = None) -> None:
        self._line.end(None)
        self._end(stays=True)

    # What the gateway and the party say.

    def admitted(self, member: Membership, code: str) -> None:
        """The client is a member; it hears the rest when the party is known."""
        before, self.member, self._asks_for = self.member, member, None
        if before is not None:
            before.unfollow(stays=False)
        self._code, self.name = code, member.name
        self._heard_ms = self._ports.mono_ms()
        self._view = None
        self._client.end()
        member.follow(self)

    def not_admitted(self, text: str | None) -> None:
        """The client is let into no party, for this reason; None: it may try again in a moment."""
        self._asks_for = None
        if self._view is not None:
            self._stay(text or notices.NO_WAY)
        else:
            self._line.end(text)
            self._end(stays=False)

    def party_begins(self) -> None:
        """The party is known: say hello where that wasn't said, and steer."""
        member, room = self.member, self._room
        if member is None or room is None:
            return
        is_new = self._view is None
        if self._view is None:
            self._heard_ms = self._ports.mono_ms()
            self._view = RoomView(self._code, member.user_id, self.name)
            self._view.take(room)
            self._greet(room)
            self._client.begin(self.name)
            self._notice(notices.rate_is(room.playback.rate, before=1.0))
        self.party_moved()
        if is_new and self._film.is_open:
            self._film.follow(room.video.id)
            self._client.opened(self._film.duration_s)

    def party_moved(self) -> None:
        """Tell the client whatever is other than it was told."""
        room, view = self._room, self._view
        if room is None or view is None:
            return
        rate, video_id = view.rate, view.video_id
        self._line.tell(*view.take(room))
        self._notice(notices.rate_is(room.playback.rate, before=rate))
        if room.video.id != video_id:
            self._notice(notices.film_is(room.video.title))
        by = "" if room.playback_by is None else view.name_of(room, room.playback_by)
        self._client.playback(room, by)

    def said(self, name: str, text: str, user_id: str) -> None:
        """Somebody wrote something; the one who did is told too."""
        if self._view is not None:
            self._line.tell(wire.chat(self._view.shown(name, user_id), " ".join(text.split())))

    def refused(self, detail: str, *, command: bool) -> None:
        """Put the player back, and say why."""
        if command:
            self._client.refused()
        self._notice(detail)

    def dismissed(self, text: str | None) -> None:
        """The membership is over."""
        self.member = None
        self._line.end(text)
        self._end(stays=False)

    def status(self) -> dict[str, object] | None:
        """Where the player is, by the film that is the party's."""
        room, reading = self._room, self._client.reading()
        if room is None or reading is None:
            return None
        return self._film.status(reading, room, self._ports.now_ms())

    @property
    def _room(self) -> PartyRoom | None:
        return None if self.member is None else self.member.room

    def _greet(self, room: PartyRoom) -> None:
        view = self._view
        assert view is not None
        if self._greeted:
            self._line.tell(wire.room_is(view.room_name))
        else:
            self._greeted = True
            self._line.tell(wire.hello(self.name, view.room_name, notices.welcome_to(room)))
        self._line.tell(*wire.empty_playlist(), *view.rights(), view.listing(room))

    def _stay(self, text: str) -> None:
        if self._view is not None:
            self._line.tell(wire.room_is(self._view.room_name), *wire.empty_playlist())
        self._notice(text)

    def _notice(self, text: str) -> None:
        if text:
            self._line.tell(wire.chat(notices.SPEAKER, text))

    def _look(self) -> None:
        """Hang up on who is silent."""
        is_untold = self.member is not None and not self.is_told
        left_ms = (UNTOLD_MS if is_untold else SILENT_MS) - self.silent_ms()
        if left_ms <= 0 and self._asks_for is None:
            return self._hang_up()
        wait_ms = min(left_ms, SILENT_MS) if left_ms > 0 else SILENT_MS
        self._timer = self._ports.later(wait_ms / 1000, self._look)

    def _end(self, *, stays: bool) -> None:
        self._ended = True
        self._client.end()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        member, self.member = self.member, None
        if member is not None and member.follower is self:
            member.unfollow(stays=stays)


_TAKE: dict[str, Callable[[Session, Any], None]] = {
    "TLS": Session._tls,
    "Hello": Session._hello,
    "Set": Session._set,
    "List": Session._list,
    "State": Session._state,
    "Chat": Session._chat,
    "Error": Session._hang_up,
}
