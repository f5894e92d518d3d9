"""Requests that schemathesis makes up from docs/openapi.json, good and bad, sent to a running service.

Each answer has to be one that the description names for its operation: status, content type, headers and
body. No answer may be 5xx but 503, and 507 for a film that is larger than the disk.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.result import Err
from schemathesis.specs.openapi import checks

from tests.support.examples import TO_A_SERVICE_UNSHRUNK
from tests.support.party_client import Guest, Json
from tests.support.waiting import LIMIT_S, Unexpected

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi.json"
#: Requests end parties and leave them, so a new one is made after so many.
PARTY_LASTS = 20

load_all_checks()
# The parts of an upload are plain bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
CHECKS: list[Any] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@dataclass
class RequestFuzz:
    """A service at `url` and what is needed for requests that get past authentication."""

    url: str
    statuses: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._guests = {name: Guest(self.url, name) for name in ("Host", "Member", "Stranger")}
        self._session = requests.Session()
        self._session.trust_env = False
        self._video = self._guests["Host"].create_video()["id"]
        self._party: Json = {}
        self._uses = count()

    @property
    def sent(self) -> int:
        """How many requests were answered."""
        return self.statuses.total()

    def run(self, examples: int, *, seeded: bool) -> None:
        """So many requests of each operation; the same ones each time if `seeded`.

        Raises what schemathesis or `Unexpected` says of the first answer that is not as described.
        """
        schema = schemathesis.openapi.from_dict(json.loads(DESCRIPTION.read_text(encoding="utf-8")))
        for result in schema.get_all_operations():
            if isinstance(result, Err):
                raise Unexpected(f"an operation can't be read: {result.err()}")
            self._operation(result.ok(), examples, seeded)

    def close(self) -> None:
        """Close all connections."""
        for guest in self._guests.values():
            guest.close()
        self._session.close()

    def _operation(self, operation: Any, examples: int, seeded: bool) -> None:
        good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        try:
            bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        except Exception:  # Nothing of some operations can be wrong.
            bad = good

        @settings(TO_A_SERVICE_UNSHRUNK, max_examples=examples, derandomize=seeded)
        @given(case=good | bad, who=st.sampled_from(["Host", "Member", "Stranger", ""]), real=st.booleans())
        def ask(case: Any, who: str, real: bool) -> None:
            self._ask(case, who, real)

        ask()

    def _ask(self, case: Any, who: str, real: bool) -> None:
        party = self._current_party()
        if real and "party_id" in (case.path_parameters or {}):
            case.path_parameters["party_id"] = party["id"]
        if real and "video_id" in (case.path_parameters or {}):
            case.path_parameters["video_id"] = self._video
        if real and isinstance(case.body, dict):
            self._fill_in(case.body, party)
        headers = {"Authorization": f"Bearer {self._guests[who].token}"} if who else {}
        response = case.call(
            base_url=self.url,
            session=self._session,
            headers=headers,
            timeout=LIMIT_S,
            allow_redirects=False,
        )
        self.statuses[response.status_code] += 1
        if response.status_code >= 500 and response.status_code not in (503, 507):
            raise Unexpected(f"{response.status_code}: {case.as_curl_command()}")
        case.validate_response(response, checks=CHECKS)
        if case.path == "/api/videos/{video_id}" and case.method == "DELETE" and response.status_code == 204:
            self._video = self._guests["Host"].create_video()["id"]
        if case.path == "/api/auth/session" and response.status_code == 204:
            self._sign_in_again(who)

    def _sign_in_again(self, who: str) -> None:
        """Somebody in the place of who has signed out, who is in no party yet."""
        self._guests[who].close()
        self._guests[who] = Guest(self.url, who)
        self._uses = count()

    def _fill_in(self, body: dict[str, Any], party: Json) -> None:
        """Ids of things that exist, in place of those made up."""
        known = {
            "video_id": self._video,
            "invite_code": party["invite_code"],
            "user_id": self._guests["Member"].user_id,
        }
        body.update({name: value for name, value in known.items() if name in body})

    def _current_party(self) -> Json:
        if next(self._uses) % PARTY_LASTS == 0:
            self._party = self._guests["Host"].create_party(self._video)
            self._guests["Member"].join(self._party["id"], self._party["invite_code"])
        return self._party
