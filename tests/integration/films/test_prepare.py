"""Films made ready to be played, by the real ffmpeg, on tiny clips."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import av
import pytest

from partyapp.transcode.application.film_preparer import FilmPreparer
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.probed_film import (
    FilmRefused,
    Packaging,
    PreparationFailed,
    PreparationStopped,
    ProbedFilm,
)
from partyapp.transcode.infrastructure.ffmpeg.encoded_film import EncodedFilm
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from tests.support.film_clips import Clips, ffmpeg, frame_hashes, frame_numbers, frame_times
from tests.support.film_preparing import Preparing

HEVC = ("-c:v", "libx265", "-x265-params", "log-level=none:keyint=40")


def checked(work: Preparing) -> ProbedFilm:
    """What every prepared film must be, and that nothing else is left."""
    film = work.film
    assert film is not None
    named = {source.file for source in film.sources} | {text.file for text in film.subtitles}
    assert film.poster is not None
    assert film.storyboard is not None
    sheets = set(re.findall(r"^(\S+)#xywh", (work.folder / film.storyboard).read_text(), re.M))
    assert work.files() == (named | sheets | {film.poster, film.storyboard}) - {""}
    made = probe(work.main)
    assert made.packaging is Packaging.FASTSTART
    assert made.pictures[0].codec == "h264"
    assert (made.pictures[0].pixel_format, made.pictures[0].bit_depth) == ("yuv420p", 8)
    assert {sound.codec for sound in made.sounds} <= {"aac"}
    return made


@pytest.fixture
def work(tmp_path: Path) -> Preparing:
    return Preparing(tmp_path / "work 100%d\n")


def test_a_plain_mp4_is_played_as_it_is(clips: Clips, work: Preparing) -> None:
    source = clips.copied(clips.film(), "faststart.mp4", "-movflags", "+faststart")
    before = hashlib.sha256(source.read_bytes()).digest()
    film = work.of(source)
    assert [(one.file, one.type, one.width, one.height) for one in film.sources] == [
        ("", "video/mp4", 64, 36)
    ]
    assert work.reports[0].film is not None
    assert work.files() == {"poster.jpg", "storyboard.vtt", "storyboard-1.jpg"}
    assert hashlib.sha256(source.read_bytes()).digest() == before
    assert film.duration_s == pytest.approx(4.0, abs=0.05)


def test_a_table_of_contents_at_the_end_is_moved_and_plays_until_then(clips: Clips, work: Preparing) -> None:
    film = work.of(clips.film())
    first = work.reports[0].film
    assert first is not None
    assert [source.file for source in first.sources] == [""]
    assert [source.file for source in film.sources] == ["film.mp4"]
    checked(work)
    assert frame_hashes(work.main) == frame_hashes(clips.film())


def test_a_disc_gets_its_sounds_and_subtitles(clips: Clips, work: Preparing) -> None:
    film = work.of(clips.disc())
    checked(work)
    assert [(one.file, one.audio_track) for one in film.sources] == [
        ("film.mp4", "sound-1"),
        ("film-sound-2.mp4", "sound-2"),
    ]
    assert [(one.id, one.language, one.label, one.default) for one in film.audio_tracks] == [
        ("sound-1", "de", "Deutsch", True),
        ("sound-2", "en", "Commentary", False),
    ]
    srt, ass = ((work.folder / one.file).read_text() for one in film.subtitles)
    assert "NOTE srt en" in srt
    assert "Good evening & welcome" in srt
    assert "NOTE ass None" in ass
    assert "Dialogue:" in ass
    for source in film.sources:
        assert frame_hashes(work.folder / source.file) == frame_hashes(clips.film())
    assert [one.label for one in film.subtitles] == ["English", "Subtitles 2"]


def test_subtitles_that_cant_be_read_cost_nothing_but_themselves(clips: Clips, tmp_path: Path) -> None:
    def refuse(raw: bytes, kind: str, language: str | None) -> bytes:
        raise ValueError(kind)

    work = Preparing(tmp_path / "work", FfmpegFilmPreparer(refuse))
    assert work.of(clips.disc()).subtitles == ()
    checked(work)


CONTAINERS = {
    "hevc.mkv": (HEVC, ("-c:a", "ac3")),
    "hevc.mp4": (HEVC, ("-c:a", "aac")),
    "vp8.webm": (("-c:v", "libvpx", "-deadline", "realtime"), ("-c:a", "libopus")),
    "vp9.webm": (("-c:v", "libvpx-vp9", "-deadline", "realtime"), ("-c:a", "libvorbis")),
    "divx.avi": (("-c:v", "mpeg4", "-bf", "2"), ("-c:a", "mp3")),
    "h264.avi": (("-c:v", "libx264", "-bf", "2"), ("-c:a", "mp3")),
    "mpeg2.ts": (("-c:v", "mpeg2video", "-bf", "2"), ("-c:a", "ac3")),
    "mpeg2.mpg": (("-c:v", "mpeg2video", "-bf", "2", "-f", "vob"), ("-c:a", "mp2")),
    "theora.ogv": (("-c:v", "libtheora"), ("-c:a", "libvorbis")),
    "sorenson.flv": (("-c:v", "flv"), ("-c:a", "mp3")),
    "wmv.wmv": (("-c:v", "wmv2"), ("-c:a", "wmav2")),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_frame_is_lost_or_doubled_whatever_it_comes_in(clips: Clips, work: Preparing, name: str) -> None:
    codec, sound = CONTAINERS[name]
    source = clips.film(name, codec=codec, sound=sound)
    work.of(source)
    made = checked(work)
    assert made.sounds
    assert frame_numbers(work.main) == frame_numbers(source) == list(range(100))
    assert made.duration_s == pytest.approx(4.0, abs=0.2)
    # B-frames are what makes players late when films are cut into segments.
    assert not made.pictures[0].has_b_frames


@pytest.mark.parametrize("codec", [("-c:v", "libx264"), HEVC])
def test_a_gap_in_the_sound_becomes_silence(clips: Clips, work: Preparing, codec: tuple[str, ...]) -> None:
    source = clips.film(
        f"gap-{codec[1]}.mkv",
        codec=codec,
        sound=("-c:a", "ac3", "-af", "aselect=not(between(t\\,1.5\\,2.5))"),
    )
    work.of(source)
    told = ffmpeg("-i", work.main, "-af", "silencedetect=d=0.5,ametadata=print:file=-", "-f", "null", "-")
    silence = [float(one) for one in re.findall(r"silence_(?:start|end)=([\d.]+)", told)]
    assert silence == pytest.approx([1.5, 2.5], abs=0.05)


@pytest.mark.parametrize("lost", ["packets", "a byte"])
def test_what_a_broadcast_lost_on_its_way_does_not_cost_the_film(
    clips: Clips, work: Preparing, lost: str
) -> None:
    raw = bytearray(clips.film("whole.ts", seconds=8).read_bytes())
    if lost == "packets":
        begin, size = len(raw) * 3 // 5 // 188 * 188, 188 * 20
        raw[begin : begin + size] = bytes((byte * 7 + 1) % 251 for byte in range(size))
    else:
        raw[raw.index(b"\xff\xf1", len(raw) // 2) + 2] = 0xFF
    broken = clips.folder / f"broken {lost}.ts"
    broken.write_bytes(raw)
    work.of(broken)
    # A player ends at a frame that it can't read.
    with av.open(str(work.main)) as film:
        heard = sum(frame.samples for packet in film.demux(audio=0) for frame in packet.decode())
    assert heard > 7 * 44100


def test_a_recording_that_starts_between_keyframes_has_a_picture_from_its_start(
    clips: Clips, work: Preparing
) -> None:
    whole = clips.film("whole-silent.ts", seconds=6, sound=("-an",))
    cut = clips.folder / "cut.ts"
    packets = whole.stat().st_size // 188
    cut.write_bytes(whole.read_bytes()[packets // 7 * 188 :])
    work.of(cut)
    shown, *times = frame_times(work.main)
    assert (shown, times[0] > 0.5) == (0.0, True), "nothing before the first keyframe can be decoded"
    assert frame_hashes(work.main) == frame_hashes(cut)


def test_an_unknown_length_is_learnt(clips: Clips, work: Preparing) -> None:
    codec = ("-c:v", "libvpx", "-deadline", "realtime")
    film = work.of(clips.film("live.webm", codec=codec, sound=("-an",), more=("-live", "1")))
    checked(work)
    assert film.duration_s == pytest.approx(4.0, abs=0.1)
    assert film.audio_tracks == ()


def test_a_turned_picture_is_shown_upright_either_way(clips: Clips, tmp_path: Path) -> None:
    upright, hevc = clips.film(), clips.film("hevc.mp4", codec=HEVC)
    # Browsers disagree on how a turn that Matroska holds is shown; on that of MP4 they agree.
    for name, source in (("copied.mp4", upright), ("copied.mkv", upright), ("encoded.mp4", hevc)):
        work = Preparing(tmp_path / name)
        film = work.of(clips.made(f"turned-{name}", "-display_rotation", "90", "-i", source, "-c", "copy"))
        made = checked(work).pictures[0]
        assert (film.width, film.height) == (36, 64)
        shown = (made.width, made.height) if made.rotation == 0 else (made.height, made.width)
        assert shown == (36, 64)
        assert picture_size(work.folder / str(film.poster)) == (36, 64)


def picture_size(path: Path) -> tuple[int, int]:
    printed = ffmpeg("-i", path, "-f", "framecrc", "-")
    width, height = re.search(r"#dimensions 0: (\d+)x(\d+)", printed).groups()  # type: ignore[union-attr]
    return int(width), int(height)


def test_interlaced_bright_and_odd_pictures_become_plain(clips: Clips, tmp_path: Path) -> None:
    bright = (
        "-pix_fmt",
        "yuv420p10le",
        *HEVC[:-1],
        f"{HEVC[-1]}:transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc",
    )
    sources = {
        "lines": clips.film(
            "lines.mkv", codec=("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-field_order", "tt")
        ),
        "bright": clips.film("bright.mkv", codec=bright),
        "odd": clips.film("odd.mkv", codec=("-c:v", "ffv1", "-vf", "scale=33:19"), seconds=1),
    }
    for name, source in sources.items():
        work = Preparing(tmp_path / name)
        film = work.of(source)
        made = checked(work).pictures[0]
        assert (made.width, made.height) == (film.width, film.height)
        assert not made.interlaced
        assert len(frame_hashes(work.main)) == len(frame_hashes(source))
    assert made.transfer != 16


def test_a_rendition_is_made_of_what_is_large(clips: Clips, work: Preparing) -> None:
    large = clips.made(
        "large.mp4", *("-f", "lavfi", "-i", "testsrc2=s=960x540:r=5:d=1"), *("-c:v", "mpeg4", "-q:v", "20")
    )
    film = work.of(large)
    checked(work)
    assert [(one.file, one.width, one.height) for one in film.sources] == [
        ("film.mp4", 960, 540),
        ("film-360p.mp4", 640, 360),
    ]
    assert len(frame_hashes(work.folder / "film-360p.mp4")) == 5
    # Whoever waits for a film that can't be watched yet comes before the smaller picture.
    can_wait = [report.can_wait for report in work.reports]
    assert can_wait == sorted(can_wait)
    assert can_wait[-1]
    first_whole = next(report for report in work.reports if report.film and report.film.is_whole)
    assert not first_whole.can_wait


def test_a_rendition_that_fails_does_not_cost_the_film(
    clips: Clips, work: Preparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise PreparationFailed("The disk is full.")

    monkeypatch.setattr(EncodedFilm, "make_rendition", full)
    film = work.of(
        clips.made("heavy.avi", *("-f", "lavfi", "-i", "testsrc2=s=960x540:r=5:d=1", "-c:v", "mpeg4"))
    )
    checked(work)
    assert [one.file for one in film.sources] == ["film.mp4"]


def shares(work: Preparing) -> list[float]:
    return [report.share for report in work.reports]


def test_progress_grows_to_the_whole_and_tells_what_can_be_played(clips: Clips, work: Preparing) -> None:
    film: PreparedFilm = work.of(clips.film("hevc.mkv", codec=HEVC, sound=("-c:a", "ac3")))
    assert shares(work) == sorted(shares(work))
    assert shares(work)[-1] == pytest.approx(1.0)
    assert work.reports[-1].film == film


def test_the_same_film_again_changes_nothing(clips: Clips, work: Preparing) -> None:
    film = work.of(clips.disc())
    before = {name: (work.folder / name).read_bytes() for name in work.files()}
    assert work.of(clips.disc()) == film
    assert {name: (work.folder / name).read_bytes() for name in work.files()} == before


def test_what_is_wanted_no_more_stops(clips: Clips, tmp_path: Path) -> None:
    preparer: FilmPreparer = FfmpegFilmPreparer(lambda raw, kind, language: raw)
    with pytest.raises(PreparationStopped):
        preparer.prepare(clips.disc(), tmp_path / "work", lambda report: None, lambda: True)


def test_a_length_that_the_file_doesnt_keep_is_noticed(clips: Clips, work: Preparing) -> None:
    # The container says 12 s; its packets end after 4 and nothing outside tells.
    source = clips.film("said.mkv", sound=("-an",), codec=("-c:v", "libx264"))
    raw = bytearray(source.read_bytes())
    at = raw.index(b"\x44\x89\x88") + 3
    raw[at : at + 8] = __import__("struct").pack(">d", 12_000.0)
    said = source.with_name("said-12.mkv")
    said.write_bytes(raw)
    with pytest.raises(FilmRefused, match=r"says it lasts 0:00:1\d, but ends after 0:00:0\d"):
        work.of(said)
