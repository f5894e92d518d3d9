"""The echo context: somebody says a line, a worker stores it, and every member of the party receives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from flask import Blueprint, Response, request
from sqlalchemy import Identity, String, Uuid, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from partyapp.commands.controllers import CommandResponder
from partyapp.commands.kinds import CommandEffect
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.realtime.websocket.socket_messages import SocketMessage
from partyapp.shared.http import current
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.live_redis import LiveRedis

KIND = "echo.say"


class Base(DeclarativeBase):
    """Apart from the service's own tables, whose migrations are compared with all that is declared there."""


class EchoLineEntity(Base):
    """A line. Nothing of the party's is in this table but its id."""

    __tablename__ = "echo_lines"

    number: Mapped[int] = mapped_column(Identity(), primary_key=True)
    party_id: Mapped[UUID] = mapped_column(Uuid)
    text: Mapped[str] = mapped_column(String(200))


@dataclass(frozen=True, kw_only=True)
class SayCommand:
    """Say a line to a party."""

    actor: Principal
    party_id: UUID
    text: str


class Echo(SocketMessage, frozen=True, tag="echo"):
    """The same, from a socket."""

    text: str


class Echoed(msgspec.Struct, frozen=True, kw_only=True, tag="echoed"):
    """What is published of a line, to processes and then to sockets."""

    party: UUID
    number: int
    text: str


@dataclass(frozen=True)
class EchoPublication:
    """Publishes a line once it is committed."""

    live: LiveRedis
    echoed: Echoed

    def announce(self) -> None:
        self.live.publish(room_channel(self.echoed.party), encode(self.echoed))


@dataclass(frozen=True)
class SayRunner:
    """Stores a line in the executor's transaction."""

    live: LiveRedis

    def run(self, command: Any, transaction: Session, command_id: UUID) -> CommandEffect:
        line = insert(EchoLineEntity).values(party_id=command.party_id, text=command.text)
        number = transaction.scalars(line.returning(EchoLineEntity.number)).one()
        echoed = Echoed(party=command.party_id, number=number, text=command.text)
        return CommandEffect(result={"number": number}, announcement=EchoPublication(self.live, echoed))


def echo_blueprint(commands: CommandResponder) -> Blueprint:
    """`POST /api/parties/{id}/echoes`."""
    blueprint = Blueprint("echo", __name__)

    @blueprint.post("/api/parties/<uuid:party_id>/echoes")
    def say(party_id: UUID) -> Response:
        text = str((request.get_json() or {})["text"])
        command = SayCommand(actor=current.principal(), party_id=party_id, text=text)
        return commands.respond(command, lambda result: (201, result, {}))

    return blueprint
