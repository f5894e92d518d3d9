"""The party's WebSocket: its address's query, which is read by hand before the upgrade, and its closes."""

from marshmallow import Schema, fields

from partyapp.openapi.socket_message import SocketChannel
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
    close_codes={
        CloseCode.BINARY: "a binary frame came in.",
        CloseCode.TOO_BIG: "a message of more than 16 KiB came in.",
        CloseCode.RESTART: "the service restarts; reconnect after a random 0 to 3 s, and resume.",
        CloseCode.TOKEN_EXPIRED: "the token expired.",
        CloseCode.REMOVED: "removed from the party.",
        CloseCode.SILENT: (
            "no sign of life for 30 s. Any frame counts, the pong to the server's own ping included."
        ),
        CloseCode.REPLACED: "the same member and device connected anew.",
        CloseCode.PARTY_ENDED: "the party ended.",
        CloseCode.TOO_SLOW: "too slow to read.",
        CloseCode.TOO_MANY: "too many messages.",
    },
)
