"""A party's date as a calendar file, read by the library that calendar programs of Python use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Component

from partyapp.party.controllers.calendar_file import UNKNOWN_LENGTH, calendar_file
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState
from tests.support.party_objects import FILM_S, T0, film, state

URL = "https://party.example/p/1#invite=a,b;c"


def event_of(party: SyncedPartySessionState) -> Component:
    text = calendar_file(party, T0 + 90_500.0, T0, URL)
    assert all(len(line) <= 75 for line in text.split(b"\r\n")), "RFC 5545, 3.1"
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return event


def test_it_says_what_begins_when_and_where() -> None:
    party = state(title='Kino, "zwei"; \\Filme\nund Musik' * 4, revision=7)
    event = event_of(party)
    starts = datetime.fromtimestamp(T0 // 1000 + 90, UTC)
    assert event.decoded("dtstart") == starts
    assert event.decoded("dtend") == starts + timedelta(seconds=FILM_S)
    assert str(event["summary"]) == party.title
    assert (str(event["url"]), str(event["sequence"])) == (URL, "7")
    assert str(party.id) in str(event["uid"])
    assert str(event["status"]) == "CONFIRMED"


def test_of_a_film_of_unknown_length_and_a_party_that_is_over() -> None:
    event = event_of(state(video=film(duration_s=None), status=PartyStatus.ENDED))
    assert event.decoded("dtend") - event.decoded("dtstart") == UNKNOWN_LENGTH
    assert str(event["status"]) == "CANCELLED"
