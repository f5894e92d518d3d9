"""Fuzzing at scale: requests generated from the OpenAPI description, handshakes sent each way through the
server, and sockets that violate the protocol.

Run: `python -m bench.fuzz [--requests 10000] [--handshakes 500] [--sockets 1000] [--seed 7]`. It exits with
an error at the first answer that the description doesn't name, at the first handshake that another way brings
another answer, and when a web process leaks open files, threads or memory.
"""

from __future__ import annotations

import argparse
import random
import time

from partyapp.description import DESCRIPTION
from tests.support.handshake_bytes import compare_ways
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.request_fuzz import RequestFuzz
from tests.support.socket_fuzz import fuzz_sockets


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=10_000)
    options.add_argument("--handshakes", type=int, default=500)
    options.add_argument("--sockets", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = options.parse_args()
    # A limit on requests would hide what lies behind it.
    with own_folder() as folder, Stack(folder / "data", extra={"RATELIMIT_ENABLED": "0"}) as stack:
        began = time.monotonic()
        requests = RequestFuzz(stack.url)
        if given.requests:
            # Operations that take nothing have fewer different requests than this.
            while requests.sent < given.requests:
                requests.run(
                    1 + (given.requests - requests.sent) // len(DESCRIPTION.operations), seeded=False
                )
        requests.close()
        answers = ", ".join(f"{status}: {number}" for status, number in sorted(requests.statuses.items()))
        print(f"{requests.sent} requests in {time.monotonic() - began:.0f} s; {answers}", flush=True)
        if given.handshakes:
            member = Guest(stack.url, "Member")
            party_id = member.create_party()["id"]
            print(f"handshakes: {compare_ways(member, party_id, given.handshakes, seeded=False)}", flush=True)
            member.close()
        print(f"sockets with seed {given.seed}", flush=True)
        began = time.monotonic()
        report = fuzz_sockets(stack, given.sockets, given.seed)
        print(f"{report} in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
