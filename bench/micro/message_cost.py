"""What decoding and validating one frame of a client costs: the working tree beside an earlier commit.

    python -m bench.micro.message_cost [--base cc7cf3a] [--rounds 15] [--count 5000]

For a `ping` with `prev`, a `status` and a `command`: ns from the text of the frame to its checked values, as
the socket's controller gets them. Both sides run in this one process, in alternating rounds, so that other
load on the machine affects both; printed are the medians over the rounds, and their ratio.

It needs a git checkout that holds the base commit (a shallow clone may not): the package `partyapp` of that
commit is read from git and imported beside the working tree's.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from types import ModuleType
from typing import Any

from partyapp.party.controllers.party_socket import register_party_messages
from partyapp.party.controllers.socket_messages import Ping
from partyapp.realtime.websocket.clock_exchange import read_previous
from partyapp.realtime.websocket.socket_messages import SocketMessages

ROOT = Path(__file__).parents[2]
#: A commit whose controller reads frames by hand, without typed messages.
BASE = "cc7cf3a"

#: From the text of a frame to its checked values.
Decode = Callable[[str], object]

_ID = "0198c0de-7a3b-7c4d-8e5f-6a7b8c9d0e1f"
_PREV = {"n": 41, "t1": 63_210.4, "t2": 1.7e12 + 0.25, "t3": 1.7e12 + 0.3125, "t4": 63_251.7}
MESSAGES: dict[str, dict[str, Any]] = {
    "ping": {"type": "ping", "n": 42, "t1": 64_213.9, "prev": _PREV},
    "status": {
        "type": "status",
        "position_s": 1_234.567,
        "state": "playing",
        "revision": 17,
        "sampled_at_ms": 1.7e12 + 0.5,
    },
    "command": {
        "type": "command",
        "id": _ID,
        "action": "seek",
        "position_s": 600.0,
        "expected_revision": 17,
    },
}


def working_tree() -> Decode:
    """The code of the working tree; to be changed with the controller's way of reading frames."""
    messages: SocketMessages[Any] = SocketMessages()
    register_party_messages(messages)

    def decode(text: str) -> object:
        _, message = messages.decode(text)
        return (message, read_previous(message.prev)) if isinstance(message, Ping) else message

    return decode


def by_readers(readers: Any, parse: Callable[[str], Any]) -> Decode:
    """The steps of the controller at `BASE`: parse the JSON, check the type, then read the fields by hand."""

    def decode(text: str) -> object:
        message = parse(text)
        kind = readers.known_type(message)
        if kind == "ping":
            return readers.read_ping(message), readers.read_prev(message)
        if kind == "status":
            return readers.read_status(message)
        return readers.read_command(message)

    return decode


def base_commit(revision: str) -> Decode:
    """The code of that commit, `BASE` or one with the same two modules."""
    with TemporaryDirectory() as folder:
        extract(revision, Path(folder))
        with imports_from(Path(folder)):
            old_frames = import_module("partyapp.party.controllers.frames")
            old_schemas = import_module("partyapp.shared.schemas")
    return by_readers(old_frames, old_schemas.parse_json)


def extract(revision: str, folder: Path) -> None:
    """Write the package as it is at that commit into a folder. Ends the program when git doesn't have it."""
    command = ["git", "archive", "--format=tar", revision, "partyapp"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


@contextmanager
def imports_from(folder: Path) -> Iterator[None]:
    """In this block `partyapp` is the package in that folder; afterwards it is the one from before again."""
    ours = _take_out()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _take_out()
        sys.modules.update(ours)


def _take_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == "partyapp"]
    return {name: sys.modules.pop(name) for name in names}


def ns_each(decode: Decode, text: str, count: int) -> float:
    """The mean time of so many decodings, in ns."""
    began = perf_counter_ns()
    for _ in range(count):
        decode(text)
    return (perf_counter_ns() - began) / count


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.micro.message_cost", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--base", default=BASE, help="the commit to compare with")
    parser.add_argument("--rounds", type=int, default=15, help="alternating rounds")
    parser.add_argument("--count", type=int, default=5_000, help="frames of each kind in a round")
    options = parser.parse_args()
    sides = {"base": base_commit(options.base), "working tree": working_tree()}
    print(f"{'ns a frame':10} {options.base[:12]:>12} {'working tree':>14} {'base / tree':>13}")
    for kind, message in MESSAGES.items():
        text = json.dumps(message, separators=(",", ":"))
        spent: dict[str, list[float]] = {side: [] for side in sides}
        # The first round warms up.
        for number in range(1 + options.rounds):
            for side, decode in sides.items():
                took = ns_each(decode, text, options.count)
                spent[side] += [took] if number else []
        base, tree = median(spent["base"]), median(spent["working tree"])
        print(f"{kind:10} {base:12.0f} {tree:14.0f} {base / tree:13.2f}")


if __name__ == "__main__":
    main()
