"""A desktop member's membership of a party, which outlives its client's connection.

Without a client the member is offline at once, and leaves after `STAYS_S`.
"""

from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID, uuid5

from partyapp.gateways.syncplay import party_messages as news
from partyapp.gateways.syncplay.party_link import ENDED_TEXT, REMOVED_TEXT, LinkPorts, PartyLink, Timer
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.shared.kernel.ids import new_id

#: Who lost the connection and isn't back after so long, in s, has left.
STAYS_S = 60.0
#: So many commands of a member may be under way.
MOST_COMMANDS = 32

_DEVICE = UUID("5b0f6a7e-9d0b-4a58-8f0e-2f4a6f1f1d11")


class Follower(Protocol):
    """The client's side of a membership."""

    def party_begins(self) -> None:
        """The party is known, for the first time or once more."""
        ...

    def party_moved(self) -> None:
        """Something of the room may be other than before."""
        ...

    def said(self, name: str, text: str, user_id: str) -> None:
        """Somebody wrote something."""
        ...

    def refused(self, detail: str, *, command: bool) -> None:
        """A command, or else a chat message, was refused, or is lost."""
        ...

    def dismissed(self, text: str | None) -> None:
        """It is over, for a reason to be shown; None: the client had better connect anew."""
        ...

    def status(self) -> dict[str, object] | None:
        """Where the player is, as a `status` message has it; None where there is nothing to tell."""
        ...


class MembershipPorts(LinkPorts, Protocol):
    """What a membership needs of its process."""

    def room_of(self, party: news.Party) -> PartyRoom:
        """The one room of this party in the process, with what this party says taken in."""
        ...

    def entered(self, member: "Membership") -> None:
        """The member's room is needed as long as the member is there."""
        ...

    def gone(self, member: "Membership", *, leaves: bool) -> None:
        """The membership is over; with `leaves` the party is to be left, too."""
        ...


