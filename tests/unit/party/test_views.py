"""What a party looks like from outside: PROTOCOL's objects, field by field."""

from __future__ import annotations

import json
from dataclasses import replace

from partyapp.party.application.views import (
    Online,
    event_view,
    member_view,
    party_view,
    playback_view,
    stranger_view,
    summary_view,
)
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.infrastructure.mapping import recorded
from tests.support.party_objects import INVITE, T0, created, host_of, joined

PLAYBACK = {"state", "position_s", "rate", "at_ms", "revision", "held", "next"}
SUMMARY = {
    "id", "title", "video", "host_id", "visibility", "control", "max_members", "state", "created_at_ms",
    "ended_at_ms", "revision", "playback", "lead_ms", "member_count", "online_count", "default_grants",
    "wait", "chat_enabled", "queue_mode", "next_after_s", "starts_at_ms",
}  # fmt: skip


def test_a_playback() -> None:
    playback = PlaybackState(
        status=PlaybackStatus.PLAYING, position_s=1.5, rate=2.0, at_ms=T0 + 0.25, revision=3
    )
    assert playback_view(playback) == {
        "state": "playing", "position_s": 1.5, "rate": 2.0, "at_ms": T0 + 0.25, "revision": 3,
        "held": None, "next": None,
    }  # fmt: skip


def test_a_party_for_members_strangers_and_lists() -> None:
    session = created(title="Kino")
    grace = joined(session)
    state, members = session.state, [host_of(session), grace]
    sync = {"verdict": "in_sync"}
    whole = party_view(state, members, Online(1, {grace.user_id: {"online": True, "sync": sync}}))
    assert set(whole) == SUMMARY | {"members", "invite_code"}
    assert whole["invite_code"] == INVITE
    assert set(whole["playback"]) == PLAYBACK
    assert set(whole["video"]) == {"id", "title", "duration_s", "playback_url", "transcode_job"}
    assert (whole["state"], whole["ended_at_ms"], whole["revision"]) == ("active", None, 2)
    ada, other = whole["members"]
    assert (ada["role"], ada["online"], ada["sync"]) == ("host", False, None)
    assert (other["role"], other["online"], other["sync"]) == ("member", True, sync)
    assert set(ada) == {
        "user_id",
        "display_name",
        "role",
        "joined_at_ms",
        "grants",
        "own_grants",
        "online",
        "sync",
    }
    stranger = stranger_view(state, members)
    assert set(stranger) == set(whole) - {"invite_code"}
    assert INVITE not in json.dumps([stranger, summary_view(state, 1)])
    assert set(summary_view(state, 1)) == SUMMARY
    summary = summary_view(state, 1)
    assert (summary["member_count"], summary["online_count"]) == (2, 1)


def test_a_large_party_lists_a_hundred_the_host_and_the_asker_among_them() -> None:
    session = created(max_members=200)
    members = [host_of(session), *(joined(session, at_ms=T0 + number) for number in range(1, 131))]
    asker = members[-1].user_id
    shown = party_view(session.state, members, asker_id=asker)
    assert (shown["member_count"], len(shown["members"])) == (131, 100)
    wanted = [members[0], members[-1], *members[1:99]]
    assert [member["user_id"] for member in shown["members"]] == [str(one.user_id) for one in wanted]
    few = party_view(replace(session.state, member_count=100), members[:100])
    assert len(few["members"]) == 100


def test_a_member_and_an_event_are_json() -> None:
    session = created()
    event = recorded(session.events[0])
    view = event_view(event)
    assert set(view) == {"revision", "type", "at_ms", "actor_id", "data"}
    assert json.loads(json.dumps(view)) == view
    session.abandon(T0)
    assert event_view(recorded(session.events[-1]))["actor_id"] is None
    member = host_of(session)
    assert member_view(member, session.state)["user_id"] == str(member.user_id)
