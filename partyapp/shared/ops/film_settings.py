"""Where films are kept and how much of them: the part of the settings that is about films."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from partyapp.shared.kernel.bounds import positive_number

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9._-]*/)*")
_PROXY_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SIZE = re.compile(r"([1-9][0-9]{0,17})([KMGT]?)(?:i?B)?", re.ASCII)

GIB = 1024**3
#: The file is sent by the web server in front, which finds its path in the header of this name.
X_SENDFILE = "x-sendfile"


@dataclass(frozen=True, kw_only=True)
class S3Place:
    """A bucket, and what all names in it begin with: nothing, or names that each end with a slash.

    `endpoint` is None for AWS. Browsers reach the same store at `public_url`, None where that is no other
    address. Who may enter is told by the usual `AWS_…` variables.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    public_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class FilmSettings:
    """What an operator may set about films. Sizes are in bytes, durations in s."""

    #: Where uploads and prepared films are kept. None: nowhere, so there are neither.
    place: Path | S3Place | None = None
    #: A folder of films that are there already; nothing is ever written to it.
    library: Path | None = None
    upload_max_bytes: int = 50 * GIB
    #: What one person's films and unfinished uploads may take together.
    upload_quota_bytes: int = 200 * GIB
    #: So long an unfinished upload that nobody goes on with is kept.
    upload_ttl_s: float = 7 * 24 * 3600.0
    #: Who sends the files of a folder: "" is web itself, `x-sendfile` a server in front that is told the
    #: path, and a path such as `/_films` an nginx with internal locations below it.
    sendfile: str = ""

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "FilmSettings":
        """Read the environment. Raises ValueError with one line for an operator."""
        return cls(
            place=_place(env),
            library=_folder(env, "PARTY_LIBRARY_DIR"),
            upload_max_bytes=_size(env, "PARTY_UPLOAD_MAX_BYTES", cls.upload_max_bytes),
            upload_quota_bytes=_size(env, "PARTY_UPLOAD_QUOTA_BYTES", cls.upload_quota_bytes),
            upload_ttl_s=positive_number(env, "PARTY_UPLOAD_TTL_S", cls.upload_ttl_s),
            sendfile=_sendfile(env),
        )


def _place(env: Mapping[str, str]) -> Path | S3Place | None:
    text = env.get("PARTY_FILMS", "").strip()
    if text.startswith("s3://"):
        return _s3_place(text, _address(env, "PARTY_S3_ENDPOINT"), _address(env, "PARTY_S3_PUBLIC_URL"))
    if "://" in text:
        raise ValueError("PARTY_FILMS must be a folder, or s3://bucket/prefix")
    folder = _folder(env, "PARTY_FILMS")
    if folder is None and env.get("PARTY_DATA_DIR"):
        return Path(env["PARTY_DATA_DIR"]).absolute() / "films"
    return folder


def _s3_place(text: str, endpoint: str | None, public_url: str | None) -> S3Place:
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
    if not _BUCKET.fullmatch(bucket) or not _PREFIX.fullmatch(prefix):
        raise ValueError("PARTY_FILMS must be like s3://bucket/prefix, without a user, a port or a query")
    return S3Place(bucket=bucket, prefix=prefix, endpoint=endpoint, public_url=public_url)


def _address(env: Mapping[str, str], name: str) -> str | None:
    text = env.get(name, "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"{name} must be an http or https URL without a user")
    return text


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name, "").strip()
    if not text:
        return None
    folder = Path(text).expanduser()
    if not folder.is_absolute():
        raise ValueError(f"{name} must be an absolute path")
    return folder


def _size(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    found = _SIZE.fullmatch(text.replace(" ", ""))
    if found is None:
        raise ValueError(f"{name} must be a number of bytes, such as 53687091200 or 50G")
    return int(found[1]) * _UNITS[found[2]]


def _sendfile(env: Mapping[str, str]) -> str:
    text = env.get("PARTY_SENDFILE", "").strip().rstrip("/")
    if text and text.lower() != X_SENDFILE and not _PROXY_PATH.fullmatch(text):
        raise ValueError("PARTY_SENDFILE must be x-sendfile, or the path of nginx's internal locations")
    return text.lower() if text.lower() == X_SENDFILE else text
