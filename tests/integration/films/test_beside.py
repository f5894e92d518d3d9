"""Work beside other work: either ends when the other fails."""

from __future__ import annotations

import threading

import pytest

from partyapp.transcode.domain.probed_film import FilmRefused, PreparationFailed, PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg.beside import Beside
from tests.support.waiting import eventually


def test_both_end_well() -> None:
    done = threading.Event()
    with Beside(lambda should_stop: done.set(), lambda: False) as beside:
        assert not beside.should_stop()
    assert done.is_set()


def test_what_the_work_raised_is_raised_and_ends_the_block() -> None:
    def fail(should_stop: object) -> None:
        raise PreparationFailed("full")

    with pytest.raises(PreparationFailed), Beside(fail, lambda: False) as beside:
        eventually(beside.should_stop)
        raise PreparationStopped


def test_a_block_that_fails_ends_the_work_and_keeps_its_own_reason() -> None:
    ended = threading.Event()

    def work(should_stop: object) -> None:
        assert callable(should_stop)
        eventually(should_stop)
        ended.set()
        raise PreparationStopped

    with pytest.raises(FilmRefused), Beside(work, lambda: False):
        raise FilmRefused("broken")
    assert ended.is_set()
