#!/usr/bin/env bash
# Package:   icalendar 7.3.0 from PyPI (with tzdata 2026.6), with which Python writes and reads calendar files (RFC 5545).
# Behaviour: a time with a fixed offset, as `datetime.fromisoformat("2026-12-01T20:00:00+01:00")` gives it, is written as 20:00
#            in a zone "UTC+01:00", which the file does not define, and `add_missing_timezones()` does not add it. The
#            offset is gone with that: read back by the same library, it is 20:00 without a zone, which every
#            calendar takes for its own local time. Nothing is raised or told, in either direction.
# Guess:     an aware datetime is an instant: it is written as UTC, as one with the offset +00:00 is, or as its zone.
# Seen:      see `expect` below; a ZoneInfo comes back as it was, with its zone defined in the file.
#            What Party does: its calendar file has UTC alone (partyapp/party/controllers/calendar_file.py).
# Date:      2026-11-30
set -euo pipefail
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check icalendar==7.3.0 tzdata==2026.6 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >there_and_back.py <<'PY'
import re, sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo
from icalendar import Calendar, Event
starts = datetime.fromisoformat(sys.argv[1])
if sys.argv[2:]:
    starts = starts.replace(tzinfo=ZoneInfo(sys.argv[2]))
event = Event()
event.add("uid", "one"), event.add("dtstamp", starts), event.add("dtstart", starts), event.add("duration", timedelta(hours=2))
calendar = Calendar()
calendar.add("prodid", "-//one//"), calendar.add("version", "2.0"), calendar.add_component(event)
calendar.add_missing_timezones()
written = calendar.to_ical().decode()
read = Calendar.from_ical(written).events[0].start
print(re.search("DTSTART.*20261201T.*", written).group().strip(), "zones defined:", written.count("BEGIN:VTIMEZONE"), "read:", read)
PY
expect 'a fixed offset' 'DTSTART;TZID="UTC+01:00":20261201T200000 zones defined: 0 read: 2026-12-01 20:00:00' \
  "$(env/bin/python there_and_back.py 2026-12-01T20:00:00+01:00)"
expect 'the offset of UTC' 'DTSTART:20261201T190000Z zones defined: 0 read: 2026-12-01 19:00:00+00:00' \
  "$(env/bin/python there_and_back.py 2026-12-01T19:00:00+00:00)"
expect 'a zone by name' 'DTSTART;TZID=Europe/Berlin:20261201T200000 zones defined: 1 read: 2026-12-01 20:00:00+01:00' \
  "$(env/bin/python there_and_back.py 2026-12-01T20:00:00 Europe/Berlin)"
