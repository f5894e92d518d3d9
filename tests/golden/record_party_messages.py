"""Records the golden vectors of a party's messages: a party, what a socket is told of an event, the result.

Run it by `python -m tests.golden.record_party_messages` after a wanted change of an event, a message or the
party's view. The JavaScript client replays `messages` on `before`, and the server's own replica can replay
`event`; both must arrive at `after`. The file is a list of

    {"name": what happens, unique,
     "before": Party as `party_view` shows it to its members while nobody is connected,
     "messages": [what a socket is sent of the event, in order],
     "event": Event as the processes tell each other, perhaps with a `command_id`,
     "after": Party at the revision of the event}

The vectors follow each other: the `after` of one is the `before` of the next, but for those whose name says
"missed" (the event as a socket gets it that resumes with `last_revision`) and the other way to end. The
creation is revision 1, which no party comes before: its `before` is its `after`, and nothing may change.
"""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from tests.golden.party_evening import films, holds, rights, waits
from tests.golden.party_recorder import ADA, ALAN, COMMAND, GRACE, Members, Recorder, Vector, nothing
from tests.support.party_objects import FILM_S, INVITE

GOLDEN_FILE = Path(__file__).with_name("party_messages.json")


def _membership(record: Recorder) -> None:
    def joins(user_id: UUID, name: str, former: PartyMember | None = None) -> Callable[..., Members]:
        return lambda session: record.party.with_member(
            session.join(user_id, name, INVITE, former, record.at_ms)
        )

    def leaves(user_id: UUID) -> Callable[..., Members]:
        def change(session: SyncedPartySession) -> Members:
            session.leave(record.party.member(user_id), None, record.at_ms)
            return record.party.without(user_id)

        return change

    def renamed(user_id: UUID, name: str) -> Callable[..., Members]:
        def change(session: SyncedPartySession) -> Members:
            other = session.rename(record.party.member(user_id), name, record.at_ms)
            return tuple(other if member.user_id == user_id else member for member in record.party.members)

        return change

    record.happens("member_joined", joins(GRACE, "Grace"))
    record.happens("member_joined, a third one", joins(ALAN, "Alan"))
    record.happens("member_renamed", renamed(GRACE, "Grace Hopper"))
    grace = record.party.member(GRACE)
    record.happens("member_left", leaves(GRACE))
    record.happens(
        "member_joined again, with another name", joins(GRACE, "Grace H.", grace.left(record.at_ms))
    )


def _playback(record: Recorder) -> None:
    play, pause, seek = PlaybackAction.PLAY, PlaybackAction.PAUSE, PlaybackAction.SEEK
    record.control("playback_started", play, command_id=COMMAND)
    record.control("playback_sought while playing", seek, position_s=120.5)
    record.control("playback_paused", pause)
    record.control("playback_sought past the end while paused", seek, position_s=FILM_S + 1)
    for name, film_s, who in (
        ("video_duration_known by the host's player", FILM_S + 30.5, ADA),
        ("video_duration_known, shorter than where the party is", FILM_S - 90.0, ADA),
    ):
        record.knows(name, film_s, who)
    record.control("playback_started at the end, so from the start, at another rate", play, rate=1.5)
    record.at_ms += FILM_S * 1000.0
    record.happens("playback_finished", lambda session: nothing(session.finish(record.at_ms)))


def _hosts(record: Recorder) -> None:
    party = record.party
    record.happens(
        "host_transferred by the host",
        lambda session: session.transfer_host(party.member(ADA), party.member(GRACE), record.at_ms),
    )
    record.happens(
        "host_transferred from an absent host",
        lambda session: session.succeed_host(party.member(ALAN), record.at_ms),
    )


def _ends(record: Recorder) -> None:
    host = record.party.member(ALAN)
    record.happens(
        "party_session_ended by the host", lambda session: session.end(host, host.user_id, record.at_ms)
    )


def vectors() -> list[Vector]:
    """All vectors, always the same."""
    record = Recorder()
    _membership(record)
    _playback(record)
    rights(record)
    waits(record)
    films(record)
    _hosts(record)
    holds(record, "which the party's end ends")
    record.alternative("party_session_ended as abandoned", lambda session: session.abandon(record.at_ms))
    _ends(record)
    return record.vectors


def encoded() -> str:
    """The file's text, one vector a line."""
    lines = [json.dumps(vector, separators=(",", ":"), allow_nan=False) for vector in vectors()]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    GOLDEN_FILE.write_text(encoded(), encoding="utf-8")
