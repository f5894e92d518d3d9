"""The web process with the echo context: `gunicorn --config python:partyapp.gunicorn_conf …echo.web:app`."""

from __future__ import annotations

from functools import partial

from partyapp.app import create_app
from partyapp.commands.controllers import CommandResponder
from partyapp.commands.kinds import CommandKind
from partyapp.commands.record import fingerprint
from partyapp.party.controllers.party_socket import PartySocket
from partyapp.realtime_wiring import Realtime
from partyapp.shared.kernel.ids import new_id
from tests.support.echo.context import KIND, Echo, Echoed, SayCommand, SayRunner, echo_blueprint

app = create_app()
realtime: Realtime = app.extensions["realtime"]


def on_echo(socket: PartySocket, message: Echo) -> None:
    """A line came in on a socket: the same durable command."""
    command = SayCommand(actor=socket.principal, party_id=socket.party_id, text=message.text)
    socket.spawn(partial(accept, command))


def accept(command: SayCommand) -> None:
    """Store the command and have a worker run it."""
    key = fingerprint("echo", str(new_id()))
    realtime.commands.wake(realtime.commands.accept(command, command.actor, key, key))


def on_echoed(message: Echoed) -> None:
    """A line was stored: the sockets of the party receive it."""
    realtime.rooms.broadcast(message.party, message)


responder: CommandResponder = app.extensions["commands"]
realtime.commands.kinds.register(
    CommandKind(name=KIND, command=SayCommand, runner=SayRunner(app.extensions["resources"].live))
)
realtime.socket_messages.register(Echo, on_echo)
realtime.bus_messages.register(Echoed, on_echoed)
app.register_blueprint(echo_blueprint(responder))
