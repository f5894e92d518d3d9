"""What can go wrong, as exceptions."""

from collections.abc import Mapping
from typing import Any


class PartyError(Exception):
    """The base of everything that this package raises on purpose."""


class ProblemError(PartyError):
    """The service refused (RFC 9457). A program decides by `code`; `detail` is one sentence for a person.

    `status`: the HTTP status. `errors`: the reasons by field, of `validation_failed`. `retry_after_s`: when
    to try again, where the service says so.
    """

    def __init__(self, problem: Mapping[str, Any], retry_after_s: float | None = None) -> None:
        self.code = str(problem.get("code", "unknown"))
        self.status = int(problem.get("status", 0))
        self.title = str(problem.get("title", "Refused"))
        self.detail = str(problem.get("detail", self.title))
        self.errors: Mapping[str, list[str]] = problem.get("errors") or {}
        self.retry_after_s: float | None = problem.get("retry_after_s", retry_after_s)
        super().__init__(f"{self.code}: {self.detail}")


class UnreachableError(PartyError):
    """The service can't be reached, or its answer isn't one of the contract's."""


class ConnectionOverError(PartyError):
    """The connection is closed for good. `reason`: `ended`, `removed`, `replaced`, `refused` or `closed`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the connection to the party is over: {reason}")


class NoAnswerError(PartyError):
    """A command or a message had no answer in time. It may still have had its effect.

    `id` is the one under which it was sent: who says the same under it again says it once.
    """

    def __init__(self, command_id: str) -> None:
        self.id = command_id
        super().__init__("the command had no answer in time; it may still have had its effect")
