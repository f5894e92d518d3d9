"""What every store of a party's chat must do, told to the fake and to the one in Postgres alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from partyapp.chat.application.ports import ChatQuestion, ChatReading, ChatSlice, Mutes
from partyapp.chat.domain.errors import ChatDisabled, IdTaken, Muted
from partyapp.chat.domain.message import ChatHead, ChatMessage, Deletion
from partyapp.party.domain.errors import NotAMember, NotGranted, PartyEnded, PartyNotFound
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.settings import PartySettings
from partyapp.party.domain.state import PartyStatus, Visibility
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import new_id
from tests.support.chat_places import AT_ONCE, ENTITIES, Party, Place, fake_place, postgres_place
from tests.support.fresh_database import fresh_tables
from tests.support.party_objects import FILM_S, T0, film


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES, pool_size=AT_ONCE) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    return fake_place() if request.param == "memory" else postgres_place(request.getfixturevalue("engine"))


def test_what_was_said_is_found_as_it_was(place: Place) -> None:
    party = Party(place)
    saying = party.saying(text="a\n\n'\\\"\\\\ %s :x {}")
    said = place.chat.say(saying)
    assert said.first
    expected = ChatMessage(
        seq=1,
        id=saying.id,
        user_id=saying.user_id,
        display_name="Grace",
        text=saying.text,
        at_ms=saying.at_ms,
        position_s=0.0,
        video_id=party.state.video.id,
    )
    assert said.message == expected
    assert party.all() == [expected]
    assert place.chat.message(party.id, 1) == expected
    assert place.chat.message(party.id, 2) is None


def test_the_same_id_is_the_same_message_whatever_it_says(place: Place) -> None:
    party = Party(place)
    saying = party.saying()
    first = place.chat.say(saying)
    again = place.chat.say(replace(saying, text="something else", at_ms=saying.at_ms + 9))
    assert (again.message, again.first) == (first.message, False)
    assert party.say(party.host).seq == 2
    with pytest.raises(IdTaken):
        place.chat.say(replace(saying, user_id=party.host))
    assert len(party.all()) == 2


def test_each_party_counts_for_itself_and_time_never_goes_back(place: Place) -> None:
    one, other = Party(place), Party(place)
    assert [one.say(at_ms=T0 + at).seq for at in (10, 5, 20)] == [1, 2, 3]
    assert other.say().seq == 1
    assert [message.at_ms - T0 for message in one.all()] == [10, 10, 20]
    heads = place.chat.heads([one.id, other.id, new_id()])
    assert heads == {one.id: ChatHead(last_seq=3), other.id: ChatHead(last_seq=1)}


@pytest.mark.parametrize(
    ("refusal", "member", "changes"),
    [
        (PartyEnded, {}, {"status": PartyStatus.ENDED, "ended_at_ms": T0}),
        (ChatDisabled, {}, {"settings": PartySettings(chat_enabled=False)}),
        (NotGranted, {"grants": frozenset({Grant.PLAYBACK})}, {}),
        (NotGranted, {}, {"settings": PartySettings(default_grants=frozenset())}),
        (PartyNotFound, {"left_at_ms": T0}, {}),
        (NotAMember, {"left_at_ms": T0}, {"visibility": Visibility.PUBLIC}),
    ],
)
def test_who_may_not_write_is_told_why_and_takes_no_number(
    place: Place, refusal: type[Refusal], member: dict[str, Any], changes: dict[str, Any]
) -> None:
    party = Party(place, member, **changes)
    with pytest.raises(refusal):
        party.say()
    assert place.chat.heads([party.id]) == {}
    with pytest.raises(PartyNotFound):
        party.say(party_id=new_id())


def test_rights_of_ones_own_count_before_the_partys_and_the_host_has_all(place: Place) -> None:
    nothing = PartySettings(default_grants=frozenset())
    party = Party(place, {"grants": frozenset({Grant.CHAT})}, settings=nothing)
    assert party.say().seq == 1
    assert party.say(party.host).seq == 2


def test_who_is_muted_may_not_write_until_then(place: Place) -> None:
    party = Party(place)
    member = party.member.user_id
    first = party.saying(at_ms=T0)
    place.chat.say(first)
    place.chat.mute(party.id, member, T0 + 5000)
    with pytest.raises(Muted) as refused:
        party.say(at_ms=T0 + 3500)
    assert refused.value.retry_after_s == 2
    assert party.reading().muted_until_ms == T0 + 5000
    # What was taken before is still found, and the host is never muted.
    assert not place.chat.say(replace(first, at_ms=T0 + 3500)).first
    place.chat.mute(party.id, party.host, T0 + 9000)
    assert party.say(party.host, at_ms=T0 + 3500).seq == 2
    assert party.say(at_ms=T0 + 5000).seq == 3
    place.chat.mute(party.id, member, T0 + 9000)
    place.chat.mute(party.id, member, None)
    assert party.say(at_ms=T0 + 6000).seq == 4


def test_changes_of_who_is_muted_are_counted_and_read_as_a_whole(place: Place) -> None:
    party, other = Party(place), Party(place)
    member = party.member.user_id
    assert place.chat.mutes(party.id) == Mutes(0, {})
    changes = [(member, T0 + 5000), (party.host, T0 + 1), (member, None), (member, None), (member, T0 + 9)]
    assert [place.chat.mute(party.id, *change) for change in changes] == [1, 2, 3, 4, 5]
    assert place.chat.mute(other.id, other.host, T0) == 1
    assert place.chat.mutes(party.id) == Mutes(5, {party.host: T0 + 1, member: T0 + 9})
    # Nobody has said anything yet.
    assert place.chat.heads([party.id]) == {party.id: ChatHead(mutes=5)}
    assert party.reading().head == ChatHead(mutes=5)
    assert party.say(party.host, at_ms=T0 + 20).seq == 1
    place.chat.delete(party.id, 1)
    assert place.chat.heads([party.id]) == {party.id: ChatHead(last_seq=1, deletions=1, mutes=5)}


@pytest.mark.parametrize(
    "playback",
    [
        PlaybackState(status=PlaybackStatus.PLAYING, position_s=40.0, at_ms=T0, rate=1.5),
        PlaybackState(status=PlaybackStatus.PLAYING, position_s=40.0, at_ms=T0 + 60_000),
        PlaybackState(status=PlaybackStatus.PLAYING, position_s=FILM_S - 1, at_ms=T0),
        PlaybackState(status=PlaybackStatus.PAUSED, position_s=12.25, at_ms=T0),
        PlaybackState(),
    ],
)
@pytest.mark.parametrize("duration_s", [FILM_S, None])
def test_the_place_in_the_film_is_where_the_party_is(
    place: Place, playback: PlaybackState, duration_s: float | None
) -> None:
    party = Party(place, playback=playback, video=film(duration_s=duration_s))
    at_ms = T0 + 4321.5
    assert party.say(at_ms=at_ms).position_s == pytest.approx(playback.position_at(at_ms, duration_s))


def test_pages_go_both_ways_and_the_newest_come_without_a_place(place: Place) -> None:
    party = Party(place)
    for number in range(9):
        party.say(at_ms=T0 + number)

    def seqs(**wanted: Any) -> list[int]:
        return [message.seq for message in place.chat.messages(party.id, ChatSlice(**wanted))]

    assert seqs(limit=3) == [7, 8, 9]
    assert seqs(after=0, limit=3) == [1, 2, 3]
    assert seqs(after=7, limit=3) == [8, 9]
    assert seqs(before=7, limit=3) == [4, 5, 6]
    assert seqs(before=1, limit=3) == []
    assert seqs(after=9, limit=3) == []


def test_a_films_stretch_is_found_with_both_of_its_ends(place: Place) -> None:
    playing = PlaybackState(status=PlaybackStatus.PLAYING, position_s=0.0, at_ms=T0)
    party = Party(place, playback=playing)
    for second in (1, 2, 3, 4):
        party.say(at_ms=T0 + second * 1000)
    film_id = party.state.video.id

    def seqs(**wanted: Any) -> list[int]:
        return [message.seq for message in place.chat.messages(party.id, ChatSlice(**wanted))]

    assert seqs(video_id=film_id, from_s=2.0, to_s=3.0) == [2, 3]
    assert seqs(video_id=film_id, from_s=2.5) == [3, 4]
    assert seqs(video_id=new_id()) == []


def test_a_deleted_message_loses_its_text_and_keeps_its_place(place: Place) -> None:
    party = Party(place)
    first, second = party.say(), party.say()
    assert place.chat.delete(party.id, 2) == Deletion(number=1, seq=2)
    assert place.chat.delete(party.id, 1) == Deletion(number=2, seq=1)
    assert place.chat.delete(party.id, 2) is None
    assert place.chat.delete(party.id, 3) is None
    assert place.chat.delete(new_id(), 1) is None
    gone = [replace(first, text="", deletion=2), replace(second, text="", deletion=1)]
    assert party.all() == gone
    assert place.chat.deletions(party.id, 0, 10) == [Deletion(number=1, seq=2), Deletion(number=2, seq=1)]
    assert place.chat.deletions(party.id, 1, 10) == [Deletion(number=2, seq=1)]
    assert place.chat.heads([party.id]) == {party.id: ChatHead(last_seq=2, deletions=2)}
    assert party.say().seq == 3


def test_a_reading_holds_the_newest_or_those_after_what_was_seen(place: Place) -> None:
    party = Party(place)
    assert party.reading() == ChatReading(head=ChatHead(), messages=[], deleted=[])
    said = [party.say() for _ in range(6)]
    assert party.reading(limit=4).messages == said[2:]
    assert party.reading(after=4, limit=4).messages == said[4:]
    assert party.reading(after=0, limit=4).messages == said[2:]
    assert party.reading(after=99).messages == []
    place.chat.delete(party.id, 1)
    found = party.reading(after=6)
    assert (found.head, found.deleted) == (ChatHead(last_seq=6, deletions=1), [Deletion(number=1, seq=1)])


def test_readings_at_once_are_what_each_alone_would_be(place: Place) -> None:
    one, other, silent = Party(place), Party(place), Party(place)
    for party in (one, other):
        for _ in range(3):
            party.say()
        place.chat.delete(party.id, 2)
    place.chat.mute(one.id, one.member.user_id, T0 + 5000)
    asked = [
        ChatQuestion(one.id, one.member.user_id, None, 2, 0),
        ChatQuestion(silent.id, silent.host, 5, 200, 200),
        ChatQuestion(one.id, one.host, None, 2, 0),
        ChatQuestion(other.id, one.member.user_id, 1, 200, 200),
        ChatQuestion(one.id, one.member.user_id, 1, 200, 200),
    ]
    found = place.chat.readings(asked)
    assert found == [place.chat.readings([each])[0] for each in asked]
    assert [each.muted_until_ms for each in found] == [T0 + 5000, None, None, None, T0 + 5000]
    assert [len(each.messages) for each in found] == [2, 0, 2, 2, 2]
    assert [len(each.deleted) for each in found] == [0, 0, 0, 1, 1]
