"""One operation of the contract, in the few facts in which it differs from the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from partyapp.shared.kernel.errors import PROBLEMS

#: What a problem with these causes can be. A cause is a property of an operation, see `Operation.codes`.
_OF_A_FORM = ("payload_too_large", "unsupported_media_type", "validation_failed")
_OF_A_BODY = ("malformed_json", "payload_too_large", "unsupported_media_type", "validation_failed")
_OF_A_KEY = ("validation_failed", "payload_too_large", "idempotency_key_reused")


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header that operations take, which may be left out unless it is `needed`: a text, of which `limits`
    says more, in JSON Schema.
    """

    name: str
    about: str
    needed: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method of a path.

    `status` and `answer`: how it is answered when it succeeds; `answer` is None where there is no body, or
    none that is an object of ours. `form`: a body that is a form with a file. `preview`: what it shows
    instead to a caller who may not see the whole. `refusals`: the schema of the problem by status, where it
    is more than a Problem.

    `lifecycle`: a worker executes it, so that it can be answered with 202 and where to look. `under_way`:
    when the same object is answered with 202. `key`: it takes an Idempotency-Key. `takes`: the other headers
    that it takes. `headers`: those of its success answer, by name. `problems`: the codes that follow from
    nothing else here. `media_type`: of a success answer that is no JSON. `resumable`: the body is a part of
    something large, as bytes of `body_type`; after a failure it is gone on with instead of repeated, so there
    is no Idempotency-Key, and too much of it is `unavailable`.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    about: str = ""
    body: type[Schema] | None = None
    body_optional: bool = False
    form: type[Schema] | None = None
    query: type[Schema] | None = None
    status: int = 200
    answer: type[Schema] | None = None
    preview: type[Schema] | None = None
    refusals: Mapping[int, type[Schema]] = field(default_factory=dict)
    lifecycle: bool = False
    under_way: str = ""
    key: bool = False
    public: bool = False
    by_ticket: bool = False
    takes: tuple[Header, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    media_type: str = "application/json"
    resumable: bool = False
    body_type: str | None = None

    @property
    def codes(self) -> list[str]:
        """Every problem code it can give, in the order of their table."""
        found = set(self.problems)
        if not self.public:
            # 403: a token for one party alone, or a server's key without the scope.
            found |= {"unauthenticated", "forbidden", "unavailable", "internal"}
        if self.path.startswith("/api/") and not self.resumable:
            found.add("rate_limited")
        if "{" in self.path:
            found.add("not_found")
        if self.body is not None:
            found.update(_OF_A_BODY)
        if self.form is not None:
            found.update(_OF_A_FORM)
        if self.query is not None:
            found.add("validation_failed")
        if self.key or self.lifecycle:
            found.update(_OF_A_KEY)
        return [code for code in PROBLEMS if code in found]