class Membership:
    """One member. By its `identity` the same client is known when it comes back."""

    __slots__ = (
        "_awaits_time", "_commands", "_last_seq", "_leave", "_link", "_ports", "address", "follower",
        "identity", "name", "party_id", "room", "token", "user_id",
    )  # fmt: skip

    def __init__(self, ports: MembershipPorts, *, identity: str, name: str, address: str) -> None:
        self._ports = ports
        self.identity, self.name, self.address = identity, name, address
        self.token = self.user_id = self.party_id = ""
        self.room: PartyRoom | None = None
        self.follower: Follower | None = None
        self._link = PartyLink(ports, self)
        #: Its party is known, and the time isn't yet.
        self._awaits_time = False
        self._last_seq: int | None = None
        self._commands: list[str] = []
        self._leave: Timer | None = None

    # The client's side.

    def follow(self, follower: Follower) -> None:
        """A client is there. It hears `party_begins` once the party is known."""
        self.follower = follower
        self.keep()
        self._link.open()

    def keep(self) -> None:
        """A client is about to follow it again, so it isn't left."""
        if self._leave is not None:
            self._leave.cancel()
            self._leave = None

    def unfollow(self, *, stays: bool) -> None:
        """The client is gone: offline from now on, and with `stays` a member for a while yet."""
        self.follower = None
        self._link.close()
        self._commands.clear()
        self.keep()
        if stays:
            self._leave = self._ports.later(STAYS_S, self._leaves)
        else:
            self._leaves()

    def command(self, action: str, position_s: float | None) -> bool:
        """Send a playback command; False when there is no way to send it now."""
        if self.room is None or len(self._commands) >= MOST_COMMANDS:
            return False
        command_id = str(new_id())
        message: dict[str, object] = {"type": "command", "id": command_id, "action": action}
        if position_s is not None:
            message["position_s"] = max(0.0, position_s)
        if not self._link.send(message):
            return False
        self._commands.append(command_id)
        return True

    def say(self, text: str) -> bool:
        """Send a chat message; False when there is no way to send it now."""
        return self._link.send({"type": "chat", "id": str(new_id()), "text": text})

    def report(self) -> None:
        """Tell where the player is, now."""
        self._link.report()

    # The link's side.

    def query(self) -> str:
        """Which device it is, and what it has seen."""
        query = f"device_id={uuid5(_DEVICE, self.identity)}&client=syncplay"
        return query if self._last_seq is None else f"{query}&last_chat_seq={self._last_seq}"

    def received(self, message: news.Incoming) -> None:
        """A message of the party."""
        take = _TAKE.get(type(message))
        if take is not None:
            take(self, message)

    def time_known(self) -> None:
        """Now the client can be steered, if it waits for that: another member's link may have been first."""
        if self._awaits_time:
            self._begin()

    def _begin(self) -> None:
        self._awaits_time = False
        if self.follower is not None and self.room is not None:
            self.follower.party_begins()

    def status(self) -> dict[str, object] | None:
        """Where the player is."""
        return None if self.follower is None or self.room is None else self.follower.status()

    def link_lost(self) -> None:
        """Whatever was under way is lost."""
        if self._commands and self.follower is not None:
            self.follower.refused("", command=True)
        self._commands.clear()

    def link_over(self, text: str | None) -> None:
        """The membership has ended."""
        follower, self.follower = self.follower, None
        self._link.close()
        self._ports.gone(self, leaves=False)
        if follower is not None:
            follower.dismissed(text)

    def _leaves(self) -> None:
        self._ports.gone(self, leaves=True)

    def _welcome(self, welcome: news.Welcome) -> None:
        self.room = self._ports.room_of(welcome.party)
        self._ports.entered(self)
        chat = welcome.chat
        if chat is not None:
            if self._last_seq is not None:
                for message in chat.messages:
                    self._heard(message)
            self._last_seq = chat.last_seq
        self._awaits_time = True
        if self._ports.time.known:
            self._begin()

    def _played(self, message: news.PlaybackNews) -> None:
        if self.room is not None:
            self.room.played(message)
            self._moved()

    def _happened(self, message: news.EventNews) -> None:
        if self.room is not None:
            self.room.happened(message)
            self._moved()

    def _presence(self, message: news.PresenceNews) -> None:
        if self.room is not None:
            self.room.presence(message)
            self._moved()

    def _film(self, message: news.VideoNews) -> None:
        if self.room is not None:
            self.room.film(message)
            self._moved()

    def _chat(self, message: news.ChatNews) -> None:
        self._heard(message.message)

    def _answer(self, answer: news.Answer) -> None:
        command, room = answer.id in self._commands, self.room
        if command and answer.id is not None:
            self._commands.remove(answer.id)
        if self.follower is None or room is None:
            return
        if answer.problem is not None:
            self.follower.refused(answer.problem.detail, command=command)
        elif command and (room.playback.revision, room.playback_by) != (answer.revision, self.user_id):
            # It changed nothing, so the player is put back all the same.
            self.follower.refused("", command=True)

    def _ended(self, _: news.Ended) -> None:
        self.link_over(ENDED_TEXT)

    def _removed(self, _: news.Removed) -> None:
        self.link_over(REMOVED_TEXT)

    def _moved(self) -> None:
        if self.follower is not None:
            self.follower.party_moved()

    def _heard(self, message: news.ChatMessage) -> None:
        if self._last_seq is not None and message.seq <= self._last_seq:
            return
        self._last_seq = message.seq
        if self.follower is not None and message.text and not message.deleted:
            self.follower.said(message.display_name, message.text, message.user_id)


_TAKE: dict[type, Callable[[Membership, Any], None]] = {
    news.Welcome: Membership._welcome,
    news.PlaybackNews: Membership._played,
    news.EventNews: Membership._happened,
    news.PresenceNews: Membership._presence,
    news.VideoNews: Membership._film,
    news.ChatNews: Membership._chat,
    news.Answer: Membership._answer,
    news.Ended: Membership._ended,
    news.Removed: Membership._removed,
}
