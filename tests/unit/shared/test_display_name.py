"""What becomes of a name that nobody can be asked to write anew."""

from __future__ import annotations

import pytest

from partyapp.shared.kernel.display_name import cleaned_display_name


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("Ada", "Ada"),
        ("  Ada\n", "Ada"),
        ("A\x00d\x1ba\x85", "Ada"),
        ("a\ud800b", "ab"),
        ("x" * 80, "x" * 64),
        ("x" * 63 + "  y", "x" * 63),
        ("", "Guest"),
        (" \n ", "Guest"),
        (None, "Guest"),
        (7, "Guest"),
        (["Ada"], "Guest"),
    ],
)
def test_display_names_from_outside_are_cleaned(given: object, cleaned: str) -> None:
    assert cleaned_display_name(given) == cleaned
