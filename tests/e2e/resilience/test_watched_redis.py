"""A Redis as operators have it: Sentinels, TLS by an authority of one's own, a user with the least rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.full_scenario import run
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.recovery import wait_until_ready
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.watched_redis import WatchedRedis, needs_sentinel

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400), needs_sentinel]

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
PASSWORD, PREFIX = "p4rty", "cinema"


def documented_rights() -> str:
    """The line of an ACL file that docs/operations.md shows, with a password and a prefix."""
    (line,) = re.findall(r"^user party .*$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    return str(line).replace("PASSWORD", PASSWORD).replace("PREFIX", PREFIX)


@pytest.fixture(scope="module")
def servers() -> Iterator[WatchedRedis]:
    with own_folder() as folder, WatchedRedis(folder, documented_rights()) as running:
        yield running


@pytest.fixture(scope="module")
def watched(servers: WatchedRedis) -> Iterator[Stack]:
    extra = {
        "REDIS_URL": servers.url(PASSWORD),
        "PARTY_REDIS_PREFIX": PREFIX,
        "PARTY_REDIS_TLS_CA": str(servers.authority),
        "PARTY_REDIS_TLS_VERIFY": "ca",
    }
    with own_folder() as folder, Stack(folder / "data", extra=extra, webhooks=True) as running:
        yield running


def test_the_documented_rights_are_enough(watched: Stack, servers: WatchedRedis) -> None:
    run(watched.url, lambda line: None)
    with redis.Redis(
        host="localhost", port=servers.ports[0], username="party", password=PASSWORD, socket_timeout=5,
        ssl=True, ssl_ca_certs=str(servers.authority),
    ) as party:  # fmt: skip
        for refused in (
            ("FLUSHALL",),
            ("SET", "others", "x"),
            ("CONFIG", "GET", "*"),
            ("KEYS", f"{PREFIX}:*"),
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                party.execute_command(*refused)
    with servers.operator(servers.ports[0]) as operator:
        assert len(operator.acl_log()) == 4, "nothing was refused but what was tried"
        operator.acl_log_reset()
        assert all(key.startswith(f"{PREFIX}:") for key in operator.scan_iter("*"))
        used = {name.removeprefix("cmdstat_") for name in operator.info("commandstats")}
    assert used >= {"brpop", "subscribe", "evalsha"}, "they were used"


def test_what_the_sentinel_puts_in_its_place_is_used(watched: Stack, servers: WatchedRedis) -> None:
    ada, grace = Guest(watched.url, "Ada"), Guest(watched.url, "Grace")
    party = ada.create_party()
    grace.join(party["id"], party["invite_code"])
    lines = [guest.connect(party["id"]) for guest in (ada, grace)]
    for line in lines:
        line.expect("welcome")
    replica = servers.kill_main()
    # Playback needs no Redis.
    assert ada.playback(party["id"], "play")["revision"] == 3
    eventually(lambda: servers.is_main(replica), RECOVERY_S)
    wait_until_ready(watched)
    # By a worker, whose broker is the other server now, and told over its channels.
    ada.transfer(party["id"], grace.user_id)
    for line in lines:
        line.wait_for_revision(4, RECOVERY_S)
        line.check_no_gap()
        assert line.expect("tick", RECOVERY_S, where=lambda tick: tick["revision"] == 4)
    with servers.operator(replica) as operator:
        assert operator.acl_log() == []
    for guest in (ada, grace):
        guest.close()
