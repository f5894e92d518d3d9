"""An older backup is restored while clients hold what came after it: all of them go on from the backup."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.embedded_servers import EmbeddedServers
from tests.support.local_stack import Stack, environment, party
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, Socket
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]


@dataclass
class Operator:
    """Who has the terminal of a deployment with its own Postgres and Redis."""

    stack: Stack
    folder: Path
    servers: dict[str, str]
    secret: str

    def party(self, *words: str) -> subprocess.CompletedProcess[str]:
        secret = {"PARTY_SECRET_KEY": self.secret, "PARTY_ENV": "test"}
        env = environment(self.stack.data_dir, self.stack.port, self.servers | secret)
        return subprocess.run(
            party(*words), env=env, cwd=self.folder, capture_output=True, text=True, timeout=120
        )

    def must(self, *words: str) -> str:
        done = self.party(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    with own_folder() as folder, EmbeddedServers(folder / "servers") as servers:
        given = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        with Stack(folder / "data", extra=given) as stack:
            # A run that has ended leaves no secrets behind to be read.
            yield Operator(stack, folder, given, stack.secret_key)


def welcomed(guest: Guest, party_id: str, last_revision: int | None = None) -> tuple[Socket, Json]:
    resumed: dict[str, Any] = {} if last_revision is None else {"last_revision": last_revision}
    line = guest.connect(party_id, **resumed)
    return line, line.expect("welcome")


def test_clients_with_a_newer_revision_are_welcomed_anew(operator: Operator) -> None:
    stack = operator.stack
    ada, grace = Guest(stack.url, "Ada"), Guest(stack.url, "Grace")
    kept = ada.create_party()
    grace.join(kept["id"], kept["invite_code"])
    line, _ = welcomed(grace, kept["id"])
    operator.must("backup", "evening.backup")
    # What comes after the backup: playback, a party, and a person.
    for position_s in (10.0, 20.0, 30.0):
        newest = ada.playback(kept["id"], "seek", position_s=position_s)["revision"]
    line.wait_for_revision(newest)
    lost, late = ada.create_party(), Guest(stack.url, "Late")
    lost_line, _ = welcomed(ada, lost["id"])
    late.join(kept["id"], kept["invite_code"])

    refused = operator.party("restore", "evening.backup", "--replace")
    assert refused.returncode == 1
    assert "connections to this database are open; end web" in refused.stderr
    stack.stop()
    assert (line.wait_closed(RECOVERY_S), lost_line.wait_closed(RECOVERY_S)) == (1012, 1012)
    assert "is restored" in operator.must("restore", "evening.backup", "--replace")
    stack.start()

    line, welcome = welcomed(grace, kept["id"], last_revision=newest)
    assert welcome["party"]["revision"] == 2, "as the backup has it"
    assert {member["display_name"] for member in welcome["party"]["members"]} == {"Ada", "Grace"}
    assert ada.playback(kept["id"], "play")["revision"] == 3
    line.wait_for_revision(3)
    assert ada.get(f"/api/parties/{lost['id']}").status_code == 404
    # A person of after the backup goes on with the same token, and is no member yet.
    assert late.join(kept["id"], kept["invite_code"])["party"]["revision"] == 4
    line.wait_for_revision(4)
    line.check_no_gap()
    assert [event["revision"] for event in ada.events(kept["id"])] == [1, 2, 3, 4]
    for name in ("web", "worker"):
        assert "Traceback" not in stack.log(name)
    for guest in (ada, grace, late):
        guest.close()


def sent_back(database_url: str, party_id: str, change: Callable[[], None]) -> None:
    """Have the party as it was before `change`, which its clients have heard of."""
    plain = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "CREATE TEMP TABLE before AS SELECT * FROM synced_party_sessions WHERE id = %s", (party_id,)
        )
        change()
        with connection.transaction():
            # Without triggers, as a standby has them.
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute("DELETE FROM synced_party_sessions WHERE id = %s", (party_id,))
            connection.execute("INSERT INTO synced_party_sessions SELECT * FROM before")
            connection.execute(
                "DELETE FROM party_events WHERE party_id = %s AND revision > (SELECT revision FROM before)",
                (party_id,),
            )


def test_a_database_that_goes_back_under_a_running_service(operator: Operator) -> None:
    """As a standby does that takes over without the latest commits."""
    stack = operator.stack
    ada = Guest(stack.url, "Ada")
    shown = ada.create_party()
    line, _ = welcomed(ada, shown["id"])

    def change() -> None:
        for position_s in (10.0, 20.0):
            ada.playback(shown["id"], "seek", position_s=position_s)
        line.wait_for_revision(3)

    sent_back(operator.servers["DATABASE_URL"], shown["id"], change)
    assert line.wait_closed(RECOVERY_S) == 1012
    again, welcome = eventually(lambda: welcomed(ada, shown["id"], last_revision=3))
    assert welcome["party"]["revision"] == 1
    assert again.command("play")["revision"] == 2
    ada.close()


def test_the_operator_puts_somebody_out_of_a_running_party(operator: Operator) -> None:
    ada, grace = Guest(operator.stack.url, "Ada"), Guest(operator.stack.url, "Grace")
    shown = ada.create_party()
    grace.join(shown["id"], shown["invite_code"])
    hers, _ = welcomed(grace, shown["id"])
    line, _ = welcomed(ada, shown["id"])
    assert "removed, banned" in operator.must("members", "remove", shown["id"], grace.user_id, "--ban")
    assert hers.expect("removed")["banned"] is True
    assert hers.wait_closed(RECOVERY_S) == 4403
    assert line.expect("event")["event"]["actor_id"] is None
    (ban,) = ada.get(f"/api/parties/{shown['id']}/bans").json()["items"]
    assert (ban["user_id"], ban["banned_by"]) == (grace.user_id, None)
    assert (
        grace.post(f"/api/parties/{shown['id']}/join", {"invite_code": shown["invite_code"]}).status_code
        == 403
    )
    for guest in (ada, grace):
        guest.close()
