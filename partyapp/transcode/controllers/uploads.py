"""Uploads over HTTP, by tus 1.0.0 (https://tus.io/protocols/resumable-upload).

What tus-js-client makes of an answer decides some of them. A HEAD at a resume that fails makes it begin
anew at the first byte, unless the status is 423: so HEAD is never answered 429 or 5xx. A PATCH is tried again
after 409, 423 and 5xx, and given up at any other 4xx: so there is no 429, and 507 for a full disk, which is
tried again for a while and then shown, with everything kept.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NoReturn
from uuid import UUID

from flask import Blueprint, Response, request

from partyapp.shared.http import current
from partyapp.shared.http.problem_json import MethodNotAllowed, refusal_response
from partyapp.shared.kernel.errors import BadRequest, Refusal, Unavailable, UnsupportedMediaType
from partyapp.transcode.application.uploads import Uploads, UploadWriter
from partyapp.transcode.controllers.upload_body import ALGORITHMS, Checksum, body_parts
from partyapp.transcode.domain.upload import Upload, UploadLocked, read_metadata

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
BYTES = "application/offset+octet-stream"
PATH = "/api/uploads"
ONE_PATH = f"{PATH}/<uuid:upload_id>"
#: The film that an upload became.
VIDEO_HEADER = "Party-Video-Id"


class WrongTusVersion(Refusal):
    code = "tus_version"
    detail = f"Send Tus-Resumable: {VERSION}."


@dataclass(frozen=True, kw_only=True)
class _UploadViews:
    """`uploads` is None where no place for films is set."""

    uploads: Uploads | None
    max_bytes: int

    def options(self, upload_id: UUID | None = None) -> Response:
        response = Response(status=204)
        response.headers["Tus-Version"] = VERSION
        response.headers["Tus-Extension"] = EXTENSIONS
        response.headers["Tus-Max-Size"] = str(self.max_bytes)
        response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
        return response

    def create(self) -> Response:
        uploads = self._uploads()
        length = _whole_number("Upload-Length")
        metadata = read_metadata(request.headers.get("Upload-Metadata"))
        has_body = bool(request.content_length) or "chunked" in request.headers.get("Transfer-Encoding", "")
        if has_body and request.mimetype != BYTES:
            raise UnsupportedMediaType(f"Send the bytes as {BYTES}.")
        # Before there is an upload: a request that can't be understood changes nothing.
        checksum = _announced_checksum()
        owner_id = current.principal().user_id
        upload = uploads.create(owner_id, length, metadata)
        if has_body and length:
            with uploads.write(owner_id, upload.id, 0) as writer:
                upload = _received(writer, checksum)
        response = _progress(upload, 201)
        response.headers["Location"] = f"{PATH}/{upload.id}"
        return response

    def show(self, upload_id: UUID) -> Response:
        upload = self._uploads().find(current.principal().user_id, upload_id)
        response = _progress(upload, 200)
        response.headers["Upload-Length"] = str(upload.length)
        response.headers["Upload-Metadata"] = _metadata_of(upload)
        return response

    def write(self, upload_id: UUID) -> Response:
        uploads = self._uploads()
        if request.mimetype != BYTES:
            raise UnsupportedMediaType(f"Send the bytes as {BYTES}.")
        offset = _whole_number("Upload-Offset")
        checksum = _announced_checksum()
        with uploads.write(current.principal().user_id, upload_id, offset) as writer:
            return _progress(_received(writer, checksum), 204)

    def remove(self, upload_id: UUID) -> Response:
        self._uploads().remove(current.principal().user_id, upload_id)
        return Response(status=204)

    def overridden(self, upload_id: UUID) -> Response:
        """Some clients can only GET and POST, and name the method that they mean in a header."""
        meant = request.headers.get("X-HTTP-Method-Override", "").upper()
        views: dict[str, Callable[[UUID], Response]] = {
            "PATCH": self.write,
            "DELETE": self.remove,
            "HEAD": self.show,
        }
        if meant not in views:
            raise MethodNotAllowed()
        return views[meant](upload_id)

    def _uploads(self) -> Uploads:
        if request.headers.get("Tus-Resumable") != VERSION:
            raise WrongTusVersion()
        if self.uploads is None:
            raise Unavailable("No place for films is set on this server.", retry_after_s=60)
        return self.uploads


def uploads_blueprint(uploads: Uploads | None, max_bytes: int) -> Blueprint:
    """The addresses under /api/uploads. `uploads` is None where no place for films is set."""
    views = _UploadViews(uploads=uploads, max_bytes=max_bytes)
    blueprint = Blueprint("uploads", __name__)
    for method, path, view in (
        ("OPTIONS", PATH, views.options),
        ("POST", PATH, views.create),
        ("OPTIONS", ONE_PATH, views.options),
        ("HEAD", ONE_PATH, views.show),
        ("PATCH", ONE_PATH, views.write),
        ("DELETE", ONE_PATH, views.remove),
        ("POST", ONE_PATH, views.overridden),
    ):
        name = f"{view.__name__}_{'one' if path == ONE_PATH else 'all'}"
        blueprint.add_url_rule(path, name, view, methods=[method], provide_automatic_options=False)
    blueprint.after_request(_as_tus_clients_need_it)
    return blueprint


def _as_tus_clients_need_it(response: Response) -> Response:
    """See the module: what a refusal has to be, and what every answer says."""
    is_head = request.method == "HEAD"
    if is_head and (response.status_code >= 500 or response.status_code == 429):
        response = refusal_response(UploadLocked("Where it stands can't be told now. Ask again shortly."))
    elif response.status_code == 429:
        response = refusal_response(Unavailable("Too much at once. Go on in a moment."))
    if response.status_code == 423:
        response.headers["Retry-After"] = "1"
    if response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    return response


def _announced_checksum() -> Checksum | None:
    """What the header says of the body. Raises `BadRequest` for what can't be understood."""
    header = request.headers.get("Upload-Checksum")
    return None if header is None else Checksum(header)


def _received(writer: UploadWriter, checksum: Checksum | None) -> Upload:
    """Take the body in, and give where the upload stands then."""
    writer.keeps = checksum is None
    for data in body_parts(request, writer.missing):
        writer.write(data)
        if checksum is not None:
            checksum.add(data)
    if checksum is not None:
        checksum.check()
    return writer.end()


def _progress(upload: Upload, status: int) -> Response:
    response = Response(status=status)
    response.headers["Upload-Offset"] = str(upload.offset)
    if upload.finished_at_ms is None:
        end = datetime.fromtimestamp(upload.expires_at_ms // 1000, UTC)
        response.headers["Upload-Expires"] = format_datetime(end, usegmt=True)
    else:
        response.headers[VIDEO_HEADER] = str(upload.video_id)
    return response


def _metadata_of(upload: Upload) -> str:
    said = {"filename": upload.filename, "title": upload.title}
    return ",".join(
        f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in said.items() if text
    )


def _whole_number(name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        _refuse_number(name)
    return int(text)


def _refuse_number(name: str) -> NoReturn:
    if name == "Upload-Length" and "Upload-Defer-Length" in request.headers:
        raise BadRequest("The length has to be known when the upload begins.")
    raise BadRequest(f"The header {name} must be a whole number of bytes.")
