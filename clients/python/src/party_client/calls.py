"""The requests of the contract that a client makes, as data; how they are sent is another matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from party_client.types import Json


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `key`: one that changes something, and so can be sent again without a second effect."""

    method: str
    path: str
    body: Json | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Its own headers."""
        return {} if self.key is None else {"Idempotency-Key": self.key}


def changing(method: str, path: str, body: Json | None = None) -> Call:
    """A request that changes something."""
    return Call(method, path, body if body is not None or method != "POST" else {}, key=str(uuid4()))


def party_path(party_id: str, rest: str = "") -> str:
    """The path of a party, and of what belongs to it."""
    return f"/api/parties/{party_id}{rest}"


def given(**fields: Any) -> Json:
    """Those fields that aren't None."""
    return {name: value for name, value in fields.items() if value is not None}
