"""What is known of a party, whichever member's socket brings the news first."""

from __future__ import annotations

from typing import Any

import msgspec

from partyapp.gateways.syncplay import party_messages as news
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.party.domain.playback import PlaybackStatus
from tests.support.syncplay_env import ADA, BEN, HOST, event, member_json, party_json, playback_json


def room(**changes: Any) -> PartyRoom:
    return PartyRoom(msgspec.convert(party_json(**changes), news.Party))


def happens(found: PartyRoom, *texts: str) -> PartyRoom:
    for text in texts:
        message = news.decoded(text)
        assert isinstance(message, news.EventNews)
        found.happened(message)
    return found


def test_rights_are_the_partys_the_hosts_or_ones_own() -> None:
    found = room(
        default_grants=["chat"], control="host", members=[member_json(BEN, "Ben", grants=["playback"])]
    )
    assert [found.may_play(user) for user in (HOST, ADA, BEN)] == [True, False, True]
    happens(
        found,
        event("member_grants_changed", 6, {"user_id": BEN, "display_name": "Ben", "grants": None}),
        event("host_transferred", 7, {"from_user_id": HOST, "to_user_id": ADA}, host_id=ADA),
    )
    assert [found.may_play(user) for user in (HOST, ADA, BEN)] == [False, True, False]


def test_a_room_has_controllers_where_not_everybody_may_play() -> None:
    assert not room().is_controlled_for(ADA)
    assert room(control="host").is_controlled_for(HOST)
    assert room(members=[member_json(ADA, "Ada", grants=["chat"])]).is_controlled_for(ADA)
    opened = happens(
        room(control="host", default_grants=["chat"]),
        event(
            "party_session_changed",
            6,
            {"changes": {"control": "everyone", "default_grants": ["chat", "playback"]}},
        ),
    )
    assert not opened.is_controlled_for(ADA)
    assert opened.may_play(ADA)


def test_who_is_there_comes_from_welcomes_presence_and_departures() -> None:
    found = room()
    before = found.present
    assert before == {HOST, ADA}
    found.presence(news.PresenceNews(members=[news.Presence(user_id=ADA, online=True)]))
    assert found.present is before
    found.presence(
        news.PresenceNews(
            members=[news.Presence(user_id=ADA, online=False), news.Presence(user_id=BEN, online=True)]
        )
    )
    assert found.present == {HOST, BEN}
    happens(found, event("member_left", 6, {"user_id": BEN, "display_name": "Ben"}))
    assert found.present == {HOST}


def test_an_event_counts_once_and_an_older_one_not_at_all() -> None:
    found = room()
    first = event("party_session_changed", 6, {"changes": {"title": "Another"}})
    happens(found, first, event("party_session_changed", 7, {"changes": {"title": "A third"}}), first)
    assert found.title == "A third"
    found.welcomed(msgspec.convert(party_json(title="Old"), news.Party))
    assert found.title == "A third"


def test_the_playback_is_the_newest_that_was_told() -> None:
    found = room()
    found.played(news.PlaybackNews(playback=playback_json("playing", revision=7), revision=7, by=ADA))
    found.played(news.PlaybackNews(playback=playback_json("paused", revision=6), revision=6, by=HOST))
    assert found.playback.status is PlaybackStatus.PLAYING
    assert found.playback_by == ADA
    found.played(news.PlaybackNews(playback=playback_json("paused", revision=8), revision=8))
    assert found.playback_by is None


def test_another_film_brings_its_playback() -> None:
    video = {"id": "other", "title": "Another film", "duration_s": None}
    stopped = playback_json("stopped", 0.0, revision=6)
    found = happens(room(), event("video_changed", 6, {"video": video}, playback=stopped))
    assert (found.video.id, found.video.title, found.duration_s) == ("other", "Another film", None)
    assert found.playback.status is PlaybackStatus.STOPPED
    happens(found, event("video_duration_known", 7, {"video_id": "other", "duration_s": 90.0}))
    assert found.duration_s == 90.0


def test_the_frames_of_a_film_are_known_with_it_or_once_it_is_prepared() -> None:
    video = {"id": "other", "title": "Another film", "duration_s": 90.0, "frame_rate": 24.0}
    found = happens(room(), event("video_changed", 6, {"video": video}))
    happens(found, event("video_duration_known", 7, {"video_id": "other", "duration_s": 91.0}))
    assert (found.frame_rate, found.duration_s) == (24.0, 91.0)
    for video_id, rate in (("other", 25.0), ("a third", 30.0)):
        told = msgspec.json.encode({"type": "video", "video": {**video, "id": video_id, "frame_rate": rate}})
        message = news.decoded(told.decode())
        assert isinstance(message, news.VideoNews)
        found.film(message)
    assert (found.video.id, found.frame_rate) == ("other", 25.0)


def test_names_follow_their_people() -> None:
    found = happens(
        room(),
        event("member_joined", 6, {}, member=member_json(BEN, "Ben", online=False)),
        event("member_renamed", 7, {"user_id": ADA, "display_name": "Ada L.", "former_name": "Ada"}),
    )
    assert (found.name_of(BEN), found.name_of(ADA), found.name_of("nobody")) == ("Ben", "Ada L.", "")
