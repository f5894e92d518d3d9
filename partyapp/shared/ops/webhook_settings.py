"""How webhooks are delivered: the part of the settings that is about them."""

from collections.abc import Mapping
from dataclasses import dataclass

from partyapp.shared.kernel.bounds import flag, positive_number


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """What an operator may set about webhooks. Durations are in s."""

    #: Whether receivers may be in private networks: this machine, a router, a cloud's metadata.
    allow_private: bool = False
    #: The wait after the first failure, the longest wait, and when an event is given up.
    first_retry_s: float = 5.0
    longest_retry_s: float = 3600.0
    retry_for_s: float = 3 * 24 * 3600.0
    #: So many requests go out at once from one process, to receivers that answer within a second.
    concurrency: int = 32

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "WebhookSettings":
        """Read the environment. Raises ValueError with one line for an operator."""
        return cls(
            allow_private=flag(env, "PARTY_WEBHOOK_ALLOW_PRIVATE", default=cls.allow_private),
            first_retry_s=positive_number(env, "PARTY_WEBHOOK_FIRST_RETRY_S", cls.first_retry_s),
            longest_retry_s=positive_number(env, "PARTY_WEBHOOK_LONGEST_RETRY_S", cls.longest_retry_s),
            retry_for_s=positive_number(env, "PARTY_WEBHOOK_RETRY_FOR_S", cls.retry_for_s),
            concurrency=max(1, int(positive_number(env, "PARTY_WEBHOOK_CONCURRENCY", cls.concurrency))),
        )
