"""How many commands one person, and all of a party together, may have committed.

A socket may send many messages, and a person may have many sockets; but each command is a row for ever and a
message to everybody. The buckets are shared afterwards, since a command must not wait for Redis
(docs/decisions/0017).
"""

from typing import Any
from uuid import UUID

import redis

from partyapp.party.application.commands import TransferHostCommand
from partyapp.party.application.inbound_ports import LifecycleCommands
from partyapp.shared.kernel.bounds import Rates
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.ops.shared_buckets import SharedBuckets
from partyapp.shared.ops.token_buckets import TokenBuckets, must_have
from partyapp.shared.storage.redis_names import RedisNames

_DETAILS = {
    "commands": "You command faster than the others can follow.",
    "party_commands": "This party is commanded faster than anybody can follow.",
}


class CommandLimits:
    """Counts commands, by person and by party."""

    def __init__(self, rates: Rates, client: redis.Redis, clock: Clock, names: RedisNames) -> None:
        self._enabled = rates.enabled
        self._rules = {
            "commands": TokenBuckets(rates.commands),
            "party_commands": TokenBuckets(rates.party_commands),
        }
        self._shared = SharedBuckets(self._rules, "party:commands", client, clock, names)

    def take(self, user_id: UUID, party_id: UUID) -> None:
        """Count a command. Raises `RateLimited` when it is one too many of the person's or the party's."""
        if not self._enabled:
            return
        counted = (("commands", str(user_id)), ("party_commands", str(party_id)))
        for rule, who in counted:
            must_have(self._rules[rule], who, rule=rule, detail=_DETAILS[rule])
        for rule, who in counted:
            self._shared.take(rule, who)

    def each_second(self) -> None:
        """Exchange with the other processes what was used by those who use much."""
        self._shared.each_second()


class LimitedLifecycle:
    """`LifecycleCommands` of sockets: hand-overs are counted, since they can go to and fro for ever.

    Over REST the requests themselves are counted. To leave and to end can be done once.
    """

    def __init__(self, commands: LifecycleCommands, limits: CommandLimits) -> None:
        self._commands = commands
        self._limits = limits
        self.outcome = commands.outcome

    def accept(self, command: Any, actor: Any, key: str | None, fingerprint: str) -> Any:
        """Make it durable, or find the first with this key. Raises `RateLimited`."""
        if isinstance(command, TransferHostCommand):
            self._limits.take(actor.user_id, command.party_id)
        return self._commands.accept(command, actor, key, fingerprint)
