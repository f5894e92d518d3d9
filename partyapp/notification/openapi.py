"""What notification shows: its operations and their objects."""

from marshmallow import fields

from partyapp.notification.controllers import InboxQuery
from partyapp.notification.domain import PARTY_INVITATION, PARTY_STARTING
from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, ident, instant, nested, whole, word
from partyapp.openapi.objects import page_of
from partyapp.openapi.operation import Operation
from partyapp.openapi.socket_message import Sender, SocketMessage
from partyapp.party.contract import EVENT_TYPES
from partyapp.shared.http.schemas import Nothing


class Notification(Answer):
    """Something that happened in one of the caller's parties."""

    id = ident("The notification's id.")
    type = word(
        "The type of the event it tells of; `party_invitation`: somebody invites the caller to the party; "
        "`party_starting`: the party's date is near.",
        *EVENT_TYPES,
        PARTY_INVITATION,
        PARTY_STARTING,
    )
    party_id = ident("The party.", null=True)
    created_at_ms = instant("When it happened.")
    read_at_ms = instant("When it was read; null while it is not.", null=True)
    data = fields.Dict(
        required=True,
        metadata={
            "description": "`party_title`, `who` (`id` and `display_name`), and facts of the event; "
            "`starts_at_ms` with `party_starting`."
        },
    )


NotificationPage = page_of(Notification, unread_count=whole("How many of all are unread."))


class NotificationMade(Answer):
    notification = nested(Notification, "What is new on the list; not read yet.")


NOTIFICATION = ContextDescription(
    tags={"Notifications": "What happened in one's parties, until it is read."},
    operations=(
        Operation(
            id="listNotifications",
            method="get",
            path="/api/notifications",
            tag="Notifications",
            summary="List one's notifications",
            about="Newest first.",
            query=InboxQuery,
            answer=NotificationPage,
        ),
        Operation(
            id="readNotification",
            method="post",
            path="/api/notifications/{notification_id}/read",
            tag="Notifications",
            summary="Mark a notification as read",
            about="Again changes nothing.",
            body=Nothing,
            body_optional=True,
            status=204,
            key=True,
        ),
        Operation(
            id="readAllNotifications",
            method="post",
            path="/api/notifications/read-all",
            tag="Notifications",
            summary="Mark all notifications as read",
            body=Nothing,
            body_optional=True,
            status=204,
            key=True,
        ),
    ),
    messages=(
        SocketMessage(
            name="notification",
            sender=Sender.SERVER,
            summary=(
                "Something is new on one's list of notifications. It comes on every open socket of theirs, "
                "whichever party it is of, and may be about another party."
            ),
            about=(
                "Sent once, after the commit; what a lost connection misses is on the list. The `id` is the "
                "list's, so that a repeat can be told."
            ),
            payload=NotificationMade,
        ),
    ),
    words={"unread": "`true`: only what was not read."},
)
