"""A quick run leaves examples out, a full one none."""

import pytest

from tests.support.examples import examples


def test_everything_is_tried_unless_it_has_to_be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARTY_CHECK", raising=False)
    assert [examples(full) for full in (10, 40, 400)] == [10, 40, 400]


def test_a_quick_run_tries_a_quarter_but_never_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTY_CHECK", "1")
    assert [examples(full) for full in (10, 40, 400)] == [10, 25, 100]
