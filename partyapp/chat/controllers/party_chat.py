"""The chat over HTTP."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify

from partyapp.chat.application.chat import Chat
from partyapp.chat.application.ports import ChatSlice
from partyapp.chat.controllers.schemas import MAX_SEQ, ChatQuery, MuteSchema, SaySchema
from partyapp.chat.domain.errors import NoSuchMessage
from partyapp.chat.live.chat_messages import message_json
from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.shared.http import current
from partyapp.shared.http.schemas import read_body, read_query


def chat_blueprint(chat: Chat, idempotent: IdempotentPost) -> Blueprint:
    """The addresses under /api/parties that are about what is said."""
    blueprint = Blueprint("chat", __name__)

    @blueprint.get("/api/parties/<uuid:party_id>/chat")
    def list_messages(party_id: UUID) -> Response:
        query = read_query(ChatQuery())
        found = chat.messages(current.principal(), party_id, _slice(query))
        items = found[: query["limit"]] if "after" in query else found[-query["limit"] :]
        more = len(found) > len(items)
        # The cursor is itself a number, so that it can be handed back as `after` or `before`.
        edge = items[-1 if "after" in query else 0].seq if more else None
        cursor = None if edge is None else str(edge)
        return jsonify(items=[message_json(message) for message in items], next_cursor=cursor)

    @blueprint.post("/api/parties/<uuid:party_id>/chat")
    def say(party_id: UUID) -> Response:
        body = read_body(SaySchema())
        actor = current.principal()

        def make(request_id: UUID) -> Answer:
            said = chat.say(actor, party_id, body.get("id", request_id), body["text"])
            return 201, message_json(said.message), {}

        return idempotent.respond(make)

    @blueprint.delete("/api/parties/<uuid:party_id>/chat/<int:seq>")
    def delete_message(party_id: UUID, seq: int) -> Response:
        if seq > MAX_SEQ:
            raise NoSuchMessage()
        actor = current.principal()

        def make(_: UUID) -> Answer:
            chat.delete(actor, party_id, seq)
            return 204, None, {}

        return idempotent.respond(make)

    _add_mutes(blueprint, chat, idempotent)
    return blueprint


def _add_mutes(blueprint: Blueprint, chat: Chat, idempotent: IdempotentPost) -> None:
    @blueprint.get("/api/parties/<uuid:party_id>/members/<uuid:user_id>/mute")
    def show_mute(party_id: UUID, user_id: UUID) -> Response:
        until_ms = chat.muted_until_ms(current.principal(), party_id, user_id)
        return jsonify(user_id=str(user_id), muted_until_ms=until_ms)

    @blueprint.put("/api/parties/<uuid:party_id>/members/<uuid:user_id>/mute")
    def mute_member(party_id: UUID, user_id: UUID) -> Response:
        body = read_body(MuteSchema())
        actor = current.principal()

        def make(_: UUID) -> Answer:
            until_ms = chat.mute(actor, party_id, user_id, body["muted_s"])
            return 200, {"user_id": str(user_id), "muted_until_ms": until_ms}, {}

        return idempotent.respond(make)


def _slice(query: dict[str, Any]) -> ChatSlice:
    """What is asked for, and one message more, which tells whether there is another page."""
    return ChatSlice(
        after=query.get("after"),
        before=query.get("before"),
        video_id=query.get("video_id"),
        from_s=query.get("from_s"),
        to_s=query.get("to_s"),
        limit=query["limit"] + 1,
    )
