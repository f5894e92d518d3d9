"""How many commands one person, and all of a party together, may have committed.

A socket may send many messages, and a person may have many sockets; but each command is a row for ever and a
message to everybody. The buckets are this process's own, since a command must not wait for Redis. Who uses
them up is counted in Redis each second, so that a person on many processes is held to one rate; while Redis
is gone each process counts alone (docs/decisions/0017).
"""

import logging
from typing import Any
from uuid import UUID

import gevent
import redis

from partyapp.party.application.commands import TransferHostCommand
from partyapp.party.application.inbound_ports import LifecycleCommands
from partyapp.shared.kernel.bounds import Rates
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.ops.token_buckets import TokenBuckets, must_have
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import RedisNames

log = logging.getLogger(__name__)

#: What is used is counted by pieces of party time of this length, in ms.
PIECE_MS = 10_000.0

_DETAILS = {
    "commands": "You command faster than the others can follow.",
    "party_commands": "This party is commanded faster than anybody can follow.",
}


class CommandLimits:
    """Counts commands, by person and by party."""

    def __init__(self, rates: Rates, client: redis.Redis, clock: Clock, names: RedisNames) -> None:
        self._enabled = rates.enabled
        self._client = client
        self._clock = clock
        self._names = names
        self._people = TokenBuckets(rates.commands)
        self._parties = TokenBuckets(rates.party_commands)
        self._rules = {"commands": self._people, "party_commands": self._parties}
        #: Of each key in Redis, what this process has counted there, and what others had.
        self._shared: dict[str, tuple[int, int]] = {}
        #: What was used since it was last shared.
        self._used: dict[tuple[str, str], int] = {}
        self._piece = 0
        self._sharing = False

    def take(self, user_id: UUID, party_id: UUID) -> None:
        """Count a command. Raises `RateLimited` when it is one too many of the person's or the party's."""
        if not self._enabled:
            return
        person, party = str(user_id), str(party_id)
        counted = (("commands", self._people, person), ("party_commands", self._parties, party))
        for rule, buckets, who in counted:
            must_have(buckets, who, rule=rule, detail=_DETAILS[rule])
        for rule, buckets, who in counted:
            buckets.take(who)
            key = (rule, who)
            self._used[key] = self._used.get(key, 0) + 1

    def each_second(self) -> None:
        """Exchange with the other processes what was used by those who use much."""
        used, self._used = self._used, {}
        for buckets in self._rules.values():
            buckets.drop_full()
        low = {(rule, who) for rule, buckets in self._rules.items() for who in buckets.low()}
        if low and not self._sharing:
            self._sharing = True
            gevent.spawn(self.share, {key: used.get(key, 0) for key in low})

    def share(self, used: dict[tuple[str, str], int]) -> None:
        """Count in Redis what was used here, and take out of the buckets what others used. Waits."""
        piece = int(self._clock.now_ms() / PIECE_MS)
        if piece != self._piece:
            self._piece, self._shared = piece, {}
        keys = {key: self._names(f"party:commands:{key[0]}:{key[1]}:{piece}") for key in used}
        pipeline = self._client.pipeline(transaction=False)
        for key, name in keys.items():
            pipeline.incrby(name, used[key])
            pipeline.pexpire(name, int(2 * PIECE_MS))
        try:
            totals = pipeline.execute()[::2]
        except RedisGone as error:
            log.debug("commands are counted alone: %s", type(error).__name__)
            return
        finally:
            self._sharing = False
        for (rule, who), total in zip(keys, totals, strict=True):
            own, others = self._shared.get(keys[rule, who], (0, 0))
            own += used[rule, who]
            self._rules[rule].take(who, max(0, total - own - others))
            self._shared[keys[rule, who]] = (own, max(others, total - own))


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
