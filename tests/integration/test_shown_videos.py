"""Parties that show a video, on a real Postgres: whose members may watch it, what the parties are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from partyapp.party.application.views import video_view
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.party.infrastructure.shown_videos import ShownVideos
from partyapp.party.infrastructure.video_catalogue import party_video
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.film import FilmSource, PreparedFilm
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import Video, VideoKind
from tests.support.fakes_transcode import PlainGrants
from tests.support.party_objects import T0, created, host_of

ENTITIES = (SyncedPartySessionEntity, PartyMemberEntity, PartyEventEntity)


class Env:
    """Parties in Postgres, and what they were told."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self.told: list[tuple[UUID, dict[str, Any]]] = []
        self.shown = ShownVideos(transactions, PlainGrants(), self.tell)

    def tell(self, party_id: UUID, video: dict[str, Any]) -> None:
        self.told.append((party_id, video))

    def party(self, view: VideoView) -> SyncedPartySession:
        """A party of this video, with its host."""
        party_id = new_id()
        video = party_video(view, PlainGrants().for_party(view.id, party_id))
        session = created(id=party_id, video=video)
        self.save(session, new=True)
        return session

    def save(self, session: SyncedPartySession, *, new: bool = False) -> None:
        with self.transactions.begin() as transaction:
            sessions = PartySessionService(transaction)
            if new:
                sessions.add(session)
                PartyMemberService(transaction).add(host_of(session))
            else:
                sessions.save(session)

    def read(self, party_id: UUID) -> SyncedPartySession:
        with self.transactions() as transaction:
            return PartySessionService(transaction).get(party_id)


@pytest.fixture
def env(transactions: Transactions) -> Env:
    return Env(transactions)


def upload(**changes: Any) -> VideoView:
    video = Video(
        id=new_id(),
        title="Ours",
        duration_s=60.0,
        playback_url="",
        owner_id=new_id(),
        created_at_ms=1,
        kind=VideoKind.UPLOAD,
    )
    job = replace(TranscodeJob.pending(new_id(), video.id, 1.0), state=JobState.RUNNING, progress=0.5)
    return view_of(replace(video, **changes), job)


def prepared(view: VideoView) -> VideoView:
    source = FilmSource(file="1/film.mp4", type="video/mp4", width=640, height=360, bitrate=9)
    film = PreparedFilm(duration_s=61.0, width=640, height=360, frame_rate=25.0, sources=(source,))
    return view_of(replace(view.video, film=film, duration_s=61.0, title="Named"), None)


def test_the_members_of_an_active_party_may_watch_its_film(env: Env) -> None:
    view = upload()
    session = env.party(view)
    host_id = session.state.host_id
    assert env.shown.watched_by(host_id) == {view.id}
    assert env.shown.watched_by(new_id()) == frozenset()
    assert env.shown.is_shown(view.id)
    assert not env.shown.is_shown(new_id())
    ended = env.read(session.state.id)
    ended.end(host_of(ended), host_id, T0 + 1)
    env.save(ended)
    assert env.shown.watched_by(host_id) == frozenset()
    assert not env.shown.is_shown(view.id)


def test_who_has_left_may_not(env: Env) -> None:
    view = upload()
    session = env.party(view)
    with env.transactions.begin() as transaction:
        transaction.execute(text("UPDATE party_members SET left_at_ms = 1"))
    assert env.shown.watched_by(session.state.host_id) == frozenset()


def test_parties_that_show_it_have_what_it_is_now(env: Env) -> None:
    view = upload()
    first, second, other = env.party(view), env.party(view), env.party(upload())
    env.shown.changed(prepared(view))
    assert {party for party, _ in env.told} == {first.state.id, second.state.id}
    for party, told in env.told:
        kept = env.read(party).state.video
        assert video_view(kept) == told
        assert told["playback_url"] == f"/media/party-{party}/{view.id}/1/film.mp4"
        assert (told["state"], told["title"], told["transcode_job"]) == ("playable", "Named", None)
        # A change of the length is an event of the party's.
        assert told["duration_s"] == 60.0
    assert env.read(other.state.id).state.video == other.state.video


def test_a_length_that_players_tell_leaves_the_rest_as_it_is(env: Env) -> None:
    view = upload()
    session = env.party(view)
    stale = env.read(session.state.id)
    env.shown.changed(prepared(view))
    stale.know_duration(host_of(stale), view.id, 75.0, True, T0 + 1)
    env.save(stale)
    kept = env.read(session.state.id).state.video
    assert (kept.duration_s, kept.title, kept.details["state"]) == (75.0, "Named", "playable")


def test_a_party_of_the_release_before_shows_its_address(env: Env) -> None:
    view = view_of(replace(upload().video, kind=VideoKind.URL, playback_url="/media/film.mp4"), None)
    session = env.party(view)
    with env.transactions.begin() as transaction:
        transaction.execute(text("UPDATE synced_party_sessions SET video_details = NULL"))
    shown = video_view(env.read(session.state.id).state.video)
    assert shown == {**view.to_json(), "owner_id": None}


def test_parties_are_found_by_their_film_without_reading_all(env: Env) -> None:
    view = upload()
    env.party(view)
    with env.transactions.begin() as transaction:
        transaction.execute(text("SET LOCAL enable_seqscan = off"))
        query = ShownVideos._showing(view.id)
        compiled = query.compile(transaction.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(row[0] for row in transaction.execute(text(f"EXPLAIN {compiled}")))
    assert "ix_sessions_video" in plan
