"""The query of the chat's list: places in a film as any language writes a number."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from partyapp.chat.controllers.schemas import QuerySeconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("200.5", 200.5),
        ("1234.5678901234567", 1234.5678901234567),
        ("1e-05", 1e-5),
        ("-0.0", 0.0),
    ],
)
def test_seconds(text: str, seconds: float) -> None:
    assert QuerySeconds().deserialize(text) == seconds


@pytest.mark.parametrize(
    "wrong", ["", ".", "-1", "nan", "inf", "1e999", "1e16", "٣", "1" * 65, "1 ", None, 1]
)
def test_no_seconds(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        QuerySeconds().deserialize(wrong)
