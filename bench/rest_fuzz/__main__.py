"""schemathesis with all checks and all phases, so many cases an operation, on the whole stack.

`python -m bench.rest_fuzz [--cases 300] [--seed 7] [--only ID …] [--part 1/4]`. It shows what schemathesis
found, then operations, cases and failures, and exits with 1 on a failure or an error.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from partyapp.description import DESCRIPTION
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

HERE = Path(__file__).parent


def part_of(ids: Sequence[str], part: str) -> list[str]:
    """Each n-th operation, from the k-th on, where the part is `k/n`."""
    which, _, parts = part.partition("/")
    return list(ids[int(which) - 1 :: int(parts)])


def run(url: str, ids: Sequence[str], given: argparse.Namespace, folder: Path) -> tuple[int, dict[str, Any]]:
    """schemathesis on these operations: its exit code, and its report."""
    report = folder / "report.json"
    program = str(Path(sys.executable).with_name("schemathesis"))
    words = [
        *(program, "--config-file", str(HERE / "schemathesis.toml"), "run", f"{url}/api/openapi.json"),
        *("--checks", "all", "--phases", given.phases, "--max-examples", str(given.cases)),
        *("--seed", str(given.seed), "--continue-on-failure", "--no-color", "--warnings", "off"),
        *("--report", "json", "--report-json-path", str(report)),
    ]
    for operation in ids:
        words += ["--include-operation-id", operation]
    known = {"SCHEMATHESIS_HOOKS": "bench.rest_fuzz.hooks", "REST_FUZZ_URL": url}
    ended = subprocess.run(words, env=os.environ | known, cwd=HERE.parents[1], check=False)
    return ended.returncode, json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}


def summary(found: Mapping[str, Any]) -> str:
    """The figures of a report in one line."""
    tested = found.get("operations", {}).get("tested", 0)
    cases = found.get("test_cases", {})
    made, failures = cases.get("generated", 0), cases.get("unique_failures", 0)
    return f"{tested} operations, {made} cases, {failures} failures, {len(found.get('errors', []))} errors"


def main() -> int:
    """The exit code."""
    known = [operation.id for operation in DESCRIPTION.operations]
    options = argparse.ArgumentParser(prog="python -m bench.rest_fuzz", description=__doc__)
    options.add_argument("--cases", type=int, default=300, help="of each operation and phase; %(default)s")
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    options.add_argument("--only", nargs="+", metavar="ID", choices=known, default=known)
    options.add_argument(
        "--part", default="1/1", metavar="K/N", help="every N-th operation, from the K-th on"
    )
    options.add_argument("--phases", default="examples,coverage,fuzzing,stateful", help="%(default)s")
    given = options.parse_args()
    # A limit on requests would hide what lies behind it.
    extra = {"RATELIMIT_ENABLED": "0"}
    with own_folder() as folder, Stack(folder / "data", extra=extra) as stack:
        code, found = run(stack.url, part_of(given.only, given.part), given, folder)
    print(summary(found) + f"; seed {given.seed}")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
