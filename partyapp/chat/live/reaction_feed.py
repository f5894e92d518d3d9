"""Reactions, brought together before they are sent: a room hears of them at most four times a second.

The first is sent at once. Each process does the same with what it publishes, so a room hears no more of the
members of other processes.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import gevent

from partyapp.chat.domain.reaction import Reactions, together
from partyapp.chat.live.chat_messages import Reacted, reactions_frame
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import Bus, room_channel
from partyapp.realtime.rooms import Hub

#: Between two messages to a room, and between two publications of one, in s.
PAUSE_S = 0.25

#: Sends reactions of a party on.
Send = Callable[[UUID, Reactions], None]


class Coalescer:
    """Sends the first at once, and what comes within `PAUSE_S` of it together after that."""

    def __init__(self, send: Send, pause: Callable[[float], None] = gevent.sleep) -> None:
        self._send = send
        self._pause = pause
        self._waiting: dict[UUID, list[Reactions]] = {}

    def add(self, party_id: UUID, reactions: Reactions) -> None:
        """Send them now or soon. Doesn't wait."""
        waiting = self._waiting.get(party_id)
        if waiting is not None:
            waiting.append(reactions)
            return
        self._waiting[party_id] = []
        self._send(party_id, reactions)
        gevent.spawn(self._send_later, party_id)

    def _send_later(self, party_id: UUID) -> None:
        while True:
            self._pause(PAUSE_S)
            waiting = self._waiting[party_id]
            if not waiting:
                del self._waiting[party_id]
                return
            self._waiting[party_id] = []
            self._send(party_id, together(waiting))


class ReactionFeed:
    """Shows reactions of members here and on other processes to the rooms of this process."""

    def __init__(self, hub: Hub[Any], bus: Bus, process_id: str) -> None:
        self._hub = hub
        self._bus = bus
        self._process_id = process_id
        self._shown = Coalescer(self._show)
        self._published = Coalescer(self._publish)

    def react(self, party_id: UUID, reactions: Reactions) -> None:
        """A member here has reacted."""
        self._shown.add(party_id, reactions)
        self._published.add(party_id, reactions)

    def receive(self, reacted: Reacted) -> None:
        """Members elsewhere have."""
        if self._hub.room(reacted.party) is not None:
            self._shown.add(reacted.party, Reactions(counts=reacted.counts, by=reacted.by))

    def _show(self, party_id: UUID, reactions: Reactions) -> None:
        room = self._hub.room(party_id)
        if room is not None:
            room.broadcast(reactions_frame(reactions))

    def _publish(self, party_id: UUID, reactions: Reactions) -> None:
        told = reactions.told()
        message = Reacted(party=party_id, process=self._process_id, counts=told.counts, by=told.by)
        self._bus.publish(room_channel(party_id), encode(message))
