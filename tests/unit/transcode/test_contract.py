"""The Video of the contract: an address or a film of ours at each stage, and for whom it has addresses."""

from dataclasses import replace

import pytest

from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.contract import view_of
from partyapp.transcode.domain.film import SEGMENTS, AudioTrack, FilmSource, PreparedFilm, SubtitleTrack
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind

SOURCE = FilmSource(file="3/film.mp4", type="video/mp4", width=1280, height=720, bitrate=2_000_000)
FILM = PreparedFilm(
    duration_s=60.0,
    width=1280,
    height=720,
    frame_rate=25.0,
    sources=(SOURCE, replace(SOURCE, file="3/film.2.mp4", audio_track="2")),
    subtitles=(SubtitleTrack(id="s1", language="de", label="Deutsch", file="3/s1.vtt", default=True),),
    audio_tracks=(AudioTrack(id="2", language="en", label="English"),),
    poster="3/poster.jpg",
    storyboard="3/storyboard.vtt",
)
GROWING = replace(FILM, sources=(replace(SOURCE, file="3/segments.m3u8", type=SEGMENTS),))
UPLOAD = Video(
    id=new_id(),
    title="Ours",
    duration_s=60.0,
    playback_url="",
    owner_id=new_id(),
    created_at_ms=1,
    kind=VideoKind.UPLOAD,
    source=FilmFile(key="films/x/source", size=9),
)
JOB = TranscodeJob.pending(new_id(), UPLOAD.id, 1.0)


def job(state: JobState) -> TranscodeJob:
    return replace(JOB, state=state)


def test_a_films_files_have_addresses_for_who_has_the_grant() -> None:
    shown = view_of(replace(UPLOAD, film=FILM), job(JobState.COMPLETED)).to_json("g.1")
    folder = f"/media/g.1/{UPLOAD.id}"
    assert shown["playback_url"] == shown["sources"][0]["url"] == f"{folder}/3/film.mp4"
    assert "audio_track" not in shown["sources"][0]
    assert shown["sources"][1] == {
        "type": "video/mp4",
        "url": f"{folder}/3/film.2.mp4",
        "width": 1280,
        "height": 720,
        "bitrate": 2_000_000,
        "audio_track": "2",
    }
    assert shown["subtitles"] == [
        {"id": "s1", "language": "de", "label": "Deutsch", "url": f"{folder}/3/s1.vtt", "default": True}
    ]
    assert shown["audio_tracks"] == [{"id": "2", "language": "en", "label": "English", "default": False}]
    assert (shown["poster_url"], shown["storyboard_url"]) == (
        f"{folder}/3/poster.jpg",
        f"{folder}/3/storyboard.vtt",
    )
    assert (shown["width"], shown["height"], shown["frame_rate"]) == (1280, 720, 25.0)
    assert (shown["kind"], shown["state"], shown["owner_id"]) == ("upload", "playable", str(UPLOAD.owner_id))


def test_what_a_film_lacks_is_said_where_it_lacks_something() -> None:
    assert "left_out" not in view_of(replace(UPLOAD, film=FILM), None).to_json("g")
    lacking = replace(FILM, left_out="Left out: 1 sound.")
    assert view_of(replace(UPLOAD, film=lacking), None).to_json()["left_out"] == "Left out: 1 sound."


def test_without_a_grant_there_are_none() -> None:
    shown = view_of(replace(UPLOAD, film=FILM), None).to_json()
    assert (shown["playback_url"], shown["sources"], shown["subtitles"]) == (None, [], [])
    assert (shown["poster_url"], shown["storyboard_url"]) == (None, None)


def test_addresses_on_this_service_begin_with_where_it_is_known_to_be() -> None:
    base = "https://example.org/party"
    shown = view_of(replace(UPLOAD, film=FILM), None).to_json("g", base)
    assert shown["playback_url"] == shown["sources"][0]["url"] == f"{base}/media/g/{UPLOAD.id}/3/film.mp4"
    assert shown["subtitles"][0]["url"].startswith(f"{base}/media/g/")
    assert shown["poster_url"].startswith(f"{base}/media/g/")
    for own, public in [
        ("/media/a.mp4", f"{base}/media/a.mp4"),
        ("https://b.example/a", "https://b.example/a"),
    ]:
        video = replace(UPLOAD, playback_url=own, kind=VideoKind.URL, source=None)
        assert view_of(video, None).to_json("g", base)["playback_url"] == public


def test_a_film_that_is_played_as_it_came() -> None:
    film = replace(FILM, sources=(replace(SOURCE, file=""),), poster="a b.jpg")
    shown = view_of(replace(UPLOAD, film=film), None).to_json("g")
    assert shown["playback_url"] == f"/media/g/{UPLOAD.id}/source"
    assert shown["poster_url"] == f"/media/g/{UPLOAD.id}/a%20b.jpg"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (JobState.PENDING, "preparing"),
        (JobState.RUNNING, "preparing"),
        (JobState.FAILED, "failed"),
        (JobState.COMPLETED, "playable"),
    ],
)
def test_the_state_follows_from_the_job(state: JobState, shown: str) -> None:
    assert view_of(UPLOAD, job(state)).to_json("g")["state"] == shown


def test_a_film_is_playable_before_its_job_is_done() -> None:
    running = view_of(replace(UPLOAD, film=FILM), job(JobState.RUNNING))
    assert running.to_json("g")["state"] == "playable"
    assert (running.playable, running.watchable) == (True, True)
    assert view_of(replace(UPLOAD, film=GROWING), job(JobState.RUNNING)).to_json("g")["state"] == "preparing"
    assert view_of(replace(UPLOAD, film=FILM), job(JobState.FAILED)).to_json("g")["state"] == "failed"


@pytest.mark.parametrize(
    ("address", "media_type"),
    [
        ("https://a.example/film.mp4?x=1.mkv", "video/mp4"),
        ("https://a.example/Film.WEBM", "video/webm"),
        ("https://a.example/live/index.m3u8", "application/vnd.apple.mpegurl"),
        ("/media/film.mkv", "video/x-matroska"),
        ("https://a.example/watch", "video/mp4"),
    ],
)
def test_the_type_of_an_address_is_guessed(address: str, media_type: str) -> None:
    video = replace(UPLOAD, playback_url=address, kind=VideoKind.URL, source=None)
    [source] = view_of(video, None).to_json()["sources"]
    assert (source["type"], source["url"]) == (media_type, address)


@pytest.mark.parametrize(
    ("state", "ready_until_s", "duration_s", "watchable"),
    [
        (JobState.COMPLETED, None, 60.0, True),
        (JobState.RUNNING, 30.0, 7200.0, True),
        (JobState.RUNNING, 29.9, 7200.0, False),
        (JobState.RUNNING, 10.0, 20.0, True),
        (JobState.RUNNING, 9.9, 20.0, False),
        (JobState.RUNNING, 29.0, None, False),
        (JobState.FAILED, 60.0, 60.0, False),
    ],
)
def test_a_party_can_be_made_early(
    state: JobState, ready_until_s: float | None, duration_s: float | None, watchable: bool
) -> None:
    film = FILM if state is JobState.COMPLETED else GROWING
    video = replace(UPLOAD, film=film, ready_until_s=ready_until_s, duration_s=duration_s)
    assert view_of(video, job(state)).watchable is watchable
    if state is not JobState.COMPLETED:
        assert not view_of(replace(video, film=None), job(state)).watchable
