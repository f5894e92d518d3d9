"""The party's value objects as JSON values and back: what events say of them, and what views show."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from partyapp.party.contract import QueueMode
from partyapp.party.domain.grants import Grant, grants_of, names_of
from partyapp.party.domain.playback import (
    HoldReason,
    NextVideo,
    PlaybackHold,
    PlaybackState,
    PlaybackStatus,
)
from partyapp.party.domain.settings import PartySettings, WaitFor, WaitRule
from partyapp.party.domain.state import Control, PartyVideo, SyncedPartySessionState, Visibility

#: The names of a Video that are columns of their own here; all others are its details.
_OWN = ("id", "title", "duration_s", "playback_url", "transcode_job")


def playback_json(playback: PlaybackState) -> dict[str, Any]:
    """Playback."""
    return {
        "state": playback.status.value,
        "position_s": playback.position_s,
        "rate": playback.rate,
        "at_ms": playback.at_ms,
        "revision": playback.revision,
        "held": None if playback.held is None else hold_json(playback.held),
        "next": None if playback.next_video is None else next_json(playback.next_video),
    }


def playback_from(facts: Mapping[str, Any], revision: int) -> PlaybackState:
    """The playback that an event of that revision tells, in its own words or as a Playback."""
    held, following = facts.get("held"), facts.get("next")
    return PlaybackState(
        status=PlaybackStatus(facts["state"]),
        position_s=facts["position_s"],
        rate=facts["rate"],
        at_ms=facts["at_ms"],
        revision=revision,
        held=None if held is None else hold_from(held),
        next_video=None if following is None else next_from(following),
    )


def hold_json(held: PlaybackHold) -> dict[str, Any]:
    """Playback's `held`."""
    return {
        "reason": held.reason.value,
        "for": [str(user_id) for user_id in held.waits_for],
        "since_ms": held.since_ms,
        "until_ms": held.until_ms,
    }


def hold_from(facts: Mapping[str, Any]) -> PlaybackHold:
    """A hold as `hold_json` has it."""
    return PlaybackHold(
        reason=HoldReason(facts["reason"]),
        waits_for=tuple(UUID(user_id) for user_id in facts["for"]),
        since_ms=float(facts["since_ms"]),
        until_ms=float(facts["until_ms"]),
    )


def next_json(following: NextVideo) -> dict[str, Any]:
    """Playback's `next`."""
    return {
        "item_id": str(following.item_id),
        "video_id": str(following.video_id),
        "at_ms": following.at_ms,
    }


def next_from(facts: Mapping[str, Any]) -> NextVideo:
    """A next film as `next_json` has it."""
    return NextVideo(
        item_id=UUID(facts["item_id"]), video_id=UUID(facts["video_id"]), at_ms=float(facts["at_ms"])
    )


def video_json(video: PartyVideo) -> dict[str, Any]:
    """Video."""
    return {
        "id": str(video.id),
        "title": video.title,
        "duration_s": video.duration_s,
        "playback_url": video.playback_url,
        "transcode_job": video.transcode_job,
        **video.details,
    }


def video_from(facts: Mapping[str, Any]) -> PartyVideo:
    """A film as `video_json` has it."""
    return PartyVideo(
        id=UUID(facts["id"]),
        title=facts["title"],
        duration_s=facts["duration_s"],
        playback_url=facts["playback_url"],
        transcode_job=facts["transcode_job"],
        details={name: value for name, value in facts.items() if name not in _OWN},
    )


def wait_json(rule: WaitRule) -> dict[str, Any]:
    """Party's `wait`."""
    return {
        "for": rule.waits_for.value,
        "grace_s": rule.grace_s,
        "limit_s": rule.limit_s,
        "budget_s": rule.budget_s,
    }


def wait_from(facts: Mapping[str, Any]) -> WaitRule:
    """A rule as `wait_json` has it; what is absent is as it is by default."""
    numbers = {name: float(facts[name]) for name in ("grace_s", "limit_s", "budget_s") if name in facts}
    return WaitRule(waits_for=WaitFor(facts.get("for", WaitFor.NOBODY)), **numbers)


def settings_json(state: SyncedPartySessionState) -> dict[str, Any]:
    """All that a host may set, by its names in a Party."""
    settings = state.settings
    return {
        "title": state.title,
        "visibility": state.visibility.value,
        "control": state.control.value,
        "max_members": state.max_members,
        "default_grants": names_of(state.default_grants),
        "wait": wait_json(settings.wait),
        "chat_enabled": settings.chat_enabled,
        "queue_mode": settings.queue_mode.value,
        "next_after_s": settings.next_after_s,
        "starts_at_ms": state.starts_at_ms,
    }


def with_settings(state: SyncedPartySessionState, changes: Mapping[str, Any]) -> SyncedPartySessionState:
    """The party with these of `settings_json` changed."""
    now = {**settings_json(state), **changes}
    given = "default_grants" in changes or state.settings.default_grants is not None
    return replace(
        state,
        title=now["title"],
        visibility=Visibility(now["visibility"]),
        control=Control(now["control"]),
        max_members=now["max_members"],
        starts_at_ms=now["starts_at_ms"],
        settings=PartySettings(
            default_grants=grants_of(now["default_grants"]) if given else None,
            wait=wait_from(now["wait"]),
            chat_enabled=now["chat_enabled"],
            queue_mode=QueueMode(now["queue_mode"]),
            next_after_s=now["next_after_s"],
        ),
    )


def changes_of(state: SyncedPartySessionState, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Which of these settings are others than the party's, as `with_settings` takes them.

    Who gives the control to everybody gives the rights to play and to queue too, and takes them so, unless
    the rights are given themselves.
    """
    now, wished = settings_json(state), dict(wishes)
    if "control" in wished and "default_grants" not in wished and wished["control"] != now["control"]:
        shared = {Grant.PLAYBACK, Grant.QUEUE}
        default = state.default_grants
        everyone = wished["control"] == Control.EVERYONE.value
        wished["default_grants"] = names_of(default | shared if everyone else default - shared)
    if "wait" in wished:
        wished["wait"] = {**now["wait"], **wished["wait"]}
    if "default_grants" in wished:
        wished["default_grants"] = names_of(grants_of(wished["default_grants"]))
    return {name: value for name, value in wished.items() if value != now[name]}
