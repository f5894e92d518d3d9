"""Notifications to the sockets that people have open now, whichever party those are of.

The list in Postgres is what counts: what Redis or a socket loses is found there.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from partyapp.notification.contract import notification_json
from partyapp.notification.domain import Notification, notification_id
from partyapp.realtime.rooms import Hub
from partyapp.realtime.websocket.frames import text_frame

#: At most so many people are told by one message between processes: whoever takes it must not be held up.
PORTION = 500

_encode = msgspec.json.Encoder().encode


class NotificationsMade(msgspec.Struct, frozen=True, kw_only=True, tag="notifications_made"):
    """What the processes publish: an event is news to these people. It was committed."""

    event_id: UUID
    party: UUID
    kind: str
    data: dict[str, Any]
    created_at_ms: int
    people: list[UUID]


def messages_of(news: Sequence[Notification]) -> list[NotificationsMade]:
    """What is published of these: few messages for each event, however many it concerns."""
    by_event = sorted(news, key=lambda item: item.event_id)
    return [
        message
        for _, told in groupby(by_event, key=lambda item: item.event_id)
        for message in _portions(list(told))
    ]


def _portions(told: Sequence[Notification]) -> list[NotificationsMade]:
    first = told[0]
    return [
        NotificationsMade(
            event_id=first.event_id,
            party=first.party_id,
            kind=first.type,
            data=first.data,
            created_at_ms=first.created_at_ms,
            people=[item.user_id for item in told[begin : begin + PORTION]],
        )
        for begin in range(0, len(told), PORTION)
    ]


class LiveNotifications:
    """Tells people on the sockets of this process."""

    def __init__(self, hub: Hub[Any]) -> None:
        self._hub = hub

    def receive(self, made: NotificationsMade) -> None:
        """Send each of them their own, on every socket that they have open here."""
        for user_id in made.people:
            connections = self._hub.connections_of(user_id)
            if not connections:
                continue
            frame = notification_frame(_notification(made, user_id))
            for connection in connections:
                connection.send(frame)


def notification_frame(notification: Notification) -> bytes:
    """A notification as one text frame."""
    return text_frame(_encode({"type": "notification", "notification": notification_json(notification)}))


def _notification(made: NotificationsMade, user_id: UUID) -> Notification:
    return Notification(
        id=notification_id(made.event_id, user_id),
        user_id=user_id,
        event_id=made.event_id,
        party_id=made.party,
        type=made.kind,
        data=made.data,
        created_at_ms=made.created_at_ms,
    )
