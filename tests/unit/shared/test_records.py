"""The quick copy of what commands change is what `dataclasses.replace` makes."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from partyapp.party.domain.playback import HoldReason, PlaybackHold
from partyapp.shared.kernel.records import replace
from tests.support.party_objects import created, film

_PARTY = created().state
_HELD = PlaybackHold(reason=HoldReason.MEMBERS, waits_for=(), since_ms=1.0, until_ms=2.0)


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (_PARTY, {"revision": 9, "lead_ms": 120.0}),
        (_PARTY, {}),
        (_PARTY.playback, {"position_s": 3.5, "held": _HELD}),
        (_HELD, {"until_ms": 5.0}),
        (film(), {"duration_s": None}),
    ],
)
def test_it_is_the_same_and_leaves_the_first_as_it_was(record: Any, changes: dict[str, Any]) -> None:
    before, expected = dataclasses.asdict(record), dataclasses.replace(record, **changes)
    copy = replace(record, **changes)
    assert (copy, repr(copy)) == (expected, repr(expected))
    assert type(copy) is type(record)
    assert dataclasses.asdict(record) == before
    # Nothing that `__init__` would do or refuse is passed over.
    assert not hasattr(type(record), "__post_init__")
    assert not hasattr(type(record), "__slots__")
    assert all(field.init for field in dataclasses.fields(record))
    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.revision = 1
