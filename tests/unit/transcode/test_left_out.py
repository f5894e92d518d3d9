"""What a film lacks of its file is said in words."""

from __future__ import annotations

from dataclasses import replace

from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.preparation import decide
from partyapp.transcode.domain.probed_film import ProbedFilm, ProbedPicture, ProbedSound, ProbedText

PICTURE = ProbedPicture(index=0, codec="h264", width=640, height=360, profile="High", pixel_format="yuv420p")
SOUND = ProbedSound(index=1, codec="ac3", channels=6)
WORDS = ProbedText(index=2, codec="subrip", is_text=True)
DISC = ProbedText(index=3, codec="hdmv_pgs_subtitle", is_text=False)
FILM = ProbedFilm(
    container="matroska", size_bytes=9, duration_s=60.0, pictures=(PICTURE,), sounds=(SOUND,), texts=(WORDS,)
)


def test_nothing_is_said_where_nothing_is_lost() -> None:
    assert decide(FILM).left_out is None


def test_subtitles_that_are_pictures() -> None:
    one = decide(replace(FILM, texts=(WORDS, DISC)))
    assert one.left_out == (
        "Left out: 1 track of subtitles (made of pictures, so add a file of text (.srt) instead)."
    )
    assert one.has_subtitles
    assert decide(replace(FILM, texts=(DISC,) * 2)).left_out == (
        "Left out: 2 tracks of subtitles (made of pictures, so add a file of text (.srt) instead)."
    )


def test_what_cant_be_read_and_what_is_too_much() -> None:
    sounds = (SOUND, replace(SOUND, codec="unknown", channels=0))
    texts = (WORDS, replace(WORDS, codec="eia_608"))
    assert decide(replace(FILM, sounds=sounds, texts=texts)).left_out == (
        "Left out: 1 further track of subtitles (unreadable, or too many). "
        "Left out: 1 sound (unreadable, or too many)."
    )
    assert (
        decide(replace(FILM, sounds=(SOUND,) * 7)).left_out == "Left out: 2 sounds (unreadable, or too many)."
    )


def test_a_film_that_was_kept_before_lacks_nothing() -> None:
    kept = PreparedFilm(duration_s=1.0, width=2, height=2, frame_rate=None, sources=()).to_json()
    del kept["left_out"]
    assert PreparedFilm.from_json(kept).left_out is None
