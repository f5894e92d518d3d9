"""The party's film over HTTP: another one, or the next of the queue."""

from uuid import UUID

from flask import Blueprint, Response

from partyapp.commands.controllers import IdempotentPost, idempotency_key
from partyapp.commands.idempotency import Answer
from partyapp.party.application.commands import ChangeVideoCommand, PlayNextCommand
from partyapp.party.application.inbound_ports import FilmControl, SignsOfLife
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.controllers.schemas import PartyVideoSchema
from partyapp.shared.http import current
from partyapp.shared.http.schemas import Nothing, read_body
from partyapp.shared.kernel.ids import parse_id


def party_films_blueprint(
    answers: PartyAnswers, films: FilmControl, idempotent: IdempotentPost, signs: SignsOfLife
) -> Blueprint:
    """`/api/parties/{id}/video` and `/next`."""
    blueprint = Blueprint("party_films", __name__)

    def change(command: ChangeVideoCommand | PlayNextCommand) -> Response:
        party_id, user_id = command.party_id, command.actor.user_id

        def make(request_id: UUID) -> Answer:
            films.change_film(command, parse_id(idempotency_key()) or request_id)
            signs.seen(party_id, user_id)
            return 200, answers.party({"party_id": str(party_id), "user_id": str(user_id)}), {}

        return idempotent.respond(make)

    @blueprint.post("/api/parties/<uuid:party_id>/video")
    def change_video(party_id: UUID) -> Response:
        body = read_body(PartyVideoSchema())
        command = ChangeVideoCommand(actor=current.principal(), party_id=party_id, **body)
        return change(command)

    @blueprint.post("/api/parties/<uuid:party_id>/next")
    def play_next(party_id: UUID) -> Response:
        read_body(Nothing())
        return change(PlayNextCommand(actor=current.principal(), party_id=party_id))

    return blueprint
