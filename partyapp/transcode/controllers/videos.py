"""Videos over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify
from marshmallow import Schema, ValidationError, fields, validate

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.shared.http import current
from partyapp.shared.http.paging import id_of_cursor, page
from partyapp.shared.http.schemas import (
    Cursor,
    Nothing,
    Number,
    QueryNumber,
    VisibleText,
    read_body,
    read_query,
)
from partyapp.transcode.application.transcode_jobs import PrepareVideo
from partyapp.transcode.application.videos import (
    ChangeVideo,
    ChangeVideoCommand,
    RegisterVideo,
    RegisterVideoCommand,
    RemoveVideo,
    VideoReader,
    must_own,
)
from partyapp.transcode.domain.video import (
    MAX_DURATION_S,
    MIN_DURATION_S,
    PLAYBACK_URL_MAX,
    TITLE_MAX,
    VideoKind,
    checked_playback_url,
)


class PlaybackUrl(fields.String):
    """Where a video can be played from; see `checked_playback_url`."""

    def __init__(self, **options: Any) -> None:
        limits = {"format": "uri-reference", "minLength": 1, "maxLength": PLAYBACK_URL_MAX}
        super().__init__(metadata=limits, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **options))
        try:
            return checked_playback_url(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class VideoSchema(Schema):
    """The body of a new video."""

    title = VisibleText(1, TITLE_MAX, required=True)
    playback_url = PlaybackUrl(required=True)
    #: Left out where only the file knows it: a player says it later.
    duration_s = Number(MIN_DURATION_S, MAX_DURATION_S, load_default=None)


class VideoChangesSchema(Schema):
    """The body of a change: only what is to be changed."""

    title = VisibleText(1, TITLE_MAX)
    duration_s = Number(MIN_DURATION_S, MAX_DURATION_S, allow_none=True)


class VideosQuery(Schema):
    """The query of the list."""

    q = VisibleText(1, TITLE_MAX, load_default=None)
    kind = fields.String(validate=validate.OneOf([kind.value for kind in VideoKind]), load_default=None)
    limit = QueryNumber(1, 100, load_default=50)
    cursor = Cursor()


@dataclass(frozen=True, kw_only=True)
class VideoHandlers:
    """What the addresses of videos are answered by."""

    reader: VideoReader
    register: RegisterVideo
    change: ChangeVideo
    remove: RemoveVideo
    prepare: PrepareVideo


def transcode_blueprint(handlers: VideoHandlers, idempotent: IdempotentPost) -> Blueprint:
    """The addresses under /api/videos."""
    blueprint = Blueprint("transcode", __name__)
    views = _VideoViews(handlers, idempotent)
    one = "/api/videos/<uuid:video_id>"
    blueprint.add_url_rule("/api/videos", view_func=views.list_videos, methods=["GET"])
    blueprint.add_url_rule("/api/videos", view_func=views.register_video, methods=["POST"])
    blueprint.add_url_rule(one, view_func=views.one_video, methods=["GET"])
    blueprint.add_url_rule(one, view_func=views.change_video, methods=["PATCH"])
    blueprint.add_url_rule(one, view_func=views.delete_video, methods=["DELETE"])
    blueprint.add_url_rule(f"{one}/prepare", view_func=views.prepare_video, methods=["POST"])
    return blueprint


@dataclass(frozen=True)
class _VideoViews:
    handlers: VideoHandlers
    idempotent: IdempotentPost

    def list_videos(self) -> Response:
        query, reader, user_id = read_query(VideosQuery()), self.handlers.reader, _user_id()
        kind = None if query["kind"] is None else VideoKind(query["kind"])
        after = id_of_cursor(query["cursor"])
        rows = reader.newest(user_id, query["limit"] + 1, after, query["q"], kind)
        items, next_cursor = page(rows, query["limit"], lambda video: video.id)
        return jsonify(items=[reader.shown(video, user_id) for video in items], next_cursor=next_cursor)

    def register_video(self) -> Response:
        body, user_id = read_body(VideoSchema()), _user_id()

        def make(video_id: UUID) -> Answer:
            command = RegisterVideoCommand(video_id=video_id, owner_id=user_id, **body)
            shown = self.handlers.reader.shown(self.handlers.register(command), user_id)
            return 201, shown, {"Location": f"/api/videos/{video_id}"}

        return self.idempotent.respond(make)

    def one_video(self, video_id: UUID) -> Response:
        return jsonify(self.handlers.reader.show(video_id, _user_id()))

    def change_video(self, video_id: UUID) -> Response:
        changes, user_id = read_body(VideoChangesSchema()), _user_id()
        command = ChangeVideoCommand(video_id=video_id, actor_id=user_id, changes=changes)

        def make(_: UUID) -> Answer:
            return 200, self.handlers.reader.shown(self.handlers.change(command), user_id), {}

        return self.idempotent.respond(make)

    def delete_video(self, video_id: UUID) -> Response:
        user_id = _user_id()

        def make(_: UUID) -> Answer:
            self.handlers.remove(video_id, user_id)
            return 204, None, {}

        return self.idempotent.respond(make)

    def prepare_video(self, video_id: UUID) -> Response:
        read_body(Nothing())
        user_id = _user_id()

        def make(_: UUID) -> Answer:
            before = self.handlers.reader.watchable(video_id, user_id)
            if before.video.kind is not VideoKind.LIBRARY:
                must_own(before.video, user_id)
            view = self.handlers.prepare(video_id)
            return 200 if view.playable else 202, self.handlers.reader.shown(view, user_id), {}

        return self.idempotent.respond(make)


def _user_id() -> UUID:
    return current.principal().user_id
