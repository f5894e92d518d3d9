"""Videos: what they are, and from where one may be played."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.text import printable

TITLE_MAX = 200
PLAYBACK_URL_MAX = 2000
#: The shortest and the longest film, in s.
MIN_DURATION_S = 0.1
MAX_DURATION_S = 7 * 24 * 3600.0


class VideoKind(StrEnum):
    """How a video came: by its address, uploaded, out of the library's folder, or with Party itself."""

    URL = "url"
    UPLOAD = "upload"
    LIBRARY = "library"
    SAMPLE = "sample"


class VideoState(StrEnum):
    """What can be done with a video now."""

    UPLOADING = "uploading"
    PREPARING = "preparing"
    PLAYABLE = "playable"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class FilmFile:
    """Where a film is as it came: `key` names it in the store, or below the library's folder; its bytes."""

    key: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Video:
    """Something to watch. `duration_s` in s, None while it isn't known, and of a live stream.

    `owner_id` is None for what came with the installation. A video that is a file of ours has a `source`, no
    `playback_url` of its own, and a `film` once it is prepared. While it is being prepared, `ready_until_s`
    says how much of it can be watched already; None means all that is there.
    """

    id: UUID
    title: str
    duration_s: float | None
    playback_url: str
    owner_id: UUID | None
    created_at_ms: int
    kind: VideoKind = VideoKind.URL
    source: FilmFile | None = None
    film: PreparedFilm | None = None
    ready_until_s: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether anybody who has its id may watch it: a private film is only its owner's to show."""
        return self.kind is not VideoKind.UPLOAD


def state_of(video: Video, job: TranscodeJob | None) -> VideoState:
    """What a video with this job is: one without a job needs none.

    Once all of a film can be watched it is playable, whatever its job makes of it still (smaller pictures).
    """
    if job is None or job.state is JobState.COMPLETED:
        return VideoState.PLAYABLE
    if job.state is JobState.RUNNING and video.film is not None and video.film.is_whole:
        return VideoState.PLAYABLE
    return VideoState.FAILED if job.state is JobState.FAILED else VideoState.PREPARING


def checked_playback_url(text: str) -> str:
    """`text` if a page may hand it to a `<video>` element, else ValueError with the reason.

    That is an absolute http or https URL with a host and without a user or password, or a path on this
    very server, which starts with one slash (two would name another host: RFC 3986 §4.2).
    """
    if not 1 <= len(text) <= PLAYBACK_URL_MAX:
        raise ValueError(f"Must be 1 to {PLAYBACK_URL_MAX} characters long.")
    if text != printable(text) or any(character.isspace() for character in text):
        raise ValueError("Must not hold spaces or control characters.")
    if "\\" in text:
        # Browsers read a backslash as a slash, so that "/\host" would name another host.
        raise ValueError("Must not hold a backslash.")
    if text.startswith("/") and not text.startswith("//"):
        return text
    if not _names_a_web_host(text):
        raise ValueError("Must be an http or https URL, or a path that starts with one slash.")
    return text


def _names_a_web_host(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # Reading the port is what checks it.
        parts.port  # noqa: B018
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if "@" in parts.netloc:
        raise ValueError("Must not hold a user name or a password.")
    return True
