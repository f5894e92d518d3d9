"""The party's WebSocket: its address's query, which is read by hand before the upgrade, and its closes."""

from marshmallow import Schema, fields

from partyapp.openapi.socket_message import SocketChannel
from partyapp.party.contract import CLIENTS
from partyapp.party.controllers.schemas import one_of
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.http.schemas import Id, QueryNumber

#: At most ten digits are read.
_MAX_SEEN = 10**10 - 1


class SocketQuery(Schema):
    device_id = Id(
        metadata={
            "description": (
                "Tells a member's devices apart; a new socket replaces the older one of the same device. "
                "None given counts as one device."
            )
        }
    )
    last_revision = QueryNumber(
        0,
        _MAX_SEEN,
        metadata={"description": "What the client has seen; the events after it follow when they are few."},
    )
    last_chat_seq = QueryNumber(
        0,
        _MAX_SEEN,
        metadata={"description": "The latest message that the client has; the welcome holds those after it."},
    )
    client = fields.String(
        validate=one_of(list(CLIENTS)),
        metadata={"description": "What the member watches by, where that is no page; others are shown it."},
    )
    ticket = fields.String(metadata={"description": "See the operation issueTicket."})


CHANNEL = SocketChannel(
    name="party",
    operation_id="openSocket",
    title="A party",
    about=(
        "Members only. Offer the subprotocol `party.v1`.\n\n"
        "Order: revisions arrive without a gap and in order on one socket, or the server sends a fresh "
        "`welcome`."
    ),
    subprotocol="party.v1",
    prepared_by=("signInGuest", "registerVideo", "createParty", "joinParty", "showCommand", "issueTicket"),
    close_codes={
        code: f"{code.reason}; {'connect anew.' if code.reconnect else 'final.'}" for code in CloseCode
    },
)
