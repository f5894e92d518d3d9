"""A prepared film is kept as JSON and read again, also by a release that knows less of it."""

from partyapp.transcode.domain.film import AudioTrack, FilmSource, PreparedFilm, SubtitleTrack

FILM = PreparedFilm(
    duration_s=60.02,
    width=1920,
    height=1080,
    frame_rate=23.976,
    sources=(
        FilmSource(file="film.mp4", type="video/mp4", width=1920, height=1080, bitrate=5_000_000),
        FilmSource(
            file="720.mp4", type="video/mp4", width=1280, height=720, bitrate=2_000_000, audio_track="1"
        ),
    ),
    subtitles=(SubtitleTrack(id="s1", language="de", label="Deutsch", file="s1.vtt", default=True),),
    audio_tracks=(AudioTrack(id="1", language=None, label="Sound 1"),),
    poster="poster.jpg",
)


def test_what_is_kept_is_read_again() -> None:
    assert PreparedFilm.from_json(FILM.to_json()) == FILM


def test_what_a_newer_release_added_is_left_out() -> None:
    kept = FILM.to_json()
    kept["chapters"] = []
    kept["sources"][0]["codec"] = "avc1"
    assert PreparedFilm.from_json(kept) == FILM


def test_what_an_older_release_did_not_keep_has_its_default() -> None:
    kept = FILM.to_json()
    for name in ("subtitles", "audio_tracks", "poster", "storyboard"):
        del kept[name]
    read = PreparedFilm.from_json(kept)
    assert (read.subtitles, read.audio_tracks, read.poster, read.storyboard) == ((), (), None, None)
