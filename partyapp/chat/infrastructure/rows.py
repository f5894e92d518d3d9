"""Rows of the chat's tables as values of its domain."""

from typing import Any

from partyapp.chat.domain.message import ChatMessage

#: The columns of a message but the party's id, in the order of the table.
MESSAGE_COLUMNS = (
    *("seq", "id", "user_id", "display_name", "text"),
    *("at_ms", "position_s", "video_id", "deletion"),
)


def message_of(row: Any) -> ChatMessage:
    """The message in a row that has `MESSAGE_COLUMNS`."""
    return ChatMessage(**{name: getattr(row, name) for name in MESSAGE_COLUMNS})
