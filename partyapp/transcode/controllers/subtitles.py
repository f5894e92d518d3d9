"""Subtitles over HTTP: a film's owner sends a file, and takes it away again."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.shared.http import current
from partyapp.shared.http.schemas import VisibleText, load
from partyapp.shared.kernel.errors import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from partyapp.transcode.application.subtitles import (
    AddedSubtitles,
    AddSubtitles,
    AddSubtitlesCommand,
    RemoveSubtitles,
)
from partyapp.transcode.application.videos import VideoReader
from partyapp.transcode.domain.language_names import language_called
from partyapp.transcode.domain.languages import language_tag
from partyapp.transcode.domain.preparation import LABEL_MAX
from partyapp.transcode.domain.subtitles import MAX_SUBTITLE_BYTES

LANGUAGE_MAX = 35
#: What the other fields and the form around them may take, in bytes.
_FORM_BYTES = 16 * 1024


class Language(fields.String):
    """An RFC 5646 tag, or what films call a language: a code of ISO 639-2, or its name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"maxLength": LANGUAGE_MAX}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **options)).strip()
        tag = language_called(text) or language_tag(text)
        if len(text) > LANGUAGE_MAX or tag is None:
            raise ValidationError("Must be a language, such as de or pt-BR.")
        return tag


class SubtitlesFile(fields.Raw):
    """A file in a form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "binary"}, **options)


class SubtitlesSchema(Schema):
    """The form."""

    file = SubtitlesFile(required=True)
    language = Language(load_default=None)
    label = VisibleText(1, LABEL_MAX, load_default=None)


@dataclass(frozen=True, kw_only=True)
class SubtitleHandlers:
    """What the addresses of subtitles are answered by."""

    reader: VideoReader
    add: AddSubtitles
    remove: RemoveSubtitles


def subtitles_blueprint(handlers: SubtitleHandlers, idempotent: IdempotentPost) -> Blueprint:
    """The addresses under /api/videos/{video_id}/subtitles."""
    blueprint = Blueprint("subtitles", __name__)
    all_of_one = "/api/videos/<uuid:video_id>/subtitles"

    @blueprint.post(all_of_one)
    def add_subtitles(video_id: UUID) -> Response:
        raw, name, form = _read_form()
        actor_id = current.principal().user_id

        def make(subtitles_id: UUID) -> Answer:
            command = AddSubtitlesCommand(
                video_id=video_id, actor_id=actor_id, subtitles_id=subtitles_id, raw=raw, name=name, **form
            )
            added = handlers.add(command)
            return 201, _shown(added, handlers.reader.shown(added.view, actor_id)), {}

        # Not the body itself: a browser that sends the form again draws another line between its parts.
        content = [hashlib.sha256(raw).hexdigest(), name, form["language"], form["label"]]
        return idempotent.respond(make, content=repr(content))

    @blueprint.delete(f"{all_of_one}/<uuid:subtitles_id>")
    def remove_subtitles(video_id: UUID, subtitles_id: UUID) -> Response:
        actor_id = current.principal().user_id

        def make(_: UUID) -> Answer:
            handlers.remove(video_id, subtitles_id, actor_id)
            return 204, None, {}

        return idempotent.respond(make)

    return blueprint


def _read_form() -> tuple[bytes, str, dict[str, Any]]:
    """The file, its name, and the other fields.

    Raises `UnsupportedMediaType`, `PayloadTooLarge` or `ValidationFailed`.
    """
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the file in a form (multipart/form-data).")
    request.max_content_length = MAX_SUBTITLE_BYTES + _FORM_BYTES
    try:
        # What a person left empty was not said.
        form = {name: text for name, text in request.form.items() if text.strip()}
        checked = load(SubtitlesSchema(), {**form, **request.files})
    except RequestEntityTooLarge:
        raise PayloadTooLarge(f"Subtitles are {MAX_SUBTITLE_BYTES // 1_000_000} MB at most.") from None
    file = checked.pop("file")
    if not isinstance(file, FileStorage):
        raise ValidationFailed(errors={"file": ["Must be a file."]})
    return file.read(), file.filename or "", checked


def _shown(added: AddedSubtitles, video: dict[str, Any]) -> dict[str, Any]:
    """The subtitles as the Video shows them, and what became of the file's cues."""
    shown: dict[str, Any] = next(one for one in video["subtitles"] if one["id"] == added.track.id)
    left_out = [{"line": note.line, "reason": note.reason} for note in added.converted.dropped]
    mended = [{"line": note.line, "reason": note.reason} for note in added.converted.mended]
    return {**shown, "cues": added.converted.cues, "dropped": left_out[:100], "mended": mended[:100]}
