"""A person's notifications over HTTP."""

from uuid import UUID

from flask import Blueprint, Response, jsonify
from marshmallow import Schema, fields, validate

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.notification.application import Inbox
from partyapp.shared.http import current
from partyapp.shared.http.paging import id_of_cursor
from partyapp.shared.http.schemas import Cursor, Nothing, QueryNumber, read_body, read_query


class InboxQuery(Schema):
    """The query of the list. Without `unread=true` it holds what was read, too."""

    limit = QueryNumber(1, 100, load_default=50)
    cursor = Cursor()
    unread = fields.String(load_default="false", validate=validate.OneOf(["true", "false"]))


def notification_blueprint(inbox: Inbox, idempotent: IdempotentPost) -> Blueprint:
    """The addresses under /api/notifications."""
    blueprint = Blueprint("notification", __name__)

    @blueprint.get("/api/notifications")
    def list_notifications() -> Response:
        query = read_query(InboxQuery())
        found = inbox.page(
            current.principal().user_id,
            limit=query["limit"],
            after=id_of_cursor(query["cursor"]),
            unread_only=query["unread"] == "true",
        )
        return jsonify(found.to_json())

    @blueprint.post("/api/notifications/<uuid:notification_id>/read")
    def mark_read(notification_id: UUID) -> Response:
        read_body(Nothing())
        user_id = current.principal().user_id

        def make(_: UUID) -> Answer:
            inbox.mark_read(user_id, notification_id)
            return 204, None, {}

        return idempotent.respond(make)

    @blueprint.post("/api/notifications/read-all")
    def mark_all_read() -> Response:
        read_body(Nothing())
        user_id = current.principal().user_id

        def make(_: UUID) -> Answer:
            inbox.mark_all_read(user_id)
            return 204, None, {}

        return idempotent.respond(make)

    return blueprint
