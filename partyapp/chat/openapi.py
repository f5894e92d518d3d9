"""What the chat shows: its operations with their objects, and its messages on the party's WebSocket."""

from marshmallow import fields

from partyapp.chat.controllers.chat_socket import MAX_WRITTEN
from partyapp.chat.controllers.schemas import ChatQuery, MuteSchema, SaySchema
from partyapp.chat.domain.chat_text import MAX_TEXT
from partyapp.chat.domain.reaction import MAX_BYTES, MOST_NAMED
from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, flag, ident, idents, instant, many, nested, real, text, whole
from partyapp.openapi.objects import page_of
from partyapp.openapi.operation import Operation
from partyapp.openapi.socket_message import Sender, SocketMessage

_CHAT = "/api/parties/{party_id}/chat"


class ChatEntry(Answer):
    """What somebody said, and where in the film."""

    seq = whole("Its number in the party, from 1 without a gap.", 1)
    id = ident("The id that its sender gave it.")
    user_id = ident("Who said it.")
    display_name = text("Their name then.")
    text = text("What they said; empty once it was deleted.", maxLength=MAX_TEXT)
    at_ms = instant("When it was said.")
    position_s = real("Where the film was, in s.", 0)
    video_id = ident("Which film.")
    deleted = flag("There, and true, once it was deleted.", optional=True)


class MutedMember(Answer):
    """Until when a member may not write."""

    user_id = ident("The member.")
    muted_until_ms = instant("Until when; null: they may.", null=True)


class Said(Answer):
    message = nested(ChatEntry, "What was said.")


class ChatSoFar(Answer):
    """What a welcome tells of the chat."""

    last_seq = whole("The number of the latest message, 0 before the first.")
    enabled = flag("Whether anybody may write.")
    messages = many(
        ChatEntry, "The last 50, or with `last_chat_seq` those after it, the last 200 at most; oldest first."
    )
    muted_until_ms = instant("Until when the socket's person may not write; null: they may.", null=True)
    deleted = fields.List(
        whole("A message's number.", 1),
        metadata={"description": "With `last_chat_seq`: which of the messages up to it were deleted lately."},
    )


class ChatDeleted(Answer):
    seq = whole("The number of the message that was deleted.", 1)


class MutedNow(Answer):
    until_ms = instant("Until when the socket's person may not write; null: they may again.", null=True)


class ReactionsShown(Answer):
    counts = fields.Dict(
        keys=fields.String(),
        values=whole("How often.", 1),
        required=True,
        metadata={"description": "How often each was given since the message before."},
    )
    by = idents(f"Who gave them, the latest first, at most {MOST_NAMED}.")


_ID = {"type": "string", "format": "uuid"}

MESSAGES = (
    SocketMessage(
        name="chat",
        key="send_chat",
        sender=Sender.CLIENT,
        summary="Say something. Everybody, the sender too, receives `chat` with the same `id`.",
        about="The same `id` again is the same message. A refusal is an `error` with the `id`.",
        payload={
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "text"],
            "properties": {
                "id": {**_ID, "description": "The client's own."},
                "text": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MAX_WRITTEN,
                    "description": f"1 to {MAX_TEXT} characters after trimming.",
                },
            },
        },
    ),
    SocketMessage(
        name="react",
        sender=Sender.CLIENT,
        summary="Show a reaction, which is kept nowhere.",
        payload={
            "type": "object",
            "additionalProperties": False,
            "required": ["emoji"],
            "properties": {
                "emoji": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MAX_BYTES,
                    "description": f"One character to the eye, of at most {MAX_BYTES} bytes.",
                }
            },
        },
    ),
    SocketMessage(
        name="chat",
        sender=Sender.SERVER,
        summary="Somebody has said something. Each message comes once and in the order of `seq`.",
        payload=Said,
    ),
    SocketMessage(
        name="chat_deleted",
        sender=Sender.SERVER,
        summary="A message was deleted; its text is gone.",
        payload=ChatDeleted,
    ),
    SocketMessage(
        name="muted",
        sender=Sender.SERVER,
        summary="To who was muted alone: for how long.",
        payload=MutedNow,
    ),
    SocketMessage(
        name="reactions",
        sender=Sender.SERVER,
        summary="What members have reacted with, brought together: at most four times a second.",
        payload=ReactionsShown,
    ),
)

CHAT = ContextDescription(
    tags={"Chat": "What is said in a party, each message with its place in the film."},
    operations=(
        Operation(
            id="listChat",
            method="get",
            path=_CHAT,
            tag="Chat",
            summary="Read what was said",
            about=(
                "Members only, oldest first: the newest messages, those after one, or those just before one. "
                "With `video_id` those that were said in that film, between `from_s` and `to_s`."
            ),
            query=ChatQuery,
            answer=page_of(ChatEntry),
            problems=("not_a_member",),
        ),
        Operation(
            id="say",
            method="post",
            path=_CHAT,
            tag="Chat",
            summary="Say something",
            about="The same `id` again is the same message.",
            body=SaySchema,
            status=201,
            answer=ChatEntry,
            key=True,
            problems=("forbidden", "not_a_member", "party_ended", "chat_disabled", "muted"),
        ),
        Operation(
            id="deleteMessage",
            method="delete",
            path=f"{_CHAT}/{{seq}}",
            tag="Chat",
            summary="Delete a message",
            about=(
                "For who wrote it, and for who may moderate. Its text is gone for ever. Again "
                "changes nothing."
            ),
            status=204,
            key=True,
            problems=("forbidden", "not_a_member", "party_ended"),
        ),
        Operation(
            id="showMute",
            method="get",
            path="/api/parties/{party_id}/members/{user_id}/mute",
            tag="Chat",
            summary="Show whether a member is muted",
            about="For who may moderate.",
            answer=MutedMember,
            problems=("forbidden", "not_a_member", "party_ended"),
        ),
        Operation(
            id="muteMember",
            method="put",
            path="/api/parties/{party_id}/members/{user_id}/mute",
            tag="Chat",
            summary="Mute a member for a while",
            about="For who may moderate. The host can't be muted.",
            body=MuteSchema,
            answer=MutedMember,
            key=True,
            problems=("forbidden", "not_a_member", "party_ended"),
        ),
    ),
    words={
        "id": "The sender's own; one is made if none is given.",
        "text": "What to say, in 1 to 500 characters after trimming.",
        "after": "Only messages after this `seq`.",
        "before": "The messages just before this `seq`.",
        "video_id": "Only what was said in this film.",
        "from_s": "From this place in the film on, in s.",
        "to_s": "Up to this place, in s.",
        "muted_s": "For how long, in s; 0 ends it.",
    },
    messages=MESSAGES,
    added={"welcome": {"chat": nested(ChatSoFar, "What was said.")}},
)
