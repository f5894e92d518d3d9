"""What the sockets of a large party are told of who is connected: of a few each, of the crowd as numbers.

A member hears of those that its welcome has listed, and of itself. Most sockets have the same list, so the
part of a message that they share is encoded once.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec

from partyapp.party.application.views import LISTED
from partyapp.party.live.presence import Share
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState, looked_at
from partyapp.realtime.rooms import Room
from partyapp.realtime.websocket.frames import text_frame
from partyapp.realtime.yielding import yield_every

#: The numbers of a crowd are sent this often at most, in ms, and no sooner than after so long for each
#: connection here, so that a process with thousands of them spends a hundredth of its time on it.
CROWD_MS, CROWD_MS_A_CONNECTION = 2000.0, 1.0

#: So many sockets are told in a row, and the pauses in between last so long in all, in s.
PORTION = 100
SPREAD_S = 0.2

#: A verdict as one letter, the gravest first.
LETTERS = {"out_of_sync": "o", "likely": "l", "in_sync": "i", "unknown": "u"}
_GRAVEST = "".join(LETTERS.values())

_encode = msgspec.json.Encoder().encode


def send_crowd(
    room: Room[RoomState], news: Sequence[dict[str, Any]], before: Collection[UUID], now_ms: float
) -> None:
    """Send each socket the news of those that its welcome has listed, and all the numbers when they are due.

    Who was not connected `before` the news, and of whose sync nothing is known, has been told so by the
    welcome: a thousand who come within a second would be a thousand messages that say nothing.
    """
    state = room.state
    frames = _NewsFrames(news, before, state.replica.state.host_id)
    listed_to_all = state.listed_to_all or frozenset()
    numbers = _numbers_when_due(room, now_ms)
    connections = list(room.connections.items())
    for (user_id, _), connection in yield_every(connections, PORTION, SPREAD_S):
        frame = frames.frame_for(user_id, state.listed_to.get(connection, listed_to_all))
        if frame is not None:
            connection.send(frame)
        if numbers is not None:
            connection.send(numbers)


class _NewsFrames:
    """The frames of one second's news: those of the same list are encoded once for all its sockets."""

    def __init__(self, news: Sequence[dict[str, Any]], before: Collection[UUID], host_id: UUID) -> None:
        self._entries = {entry["user_id"]: entry for entry in looked_at(news)}
        self._before = before
        self._host_id = host_id
        self._with_host: dict[frozenset[UUID], frozenset[UUID]] = {}
        #: By whom they are about: their entries as JSON with commas, and these as a frame.
        self._encoded: dict[frozenset[UUID], tuple[bytes, bytes]] = {}

    def frame_for(self, user_id: UUID, listed: frozenset[UUID]) -> bytes | None:
        """The news of those listed and of the user; None where there is none."""
        if self._host_id not in listed:
            # The host is another one than the welcome has listed.
            listed = self._with_host.setdefault(listed, listed | {self._host_id})
        if listed not in self._encoded:
            known = (self._entries.get(str(user)) for user in listed)
            entries = b",".join(_encode(entry) for entry in known if entry is not None)
            self._encoded[listed] = (entries, _frame(entries))
        entries, frame = self._encoded[listed]
        own = None if user_id in listed else self._own(user_id)
        if own is not None:
            return _frame(b",".join(filter(None, (_encode(own), entries))))
        return frame if entries else None

    def _own(self, user_id: UUID) -> dict[str, Any] | None:
        entry = self._entries.get(str(user_id))
        is_told = entry is not None and entry["sync"] is None and user_id not in self._before
        return None if is_told else entry


def numbers_due(room: Room[RoomState], now_ms: float) -> bool:
    """Whether a large room's sockets are to be told its numbers again."""
    pause_ms = max(CROWD_MS, CROWD_MS_A_CONNECTION * len(room.connections))
    return now_ms - room.state.crowd_sent_ms >= pause_ms


def _numbers_when_due(room: Room[RoomState], now_ms: float) -> bytes | None:
    if not numbers_due(room, now_ms):
        return None
    state = room.state
    state.crowd_sent_ms = now_ms
    return encoded(crowd_message(state))


def crowd_message(state: RoomState) -> dict[str, Any]:
    """The party's numbers."""
    return {
        "type": "crowd",
        "member_count": state.replica.state.member_count,
        "online_count": len(state.published),
        **verdicts_of(state),
    }


def verdicts_of(state: RoomState) -> dict[str, int]:
    """How many of those connected have each verdict, as of the last second."""
    letters = {
        user: LETTERS[sync["verdict"]] if sync else "u" for user, sync in looked_at(state.published.items())
    }
    for found in list(state.remote_verdicts.values()):
        for user, letter in looked_at(found.items()):
            if user in letters:
                letters[user] = min(letter, letters[user], key=_GRAVEST.index)
    counted = list(letters.values())
    return {verdict: counted.count(letter) for verdict, letter in LETTERS.items()}


def _frame(members: bytes) -> bytes:
    return text_frame(b'{"type":"presence","members":[' + members + b"]}")


def share_of(state: RoomState, now_ms: float) -> Share:
    """What this process adds to a party: its members' sync, and what lead they need."""
    members, needs = state.own_members(now_ms, looked_at), state.own_needs(now_ms, looked_at)
    first = state.first_of(members)
    if len(members) <= LISTED:
        return Share(members, needs, first)
    verdicts = "".join(LETTERS[sync["verdict"]] if sync else "u" for sync in looked_at(members.values()))
    # Nobody elsewhere is told of the others' sync, but for its verdict.
    told = {user: sync if user in first else None for user, sync in looked_at(members.items())}
    return Share(told, needs, first, verdicts)
