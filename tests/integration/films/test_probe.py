"""What a file holds, read in a process of its own within limits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from partyapp.transcode.domain.preparation import decide
from partyapp.transcode.domain.probed_film import FilmRefused, Packaging, PreparationFailed, ProbedFilm
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import MIB, Limits
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from tests.support.film_clips import SIZE, Clips


def test_a_film_is_described(clips: Clips) -> None:
    found = probe(clips.disc())
    assert (found.container, found.packaging, found.missing_bytes) == ("matroska", None, 0)
    assert found.duration_s == pytest.approx(4.0, abs=0.1)
    (picture,) = found.pictures
    assert (picture.codec, picture.width, picture.height, picture.pixel_format) == ("h264", 64, 36, "yuv420p")
    assert (picture.average_rate, picture.has_b_frames, picture.bit_depth) == (25.0, True, 8)
    assert (picture.interlaced, picture.rotation, picture.pixel_aspect) == (False, 0, 1.0)
    assert [(s.codec, s.language, s.title, s.default) for s in found.sounds] == [
        ("ac3", "ger", None, True),
        ("ac3", "eng", "Commentary", False),
    ]
    assert [(t.codec, t.is_text, t.language) for t in found.texts] == [
        ("subrip", True, "eng"),
        ("ass", True, None),
    ]


def test_how_an_mp4_is_laid_out_is_told(clips: Clips) -> None:
    film = clips.film()

    def layout(name: str, *flags: str) -> Packaging | None:
        return probe(clips.copied(film, name, *flags)).packaging

    assert probe(film).packaging is Packaging.MOOV_LAST
    assert layout("faststart.mp4", "-movflags", "+faststart") is Packaging.FASTSTART
    assert layout("faststart.mov", "-movflags", "+faststart") is Packaging.QUICKTIME
    assert layout("empty_moov.mp4", "-movflags", "empty_moov+frag_keyframe") is Packaging.FRAGMENTED
    assert layout("delay_moov.mp4", "-movflags", "delay_moov+frag_keyframe") is Packaging.FRAGMENTED


def test_what_only_a_frame_tells_is_told(clips: Clips) -> None:
    turned = clips.made("turned.mp4", "-display_rotation", "90", "-i", clips.film(), "-c", "copy")
    assert probe(turned).pictures[0].rotation == 90
    lines = clips.film(
        "lines.mkv", codec=("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-field_order", "tt")
    )
    assert probe(lines).pictures[0].interlaced


def test_an_unknown_length_is_none(clips: Clips) -> None:
    live = clips.film(
        "live.webm", codec=("-c:v", "libvpx", "-deadline", "realtime"), sound=("-an",), more=("-live", "1")
    )
    found = probe(live)
    assert (found.duration_s, found.pictures[0].codec) == (None, "vp8")


def cut(path: Path, share: float, name: str) -> Path:
    whole = path.read_bytes()
    shorter = path.with_name(name)
    shorter.write_bytes(whole[: int(len(whole) * share)])
    return shorter


@pytest.mark.parametrize("share", [0.34, 0.5, 0.9])
def test_a_missing_end_is_noticed(clips: Clips, share: float) -> None:
    faststart = clips.copied(clips.film(), "faststart.mp4", "-movflags", "+faststart")
    film = clips.film("film.avi", codec=("-c:v", "mpeg4"), sound=("-c:a", "mp3"))
    for whole in (faststart, clips.disc(), film):
        assert probe(whole).missing_bytes == 0
    for whole in (clips.film(), faststart, clips.disc(), film):
        with pytest.raises(FilmRefused, match="isn't whole"):
            decide(probe(cut(whole, share, f"cut-{share}-{whole.name}")))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"Dear all", "it is text"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:4,\n%s\n", "it is a playlist"),
        (b"ffconcat version 1.0\nfile '%s'\n", "it is a list of other files"),
        (
            b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>%s</BaseURL></MPD>",
            "tags",
        ),
        (bytes(range(256)) * 64, "nothing in it is known"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomiso2" + bytes(4000), "isn't whole"),
        (b"\x1a\x45\xdf\xa3" + bytes(range(250)) * 4, "broken"),
    ],
)
@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".m3u8"])
def test_what_is_no_film_is_refused_in_words(
    clips: Clips, tmp_path: Path, content: bytes, reason: str, ending: str
) -> None:
    # What it names is a good film, so that reading it would go well.
    content = content.replace(b"%s", bytes(clips.film()))
    path = tmp_path / f"film{ending}"
    path.write_bytes(content)
    with pytest.raises(FilmRefused, match=reason):
        probe(path)


def test_a_broken_film_is_not_taken_for_a_file_that_we_may_not_open(clips: Clips, tmp_path: Path) -> None:
    film = clips.film("whole.wmv", seconds=1, codec=("-c:v", "wmv2"), sound=("-c:a", "wmav2"))
    broken = tmp_path / "broken.wmv"
    # Without the object that holds the data, libav says "Operation not permitted".
    broken.write_bytes(film.read_bytes().replace(bytes.fromhex("3626b2758e66cf11"), bytes(8)))
    with pytest.raises(FilmRefused, match="what follows is broken"):
        probe(broken)


def test_a_name_is_never_an_address_a_pattern_or_an_option(clips: Clips, tmp_path: Path) -> None:
    whole = clips.film().read_bytes()
    for name in ("concat:a|b.mp4", "-i.mp4", "%d.mp4", "a,b;c'd\"e\n\\ f.mp4", "http:x.mp4", "ü\u202e😀.mp4"):
        path = tmp_path / name
        path.write_bytes(whole)
        assert probe(path).pictures[0].codec == "h264"
        path.unlink()
    with pytest.raises(PreparationFailed):
        probe(tmp_path / "no\nsuch.mp4")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(memory_bytes=64 * MIB), "broke off"), (Limits(wall_s=0.0), "took longer")],
)
def test_reading_a_file_ends_at_its_limits(clips: Clips, limits: Limits, reason: str) -> None:
    with pytest.raises(FilmRefused, match=reason):
        probe(clips.film(), limits)


def test_a_film_is_not_blamed_for_what_the_system_kills(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed.py"
    killed.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr("partyapp.transcode.infrastructure.ffmpeg.probe.PROBE_PROCESS", killed)
    with pytest.raises(PreparationFailed, match="by the system"):
        probe(clips.film())


def test_a_pipe_or_a_folder_is_no_film(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path, tmp_path / "pipe.mp4"):
        with pytest.raises((FilmRefused, PreparationFailed)):
            probe(path)


def test_the_clips_are_as_small_as_they_say(clips: Clips) -> None:
    found: ProbedFilm = probe(clips.film())
    assert f"{found.pictures[0].width}x{found.pictures[0].height}" == SIZE
