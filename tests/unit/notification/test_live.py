"""Notifications on the sockets of their readers, whichever parties those are of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from partyapp.notification.domain import Notification, notification_id
from partyapp.notification.live import PORTION, LiveNotifications, messages_of
from partyapp.realtime.messages import MessageRouter, encode
from partyapp.realtime.rooms import DeviceKey, Hub
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import Line

ADA, BOB, CYD, EVENT, OTHER, PARTY = (new_id() for _ in range(6))


def made(user_id: UUID, event_id: UUID = EVENT) -> Notification:
    return Notification(
        id=notification_id(event_id, user_id),
        user_id=user_id,
        event_id=event_id,
        party_id=PARTY,
        type="party_session_ended",
        data={"party_title": "Film night"},
        created_at_ms=1234,
    )


def test_everybody_gets_their_own_on_all_their_sockets() -> None:
    hub: Hub[Any] = Hub()
    lines = [Line() for _ in range(3)]
    for line, user_id, room_id in zip(lines, (ADA, ADA, BOB), (new_id(), new_id(), PARTY), strict=True):
        hub.add(hub.open(room_id, None), DeviceKey(user_id, None), line)
    router = MessageRouter("this process")
    live = LiveNotifications(hub)
    (message,) = messages_of([made(ADA), made(CYD)])
    router.register(type(message), live.receive)
    router.received("party:tick", encode(message))
    assert [len(line.messages) for line in lines] == [1, 1, 0]
    assert lines[0].messages == lines[1].messages
    told = lines[0].messages[0]
    assert told["type"] == "notification"
    assert told["notification"] == {
        "id": str(notification_id(EVENT, ADA)),
        "type": "party_session_ended",
        "party_id": str(PARTY),
        "created_at_ms": 1234,
        "read_at_ms": None,
        "data": {"party_title": "Film night"},
    }


def test_one_message_tells_many_people_but_not_without_bound() -> None:
    many = [made(new_id()) for _ in range(PORTION + 1)]
    messages = messages_of([made(ADA, OTHER), *many])
    assert sorted(len(message.people) for message in messages) == [1, 1, PORTION]
    assert {message.event_id for message in messages} == {EVENT, OTHER}
    told = [user_id for message in messages if message.event_id == EVENT for user_id in message.people]
    assert told == [item.user_id for item in many]
