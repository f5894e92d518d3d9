"""What a listener knows of its party's chat, over all of its sockets."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class Talk:
    """Messages by `seq`. Before the first welcome nothing is known."""

    def __init__(self) -> None:
        self.is_known = False
        self.last_seq = 0
        self._messages: dict[int, list[Any]] = {}

    def welcomed(self, chat: Json) -> None:
        """Take a welcome's `chat`: the messages after those that are known, and what was deleted of these."""
        self.is_known = True
        for message in chat["messages"]:
            self.said(message)
        for seq in chat.get("deleted", []):
            self.deleted(seq)
        self.last_seq = max(self.last_seq, chat["last_seq"])

    def said(self, message: Json) -> None:
        """Take a message."""
        seq, is_deleted = int(message["seq"]), bool(message.get("deleted"))
        known = self._messages.get(seq)
        # One that was deleted meanwhile isn't brought back by what was sent before.
        if known is None or not known[4]:
            self._messages[seq] = [seq, message["id"], message["user_id"], message["text"], is_deleted]
        self.last_seq = max(self.last_seq, seq)

    def deleted(self, seq: int) -> None:
        """Forget a message's text."""
        if seq in self._messages:
            self._messages[seq][3:] = ["", True]

    def count_deleted(self) -> int:
        """How many of them were deleted."""
        return sum(message[4] for message in self._messages.values())

    def as_json(self) -> list[list[Any]]:
        """All of them: `seq`, id, user, text, and whether it was deleted."""
        return [self._messages[seq] for seq in sorted(self._messages)]

    def some_seq(self, draw: float) -> int | None:
        """The number of one of the latest messages, by a random number in [0, 1)."""
        latest = sorted(seq for seq, message in self._messages.items() if not message[4])[-20:]
        return latest[int(draw * len(latest))] if latest else None
