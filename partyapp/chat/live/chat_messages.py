"""The chat's messages: what processes publish to each other, and what a room is sent."""

from typing import Any
from uuid import UUID

import msgspec

from partyapp.chat.domain.message import ChatMessage
from partyapp.chat.domain.reaction import Reactions
from partyapp.realtime.websocket.frames import text_frame

_encode = msgspec.json.Encoder().encode


class ChatSaid(msgspec.Struct, frozen=True, kw_only=True, tag="chat_said"):
    """A message was committed to a party's chat."""

    party: UUID
    message: ChatMessage


class ChatDeleted(msgspec.Struct, frozen=True, kw_only=True, tag="chat_deleted"):
    """A party's message `seq` was deleted, as its deletion numbered `number`."""

    party: UUID
    number: int
    seq: int


class ChatMuted(msgspec.Struct, frozen=True, kw_only=True, tag="chat_muted"):
    """Somebody may not write until then, in ms of party time; None: they may write again.

    `number` counts the party's changes of that kind; 0 from a process that doesn't count them.
    """

    party: UUID
    user: UUID
    until_ms: float | None
    number: int = 0


class Reacted(msgspec.Struct, frozen=True, kw_only=True, tag="chat_reacted"):
    """Members of a party that are connected to the process `process` reacted."""

    party: UUID
    process: str
    counts: dict[str, int]
    by: list[UUID]


def message_json(message: ChatMessage) -> dict[str, Any]:
    """A message as members see it."""
    shown: dict[str, Any] = {
        "seq": message.seq,
        "id": str(message.id),
        "user_id": str(message.user_id),
        "display_name": message.display_name,
        "text": message.text,
        "at_ms": message.at_ms,
        "position_s": message.position_s,
        "video_id": str(message.video_id),
    }
    if message.deletion is not None:
        shown["deleted"] = True
    return shown


def chat_message(message: ChatMessage) -> dict[str, Any]:
    """What sockets are sent of a message."""
    return {"type": "chat", "message": message_json(message)}


def chat_frame(message: ChatMessage) -> bytes:
    """The same as one text frame."""
    return text_frame(_encode(chat_message(message)))


def deleted_frame(seq: int) -> bytes:
    """That a message was deleted."""
    return text_frame(_encode({"type": "chat_deleted", "seq": seq}))


def muted_frame(until_ms: float | None) -> bytes:
    """To who was muted: until when."""
    return text_frame(_encode({"type": "muted", "until_ms": until_ms}))


def reactions_frame(reactions: Reactions) -> bytes:
    """Reactions of a moment."""
    told = reactions.told()
    return text_frame(
        _encode({"type": "reactions", "counts": told.counts, "by": [str(user_id) for user_id in told.by]})
    )
