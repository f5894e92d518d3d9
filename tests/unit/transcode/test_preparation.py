"""What is done to which film: every row of the decision, without a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partyapp.transcode.domain.preparation import MAX_TRACKS, Plan, Way, checked_duration, decide
from partyapp.transcode.domain.probed_film import (
    FilmRefused,
    Packaging,
    ProbedFilm,
    ProbedPicture,
    ProbedSound,
    ProbedText,
)

PICTURE = ProbedPicture(
    index=0, codec="h264", width=1280, height=720, profile="High", pixel_format="yuv420p", has_b_frames=True,
    average_rate=25.0, default=True,
)  # fmt: skip
SOUND = ProbedSound(index=1, codec="aac", channels=2, profile="LC", language="eng", default=True)
FILM = ProbedFilm(
    container="mp4", size_bytes=10_000_000, duration_s=60.0, packaging=Packaging.FASTSTART,
    pictures=(PICTURE,), sounds=(SOUND,),
)  # fmt: skip


def film(**changes: Any) -> ProbedFilm:
    return replace(FILM, **changes)


def picture(**changes: Any) -> tuple[ProbedPicture, ...]:
    return (replace(PICTURE, **changes),)


def sound(**changes: Any) -> tuple[ProbedSound, ...]:
    return (replace(SOUND, **changes),)


def text(**changes: Any) -> ProbedText:
    return replace(ProbedText(index=2, codec="subrip", is_text=True), **changes)


@pytest.mark.parametrize(
    ("probed", "way"),
    [
        (film(), Way.AS_IS),
        (film(sounds=()), Way.AS_IS),
        (film(sounds=sound(channels=6)), Way.AS_IS),
        (film(pictures=picture(pixel_format="yuvj420p")), Way.AS_IS),
        (film(pictures=picture(rotation=90)), Way.AS_IS),
        (film(packaging=Packaging.MOOV_LAST), Way.REMUX),
        (film(packaging=Packaging.FRAGMENTED), Way.REMUX),
        (film(packaging=Packaging.QUICKTIME), Way.REMUX),
        (film(container="matroska", packaging=None), Way.REMUX),
        (film(container="mpegts", packaging=None), Way.REMUX),
        (film(duration_s=None), Way.REMUX),
        (film(pictures=picture(late_s=1.0)), Way.REMUX),
        (film(pictures=picture(late_s=0.023)), Way.REMUX),
        (film(pictures=picture(late_s=0.001)), Way.AS_IS),
        (film(pictures=picture(cut=True)), Way.WHOLE),
        (film(start_s=1.48), Way.REMUX),
        (film(sounds=(*sound(default=False), *sound(index=2))), Way.REMUX),
        (film(pictures=(*picture(index=2, default=False), *picture())), Way.REMUX),
        (film(container="avi", packaging=None, pictures=picture(has_b_frames=False)), Way.REMUX),
        (film(sounds=sound(codec="ac3", profile=None)), Way.SOUND),
        (film(sounds=sound(codec="mp3", profile=None)), Way.SOUND),
        (film(sounds=sound(channels=8)), Way.SOUND),
        (film(sounds=sound(profile="Main")), Way.SOUND),
        (film(container="avi", packaging=None), Way.WHOLE),
        (film(pictures=picture(codec="hevc")), Way.WHOLE),
        (film(pictures=picture(codec="mpeg4")), Way.WHOLE),
        (film(pictures=picture(pixel_format="yuv420p10le", bit_depth=10, profile="High 10")), Way.WHOLE),
        (film(pictures=picture(pixel_format="yuv422p", profile="High 4:2:2")), Way.WHOLE),
        (film(pictures=picture(interlaced=True)), Way.WHOLE),
    ],
)
def test_as_much_as_possible_is_copied(probed: ProbedFilm, way: Way) -> None:
    plan = decide(probed)
    assert plan.way is way
    assert plan.picture.copy is (way is not Way.WHOLE)


@pytest.mark.parametrize(
    ("probed", "reason"),
    [
        (film(pictures=()), "no picture"),
        (film(pictures=picture(attached=True)), "no picture"),
        (film(pictures=picture(width=0)), "no size"),
        (film(pictures=picture(width=16384, height=8640)), "too large: 16384 × 8640"),
        (film(pictures=picture(width=8192, height=8192)), "too large"),
        (film(pictures=picture(decodes=False)), "can't be read"),
        (film(duration_s=0.0), "no time"),
        (film(duration_s=10 * 86400.0), "10.0 days"),
        (film(sounds=tuple(replace(SOUND, index=n) for n in range(40))), "41 tracks"),
        (film(missing_bytes=20_000_000), "67% of it is missing"),
    ],
)
def test_what_is_no_film_for_us_is_refused_in_words(probed: ProbedFilm, reason: str) -> None:
    with pytest.raises(FilmRefused, match=reason) as caught:
        decide(probed)
    assert caught.value.reason.endswith(".")
    assert not caught.value.try_again


def test_the_most_that_is_allowed_is_allowed() -> None:
    sounds = tuple(replace(SOUND, index=n) for n in range(1, MAX_TRACKS))
    allowed = film(sounds=sounds, duration_s=7 * 86400.0, pictures=picture(width=8192, height=4608))
    assert decide(allowed).way is Way.AS_IS
    # A few bytes that a file says it has more hide no part of the film.
    assert decide(film(missing_bytes=5_000)).way is Way.AS_IS


def shown(**changes: Any) -> tuple[int, int]:
    plan = decide(film(pictures=picture(**changes)))
    return plan.picture.width, plan.picture.height


def test_the_picture_is_as_large_as_it_is_shown() -> None:
    assert shown(rotation=90) == (720, 1280)
    assert shown(width=720, height=576, pixel_aspect=64 / 45) == (1024, 576)
    assert shown(codec="vp9", width=65, height=37) == (64, 36)
    assert shown(codec="vp9", width=3, height=2) == (2, 2)
    assert shown(codec="hevc", width=3840, height=2160) == (1920, 1080)
    assert shown(codec="hevc", width=3840, height=1600) == (1920, 800)
    assert shown(codec="hevc", width=3840, height=2160, rotation=270) == (1080, 1920)
    assert shown(codec="mpeg2video", width=720, height=576, pixel_aspect=16 / 15) == (768, 576)


def test_interlaced_and_bright_pictures_are_made_plain() -> None:
    assert decide(film(pictures=picture(codec="mpeg2video", interlaced=True))).picture.deinterlace
    for transfer in (16, 18):
        assert decide(film(pictures=picture(codec="hevc", bit_depth=10, transfer=transfer))).picture.hdr
    assert not decide(film(pictures=picture(codec="hevc", bit_depth=10, transfer=1))).picture.hdr


def renditions(plan: Plan) -> list[tuple[int, int]]:
    return [(rendition.width, rendition.height) for rendition in plan.renditions]


@pytest.mark.parametrize(
    ("changes", "smaller"),
    [
        ({}, []),
        ({"bit_rate": 9_000_000}, [(852, 480)]),
        ({"width": 1920, "height": 1080, "bit_rate": 5_000_000}, []),
        ({"width": 1920, "height": 1080, "bit_rate": 9_000_000}, [(1280, 720)]),
        ({"width": 3840, "height": 2160, "bit_rate": 5_000_000}, [(1280, 720)]),
        ({"codec": "vp9"}, [(852, 480)]),
        ({"codec": "vp9", "rotation": 90}, [(480, 852)]),
        ({"codec": "vp9", "width": 64, "height": 36}, []),
    ],
)
def test_a_rendition_is_made_below_the_films_height_where_it_helps(
    changes: dict[str, Any], smaller: list[tuple[int, int]]
) -> None:
    assert renditions(decide(film(pictures=picture(**changes)))) == smaller


def test_the_default_sound_comes_first_and_four_more_at_most() -> None:
    many = tuple(replace(SOUND, index=n, default=n == 3, language="ger") for n in range(1, 9))
    plan = decide(film(sounds=many))
    assert [one.stream for one in plan.sounds] == [3, 1, 2, 4, 5]
    assert [one.default for one in plan.sounds] == [True, False, False, False, False]
    assert {(one.language, one.label) for one in plan.sounds} == {("de", "Deutsch")}


def test_labels_are_titles_then_languages_then_numbers() -> None:
    named = film(
        sounds=(
            *sound(title="Director\u202e\n"),
            *sound(index=2, language="und"),
            *sound(index=3, language="fre"),
        )
    )
    assert [one.label for one in decide(named).sounds] == ["Director", "Sound 2", "Français"]
    assert [one.language for one in decide(named).sounds] == ["en", None, "fr"]


def test_subtitles_in_text_are_taken_out_and_pictures_of_text_are_not() -> None:
    texts = (
        text(index=2, codec="subrip", language="eng"),
        text(index=3, codec="hdmv_pgs_subtitle", is_text=False),
        text(index=4, codec="ass"),
        text(index=5, codec="mov_text", default=True),
        text(index=6, codec="webvtt"),
    )
    plan = decide(film(texts=texts))
    assert [(one.stream, one.kind, one.copy) for one in plan.texts] == [
        (2, "srt", True),
        (4, "ass", True),
        (5, "srt", False),
        (6, "vtt", True),
    ]
    assert [one.default for one in plan.texts] == [False, False, True, False]


def defaults(*texts: ProbedText) -> list[bool]:
    return [one.default for one in decide(film(texts=texts)).texts]


def test_subtitles_are_shown_unasked_only_where_that_was_meant() -> None:
    assert defaults(text(default=True)) == [False]
    assert defaults(text(default=True), text(index=3, default=True)) == [False, False]
    assert defaults(text(), text(index=3, default=True)) == [False, True]
    assert defaults(text(default=True), text(index=3, default=True, forced=True)) == [False, True]


@pytest.mark.parametrize("duration_s", [0.0, 0.05, -1.0, 7 * 86400.0 + 1])
def test_a_length_that_is_learnt_later_is_checked_too(duration_s: float) -> None:
    with pytest.raises(FilmRefused):
        checked_duration(duration_s)
    assert checked_duration(7 * 86400.0) == 7 * 86400.0
