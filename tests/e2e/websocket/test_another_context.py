"""Another context adds a command over REST and over the socket, its table and its message to real processes.

Nothing of `partyapp/party` knows of it: see `tests/support/echo`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from partyapp.shared.ops.settings import sqlalchemy_url
from tests.support.echo.context import Base, EchoLineEntity
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, body_of
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]
PROCFILE = """
release: party migrate
web: gunicorn --config python:partyapp.gunicorn_conf tests.support.echo.web:app
worker: celery --app tests.support.echo.worker worker -c 1 -Q party.lifecycle,party.tick,party.relay
beat: celery --app workers.beat beat --schedule "$PARTY_DATA_DIR/beat-schedule" --pidfile=
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with own_folder() as folder:
        procfile = folder / "Procfile"
        procfile.write_text(PROCFILE)
        with Stack(folder / "data", procfile=procfile, extra={"PYTHONPATH": str(ROOT)}) as running:
            Base.metadata.create_all(create_engine(sqlalchemy_url(running.database_url)))
            yield running


def lines(stack: Stack) -> list[tuple[str, str]]:
    with create_engine(sqlalchemy_url(stack.database_url)).connect() as connection:
        rows = connection.execute(select(EchoLineEntity).order_by(EchoLineEntity.number))
        return [(str(row.party_id), row.text) for row in rows]


def test_a_command_and_messages_of_another_context(stack: Stack) -> None:
    host, member = Guest(stack.url, "Ada"), Guest(stack.url, "Grace")
    party = host.create_party()
    member.join(party["id"], party["invite_code"])
    sockets = host.connect(party["id"]), member.connect(party["id"])
    for socket in sockets:
        socket.expect("welcome")

    said = body_of(host.post(f"/api/parties/{party['id']}/echoes", {"text": "over REST"}), 201)
    assert said == {"number": 1}
    for socket in sockets:
        assert socket.expect("echoed") == {
            "type": "echoed", "party": party["id"], "number": 1, "text": "over REST"
        }  # fmt: skip

    sockets[1].send({"type": "echo", "text": "over the socket"})
    for socket in sockets:
        second = socket.expect("echoed", where=lambda message: bool(message["number"] == 2))
        assert second["text"] == "over the socket"
    assert eventually(lambda: lines(stack)) == [(party["id"], "over REST"), (party["id"], "over the socket")]

    # The message is validated like the party's own, and the party's revision has not moved.
    sockets[0].send({"type": "echo", "text": 7})
    problem = sockets[0].expect("error")["problem"]
    assert (problem["code"], list(problem["errors"])) == ("validation_failed", ["text"])
    assert host.party(party["id"])["revision"] == 2
    for guest in (host, member):
        guest.close()
