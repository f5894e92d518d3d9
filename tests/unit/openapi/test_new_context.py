"""A new context is described by what it hands in, and nothing of another context or the generator changes."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from marshmallow import Schema, ValidationError

from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.openapi.asyncapi import asyncapi_document
from partyapp.openapi.commands import command_description
from partyapp.openapi.description import ContextDescription, Description
from partyapp.openapi.document import openapi_document
from partyapp.openapi.fields import Answer, ident, nested, text
from partyapp.openapi.objects import page_of
from partyapp.openapi.operation import Operation
from partyapp.openapi.socket_message import Sender, SocketMessage
from partyapp.party.controllers.openapi.objects import Member
from partyapp.shared.http.schemas import Text
from partyapp.shared.kernel.ids import new_id


class LineSchema(Schema):
    line = Text(1, 500, required=True)


class Line(Answer):
    """Something that a member said."""

    id = ident("The line's id.")
    line = text("What was said.")
    member = nested(Member, "Who said it.")


class Reply(msgspec.Struct, forbid_unknown_fields=True):
    to: str


class Say(msgspec.Struct, tag="say", forbid_unknown_fields=True):
    line: Annotated[str, msgspec.Meta(max_length=500)]
    reply: Reply | None = None


CHAT = ContextDescription(
    tags={"Lines": "What members say."},
    operations=(
        Operation(
            id="listLines",
            method="get",
            path="/api/parties/{party_id}/lines",
            tag="Lines",
            summary="Read the chat",
            answer=page_of(Line),
        ),
        Operation(
            id="sayLine",
            method="post",
            path="/api/parties/{party_id}/lines",
            tag="Lines",
            summary="Say something",
            body=LineSchema,
            status=201,
            answer=Line,
            lifecycle=True,
        ),
    ),
    words={"line": "What to say."},
    messages=(
        SocketMessage(
            name="say", sender=Sender.CLIENT, summary="Say something.", payload=msgspec.json.schema(Say)
        ),
        SocketMessage(name="line", sender=Sender.SERVER, summary="Something was said.", payload=Line),
    ),
)
WITH_CHAT = Description(*DESCRIPTION.contexts, CHAT)


def without(document: Any, *paths: tuple[str, ...]) -> Any:
    """The document without what is at these paths, each of which has to be there."""
    for *way, last in paths:
        place = document
        for step in way:
            place = place[step]
        del place[last]
    return document


def test_its_operations_and_objects_are_described_and_the_others_unchanged() -> None:
    described = openapi_document(WITH_CHAT)
    body = described["components"]["schemas"]["LineRequest"]
    assert body["properties"]["line"]["description"] == "What to say."
    assert body["additionalProperties"] is False
    assert described["components"]["schemas"]["Line"]["description"] == "Something that a member said."
    assert described["tags"].pop() == {"name": "Lines", "description": "What members say."}
    schemas = (("components", "schemas", name) for name in ("Line", "LinePage", "LineRequest"))
    lines = ("paths", "/api/parties/{party_id}/lines")
    assert without(described, lines, *schemas) == openapi_document(DESCRIPTION)


def test_its_answers_are_held_to_its_objects() -> None:
    member = {
        "user_id": str(new_id()), "display_name": "Ada", "role": "host", "joined_at_ms": 1.7e12,
        "online": True, "sync": None, "grants": ["chat"], "own_grants": None,
    }  # fmt: skip
    line = {"id": str(new_id()), "line": "Look!", "member": member}
    answers.check(WITH_CHAT, "sayLine", line)
    answers.check_message(WITH_CHAT, {"type": "line", **line})
    for wrong in ({**line, "surplus": 1}, {**line, "member": {**member, "role": "guest"}}):
        with pytest.raises(ValidationError):
            answers.check(WITH_CHAT, "sayLine", wrong)
        with pytest.raises(ValidationError):
            answers.check_message(WITH_CHAT, {"type": "line", **wrong})


def test_its_messages_join_the_socket_and_the_others_are_unchanged() -> None:
    described = asyncapi_document(WITH_CHAT)
    schemas = described["components"]["schemas"]
    assert schemas["SayMessage"]["properties"]["type"] == {"const": "say"}
    assert schemas["SayMessage"]["required"] == ["type", "line"]
    assert {"$ref": "#/components/schemas/Reply"} in schemas["SayMessage"]["properties"]["reply"]["anyOf"]
    # REST shows a line, too, but a message also has its type.
    line = schemas["LineMessage"]["properties"]
    assert line["type"] == {"const": "line"}
    assert line["member"]["$ref"] == "./openapi.json#/components/schemas/Member"
    assert described["operations"]["receive_party"]["messages"].pop()["$ref"].endswith("/say")
    assert described["operations"]["send_party"]["messages"].pop()["$ref"].endswith("/line")
    messages = (("channels", "party", "messages", name) for name in ("say", "line"))
    payloads = (("components", "schemas", name) for name in ("SayMessage", "Reply", "LineMessage"))
    components = (("components", "messages", f"party.{name}") for name in ("say", "line"))
    rest = without(described, *messages, *payloads, *components)
    assert rest == asyncapi_document(DESCRIPTION)


def test_what_its_lifecycle_commands_give_is_a_result_of_a_command() -> None:
    description = Description(CHAT, *DESCRIPTION.contexts[:3], command_description(CHAT))
    result = description.operation("showCommand").answer
    assert result is not None
    kinds: Any = result().fields["result"]
    assert kinds.kinds == (Line,)


def operation(**changes: Any) -> ContextDescription:
    facts = {"id": "look", "method": "get", "path": "/api/look", "tag": "Chat", "summary": "Look"}
    return ContextDescription(operations=(Operation(**{**facts, **changes}),))


def message(**changes: Any) -> ContextDescription:
    facts = {"name": "wave", "sender": Sender.SERVER, "summary": "Wave.", "payload": Line}
    return ContextDescription(messages=(SocketMessage(**{**facts, **changes}),))


@pytest.mark.parametrize(
    "wrong",
    [
        operation(id="sayLine"),
        operation(path="/api/videos"),
        operation(tag="Weather"),
        message(name="tick"),
        message(channel="elsewhere"),
        ContextDescription(tags={"Chat": "Again."}),
    ],
)
def test_what_does_not_fit_together_is_refused(wrong: ContextDescription) -> None:
    with pytest.raises(ValueError, match=r"twice|no such"):
        Description(*WITH_CHAT.contexts, wrong)


def test_two_objects_of_one_name_are_refused() -> None:
    other = type("Member", (Answer,), {"name": text("Another member.")})
    holder = type("Wave", (Answer,), {"member": nested(other, "Who waves.")})
    with pytest.raises(ValueError, match="Member"):
        asyncapi_document(Description(*DESCRIPTION.contexts, message(payload=holder)))
    shown = operation(tag="Parties", answer=holder)
    with pytest.raises(ValueError, match="Member"):
        openapi_document(Description(*DESCRIPTION.contexts, shown))
