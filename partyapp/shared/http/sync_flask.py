"""Flask without coroutines: there are none here, and it would look for them at each request."""

from collections.abc import Callable
from typing import Any

from flask import Flask


class SyncFlask(Flask):
    """Runs its functions as they are, instead of looking into each of them whether it is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func
