"""The golden vectors of a party's messages, which the client replays, are those of today's server."""

from __future__ import annotations

import json
from typing import Any

from partyapp.party import contract
from partyapp.party.live.replica import NEEDS_READING
from tests.golden.record_party_messages import GOLDEN_FILE, encoded

TYPES = {value for name, value in vars(contract).items() if name.isupper() and isinstance(value, str)}
VECTORS: list[dict[str, Any]] = json.loads(GOLDEN_FILE.read_text(encoding="utf-8"))


def test_the_vectors_are_up_to_date() -> None:
    assert GOLDEN_FILE.read_text(encoding="utf-8") == encoded(), (
        "tests/golden/party_messages.json is stale: python -m tests.golden.record_party_messages"
    )


def test_every_event_of_the_contract_has_a_vector() -> None:
    assert len(TYPES) >= 9
    # What an event doesn't tell, no copy can make of it.
    assert {vector["event"]["type"] for vector in VECTORS} == TYPES - NEEDS_READING


def test_a_vector_is_one_event_and_its_name_is_its_own() -> None:
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS)
    for vector in VECTORS:
        revision = vector["event"]["revision"]
        assert vector["after"]["revision"] == revision
        assert vector["before"]["revision"] == max(1, revision - 1)
        assert vector["messages"]
