"""What schemathesis can't know: who asks, ids of what exists, and rules that OpenAPI has no words for.

schemathesis loads this as its hooks (`SCHEMATHESIS_HOOKS`), in a process of its own, with the service's
address in `REST_FUZZ_URL`.
"""

import json
import os
import re
from itertools import count
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

from partyapp.shared.kernel.visible_text import visible_text
from tests.support.party_client import Guest, Json

#: Requests end parties and leave them, so a new one is made after so many uses.
PARTY_LASTS = 20
#: Why a request is refused that is as described, once what it names is looked up, or its file is read.
_FOUND_OUT = re.compile(
    "There is no such video|Is a member of this party already|The code is wrong, was used already"
    "|Line [0-9]+: |Must be a language|Must be from now on|This film is not in the queue"
    "|The party has begun already|You have this channel already|There is no time zone "
    "|This kind of channel is not offered here"
)

# The parts of an upload are plain bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


class Asker:
    """A host with a film and a party in which there is one of everything, made anew where requests end it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._member = Guest(url, "Member")
        self.sign_in()

    def sign_in(self) -> None:
        """Be somebody new, whose session has not ended."""
        self.host = Guest(self._url, "Host")
        self._uses = count()
        self._video = ""
        self._known: Json = {}

    def known(self) -> Json:
        """Ids of what exists, by the names of the description."""
        if next(self._uses) % PARTY_LASTS:
            return self._known
        if self.host.get(f"/api/videos/{self._video}").status_code != 200:
            self._video = self.host.create_video()["id"]
        if "party_id" in self._known:
            # A new name is told to all of one's open parties, one after the other.
            self.host.delete(f"/api/parties/{self._known['party_id']}")
        party = self.host.create_party(self._video)
        place = f"/api/parties/{party['id']}"
        self._member.join(party["id"], party["invite_code"])
        queued = self.host.post(f"{place}/queue", {"video_id": self._video}).json()
        said = self.host.post(f"{place}/chat", {"text": "Hello."}).json()
        invite = self.host.post(f"{place}/invites", {}).json()
        self._known = {
            "party_id": party["id"],
            "video_id": self._video,
            "user_id": self._member.user_id,
            "invite_code": party["invite_code"],
            "item_id": queued["id"],
            "invite_id": invite["id"],
            "seq": said["seq"],
        }
        return self._known


ASKER = Asker(os.environ["REST_FUZZ_URL"])


@schemathesis.auth(refresh_interval=None)
class Token:
    """The host's token."""

    def get(self, case: Any, ctx: Any) -> str:
        return str(ASKER.host.token)

    def set(self, case: Any, data: str, ctx: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Ids of what exists, in place of three in four of those made up; never in place of what is no id.

    Links between operations bring ids of their own.
    """
    if case.meta is None:
        return
    if case.meta.generation.mode.is_positive:
        _take_out(case)
    if case.meta.phase.name.value == "stateful":
        return
    for values in (case.path_parameters, case.body):
        if isinstance(values, dict):
            _fill_in(values)


def _take_out(case: Any) -> None:
    """What makes a request wrong though each part of it is as described."""
    # `person` is for servers with a key, and the one who asks has none.
    if isinstance(case.body, dict):
        case.body.pop("person", None)
    # A page of the chat goes one way, and a place in a film is one of a film: OpenAPI can't say what one
    # parameter means for another.
    if case.query and "after" in case.query:
        case.query.pop("before", None)
    if case.query and "video_id" not in case.query:
        for name in ("from_s", "to_s"):
            case.query.pop(name, None)
    # An upload's metadata has each key once: no expression says that.
    # The coverage phase can't make a value of this pattern, and sends a 0 as a right one.
    if (case.headers or {}).get("Upload-Checksum") == "0":
        case.headers.pop("Upload-Checksum")
    metadata = str((case.headers or {}).get("Upload-Metadata") or "")
    if metadata:
        pairs = {pair.partition(" ")[0]: pair for pair in metadata.split(",")}
        case.headers["Upload-Metadata"] = ",".join(pairs.values())


@schemathesis.hook
def filter_failure(ctx: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether it is one. It is none where what exists decides, and nothing that a description could say;
    where a text is longer than it may be by what is trimmed or composed before its characters are counted;
    and HTTP has unknown headers ignored (RFC 9110 section 5.1).
    """
    if isinstance(failure, RejectedPositiveData) and response.status_code == 422:
        errors = json.loads(response.content)["errors"]
        return not all(_FOUND_OUT.match(reason) for reasons in errors.values() for reason in reasons)
    if not isinstance(failure, AcceptedNegativeData):
        return True
    if "maxLength" in failure.message:
        texts = [
            text for values in (case.body, case.query) if isinstance(values, dict) for text in values.values()
        ]
        return all(visible_text(text) == text for text in texts if isinstance(text, str))
    return "in header - object with unexpected properties" not in failure.message


def _fill_in(values: dict[str, Any]) -> None:
    known = ASKER.known()
    for name in known.keys() & values.keys():
        value = values[name]
        is_number = isinstance(value, int) and value >= 0
        if is_number if name == "seq" else _is_id(value) and int(value[-1], 16) % 4:
            values[name] = known[name]


def _is_id(value: Any) -> bool:
    try:
        return bool(str(UUID(value)) == value)
    except (ValueError, TypeError, AttributeError):
        return False


@schemathesis.hook
def after_call(ctx: Any, case: Any, response: Any) -> None:
    """Somebody else asks once the session has ended."""
    if case.operation.definition.raw.get("operationId") == "signOut" and response.status_code == 204:
        ASKER.sign_in()
