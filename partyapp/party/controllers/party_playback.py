"""Playback over HTTP: control it, and stay in sync without a socket."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from partyapp.commands.controllers import IdempotentPost, idempotency_key
from partyapp.commands.idempotency import Answer
from partyapp.party.application.commands import PLAYBACK_COMMANDS, ReportVideoDurationCommand
from partyapp.party.application.inbound_ports import (
    PartyReader,
    PartyView,
    PlaybackControl,
    SignsOfLife,
    SyncAdvisor,
)
from partyapp.party.application.views import playback_view
from partyapp.party.controllers.schemas import PlaybackSchema, SyncSchema
from partyapp.party.domain.errors import NotAMember, PartyEnded
from partyapp.party.domain.film_length import DurationNews
from partyapp.party.domain.json_values import playback_from
from partyapp.party.domain.playback import PlaybackAction, drift_ms
from partyapp.party.domain.state import PartyStatus
from partyapp.shared.http import current
from partyapp.shared.http.schemas import read_body
from partyapp.shared.kernel.ids import parse_id


def party_playback_blueprint(
    reader: PartyReader,
    playback: PlaybackControl,
    advisor: SyncAdvisor,
    idempotent: IdempotentPost,
    signs: SignsOfLife,
) -> Blueprint:
    """The addresses under /api/parties that are about playback."""
    blueprint = Blueprint("party_playback", __name__)

    @blueprint.post("/api/parties/<uuid:party_id>/playback")
    def control_playback(party_id: UUID) -> Response:
        body = read_body(PlaybackSchema())
        command = PLAYBACK_COMMANDS[PlaybackAction(body.pop("action"))](
            actor=current.principal(), party_id=party_id, **body
        )

        def make(request_id: UUID) -> Answer:
            # A client that loses its socket gives the command once more here, under the id it has there.
            event = playback.control(command, parse_id(idempotency_key()) or request_id)
            signs.seen(party_id, command.actor.user_id)
            now = playback_view(playback_from(event.data, event.revision))
            return 200, {"revision": event.revision, "playback": now}, {}

        return idempotent.respond(make)

    @blueprint.post("/api/parties/<uuid:party_id>/sync")
    def stay_in_sync(party_id: UUID) -> Response:
        received_ms = advisor.now_ms()
        body = read_body(SyncSchema())
        user_id = current.principal().user_id
        reading = reader.membership(party_id, user_id)
        if reading.own is None:
            raise NotAMember()
        if reading.state.status is PartyStatus.ENDED:
            raise PartyEnded()
        news = _note(signs, reading, user_id, body, received_ms)
        if news is not None:
            actor = current.principal()
            playback.report_duration(
                ReportVideoDurationCommand(actor=actor, party_id=party_id, **news._asdict())
            )
        return idempotent.respond(lambda _: (200, _sync_answer(advisor, reading, body, received_ms), {}))

    return blueprint


def _note(
    signs: SignsOfLife, reading: PartyView, user_id: UUID, body: dict[str, Any], received_ms: float
) -> DurationNews | None:
    party, rtt_ms = reading.state, body.get("rtt_ms")
    if body.get("video_id", party.video.id) != party.video.id:
        # A player that shows another film than the party says nothing of how well it follows.
        signs.seen(party.id, user_id)
        return None
    return signs.synced(
        party,
        user_id,
        position_s=body["position_s"],
        player=body["state"],
        sampled_ms=received_ms - (rtt_ms or 0.0) / 2,
        rtt_ms=rtt_ms,
        duration_s=body.get("duration_s"),
    )


def _sync_answer(
    advisor: SyncAdvisor, reading: PartyView, body: dict[str, Any], received_ms: float
) -> dict[str, Any]:
    """Where the player was off when it asked, half a round trip ago, and where it should be now."""
    state, playback = reading.state, reading.state.playback
    duration_s = state.video.duration_s
    sampled_ms = received_ms - body.get("rtt_ms", 0.0) / 2
    was_s = advisor.target_position_s(playback, duration_s, sampled_ms)
    correction = advisor.correction(playback, body["position_s"], was_s)
    now_ms = advisor.now_ms()
    target_s = advisor.target_position_s(playback, duration_s, now_ms)
    return {
        "revision": state.revision,
        "playback": playback_view(playback),
        "received_ms": received_ms,
        "server_time_ms": now_ms,
        "target_position_s": target_s,
        "drift_ms": drift_ms(body["position_s"], was_s),
        "correction": {"kind": correction.kind, "rate": correction.rate, "position_s": target_s},
    }
