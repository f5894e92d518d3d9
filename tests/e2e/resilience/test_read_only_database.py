"""A Postgres that takes no changes for a while: said to be so, and over once it takes them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.support.contract import assert_refused
from tests.support.local_stack import Stack
from tests.support.party_client import Guest
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = pytest.mark.stack

PLAY = {"action": "play", "position_s": 0}


@contextmanager
def read_only(database_url: str) -> Iterator[None]:
    """The whole server, for sessions that are open too, as its operator makes it."""
    plain = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as operator:
        operator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        operator.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            operator.execute("SET default_transaction_read_only = off")
            operator.execute("ALTER SYSTEM RESET default_transaction_read_only")
            operator.execute("SELECT pg_reload_conf()")


def test_it_is_unavailable_and_not_ready_until_it_takes_changes(own_stack: Stack) -> None:
    ada = Guest(own_stack.url, "Ada")
    party = ada.create_party()
    path = f"/api/parties/{party['id']}"
    with read_only(own_stack.database_url):
        eventually(lambda: ada.get("/readyz").status_code == 503)
        assert ada.get("/readyz").json()["checks"]["postgres"] == "missing"
        assert ada.get("/healthz").status_code == 200
        for _ in range(3):
            assert_refused(ada.post(f"{path}/playback", PLAY), "unavailable")
            assert_refused(ada.post(f"{path}/join"), "unavailable")
            assert_refused(ada.post("/api/parties", {"video_id": party["video"]["id"]}), "unavailable")
    eventually(lambda: ada.get("/readyz").status_code == 200, RECOVERY_S)
    assert ada.post(f"{path}/playback", PLAY).status_code == 200
    # Over a worker, whose connections were to the same server.
    assert ada.create_party(party["video"]["id"])["state"] == "active"
    ada.end(party["id"])
    ada.close()
