"""The loop of a load generator: actions by name, asked for on standard input, each answered by a line."""

import asyncio
import gc
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any


async def run_actions(actions: Mapping[str, Callable[..., Awaitable[dict[str, Any]]]]) -> None:
    """Run the actions that lines of JSON name, `{"do": ..., ...}`, until the input ends."""
    loop = asyncio.get_running_loop()
    # A pause of this process's garbage collector would be measured as one of the server.
    gc.disable()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        wanted = json.loads(line)
        try:
            answer = await actions[wanted.pop("do")](**wanted)
        except (OSError, TimeoutError, RuntimeError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        gc.collect()
        print(json.dumps(answer), flush=True)
