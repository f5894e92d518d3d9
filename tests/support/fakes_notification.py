"""Notifications in memory; tests/ports holds it to what the ones in Postgres do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from partyapp.notification.domain import Notification


class InMemoryNotifications:
    """`NotificationPort` without a database, and the storing that the relay does."""

    def __init__(self) -> None:
        self._rows: dict[UUID, Notification] = {}

    def store(self, notifications: Iterable[Notification]) -> None:
        """Keep them; what was stored before stays as it is."""
        for item in notifications:
            self._rows.setdefault(item.id, item)

    def newest(
        self, user_id: UUID, limit: int, *, after: UUID | None = None, unread_only: bool = False
    ) -> list[Notification]:
        """At most `limit` of the person's, newest first, from behind `after` on."""
        own = sorted(self._own(user_id), key=_age, reverse=True)
        if after is not None:
            last = next((item for item in own if item.id == after), None)
            own = [] if last is None else [item for item in own if _age(item) < _age(last)]
        return [item for item in own if not (unread_only and item.read_at_ms is not None)][:limit]

    def unread_count(self, user_id: UUID) -> int:
        """How many of theirs the person hasn't read."""
        return sum(item.read_at_ms is None for item in self._own(user_id))

    def mark_read(self, user_id: UUID, notification_id: UUID, now_ms: float) -> bool:
        """Mark one of the person's own as read; False when they have no such one."""
        item = self._rows.get(notification_id)
        if item is None or item.user_id != user_id:
            return False
        if item.read_at_ms is None:
            self._rows[item.id] = replace(item, read_at_ms=int(now_ms))
        return True

    def mark_all_read(self, user_id: UUID, now_ms: float) -> None:
        """Mark all of the person's as read."""
        for item in self._own(user_id):
            self.mark_read(user_id, item.id, now_ms)

    def _own(self, user_id: UUID) -> list[Notification]:
        return [item for item in self._rows.values() if item.user_id == user_id]


def _age(item: Notification) -> tuple[int, UUID]:
    return item.created_at_ms, item.id
