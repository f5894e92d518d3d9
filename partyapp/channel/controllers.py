"""A person's own channels over HTTP."""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify
from marshmallow import Schema, ValidationError, fields, validate

from partyapp.channel.application.channels import Channels, channel_json, quiet_json
from partyapp.channel.domain.address import MAX_ADDRESS
from partyapp.channel.domain.channel import CODE_DIGITS, KINDS
from partyapp.channel.domain.quiet_hours import MAX_ZONE, QuietHours
from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import Answer
from partyapp.shared.http import current
from partyapp.shared.http.schemas import Nothing, Text, Word, read_body

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class ClockTime(fields.String):
    """A time of day, as in 22:30."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Regexp(f"^{_CLOCK.pattern}$"), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            raise ValidationError("Must be a time of day, as in 22:30.")
        return value


def _kinds(**options: Any) -> fields.List[Any]:
    one = fields.String(validate=validate.OneOf(KINDS))
    return fields.List(one, validate=validate.Length(max=len(KINDS)), **options)


class AddChannel(Schema):
    address = Word(MAX_ADDRESS, required=True)
    kinds = _kinds(load_default=None)


class ChangeChannel(Schema):
    kinds = _kinds(required=True)


class VerifyChannel(Schema):
    code = fields.String(required=True, validate=validate.Regexp(f"^[0-9]{{{CODE_DIGITS}}}$"))


class SetQuietHours(Schema):
    time_zone = Text(1, MAX_ZONE, required=True)
    begin = ClockTime(required=True)
    end = ClockTime(required=True)


def channel_blueprint(channels: Channels, idempotent: IdempotentPost) -> Blueprint:
    """The addresses under /api/me."""
    blueprint = Blueprint("channel", __name__)

    @blueprint.get("/api/me/channels")
    def list_channels() -> Response:
        return jsonify(channels.overview(current.principal().user_id))

    @blueprint.post("/api/me/channels")
    def add_channel() -> Response:
        body, user_id = read_body(AddChannel()), current.principal().user_id

        def make(request_id: UUID) -> Answer:
            added = channels.add(request_id, user_id, body["address"], body["kinds"])
            return 201, channel_json(added), {}

        return idempotent.respond(make)

    @blueprint.patch("/api/me/channels/<uuid:channel_id>")
    def change_channel(channel_id: UUID) -> Response:
        body, user_id = read_body(ChangeChannel()), current.principal().user_id

        def make(_: UUID) -> Answer:
            return 200, channel_json(channels.change(user_id, channel_id, body["kinds"])), {}

        return idempotent.respond(make)

    @blueprint.delete("/api/me/channels/<uuid:channel_id>")
    def remove_channel(channel_id: UUID) -> Response:
        user_id = current.principal().user_id

        def make(_: UUID) -> Answer:
            channels.remove(user_id, channel_id)
            return 204, None, {}

        return idempotent.respond(make)

    _codes(blueprint, channels, idempotent)
    _quiet_hours(blueprint, channels, idempotent)
    return blueprint


def _codes(blueprint: Blueprint, channels: Channels, idempotent: IdempotentPost) -> None:
    @blueprint.post("/api/me/channels/<uuid:channel_id>/code")
    def send_code(channel_id: UUID) -> Response:
        read_body(Nothing())
        user_id = current.principal().user_id

        def make(_: UUID) -> Answer:
            return 200, channel_json(channels.new_code(user_id, channel_id)), {}

        return idempotent.respond(make)

    @blueprint.post("/api/me/channels/<uuid:channel_id>/verify")
    def verify_channel(channel_id: UUID) -> Response:
        body, user_id = read_body(VerifyChannel()), current.principal().user_id

        def make(_: UUID) -> Answer:
            return 200, channel_json(channels.verify(user_id, channel_id, body["code"])), {}

        return idempotent.respond(make)


def _quiet_hours(blueprint: Blueprint, channels: Channels, idempotent: IdempotentPost) -> None:
    @blueprint.put("/api/me/quiet-hours")
    def set_quiet_hours() -> Response:
        body, user_id = read_body(SetQuietHours()), current.principal().user_id
        quiet = QuietHours(zone=body["time_zone"], begin=_minutes(body["begin"]), end=_minutes(body["end"]))

        def make(_: UUID) -> Answer:
            channels.set_quiet_hours(user_id, quiet)
            return 200, quiet_json(quiet), {}

        return idempotent.respond(make)

    @blueprint.delete("/api/me/quiet-hours")
    def end_quiet_hours() -> Response:
        user_id = current.principal().user_id

        def make(_: UUID) -> Answer:
            channels.set_quiet_hours(user_id, None)
            return 204, None, {}

        return idempotent.respond(make)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
