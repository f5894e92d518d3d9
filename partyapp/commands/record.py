"""A command as it stands in its row, for readers that know nothing of rows."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

#: The kind of a row that holds nothing but an HTTP answer; no worker runs it.
REQUEST = "request"


@dataclass(frozen=True, kw_only=True)
class CommandRecord:
    """A command row as it is read.

    `outcome` holds `result` or `problem` once `state` is not pending; `answer` is the HTTP answer that
    was given to a request with an Idempotency-Key. `seen` is in no row: what this process, where it has run
    the command itself, can answer with.
    """

    id: UUID
    user_id: UUID
    kind: str
    payload: dict[str, Any]
    state: str
    outcome: dict[str, Any] | None
    answer: dict[str, Any] | None = None
    seen: Any = None


@dataclass(frozen=True, kw_only=True)
class NewCommand:
    """A command that was asked for, by its person's `key` if there is one, and that has no row yet."""

    id: UUID
    user_id: UUID
    key: str | None
    fingerprint: str
    kind: str
    payload: dict[str, Any]
    now_ms: float

    def done(self, outcome: dict[str, Any], seen: Any) -> CommandRecord:
        """The command as its row has it once it has succeeded in this process."""
        return CommandRecord(
            id=self.id,
            user_id=self.user_id,
            kind=self.kind,
            payload=self.payload,
            state="succeeded",
            outcome=outcome,
            seen=seen,
        )


def fingerprint(*parts: Any) -> str:
    """A hash of what was asked for, so that the same key with another body is noticed."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
