"""A party with a date as a calendar program reads it: one event of RFC 5545."""

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState

#: How long a party is that nobody knows the length of.
UNKNOWN_LENGTH = timedelta(hours=2)


def calendar_file(party: SyncedPartySessionState, starts_at_ms: float, now_ms: float, url: str) -> bytes:
    """The file. `starts_at_ms` and `now_ms` in ms of party time; `url` leads to the party.

    A later revision of the party is a later version of the same event, so that a calendar moves it.
    """
    starts_at = _moment(starts_at_ms)
    length_s = party.video.duration_s
    event = Event()
    event.add("uid", f"{party.id}@party")
    event.add("dtstamp", _moment(now_ms))
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + (UNKNOWN_LENGTH if length_s is None else timedelta(seconds=length_s)))
    event.add("summary", party.title)
    event.add("description", party.video.title)
    event.add("url", url)
    event.add("sequence", party.revision)
    event.add("status", "CANCELLED" if party.status is PartyStatus.ENDED else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Party//Watch parties//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _moment(ms: float) -> datetime:
    # Whole seconds are all that a calendar knows.
    return datetime.fromtimestamp(ms // 1000, UTC)
