"""What is in a media file, as probing it tells, and the refusals of what can't be prepared."""

from dataclasses import dataclass
from enum import StrEnum


class FilmNotPrepared(Exception):
    """A film that couldn't be prepared. `reason` is a sentence or two for a person."""

    #: Whether the same film may come out right at another time.
    try_again = False

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FilmRefused(FilmNotPrepared):
    """It is the file's fault: trying again changes nothing."""


class PreparationFailed(FilmNotPrepared):
    """It is not the file's fault: a full disk, a program that was killed."""

    try_again = True


class PreparationStopped(Exception):
    """Whoever asked for the film wants it no more."""


class Packaging(StrEnum):
    """How an MP4 is laid out: its table of contents (`moov`) before the media, behind it, or in fragments.

    One that says it is QuickTime is told apart, since not every browser plays that.
    """

    QUICKTIME = "quicktime"
    FASTSTART = "faststart"
    MOOV_LAST = "moov_last"
    FRAGMENTED = "fragmented"


@dataclass(frozen=True, kw_only=True)
class ProbedPicture:
    """A video stream. `width` and `height` in pixels as they are stored; `rotation` in degrees (0 to 270).

    `pixel_aspect` is a pixel's width by its height, `stream_aspect` what the stream says of it in spite of
    its container. Rates in frames per second, `bit_rate` in bit/s; None where the file doesn't tell.
    `transfer`, `primaries`, `matrix` are numbers of ITU-T H.273, 2 if unknown.
    It starts `late_s` after the film. An unmarked cover beside a picture that moves is `still`. One is `cut`
    where frames ahead of its first one are in the file, and not to be shown.
    """

    index: int
    codec: str
    width: int
    height: int
    profile: str | None = None
    pixel_format: str | None = None
    bit_depth: int = 8
    rotation: int = 0
    pixel_aspect: float = 1.0
    stream_aspect: float = 1.0
    average_rate: float | None = None
    real_rate: float | None = None
    has_b_frames: bool = False
    interlaced: bool = False
    bit_rate: int | None = None
    transfer: int = 2
    primaries: int = 2
    matrix: int = 2
    late_s: float = 0.0
    attached: bool = False
    still: bool = False
    cut: bool = False
    default: bool = False
    decodes: bool = True


@dataclass(frozen=True, kw_only=True)
class ProbedSound:
    """An audio stream. `language` as the file has it (mostly ISO 639-2). Starts `late_s` after the film."""

    index: int
    codec: str
    channels: int
    profile: str | None = None
    late_s: float = 0.0
    language: str | None = None
    title: str | None = None
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class ProbedText:
    """A subtitle stream. `is_text` is False for pictures of text (Blu-ray, DVD, DVB)."""

    index: int
    codec: str
    is_text: bool
    language: str | None = None
    title: str | None = None
    default: bool = False
    forced: bool = False


@dataclass(frozen=True, kw_only=True)
class ProbedFilm:
    """A media file. `duration_s` None where the file doesn't tell; `missing_bytes` is how much of it is lost.

    `container` is ffmpeg's short name: mp4, matroska, avi, mpegts, mpeg, ogg, flv, asf. `start_s` is the
    first timestamp.
    """

    container: str
    size_bytes: int
    duration_s: float | None
    start_s: float = 0.0
    bit_rate: int | None = None
    packaging: Packaging | None = None
    missing_bytes: int = 0
    pictures: tuple[ProbedPicture, ...] = ()
    sounds: tuple[ProbedSound, ...] = ()
    texts: tuple[ProbedText, ...] = ()


#: How files begin that are no films, and what they are.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"#EXTM3U", "it is a playlist, which only names other files"),
    (b"[playlist]", "it is a playlist, which only names other files"),
    (b"ffconcat", "it is a list of other files"),
    (b"v=0\r\n", "it is the description of a stream, which only names other places"),
    (b"v=0\n", "it is the description of a stream, which only names other places"),
    (b"%PDF", "it is a PDF document"),
    (b"PK\x03\x04", "it is a ZIP archive or an office document"),
    (b"Rar!", "it is a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7-Zip archive"),
    (b"\x1f\x8b", "it is a compressed archive"),
    (b"BZh", "it is a compressed archive"),
    (b"\xfd7zXZ", "it is a compressed archive"),
    (b"\x89PNG", "it is a single picture"),
    (b"\xff\xd8\xff", "it is a single picture"),
    (b"GIF8", "it is an animated picture"),
    (b"BM", "it is a single picture"),
    (b"II*\x00", "it is a single picture"),
    (b"MM\x00*", "it is a single picture"),
    (b"ID3", "it is sound without a picture"),
    (b"fLaC", "it is sound without a picture"),
    (b"\xff\xfb", "it is sound without a picture"),
    (b"\xff\xf1", "it is sound without a picture"),
    (b"MZ", "it is a program"),
    (b"\x7fELF", "it is a program"),
    (b"WEBVTT", "it is subtitles"),
    (b"[Script Info]", "it is subtitles"),
    (b"d8:announce", "it is a torrent, which only names a film"),
)
_RIFF = {b"WAVE": "it is sound without a picture", b"WEBP": "it is a single picture"}


def what_instead(head: bytes) -> str:
    """What a file is that isn't a film, by its first bytes, as the second half of a sentence."""
    if not head:
        return "it is empty"
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, words in _BEGINNINGS:
        if head.startswith(beginning) or bare.startswith(beginning):
            return words
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if bare[:1] == b"<":
        return "it is a web page or another text with tags"
    if b"-->" in head:
        return "it is subtitles"
    return "it is text" if _reads_as_text(head) else "nothing in it is known as film, picture or sound"


def _reads_as_text(head: bytes) -> bool:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    # The last character may be cut in two.
    text = head[: len(head) - len(head) % 2].decode(encoding, errors="ignore")
    controls = sum(character < " " and character not in "\t\r\n\f" for character in text)
    lost = len(head) - len(text.encode(encoding)) if encoding == "utf-8" else 0
    return bool(text) and not controls and lost <= 4


def not_a_film(head: bytes) -> FilmRefused:
    """The refusal of a file that begins with `head` and couldn't be read as a film."""
    return FilmRefused(f"This isn't a film: {what_instead(head)}.")
