"""How far a film is, over its stages."""

from __future__ import annotations

import pytest

from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.probed_film import FilmRefused
from partyapp.transcode.infrastructure.ffmpeg import progress
from partyapp.transcode.infrastructure.ffmpeg.progress import Tracker

FILM = PreparedFilm(duration_s=4.0, width=64, height=36, frame_rate=25.0, sources=())


class Time:
    """A clock that is told to move."""

    def __init__(self) -> None:
        self.now_s = 1000.0


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(progress, "monotonic_s", lambda: time.now_s)
    return time


def test_stages_add_up_and_never_go_back(time: Time) -> None:
    told: list[Progress] = []
    tracker = Tracker(told.append)
    for weight in (0.8, 0.2):
        tracker.stage(weight)
        for share in (0.0, 0.5, 0.25, 1.0, 7.0):
            time.now_s += 1
            tracker.at(share)
    assert [round(one.share, 3) for one in told] == [0, 0.4, 0.4, 0.8, 0.8, 0.8, 0.9, 0.9, 1, 1]


def test_reports_come_at_a_pace_and_news_at_once(time: Time) -> None:
    told: list[Progress] = []
    tracker = Tracker(told.append)
    tracker.stage(1.0)
    for share in range(100):
        time.now_s += 0.01
        tracker.at(share / 100)
    assert len(told) <= 3
    tracker.playable(FILM, ready_until_s=2.0, segments=("a", "b"))
    assert (told[-1].film, told[-1].ready_until_s, told[-1].segments) == (FILM, 2.0, ("a", "b"))
    time.now_s += 1
    tracker.at(1.0)
    assert (told[-1].film, told[-1].segments) == (FILM, ())


def test_what_is_left_is_told_by_this_runs_own_pace(time: Time) -> None:
    told: list[Progress] = []
    tracker = Tracker(told.append)
    tracker.stage(1.0)
    tracker.at(0.5)  # An earlier run had done half.
    assert told[-1].left_s is None
    time.now_s += 10
    tracker.at(0.6)
    assert told[-1].left_s == pytest.approx(40.0)


def test_a_film_that_would_take_too_long_is_refused_once_that_is_sure(time: Time) -> None:
    tracker = Tracker(lambda report: None, budget_s=3600.0)
    tracker.stage(1.0)
    tracker.at(0.0)
    time.now_s += 30
    tracker.at(0.001)
    time.now_s += 40
    with pytest.raises(FilmRefused, match=r"would take 10 hours; 1 are the most"):
        tracker.at(0.002)
