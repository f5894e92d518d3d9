"""What an idle member costs a server's processes in memory, how many can connect in a second, and how soon a
tick has reached all of them."""

from typing import Any

from bench.live.processes import memory_of
from bench.live.testbed import ALL, OURS, Resources, settle

MEMBERS_A_PARTY = 5
TICK_S = 5.0


def measure_memory(ground: Resources) -> dict[str, Any]:
    """Memory a member, in KiB, and connects a second; parties of five, handshake to welcome."""
    members = ground.pick(200, 2000, 10_000)
    found: dict[str, Any] = {"members": members, "members_a_party": MEMBERS_A_PARTY, "servers": {}}
    for name in ALL:
        # The first sockets bring in code and pools that the others share.
        with ground.rooms(name, 4, MEMBERS_A_PARTY):
            settle()
        with ground.rooms(name, members // MEMBERS_A_PARTY, MEMBERS_A_PARTY) as (_, opened):
            settle()
            after = memory_of(ground.pids(name))
            found["servers"][name] = {
                "kib_a_member": round((after - opened["memory_before"]) / opened["opened"] / 1024, 2),
                "connects_a_second": round(opened["opened"] / opened["seconds"], 1),
            }
            if name == OURS:
                whole = ground.pick(1, 3, 6)
                found["ticks"] = ground.load("waves", seconds=(whole + 2) * TICK_S, apart_s=TICK_S / 2)
    return found
