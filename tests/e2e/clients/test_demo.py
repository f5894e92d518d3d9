"""`party demo` fills a real party: bots are in sync, talk and stall, and leave."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import Service
from tests.support.local_stack import party as party_command
from tests.support.party_client import Guest, Json, eventually
from tests.support.waiting import LIMIT_S, RECOVERY_S

pytestmark = pytest.mark.stack


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    words = party_command("demo", *options)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def link_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r"(\d+) bots are in the party: \S+/p/([0-9a-f-]+)#invite=(\S+)", said)
    assert found, said
    return found[2], found[3]


def test_bots_watch_chat_and_stall(service: Service, host: Guest) -> None:
    seeded = ("--seed", "1", "--bots", "3", "--chat-every", "1.5", "--stall-every", "4")
    with running("--url", service.url, "--film", f"{service.url}/media/sample.mp4", *seeded) as demo:
        party_id, invite = link_of(demo)
        host.join(party_id, invite)
        socket = host.connect(party_id)
        socket.expect("chat", RECOVERY_S)

        def members() -> list[Json]:
            return [one["sync"] or {} for one in host.party(party_id)["members"]]

        eventually(lambda: sum(one.get("verdict") == "in_sync" for one in members()) >= 2, RECOVERY_S)
        eventually(lambda: any(one.get("state") == "buffering" for one in members()), RECOVERY_S, every_s=0.2)
        # Whoever builds against them may steer too.
        assert socket.command("seek", position_s=60)["type"] == "ack"
        demo.terminate()
        assert demo.wait(LIMIT_S) == 0
        assert demo.stdout is not None
        assert "The bots have left." in demo.stdout.read()
    assert [one["display_name"] for one in host.party(party_id)["members"]] == ["Ada"]


def test_they_come_to_a_party_of_ones_own_and_end_with_it(service: Service, host: Guest) -> None:
    party = host.create_party(service.video["id"])
    own = ("--party", party["id"], "--invite", party["invite_code"])
    with running("--url", service.url, "--bots", "2", *own) as demo:
        link_of(demo)
        assert host.party(party["id"])["member_count"] == 3
        host.end(party["id"])
        assert demo.wait(LIMIT_S) == 0


def test_what_can_not_be_is_one_sentence(service: Service) -> None:
    with running("--url", "http://127.0.0.1:1") as demo:
        assert demo.wait(RECOVERY_S) == 1
        assert demo.stdout is not None
        assert "Nothing answers at http://127.0.0.1:1" in demo.stdout.read()
    nobody = "0198b3a0-0000-7000-8000-000000000001"
    with running("--url", service.url, "--party", nobody) as demo:
        assert demo.wait(RECOVERY_S) == 1
        assert demo.stdout is not None
        said = demo.stdout.read()
    assert "/join: " in said
    assert "Traceback" not in said
