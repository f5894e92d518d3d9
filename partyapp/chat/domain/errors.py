"""Why somebody may not write, or a message can't be found."""

from math import ceil
from typing import Any

from partyapp.shared.kernel.errors import Forbidden, NotFound, ValidationFailed


class ChatDisabled(Forbidden):
    code = "chat_disabled"
    detail = "The host has closed this party's chat."


class Muted(Forbidden):
    """Somebody may not write for `left_ms` more."""

    code = "muted"
    detail = "You may not write in this party for a while."

    def __init__(self, left_ms: float) -> None:
        super().__init__(retry_after_s=max(1, ceil(left_ms / 1000)))

    def problem(self) -> dict[str, Any]:
        return {**super().problem(), "retry_after_s": self.retry_after_s}


class NoSuchMessage(NotFound):
    detail = "There is no such message in this party."


class NoSuchMember(NotFound):
    detail = "There is no such member in this party."


class IdTaken(ValidationFailed):
    """Another person's message has this id."""

    def __init__(self) -> None:
        super().__init__(errors={"id": ["Is the id of somebody else's message."]})
