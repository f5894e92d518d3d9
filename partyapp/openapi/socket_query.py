"""The query of the WebSocket's address. Its door reads it by hand, before the upgrade."""

from marshmallow import Schema, fields

from partyapp.shared.http.schemas import Id, QueryNumber

#: The door takes at most ten digits.
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
