"""A room of this process, and what its sockets have been sent of the chat: the only place that sends it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from partyapp.chat.application.ports import Mutes
from partyapp.chat.domain.message import ChatHead, ChatMessage, Deletion
from partyapp.chat.live.chat_messages import chat_frame, deleted_frame, muted_frame
from partyapp.realtime.rooms import Room
from partyapp.realtime.single_flight import SingleFlight


class ChatRoom:
    """A room, and how much of the chat its sockets have been sent; None before the first was welcomed.

    `catch_up` belongs to the chat's feed.
    """

    __slots__ = ("catch_up", "head", "heard", "muted", "room")

    def __init__(self, room: Room[Any]) -> None:
        self.room = room
        self.head: ChatHead | None = None
        #: The furthest that was heard of, which may be ahead of what was sent.
        self.heard = ChatHead()
        self.catch_up = SingleFlight()
        #: Until when somebody may not write, in ms, of those of whom it is known here.
        self.muted: dict[UUID, float] = {}

    @property
    def sent(self) -> ChatHead:
        """How much was sent."""
        return self.head or ChatHead()

    def hear(self, found: ChatHead) -> None:
        """The chat has come so far at least."""
        self.hear_of(found.last_seq, found.deletions, found.mutes)

    def hear_of(self, last_seq: int = 0, deletions: int = 0, mutes: int = 0) -> None:
        """The same in numbers."""
        heard = self.heard
        self.heard = ChatHead(
            last_seq=max(heard.last_seq, last_seq),
            deletions=max(heard.deletions, deletions),
            mutes=max(heard.mutes, mutes),
        )

    def send_message(self, message: ChatMessage) -> None:
        """Send a message, unless the room was sent it."""
        if message.seq > self.sent.last_seq:
            sent = self.sent
            self.head = ChatHead(last_seq=message.seq, deletions=sent.deletions, mutes=sent.mutes)
            self.room.broadcast(chat_frame(message))

    def send_deletion(self, deletion: Deletion) -> None:
        """The same of a deletion."""
        if deletion.number > self.sent.deletions:
            self.head = replace(self.sent, deletions=deletion.number)
            self.room.broadcast(deleted_frame(deletion.seq))

    def send_mute(self, number: int, user_id: UUID, until_ms: float | None) -> None:
        """The same of a change of who is muted, which its member alone is told of."""
        if number > self.sent.mutes:
            self.head = replace(self.sent, mutes=number)
            self.tell_mute(user_id, until_ms)

    def take_mutes(self, found: Mutes) -> None:
        """All mutes as they were read: whoever is here and for whom it is another one is told."""
        if found.number <= self.sent.mutes:
            return
        self.head = replace(self.sent, mutes=found.number)
        for user_id in self.room.user_ids():
            self.tell_mute(user_id, found.until_ms.get(user_id))
        self.muted = dict(found.until_ms)

    def tell_mute(self, user_id: UUID, until_ms: float | None) -> None:
        """Until when somebody may not write; their sockets are told where they didn't know."""
        if self.muted.get(user_id) == until_ms:
            return
        self.muted.pop(user_id, None)
        if until_ms is not None:
            self.muted[user_id] = until_ms
        for connection in self.room.connections_of(user_id):
            connection.send(muted_frame(until_ms))
