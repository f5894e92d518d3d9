"""Memory an idle member, connects a second, and the time in which a tick reaches all members."""

from typing import Any

from bench.live.testbed import ALL, OURS, Testbed, settle
from bench.processes import memory_of

MEMBERS_A_PARTY = 5
TICK_S = 5.0


def measure_memory(testbed: Testbed) -> dict[str, Any]:
    """Memory a member, in KiB, and connects a second; parties of five, handshake to welcome."""
    members = testbed.pick(200, 2000, 10_000)
    found: dict[str, Any] = {"members": members, "members_a_party": MEMBERS_A_PARTY, "servers": {}}
    for name in ALL:
        # The first sockets load code and fill pools that the others share.
        with testbed.rooms(name, 4, MEMBERS_A_PARTY):
            settle()
        with testbed.rooms(name, members // MEMBERS_A_PARTY, MEMBERS_A_PARTY) as (_, opened):
            settle()
            after = memory_of(testbed.pids(name))
            found["servers"][name] = {
                "kib_a_member": round((after - opened["memory_before"]) / opened["opened"] / 1024, 2),
                "connects_a_second": round(opened["opened"] / opened["seconds"], 1),
            }
            if name == OURS:
                whole = testbed.pick(1, 3, 6)
                found["ticks"] = testbed.load("waves", seconds=(whole + 2) * TICK_S, apart_s=TICK_S / 2)
    return found
