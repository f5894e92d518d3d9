"""The operation that tells what became of a lifecycle command of any context."""

from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, any_of, ident, nested, word
from partyapp.openapi.objects import Problem
from partyapp.openapi.operation import Operation


def command_description(*contexts: ContextDescription) -> ContextDescription:
    """`/api/commands/{id}`, whose result is what one of the contexts' lifecycle operations answers."""
    kinds = {
        operation.answer
        for context in contexts
        for operation in context.operations
        if operation.lifecycle and operation.answer is not None
    }

    class Command(Answer):
        """A lifecycle command and what became of it."""

        id = ident("The command's id.")
        state = word("Where it stands.", "pending", "succeeded", "failed")
        result = any_of(
            sorted(kinds, key=lambda kind: kind.__name__),
            "When it succeeded. Null for leave and end, and for who may not see it.",
            null=True,
            optional=True,
        )
        problem = nested(Problem, "When it failed.", optional=True)

    return ContextDescription(
        tags={"Commands": "What became of a command that was answered with 202."},
        operations=(
            Operation(
                id="showCommand",
                method="get",
                path="/api/commands/{command_id}",
                tag="Commands",
                summary="Show what became of a command",
                about="One's own only. `result` is what the request itself would have been answered with.",
                answer=Command,
            ),
        ),
    )
