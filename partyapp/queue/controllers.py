"""A party's queue over HTTP."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from flask import Blueprint, Response, jsonify
from marshmallow import Schema

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.queue.application import QueueCommands
from partyapp.shared.http import current
from partyapp.shared.http.schemas import Flag, Id, read_body

_PATH = "/api/parties/<uuid:party_id>/queue"


class QueueItemSchema(Schema):
    """The body of a new item."""

    video_id = Id(required=True)
    next = Flag(load_default=False)


class QueueMoveSchema(Schema):
    """The body of a move."""

    before = Id(required=True, allow_none=True)


def queue_blueprint(queue: QueueCommands, idempotent: IdempotentPost) -> Blueprint:
    """The addresses under /api/parties/{id}/queue."""
    blueprint = Blueprint("queue", __name__)

    def done(work: Callable[[], None]) -> Response:
        def make(_: UUID) -> Answer:
            work()
            return 204, None, {}

        return idempotent.respond(make)

    @blueprint.get(_PATH)
    def show_queue(party_id: UUID) -> Response:
        return jsonify(queue.show(party_id, current.principal().user_id))

    @blueprint.post(_PATH)
    def add_to_queue(party_id: UUID) -> Response:
        body, user_id = read_body(QueueItemSchema()), current.principal().user_id

        def make(request_id: UUID) -> Answer:
            item = queue.add(party_id, user_id, request_id, body["video_id"], first=body["next"])
            return 201, item, {}

        return idempotent.respond(make)

    @blueprint.delete(f"{_PATH}/<uuid:item_id>")
    def remove_from_queue(party_id: UUID, item_id: UUID) -> Response:
        return done(partial(queue.remove, party_id, current.principal().user_id, item_id))

    @blueprint.post(f"{_PATH}/<uuid:item_id>/move")
    def move_in_queue(party_id: UUID, item_id: UUID) -> Response:
        before = read_body(QueueMoveSchema())["before"]
        return done(partial(queue.move, party_id, current.principal().user_id, item_id, before))

    @blueprint.put(f"{_PATH}/<uuid:item_id>/vote")
    def give_vote(party_id: UUID, item_id: UUID) -> Response:
        return done(partial(queue.vote, party_id, current.principal().user_id, item_id, given=True))

    @blueprint.delete(f"{_PATH}/<uuid:item_id>/vote")
    def take_vote_back(party_id: UUID, item_id: UUID) -> Response:
        return done(partial(queue.vote, party_id, current.principal().user_id, item_id, given=False))

    return blueprint
