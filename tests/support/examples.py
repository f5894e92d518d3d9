"""How many examples Hypothesis generates: a quarter in `make check`, all of them everywhere else."""

from __future__ import annotations

import os


def examples(full: int) -> int:
    """The examples of a test whose every example takes milliseconds; at least 25, or `full` if that is less.

    They differ from run to run, so what a quick run leaves out is soon met by another.
    """
    return max(min(full, 25), full // 4) if os.environ.get("PARTY_CHECK") else full
