"""Films that are odd and valid: each frame of what moves is there once, for as long as the film lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from partyapp.transcode.domain.preparation import Way, decide
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from tests.support.film_clips import SIZE, Clips, frame_numbers, frame_times
from tests.support.film_preparing import Preparing

FRAMES = list(range(100))
NAMES = (
    "cover.mkv",
    "cover.mp4",
    "later.mkv",
    "later.webm",
    "later.mp4",
    "later.ts",
    "attached.mkv",
    "eight.mkv",
    "timecode.mov",
)
_LATER = ("-output_ts_offset", "100")
_VP8 = {
    "codec": ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "500k"),
    "sound": ("-c:a", "libopus"),
}


def odd(clips: Clips, name: str) -> Path:
    """100 frames of 25 in a second, and a tone."""
    film = clips.film()
    fragments = ("-movflags", "+frag_keyframe+empty_moov+frag_discont")
    made = {
        # A picture ahead of the film, by some programs even its default.
        "cover.mkv": lambda: with_cover(clips, name),
        "cover.mp4": lambda: with_cover(clips, name, "-movflags", "+faststart"),
        # As what was cut out of something longer, or recorded from a stream.
        "later.mkv": lambda: clips.copied(film, name, *_LATER),
        "later.webm": lambda: clips.film(name, **_VP8, more=_LATER),  # type: ignore[arg-type]
        "later.mp4": lambda: clips.copied(film, name, *_LATER, *fragments),
        "later.ts": lambda: clips.copied(film, name, *_LATER),
        "attached.mkv": lambda: with_font(clips, film, name),
        "eight.mkv": lambda: clips.film(name, sound=("-af", "aformat=channel_layouts=7.1", "-c:a", "flac")),
        "timecode.mov": lambda: clips.copied(film, name, "-timecode", "01:00:00:00"),
    }
    return made[name]()


def with_cover(clips: Clips, name: str, *options: str) -> Path:
    return clips.made(
        name,
        *("-f", "lavfi", "-i", f"color=red:s={SIZE}:d=0.04", "-i", clips.film()),
        *("-map", "0:v", "-map", "1:v", "-map", "1:a", "-c", "copy", "-c:v:0", "mjpeg"),
        *("-disposition:v:0", "default", "-disposition:v:1", "0", *options),
    )


def with_font(clips: Clips, film: Path, name: str) -> Path:
    font, chapters = clips.folder / "font.ttf", clips.folder / "chapters.txt"
    font.write_bytes(bytes(range(256)) * 100)
    chapters.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=One\n")
    return clips.made(
        name,
        *("-i", film, "-i", chapters, "-map", "0", "-map_chapters", "1", "-c", "copy"),
        *("-attach", font, "-metadata:s:t", "mimetype=application/x-truetype-font"),
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_becomes_a_film_with_all_that_moves(clips: Clips, tmp_path: Path, name: str) -> None:
    work = Preparing(tmp_path / "work")
    film = work.of(odd(clips, name))
    assert frame_numbers(work.main) == FRAMES
    assert film.duration_s == pytest.approx(4.0, abs=0.1)
    assert len(film.audio_tracks) == 1
    made = probe(work.main)
    assert made.duration_s == pytest.approx(4.0, abs=0.1)
    assert len(made.pictures) == 1
    assert [(sound.codec, sound.late_s < 0.05) for sound in made.sounds] == [("aac", True)]


def test_a_film_with_a_cover_ahead_of_it_is_not_played_as_it_is(clips: Clips) -> None:
    plan = decide(probe(odd(clips, "cover.mp4")))
    # A browser takes the first picture, whatever it is.
    assert (plan.way, plan.picture.copy, plan.picture.stream) == (Way.REMUX, True, 1)


def test_what_was_cut_off_between_two_keyframes_is_not_seen(clips: Clips, tmp_path: Path) -> None:
    cut = clips.made("cut.mp4", "-ss", "1.3", "-i", clips.film(), "-c", "copy", "-movflags", "+faststart")
    assert decide(probe(cut)).way is Way.WHOLE
    work = Preparing(tmp_path / "work")
    film = work.of(cut)
    assert all(one.film.sources[0].file for one in work.reports if one.film), "it was played as it came"
    assert frame_numbers(work.main) == FRAMES[33:]
    assert film.duration_s == pytest.approx(2.7, abs=0.1)


@pytest.mark.parametrize(("place", "late_s"), [("+faststart", 1.0), ("0", 1.0), ("+faststart", 0.023)])
def test_a_picture_that_begins_late_is_not_played_as_it_came(
    clips: Clips, tmp_path: Path, place: str, late_s: float
) -> None:
    source = clips.film()
    late = clips.made(
        f"late{place}{late_s}.mp4",
        *("-i", source, "-itsoffset", str(late_s), "-i", source, "-map", "1:v", "-map", "0:a", "-c", "copy"),
        *("-movflags", place),
    )
    work = Preparing(tmp_path / "work")
    work.of(late)
    assert all(one.film.sources[0].file for one in work.reports if one.film)
    assert frame_times(work.main) == pytest.approx([0.0, *frame_times(late)[1:]], abs=0.001)
    assert frame_numbers(work.main) == FRAMES


@pytest.mark.parametrize(("codec", "copied"), [("libx264", True), ("mpeg2video", False)])
def test_a_picture_whose_size_changes_on_the_way_keeps_all_its_frames(
    clips: Clips, tmp_path: Path, codec: str, copied: bool
) -> None:
    small, large = (
        clips.film(f"{name}.ts", codec=("-c:v", codec, "-q:v", "3"), more=("-vf", f"scale=iw*{by}:-1"))
        for name, by in (("small", 1), ("large", 2))
    )
    joined = tmp_path / "joined.ts"
    joined.write_bytes(large.read_bytes() + small.read_bytes())
    work = Preparing(tmp_path / "work")
    film = work.of(joined)
    assert decide(probe(joined)).picture.copy is copied
    assert (film.sources[0].width, film.sources[0].height) == (128, 72)
    # Where times begin anew, as at this join, the last frame before is lost, whatever is done to the picture.
    assert frame_numbers(work.main) == FRAMES[:-1] + FRAMES


def test_moving_jpeg_is_a_film(clips: Clips) -> None:
    alone = clips.film("moving.avi", codec=("-c:v", "mjpeg"), sound=("-an",))
    assert not probe(alone).pictures[0].still
    assert decide(probe(alone)).picture.stream == 0


def test_half_of_what_begins_later_is_missed(clips: Clips, tmp_path: Path) -> None:
    whole = odd(clips, "later.mkv").read_bytes()
    half = tmp_path / "half.mkv"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Exception, match="isn't whole"):
        Preparing(tmp_path / "work").of(half)
