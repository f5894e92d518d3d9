"""What else may happen to a party: rights, waits, other films and dates, as vectors."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from partyapp.party.domain.grants import Grant, Grants
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import HoldReason, NextVideo, PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from tests.golden.party_recorder import (
    ADA,
    ALAN,
    GRACE,
    ITEM,
    LEAD_MS,
    OTHER_VIDEO,
    PARTY,
    VIDEO,
    Members,
    Recorder,
    nothing,
)
from tests.support.party_objects import DETAILS, FILM_S, INVITE, film

BARBARA = UUID("018bcfe5-6800-7000-8000-0000000000ba")


def rights(record: Recorder) -> None:
    def given(user_id: UUID, grants: Grants | None) -> Callable[..., Members]:
        def change(session: SyncedPartySession) -> Members:
            party = record.party
            host, other = party.member(ADA), party.member(user_id)
            other = session.give_grants(host, other, grants, record.at_ms)
            return tuple(other if member.user_id == user_id else member for member in party.members)

        return change

    def removed(user_id: UUID) -> Callable[..., Members]:
        def change(session: SyncedPartySession) -> Members:
            party = record.party
            session.remove_member(party.member(ADA), party.member(user_id), banned=True, at_ms=record.at_ms)
            return party.without(user_id)

        return change

    host = record.party.member(ADA)
    record.happens("member_grants_changed", given(GRACE, frozenset({Grant.INVITE, Grant.QUEUE})))
    for name, wishes in (
        ("party_session_changed, the control and so what members may do", {"control": "everyone"}),
        ("party_session_changed", {"title": "Two films", "wait": {"for": "everyone"}, "next_after_s": None}),
    ):
        record.happens(name, _sets(record, host, wishes))
    record.happens("member_grants_changed, the party's again", given(GRACE, None))
    record.happens("member_removed", removed(ALAN))
    barbara = PartyMember.new(PARTY, BARBARA, "Barbara", record.at_ms).left(record.at_ms)
    record.happens("member_banned, who had gone before", _bans(record, host, barbara))
    record.happens("member_unbanned", lambda session: session.unban(host, ALAN, "Alan", record.at_ms))
    alan = PartyMember.new(PARTY, ALAN, "Alan", record.at_ms).left(record.at_ms)
    record.happens(
        "member_joined, who was removed before",
        lambda session: record.party.with_member(session.join(ALAN, "Alan", INVITE, alan, record.at_ms)),
    )


def waits(record: Recorder) -> None:
    record.control("playback_started before a wait", PlaybackAction.PLAY)
    for name, how in (("of which all are ready", "ready"), ("that was over", "limit")):
        holds(record, name)
        record.happens(
            f"playback_resumed after a wait {name}",
            _resumes(record, how),
        )


def holds(record: Recorder, name: str) -> None:
    """A party that plays stands still for Grace."""
    wait: dict[str, Any] = {"lead_ms": LEAD_MS, "limit_ms": 15_000.0}
    record.happens(
        f"playback_held, a wait {name}",
        lambda session: nothing(session.hold(HoldReason.MEMBERS, (GRACE,), at_ms=record.at_ms, **wait)),
    )


def _resumes(record: Recorder, how: str) -> Callable[..., None]:
    late = (GRACE,) if how == "limit" else ()
    return lambda session: nothing(session.resume(how, late, at_ms=record.at_ms, lead_ms=LEAD_MS))


def _bans(record: Recorder, host: PartyMember, gone: PartyMember) -> Callable[..., Members]:
    def change(session: SyncedPartySession) -> Members:
        session.remove_member(host, gone, banned=True, at_ms=record.at_ms)
        return record.party.members

    return change


def _sets(record: Recorder, host: PartyMember, wishes: dict[str, Any]) -> Callable[..., None]:
    return lambda session: nothing(session.change_settings(host, wishes, record.at_ms))


def films(record: Recorder) -> None:
    other = film(id=OTHER_VIDEO, title="Another film", duration_s=60.0, details=DETAILS)
    following = NextVideo(item_id=ITEM, video_id=OTHER_VIDEO, at_ms=record.at_ms + FILM_S * 1000.0 + 8000.0)
    record.at_ms += FILM_S * 1000.0
    record.happens(
        "playback_finished, and another film follows",
        lambda session: nothing(session.finish(record.at_ms, following)),
    )
    record.happens(
        "video_changed by itself",
        lambda session: session.begin_next(other, at_ms=record.at_ms, lead_ms=LEAD_MS),
    )
    first = film(id=VIDEO, details=DETAILS)
    record.happens(
        "video_changed by a member, to stand still at a position",
        lambda session: session.change_video(
            record.party.member(GRACE), first, position_s=30.0, at_ms=record.at_ms, lead_ms=LEAD_MS
        ),
    )
    host = record.party.member(ADA)
    record.happens(
        "party_session_changed, a date",
        _sets(record, host, {"starts_at_ms": record.at_ms + 3_600_000.0}),
    )
