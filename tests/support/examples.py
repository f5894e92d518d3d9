"""How Hypothesis generates examples: how many of them, and those that each ask a running service."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

#: For examples that go to a running service, which `bench.fuzz` sends outside pytest as well. They take as
#: long as the service does, and what failed once needs the same service to fail again, so none is kept.
TO_A_SERVICE = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
#: The same where to make a failure shorter would take the time of many more examples: the blob repeats it.
TO_A_SERVICE_UNSHRUNK = settings(TO_A_SERVICE, phases=[Phase.generate], print_blob=True)


def examples(full: int) -> int:
    """How many examples: a quarter of `full` in `make check`, but at least 25; `full` everywhere else.

    For a test whose every example takes milliseconds; `full` itself if that is less than 25.
    They differ from run to run, so what a quick run leaves out is soon met by another.
    """
    return max(min(full, 25), full // 4) if os.environ.get("PARTY_CHECK") else full
