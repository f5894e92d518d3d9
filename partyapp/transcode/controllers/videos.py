"""Videos over HTTP."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify
from marshmallow import Schema, ValidationError, fields

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.shared.http import current
from partyapp.shared.http.paging import id_of_cursor, page
from partyapp.shared.http.schemas import Number, QueryNumber, VisibleText, read_body, read_query
from partyapp.transcode.application.ports import VideoPort
from partyapp.transcode.application.videos import NoSuchVideo, RegisterVideo, RegisterVideoCommand
from partyapp.transcode.domain.video import (
    MAX_DURATION_S,
    MIN_DURATION_S,
    PLAYBACK_URL_MAX,
    TITLE_MAX,
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


class VideosQuery(Schema):
    """The query of the list."""

    limit = QueryNumber(1, 100, load_default=50)
    cursor = fields.String(load_default=None)


def transcode_blueprint(videos: VideoPort, register: RegisterVideo, idempotent: IdempotentPost) -> Blueprint:
    """The addresses under /api/videos."""
    blueprint = Blueprint("transcode", __name__)

    @blueprint.get("/api/videos")
    def list_videos() -> Response:
        query = read_query(VideosQuery())
        rows = videos.newest(query["limit"] + 1, id_of_cursor(query["cursor"]))
        items, next_cursor = page(rows, query["limit"], lambda video: video.id)
        return jsonify(items=[video.to_json() for video in items], next_cursor=next_cursor)

    @blueprint.post("/api/videos")
    def register_video() -> Response:
        body = read_body(VideoSchema())
        owner_id = current.principal().user_id

        def make(video_id: UUID) -> Answer:
            video = register(RegisterVideoCommand(video_id=video_id, owner_id=owner_id, **body))
            return 201, video.to_json(), {"Location": f"/api/videos/{video.id}"}

        return idempotent.respond(make)

    @blueprint.get("/api/videos/<uuid:video_id>")
    def one_video(video_id: UUID) -> Response:
        video = videos.get(video_id)
        if video is None:
            raise NoSuchVideo()
        return jsonify(video.to_json())

    return blueprint
