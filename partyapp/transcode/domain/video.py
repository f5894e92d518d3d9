"""Videos: what they are, and from where one may be played."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from partyapp.transcode.domain.text import printable

TITLE_MAX = 200
PLAYBACK_URL_MAX = 2000
MIN_DURATION_S = 0.1
MAX_DURATION_S = 7 * 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Video:
    """Something to watch. `duration_s` in s, None while it isn't known, and of a live stream.

    `owner_id` is None for what came with the installation.
    """

    id: UUID
    title: str
    duration_s: float | None
    playback_url: str
    owner_id: UUID | None
    created_at_ms: int


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
