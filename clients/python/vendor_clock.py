"""Copies the clock estimator of the service into the client: `python clients/python/vendor_clock.py`.

The client is installed without the service and the service without the client, so each has the code; this is
the one way in which it comes over, and a test fails when the two differ.
"""

from pathlib import Path

_HERE = Path(__file__).parent
_SERVICE = _HERE.parents[1] / "partyapp" / "party" / "infrastructure" / "playback"
_CLIENT = _HERE / "src" / "party_client" / "clock"

#: The service's file -> the client's.
_FILES = {
    "clock_estimator.py": "estimator.py",
    "probe_schedule.py": "probe_schedule.py",
    "clocksync/edges.py": "edges.py",
    "clocksync/envelope.py": "envelope.py",
    "clocksync/rate_change.py": "rate_change.py",
    "clocksync/skew.py": "skew.py",
}
#: How each names what the other imports from elsewhere.
_NAMES = {
    "partyapp.party.infrastructure.playback.clocksync.": "party_client.clock.",
    "partyapp.party.infrastructure.playback.": "party_client.clock.",
    "partyapp.shared.kernel.clock": "party_client.clock.rate_bound",
}


def vendored() -> dict[Path, str]:
    """The client's files and what they are to hold."""
    made = {}
    for source, target in _FILES.items():
        text = (_SERVICE / source).read_text(encoding="utf-8")
        for theirs, ours in _NAMES.items():
            text = text.replace(theirs, ours)
        made[_CLIENT / target] = text
    return made


def main() -> None:
    """Write them."""
    for path, text in vendored().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
