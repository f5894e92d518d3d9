"""An upload: a film that comes in parts, and goes on where it was cut."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from partyapp.shared.kernel.errors import BadRequest, NotFound, PayloadTooLarge, QuotaExceeded, Refusal
from partyapp.shared.kernel.visible_text import text_problem, visible_text
from partyapp.transcode.domain.video import TITLE_MAX

FILENAME_MAX = 255
#: So many unfinished uploads one person may have: an empty one takes a row as well.
MAX_UNFINISHED = 100
#: A header's size is limited by the server as well; beyond this nobody means a name.
_METADATA_MAX = 8192
_KEY = re.compile(r"[!-+\--~]+")
_SEPARATORS = re.compile(r"[/\\]")


class NoSuchUpload(NotFound):
    detail = "There is no such upload, or it has ended."


class UploadLocked(Refusal):
    """Somebody else writes at present; `retry_after_s` is when they are taken for gone at the latest."""

    code = "upload_locked"
    detail = "This upload is being written by another connection. Ask again in a moment."


class WrongOffset(Refusal):
    code = "upload_offset"
    detail = "The upload goes on from another offset. Ask for it with HEAD."


class ChecksumMismatch(Refusal):
    code = "checksum_mismatch"
    detail = "What arrived is not what the checksum was made of. Nothing of this part was kept."


class UploadTooLarge(PayloadTooLarge):
    detail = "The film is larger than an upload may be."


class UploadQuotaExceeded(QuotaExceeded):
    detail = "There is no room for this film among yours. Delete one that you no longer need."


class TooManyFilmsOnTheirWay(QuotaExceeded):
    detail = "So many films of yours are on their way that another has to wait until one of them is ready."


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A film on its way. `offset` bytes of `length` have arrived for good; instants are in Unix ms.

    `video_id` is the film that it becomes; `finished_at_ms` is None until that is there.
    """

    id: UUID
    owner_id: UUID
    video_id: UUID
    filename: str
    title: str
    length: int
    offset: int
    created_at_ms: int
    expires_at_ms: int
    finished_at_ms: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every byte has arrived."""
        return self.offset == self.length


def read_metadata(header: str | None) -> Mapping[str, str]:
    """What a client says of its file: tus's `Upload-Metadata`, keys with values in base64.

    A value that is no UTF-8 is read as well as it can be. Raises `BadRequest` for what tus doesn't know.
    """
    text = (header or "").strip()
    if len(text) > _METADATA_MAX:
        raise BadRequest("Upload-Metadata is too long.")
    found: dict[str, str] = {}
    for pair in text.split(",") if text else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise BadRequest("Upload-Metadata must be keys, each once, with their values in base64.")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise BadRequest("The values of Upload-Metadata must be in base64.") from None
    return found


def names_of(metadata: Mapping[str, str]) -> tuple[str, str]:
    """A file's name and the title that its film is shown by, of whatever a client says.

    The name is for people alone: no path is ever made of it.
    """
    filename = _shown(_SEPARATORS.split(metadata.get("filename", ""))[-1], FILENAME_MAX)
    title = _shown(metadata.get("title", ""), TITLE_MAX)
    stem = filename.rpartition(".")[0] or filename
    return filename, title or _shown(stem.replace("_", " "), TITLE_MAX) or "Film"


def _shown(text: str, longest: int) -> str:
    if text_problem(text) is not None:
        # Nobody can be asked to name their file anew, so what can't be shown is left out.
        text = "".join(character for character in text if character.isprintable())
    return visible_text(text)[:longest].strip()
