"""The objects of every context: the problem, the command that was accepted, the page of a list."""

from typing import Any

from marshmallow import Schema, fields

from partyapp.openapi.fields import Answer, answer_class, flag, ident, many, text, whole, word
from partyapp.shared.kernel.errors import PROBLEMS


class Problem(Answer):
    """Why a request was refused (RFC 9457)."""

    type = text("Names the problem; the same for the same `code`.", format="uri-reference")
    title = text("What the code means, for a person.")
    status = whole("The HTTP status.", 400)
    detail = text("Why it happened here, in one sentence for a person.")
    code = word("What a program decides by.", *PROBLEMS)
    retry_after_s = whole("With `rate_limited`: when to try again, in s.", 1, optional=True)
    signed_out = flag(
        "With `unauthenticated`: the session was ended by its person, perhaps on another device.",
        optional=True,
    )
    login = word(
        "With `unauthenticated`: why signing in at a provider failed.",
        *("expired", "unknown", "used", "refused", "untrusted"),
        optional=True,
    )
    scope = text("With `forbidden`: what a server's key would have to be for.", optional=True)
    request_id = text(
        "With a status of 500 or more: what the operator finds it by in the logs.", optional=True
    )
    errors = fields.Dict(
        keys=fields.String(),
        metadata={
            "description": "With `validation_failed`: the reasons by field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    )


class AcceptedCommand(Answer):
    """A command that is on its way."""

    id = ident("The command's id.")
    state = word("Always `pending`.", "pending")


def page_of(item: type[Schema], **more: Any) -> type[Schema]:
    """The schema of a page of `item`s; `more` are further fields."""
    cursor = text("Where the next page starts: send it as `cursor`. Null at the end.", null=True)
    declared = {"items": many(item, "This page."), "next_cursor": cursor, **more}
    name = item.__name__
    return answer_class(f"{name}Page", f"A page of {name} objects.", declared, item.__module__)
