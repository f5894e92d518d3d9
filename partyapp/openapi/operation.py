"""One operation of the contract, in the few facts in which it differs from the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marshmallow import Schema

from partyapp.shared.kernel.errors import PROBLEMS

#: What a problem with these causes can be. A cause is a property of an operation, see `Operation.codes`.
_OF_A_BODY = ("malformed_json", "payload_too_large", "unsupported_media_type", "validation_failed")
_OF_A_KEY = ("validation_failed", "payload_too_large", "idempotency_key_reused")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method of a path.

    `lifecycle`: a worker executes it, so that it can be answered with 202. `key`: it takes an
    Idempotency-Key. `headers`: those of its success answer, by name. `problems`: the codes that follow
    from nothing else here. `media_type`: of a success answer that is no JSON. `preview`: it takes an invite
    code, and shows little to who holds it. `invited`: it takes an invite code instead of a token.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    about: str = ""
    body: type[Schema] | None = None
    body_optional: bool = False
    query: type[Schema] | None = None
    lifecycle: bool = False
    key: bool = False
    public: bool = False
    by_ticket: bool = False
    preview: bool = False
    invited: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    media_type: str = "application/json"

    @property
    def codes(self) -> list[str]:
        """Every problem code it can give, in the order of their table."""
        found = set(self.problems)
        if not self.public:
            found |= {"unauthenticated", "unavailable", "internal"}
        if self.path.startswith("/api/"):
            found.add("rate_limited")
        if "{" in self.path:
            found.add("not_found")
        if self.body is not None:
            found.update(_OF_A_BODY)
        if self.query is not None:
            found.add("validation_failed")
        if self.key or self.lifecycle:
            found.update(_OF_A_KEY)
        return [code for code in PROBLEMS if code in found]
