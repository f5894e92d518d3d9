"""What a server's key is for, and the refusal of one that is for something else."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from partyapp.shared.kernel.errors import Forbidden


class Scope(StrEnum):
    """What a server's key is for."""

    PARTIES_READ = "parties:read"
    PARTIES_WRITE = "parties:write"
    MEMBERS_WRITE = "members:write"
    EVENTS_READ = "events:read"
    #: Signing tokens for its people; such a key has a signing secret beside what it sends.
    TOKENS_SIGN = "tokens:sign"


class InsufficientScope(Forbidden):
    """The key is not for this (RFC 6750 §3.1). The problem names the scope that is needed."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"This key has not the scope {scope.value}, which is needed here.")
        self._scope = scope
        self.headers: Mapping[str, str] = {
            "WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope.value}"'
        }

    def problem(self) -> dict[str, Any]:
        """With `scope`, for a program."""
        return {**super().problem(), "scope": self._scope.value}
