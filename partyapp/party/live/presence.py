"""RedisPresence: who is connected anywhere, as the processes that hold the sockets have written it.

One hash a party, one field a process: a process writes only its own field, with the instant of writing,
so that what a dead process left is seen to be old. Redis may lose it all; it is written again soon.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import redis

from partyapp.party.live.member_sync import worst
from partyapp.shared.kernel.circuit import Circuit
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

log = logging.getLogger(__name__)

#: A process refreshes its field this often; an entry older than `STALE_MS` is that of a dead process.
REFRESH_MS = 20_000.0
STALE_MS = 50_000.0
_MIN_REFRESH_MS = 2000.0
_EXPIRY_S = 120

#: After Redis kept a reader waiting in vain, nobody asks it again for so long, in s.
PAUSE_S = 2.0

#: So many rooms are written in a row; others get a turn while Redis answers.
PORTION = 20

#: What a process adds to a party: its members' sync, and the lead in ms that they need.
Share = tuple[Mapping[UUID, dict[str, Any] | None], float | None]

#: A user's presence as PROTOCOL shows it inside a Member.
Presences = dict[UUID, dict[str, Any]]


def refresh_ms(host_grace_ms: float) -> float:
    """How often to refresh, so that what a dead process left is seen to be old within the host's grace."""
    return min(REFRESH_MS, max(_MIN_REFRESH_MS, host_grace_ms / 3))


def stale_ms(host_grace_ms: float) -> float:
    """After how long without a refresh an entry counts as a dead process's: two may be lost."""
    return refresh_ms(host_grace_ms) * STALE_MS / REFRESH_MS


class _Entry(msgspec.Struct):
    """As much of a process's entry as is needed to count people."""

    at_ms: float
    members: dict[str, msgspec.Raw]


class RedisPresence:
    """The adapter behind `PresencePort`. An entry older than `stale_ms` is not believed."""

    def __init__(
        self,
        client: redis.Redis,
        clock: Clock,
        stale_ms: float = STALE_MS,
        names: RedisNames = DEFAULT_NAMES,
    ) -> None:
        self._client = client
        self._clock = clock
        self._stale_ms = stale_ms
        self._names = names
        self._circuit = Circuit(PAUSE_S)

    def connected(self, party_id: UUID) -> frozenset[UUID] | None:
        """Who has a socket anywhere; None when Redis can't say."""
        entries = self._entries(party_id)
        if entries is None:
            return None
        return frozenset(UUID(user) for entry in entries for user in entry["members"])

    def of(self, party_id: UUID) -> Presences:
        """The presence of everybody who is connected; empty when Redis can't say."""
        syncs: dict[UUID, list[dict[str, Any] | None]] = {}
        for entry in self._entries(party_id) or []:
            for user, sync in entry["members"].items():
                syncs.setdefault(UUID(user), []).append(sync)
        return {user: {"online": True, "sync": worst(found)} for user, found in syncs.items()}

    def counts(self, party_ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many are connected to each of these parties; empty when Redis can't say."""
        if not party_ids or not self._circuit.lets_through():
            return {}
        pipeline = self._client.pipeline(transaction=False)
        for party_id in party_ids:
            pipeline.hvals(self._key(party_id))
        try:
            found = pipeline.execute()
        except redis.TimeoutError:
            self._circuit.failed()
            return {}
        except RedisGone:
            return {}
        self._circuit.worked()
        return {
            party_id: len({user for value in values for user in self._users(value)})
            for party_id, values in zip(party_ids, found, strict=True)
        }

    def _users(self, entry: bytes) -> Iterable[str]:
        """The users of a process's entry, unless that is old. How well they follow isn't decoded."""
        read = msgspec.json.decode(entry, type=_Entry)
        return read.members if read.at_ms > self._clock.now_ms() - self._stale_ms else ()

    def lead_ms(self, party_id: UUID) -> float | None:
        """The longest lead that any process needs for its members, in ms."""
        leads = [entry["lead_ms"] for entry in self._entries(party_id) or [] if entry["lead_ms"] is not None]
        return max(leads, default=None)

    def write(self, process_id: str, rooms: Mapping[UUID, Share]) -> None:
        """Write this process's members of each room, and the lead they need. Best effort."""
        todo = list(rooms.items())
        try:
            for start in range(0, len(todo), PORTION):
                self._write_portion(process_id, todo[start : start + PORTION])
        except RedisGone as error:
            log.debug("presence was not written: %s", type(error).__name__)

    def _write_portion(self, process_id: str, rooms: Iterable[tuple[UUID, Share]]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for party_id, (members, lead_ms) in rooms:
            if not members:
                pipeline.hdel(self._key(party_id), process_id)
                continue
            entry = {
                "at_ms": self._clock.now_ms(),
                "lead_ms": lead_ms,
                "members": {str(user): sync for user, sync in members.items()},
            }
            pipeline.hset(self._key(party_id), process_id, json.dumps(entry))
            pipeline.expire(self._key(party_id), _EXPIRY_S)
        pipeline.execute()

    def _entries(self, party_id: UUID) -> list[dict[str, Any]] | None:
        if not self._circuit.lets_through():
            return None
        try:
            fields: Any = self._client.hgetall(self._key(party_id))
        except redis.TimeoutError:
            self._circuit.failed()
            return None
        except RedisGone:
            return None
        self._circuit.worked()
        fresh_ms = self._clock.now_ms() - self._stale_ms
        entries = [json.loads(value) for value in fields.values()]
        return [entry for entry in entries if entry["at_ms"] > fresh_ms]

    def _key(self, party_id: UUID) -> str:
        return self._names(f"party:presence:{party_id}")
