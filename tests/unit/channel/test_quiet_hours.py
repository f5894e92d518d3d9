"""Quiet hours by the wall's clock, where the clocks are changed too."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partyapp.channel.controllers import AddChannel, SetQuietHours
from partyapp.channel.domain.quiet_hours import QuietHours, zone_of

BERLIN = "Europe/Berlin"
NIGHT = QuietHours(zone=BERLIN, begin=22 * 60, end=7 * 60)


def at_ms(text: str, zone: str = BERLIN, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-11-29T21:59", None),
        ("2026-11-29T22:00", "2026-11-30T07:00"),
        ("2026-11-30T00:30", "2026-11-30T07:00"),
        ("2026-11-30T07:00", None),
        # The nights in which an hour is missing, and in which one comes twice.
        ("2026-03-28T23:00", "2026-03-29T07:00"),
        ("2026-10-24T23:00", "2026-10-25T07:00"),
    ],
)
def test_a_night_is_over_by_the_clock_on_the_wall(now: str, over: str | None) -> None:
    assert NIGHT.over_at_ms(at_ms(now)) == (None if over is None else at_ms(over))


def test_hours_of_one_day() -> None:
    lunch = QuietHours(zone="Asia/Kolkata", begin=12 * 60, end=13 * 60 + 30)
    zone = "Asia/Kolkata"
    assert lunch.over_at_ms(at_ms("2026-05-05T12:59:30", zone)) == at_ms("2026-05-05T13:30", zone)
    assert lunch.over_at_ms(at_ms("2026-05-05T13:30", zone)) is None


def test_hours_in_a_zone_that_is_unknown_here_are_never() -> None:
    assert QuietHours(zone="Europe/Atlantis", begin=0, end=1439).over_at_ms(at_ms("2026-05-05T12:00")) is None


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.floats(1.7e12, 1.9e12),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_what_is_put_off_is_put_off_to_the_end_of_it(begin: int, end: int, now: float, zone: str) -> None:
    over = QuietHours(zone=zone, begin=begin, end=end).over_at_ms(now)
    assert over is None or now < over <= now + 25.1 * 3_600_000


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../../etc/passwd", "/etc/localtime", "", "a\0b"])
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        zone_of(name)


@pytest.mark.parametrize("text", ["Europe/\x00Berlin", "\ud800", ""])
def test_what_no_database_keeps_is_no_name_of_a_zone_and_no_address(text: str) -> None:
    """An answer that says why is kept too, for who asks again."""
    assert "time_zone" in SetQuietHours().validate({"time_zone": text, "begin": "22:00", "end": "07:00"})
    assert "address" in AddChannel().validate({"address": text})
