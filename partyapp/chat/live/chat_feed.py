"""What the rooms of this process are sent of the chat: each message once and in order, each deletion, and to
whom it concerns that they were muted.

As with the party's own events, whatever reaches a room goes through one way; a number that is missing is
read back from Postgres, and the tick compares every room with it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from uuid import UUID

import gevent

from partyapp.chat.application.ports import (
    CHAT_MARK,
    ChatMark,
    ChatQuestion,
    ChatReading,
    ChatSlice,
    ChatStore,
)
from partyapp.chat.domain.message import ChatHead, ChatMessage, Deletion
from partyapp.chat.live.chat_messages import (
    ChatDeleted,
    ChatMuted,
    ChatSaid,
    message_json,
)
from partyapp.chat.live.chat_room import ChatRoom
from partyapp.chat.live.fair_locks import FairLocks
from partyapp.realtime.gathered import Gathered, GatheredWork
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import ROOM_PREFIX, Bus, room_channel
from partyapp.realtime.rooms import Hub, Room
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: A welcome holds so many messages; for a client that says what it has seen, so many at most.
WELCOMED = 50
MAX_REPLAY = 200

#: Of so many parties the chat's head is asked for at once.
ASKED_AT_ONCE = 200

#: The parameter by which a socket says what it has seen.
SEEN = "last_chat_seq"


class ChatFeed:
    """Sends the chat to the rooms of this process, and tells its welcomes what to say of it."""

    def __init__(self, hub: Hub[Any], store: ChatStore, bus: Bus) -> None:
        self._hub = hub
        self._store = store
        self._bus = bus
        self._rooms: dict[UUID, ChatRoom] = {}
        self._locks = FairLocks()
        self._read: Gathered[ChatQuestion, ChatReading] = Gathered(store.readings)
        self._check_soon = GatheredWork(partial(_guarded, self._check))

    def turn(self, party_id: UUID) -> AbstractContextManager[None]:
        """One after the other for each party: they would wait for one row, on a connection each."""
        return self._locks.lock(party_id)

    def said(self, party_id: UUID, message: ChatMessage) -> bool:
        """Send a message committed here: to our own sockets at once, to other processes over the bus.

        False where our own sockets are sent an earlier one first, which is read.
        """
        published = ChatSaid(party=party_id, message=message)
        self.receive_said(published)
        self._bus.publish(room_channel(party_id), encode(published))
        chat = self._known(party_id)
        return chat is None or chat.sent.last_seq >= message.seq

    def deleted(self, party_id: UUID, deletion: Deletion) -> None:
        """The same of a deletion."""
        published = ChatDeleted(party=party_id, number=deletion.number, seq=deletion.seq)
        self.receive_deleted(published)
        self._bus.publish(room_channel(party_id), encode(published))

    def muted(self, party_id: UUID, user_id: UUID, until_ms: float | None, number: int) -> None:
        """The same of a mute, which its member alone is told of."""
        published = ChatMuted(party=party_id, user=user_id, until_ms=until_ms, number=number)
        self.receive_muted(published)
        self._bus.publish(room_channel(party_id), encode(published))

    def receive_said(self, said: ChatSaid) -> None:
        """Take a process's publication; what the room was sent changes nothing."""
        chat = self._known(said.party)
        if chat is not None:
            chat.hear_of(last_seq=said.message.seq)
            if chat.head is not None:
                self._send(chat, [said.message], [])

    def receive_deleted(self, deleted: ChatDeleted) -> None:
        """The same of a deletion."""
        chat = self._known(deleted.party)
        if chat is not None:
            chat.hear_of(deletions=deleted.number)
            if chat.head is not None:
                self._send(chat, [], [Deletion(number=deleted.number, seq=deleted.seq)])

    def receive_muted(self, muted: ChatMuted) -> None:
        """The same of a mute."""
        chat = self._known(muted.party)
        if chat is None:
            return
        chat.hear_of(mutes=muted.number)
        if not muted.number:
            chat.tell_mute(muted.user, muted.until_ms)
        elif chat.head is not None and muted.number > chat.head.mutes + 1:
            self._catch_up_soon(chat)
        elif chat.head is not None:
            chat.send_mute(muted.number, muted.user, muted.until_ms)

    def muted_until_ms(self, party_id: UUID, user_id: UUID) -> float | None:
        """Until when somebody may not write, as far as is known here."""
        chat = self._known(party_id)
        return None if chat is None else chat.muted.get(user_id)

    def subscribed(self, channel: str) -> None:
        """A room's channel carries messages from now on; what was published before may be missing."""
        if channel.startswith(ROOM_PREFIX):
            chat = self._known(UUID(channel.removeprefix(ROOM_PREFIX)))
            if chat is not None:
                self._check_soon(chat)

    def compare_soon(self) -> None:
        """Compare all rooms with Postgres soon, as the tick does."""
        gevent.spawn(self.tick)

    def tick(self) -> None:
        """Catch up where a room is behind Postgres, and forget rooms that are gone."""
        chats = [chat for party_id in list(self._rooms) if (chat := self._known(party_id)) is not None]
        for first in range(0, len(chats), ASKED_AT_ONCE):
            _guarded(self._check, chats[first : first + ASKED_AT_ONCE])

    def read(
        self, room: Room[Any], user_id: UUID, seen: Mapping[str, int], marks: Mapping[str, Any]
    ) -> ChatReading:
        """What a welcome needs of the chat, and the room's sockets sent all that is in it. Waits, unless the
        mark that was read with the party says that there is nothing to read."""
        chat = self._known(room.id)
        if chat is None:
            chat = self._rooms[room.id] = ChatRoom(room)
        after = seen.get(SEEN)
        reading = _marked(chat, marks, after)
        if reading is None:
            limit, most_deleted = (WELCOMED, 0) if after is None else (MAX_REPLAY, MAX_REPLAY)
            reading = self._read(ChatQuestion(room.id, user_id, after, limit, most_deleted))
        if chat.head is None:
            chat.head = reading.head
        chat.hear(reading.head)
        if _behind(chat.head, chat.heard):
            self._catch_up(chat)
        # Another reading is needed where it was changed meanwhile; see `fields`.
        if chat.head.mutes == reading.head.mutes:
            chat.tell_mute(user_id, reading.muted_until_ms)
        return reading

    def fields(
        self, room: Room[Any], reading: ChatReading, seen: Mapping[str, int]
    ) -> Mapping[str, Any] | None:
        """The welcome's `chat`; None when the chat has moved on since the reading. Doesn't wait."""
        chat = self._known(room.id)
        if chat is None or chat.room is not room or chat.head != reading.head:
            return None
        told: dict[str, Any] = {
            "last_seq": reading.head.last_seq,
            "enabled": room.state.replica.state.settings.chat_enabled,
            "messages": [message_json(message) for message in reading.messages],
            "muted_until_ms": reading.muted_until_ms,
        }
        after = seen.get(SEEN)
        if after is not None:
            told["deleted"] = [each.seq for each in reading.deleted if each.seq <= after]
        return {"chat": told}

    def _known(self, party_id: UUID) -> ChatRoom | None:
        """The chat of the room that the hub has now; that of an earlier one is forgotten."""
        chat = self._rooms.get(party_id)
        if chat is not None and self._hub.room(party_id) is not chat.room:
            del self._rooms[party_id]
            return None
        return chat

    def _check(self, chats: Sequence[ChatRoom]) -> None:
        heads = self._store.heads([chat.room.id for chat in chats])
        for chat in chats:
            found = heads.get(chat.room.id)
            if found is not None and chat.head is not None and _behind(chat.head, found):
                chat.hear(found)
                _guarded(self._catch_up, chat)

    def _send(self, chat: ChatRoom, messages: Sequence[ChatMessage], deletions: Sequence[Deletion]) -> None:
        """Send what was heard of: each message and each deletion once and in order. A gap is read first."""
        for message in messages:
            if message.seq > chat.sent.last_seq + 1:
                self._catch_up_soon(chat)
                return
            chat.send_message(message)
        for deletion in deletions:
            head = chat.sent
            if deletion.number > head.deletions + 1 or deletion.seq > head.last_seq:
                self._catch_up_soon(chat)
                return
            chat.send_deletion(deletion)

    def _catch_up_soon(self, chat: ChatRoom) -> None:
        gevent.spawn(_guarded, self._catch_up, chat)

    def _catch_up(self, chat: ChatRoom) -> None:
        """Read and send what the room has missed. A gap that shows meanwhile is closed in the same go."""
        chat.catch_up.run(partial(self._send_missed, chat))

    def _send_missed(self, chat: ChatRoom) -> bool:
        """One portion; True when there is more.

        Numbers become visible in their order, so one that is missing in what is read is gone for good: it is
        passed over, or it would be looked for again and again.
        """
        if self._known(chat.room.id) is not chat:
            return False
        party_id, head = chat.room.id, chat.sent
        wanted = ChatSlice(after=head.last_seq, limit=MAX_REPLAY)
        messages = self._store.messages(party_id, wanted)
        for message in messages:
            chat.send_message(message)
        if len(messages) == MAX_REPLAY:
            return True
        deletions = self._store.deletions(party_id, chat.sent.deletions, MAX_REPLAY)
        for deletion in deletions:
            if deletion.seq > chat.sent.last_seq:
                # Said and deleted since the messages were read.
                return True
            chat.send_deletion(deletion)
        if chat.heard.mutes > chat.sent.mutes:
            chat.take_mutes(self._store.mutes(party_id))
        return len(deletions) == MAX_REPLAY


def _marked(chat: ChatRoom, marks: Mapping[str, Any], after: int | None) -> ChatReading | None:
    """What a welcome needs, if the mark says that it is nothing, and the room knows of nothing newer."""
    if CHAT_MARK not in marks or chat.muted:
        return None
    mark = ChatMark.of(marks[CHAT_MARK])
    is_news = chat.head not in (None, mark.head)
    return None if is_news or not mark.answers(after) else ChatReading(head=mark.head, messages=())


def _behind(head: ChatHead, found: ChatHead) -> bool:
    return head.last_seq < found.last_seq or head.deletions < found.deletions or head.mutes < found.mutes


def _guarded(work: Callable[..., None], *arguments: Any) -> None:
    try:
        work(*arguments)
    except Refusal as refusal:
        log.warning("a chat could not catch up with Postgres now: %s", refusal.code)
    except Exception:
        # One party's chat that can't be read must not keep the others' from being read.
        log.exception("a chat could not catch up with Postgres")
