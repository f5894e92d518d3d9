"""The names of keys and channels in Redis, by which deployments that share a server are told apart.

In the code all names begin with `party`. On the server the deployment's own prefix stands in its place; it is
`party` as well unless another is set, so that a new version meets the one before under the same names.
"""

import re
from dataclasses import dataclass

DEFAULT_PREFIX = "party"
#: Neither a brace, which would put all channels of a Cluster into one slot, nor what patterns are made of.
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class RedisNames:
    """Names as the server has them."""

    prefix: str = DEFAULT_PREFIX

    def __call__(self, name: str) -> str:
        """A name of the code's as it is on the server."""
        return self.prefix + name.removeprefix(DEFAULT_PREFIX)

    def inside(self, name: str) -> str:
        """A name of the server's as it is in the code."""
        return DEFAULT_PREFIX + name.removeprefix(self.prefix)

    @property
    def is_default(self) -> bool:
        """Whether the names are the same on both sides."""
        return self.prefix == DEFAULT_PREFIX


DEFAULT_NAMES = RedisNames()


def read_prefix(text: str | None) -> str:
    """The prefix that is given, or the default. Raises ValueError with a sentence for an operator."""
    prefix = text or DEFAULT_PREFIX
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("must be up to 64 letters, digits, hyphens, full stops and underscores")
    return prefix
