"""What a person sees of their notifications, in the shape that HTTP shows."""

from dataclasses import dataclass
from typing import Any

from partyapp.notification.domain import Notification


def notification_json(notification: Notification) -> dict[str, Any]:
    """One notification as its reader sees it."""
    return {
        "id": str(notification.id),
        "type": notification.type,
        "party_id": str(notification.party_id),
        "created_at_ms": notification.created_at_ms,
        "read_at_ms": notification.read_at_ms,
        "data": notification.data,
    }


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    """Some of a person's notifications, newest first, and how many of all are unread."""

    items: list[Notification]
    next_cursor: str | None
    unread_count: int

    def to_json(self) -> dict[str, Any]:
        """The body of the list's answer."""
        return {
            "items": [notification_json(item) for item in self.items],
            "next_cursor": self.next_cursor,
            "unread_count": self.unread_count,
        }
