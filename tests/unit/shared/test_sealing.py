"""Secrets as rows keep them."""

from __future__ import annotations

from partyapp.shared.kernel.sealing import Sealer

ANSWER = {"status": 201, "body": {"ticket": "of-a-canary"}, "headers": {}}


def test_what_was_sealed_is_read_again_and_tells_nothing() -> None:
    sealed = Sealer("a" * 32).seal(ANSWER)
    assert Sealer("a" * 32).opened(sealed) == ANSWER
    assert "canary" not in sealed
    assert sealed != Sealer("a" * 32).seal(ANSWER)


def test_what_another_secret_sealed_can_not_be_read() -> None:
    assert Sealer("b" * 32).opened(Sealer("a" * 32).seal(ANSWER)) is None


def test_a_mark_tells_texts_apart_and_depends_on_the_secret() -> None:
    one, other = Sealer("a" * 32), Sealer("b" * 32)
    marks = {one.mark("x"), one.mark("y"), other.mark("x")}
    assert len(marks) == 3
    assert one.mark("x") in marks
    assert {len(mark) for mark in marks} == {64}


def test_what_the_secret_before_sealed_is_opened_and_nothing_is_sealed_with_it() -> None:
    before, after = Sealer("a" * 32), Sealer("b" * 32, previous="a" * 32)
    assert after.opened(before.seal(ANSWER)) == ANSWER
    assert before.opened(after.seal(ANSWER)) is None
    assert Sealer("b" * 32).opened(after.seal(ANSWER)) == ANSWER
    assert Sealer("c" * 32, previous="b" * 32).opened(before.seal(ANSWER)) is None
