"""What events make notifications of, and a person's inbox: reading it, and marking what was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.notification.contract import InboxPage
from partyapp.notification.domain import Notification, notifications_of, notifies, notifies_members
from partyapp.party.contract import PartyDirectory, PartyEvent
from partyapp.shared.http.paging import page
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import NotFound


class NoSuchNotification(NotFound):
    detail = "There is no such notification."


class NotificationPort(Protocol):
    """Stores notifications. Every method raises `Unavailable` without the database."""

    def newest(
        self, user_id: UUID, limit: int, *, after: UUID | None = None, unread_only: bool = False
    ) -> list[Notification]:
        """At most `limit` of the person's notifications, newest first, from behind `after` on."""
        ...

    def unread_count(self, user_id: UUID) -> int:
        """How many of theirs the person hasn't read."""
        ...

    def mark_read(self, user_id: UUID, notification_id: UUID, now_ms: float) -> bool:
        """Mark one of the person's own as read, if it isn't yet; False when they have no such one."""
        ...

    def mark_all_read(self, user_id: UUID, now_ms: float) -> None:
        """Mark all of the person's as read."""
        ...


def notifications_for(events: Sequence[PartyEvent], parties: PartyDirectory) -> list[Notification]:
    """What these events make news. Members are asked for only where an event notifies them."""
    news = [event for event in events if notifies(event)]
    facts = parties.parties({event.party_id for event in news})
    news = [event for event in news if notifies_members(event, facts[event.party_id].member_count)]
    members = parties.members({event.party_id for event in news})
    return [
        notification
        for event in news
        for notification in notifications_of(event, facts[event.party_id].title, members[event.party_id])
    ]


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """What a person may do with their own notifications."""

    notifications: NotificationPort
    clock: Clock

    def page(
        self, user_id: UUID, *, limit: int, after: UUID | None = None, unread_only: bool = False
    ) -> InboxPage:
        """A page of the person's notifications."""
        rows = self.notifications.newest(user_id, limit + 1, after=after, unread_only=unread_only)
        items, next_cursor = page(rows, limit, lambda item: item.id)
        return InboxPage(
            items=items, next_cursor=next_cursor, unread_count=self.notifications.unread_count(user_id)
        )

    def mark_read(self, user_id: UUID, notification_id: UUID) -> None:
        """Mark one as read; again changes nothing. Raises `NoSuchNotification`, also for another's."""
        if not self.notifications.mark_read(user_id, notification_id, self.clock.now_ms()):
            raise NoSuchNotification()

    def mark_all_read(self, user_id: UUID) -> None:
        """Mark all of the person's as read."""
        self.notifications.mark_all_read(user_id, self.clock.now_ms())
