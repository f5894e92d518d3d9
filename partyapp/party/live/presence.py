"""RedisPresence: who is connected anywhere, as the processes that hold the sockets have written it.

Two hashes a party, one field a process in each: a process writes only its own fields, with the instant of
writing, so that what a dead process left is seen to be old. One has everybody who is connected, the other
their number and those of them that a list of members may hold, so that of a large party little is read.
Of a process with many members the first has those who are listed alone; all are in a set of their own, to
which only who came and went is written. Redis may lose it all; it is written again soon.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import redis

from partyapp.party.application.views import LISTED, NOBODY_ONLINE, Online
from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds, lead_of, together
from partyapp.party.live.member_sync import worst
from partyapp.realtime.yielding import yield_every
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
_encode = msgspec.json.Encoder().encode

#: After Redis kept a reader waiting in vain, nobody asks it again for so long, in s.
PAUSE_S = 2.0

#: So many rooms are written in a row; others get a turn while Redis answers.
PORTION = 20
#: So many members of a room are written down in a row.
ENTRIES_PORTION = 500
#: A large share in which nobody came or went is written after this part of `stale_ms`: nearly `REFRESH_MS`,
#: so that a refresh finds it due, and news in between doesn't write it more often.
RESTED = 0.36


class Share(NamedTuple):
    """What a process adds to a party: its members' sync, and what lead they need.

    Of more than `LISTED` members only those in `first`, so many, have a sync; it says when they joined, too.
    `verdicts` has one letter for each of `members` then, in their order.
    """

    members: Mapping[UUID, dict[str, Any] | None]
    needs: LeadNeeds = LeadNeeds()
    first: Mapping[UUID, float] | None = None
    verdicts: str = ""

    @property
    def lead_ms(self) -> float | None:
        """What a process of an older version takes for these needs; 0 if nobody was measured."""
        if not self.members:
            return None
        return lead_of(self.needs) if self.needs.measured else 0.0


def refresh_ms(host_grace_ms: float) -> float:
    """How often to refresh, so that what a dead process left is seen to be old within the host's grace."""
    return min(REFRESH_MS, max(_MIN_REFRESH_MS, host_grace_ms / 3))


def stale_ms(host_grace_ms: float) -> float:
    """After how long without a refresh an entry counts as a dead process's: two may be lost."""
    return refresh_ms(host_grace_ms) * STALE_MS / REFRESH_MS


#: A process's entries in the two hashes of a party.
Entries = tuple[dict[str, Any], dict[str, Any]]


class _Written(NamedTuple):
    """What Redis has of a large share, and since when (ms)."""

    members: frozenset[UUID]
    at_ms: float


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
        #: Of this process's large shares.
        self._written: dict[UUID, _Written] = {}

    def connected(self, party_id: UUID) -> frozenset[UUID] | None:
        """Who has a socket anywhere; None when Redis can't say."""
        entries = self._entries(party_id)
        if entries is None:
            return None
        users = {UUID(user) for entry in entries for user in entry["members"]}
        crowds = self._members_in([entry["set"] for entry in entries if "set" in entry])
        return None if crowds is None else frozenset(users.union(crowds))

    def online(self, party_id: UUID) -> Online:
        """How many are connected, and the presence of those who joined first; nobody when Redis can't say."""
        (found,) = self.online_at_once([party_id])
        return found

    def counts(self, party_ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many are connected to each of these parties, in one round trip."""
        found = zip(party_ids, self.online_at_once(party_ids), strict=True)
        return {party_id: online.total for party_id, online in found}

    def lead_ms(self, party_id: UUID) -> float | None:
        """The lead in ms that serves the members of all processes; None when nobody was measured."""
        needs = together([_needs_in(entry) for entry in self._entries(party_id) or []])
        return lead_of(needs) if needs.measured else None

    def write(self, process_id: str, rooms: Mapping[UUID, Share]) -> None:
        """Write this process's members of each room, and the lead they need. Best effort."""
        todo = list(rooms.items())
        try:
            for start in range(0, len(todo), PORTION):
                self._write_portion(process_id, todo[start : start + PORTION])
        except RedisGone as error:
            log.debug("presence was not written: %s", type(error).__name__)

    def _write_portion(self, process_id: str, rooms: Iterable[tuple[UUID, Share]]) -> None:
        pipeline, now_ms = self._client.pipeline(transaction=False), self._clock.now_ms()
        # Where in the pipeline's answers there is the size of a set, and what it should hold.
        sizes: dict[int, tuple[UUID, _Written]] = {}
        for party_id, share in rooms:
            members_key = self._members_key(party_id, process_id)
            before = self._written.pop(party_id, None)
            if share.verdicts:
                now = _Written(frozenset(share.members), now_ms)
                if before and before.members == now.members and not self._is_due(before, now_ms):
                    self._written[party_id] = before
                    continue
                _write_members(pipeline, members_key, before, now)
                sizes[len(pipeline) - 1] = party_id, now
            elif before is not None:
                pipeline.delete(members_key)
            _write_entries(
                pipeline, self._keys(party_id), process_id, _entries_of(share, now_ms, members_key)
            )
        answers = pipeline.execute()
        for position, (party_id, now) in sizes.items():
            # Where Redis has lost some of them all are written again next time.
            if answers[position] == len(now.members):
                self._written[party_id] = now

    def _is_due(self, written: _Written, now_ms: float) -> bool:
        return now_ms - written.at_ms > RESTED * self._stale_ms

    def _entries(self, party_id: UUID) -> list[dict[str, Any]] | None:
        found = self._read([self._keys(party_id)[0]])
        return None if found is None else found[0]

    def online_at_once(self, party_ids: Sequence[UUID]) -> list[Online]:
        """The same as `online` of each of these parties, in one round trip."""
        found = self._read([self._keys(party_id)[1] for party_id in party_ids])
        return (
            [NOBODY_ONLINE for _ in party_ids] if found is None else [_online(entries) for entries in found]
        )

    def _read(self, keys: Sequence[str]) -> list[list[dict[str, Any]]] | None:
        """What the processes that live have written in each of these hashes; None when Redis can't say."""
        if not keys:
            return None
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.hgetall(key)
        found = self._answer_of(pipeline.execute)
        if found is None:
            return None
        fresh_ms = self._clock.now_ms() - self._stale_ms
        read = [[json.loads(value) for value in fields.values()] for fields in found]
        return [[entry for entry in entries if entry["at_ms"] > fresh_ms] for entries in read]

    def _members_in(self, keys: list[str]) -> set[UUID] | None:
        """Who is in these sets; None when Redis can't say."""
        found = self._answer_of(partial(self._client.sunion, keys)) if keys else ()
        return None if found is None else {UUID(user.decode()) for user in found}

    def _answer_of(self, ask: Callable[[], Any]) -> Any:
        """What Redis answers; None when it doesn't, or kept somebody waiting in vain just now."""
        if not self._circuit.lets_through():
            return None
        try:
            found = ask()
        except redis.TimeoutError:
            self._circuit.failed()
            return None
        except RedisGone:
            return None
        self._circuit.worked()
        return found

    def _keys(self, party_id: UUID) -> tuple[str, str]:
        """The hash of everybody, and that of the crowd."""
        return self._names(f"party:presence:{party_id}"), self._names(f"party:crowd:{party_id}")

    def _members_key(self, party_id: UUID, process_id: str) -> str:
        return self._names(f"party:presence:{party_id}:{process_id}")


def _write_entries(pipeline: Any, keys: tuple[str, str], process_id: str, entries: Entries | None) -> None:
    for at, key in enumerate(keys):
        if entries is None:
            pipeline.hdel(key, process_id)
        else:
            pipeline.hset(key, process_id, _encode(entries[at]))
            pipeline.expire(key, _EXPIRY_S)


def _write_members(pipeline: Any, key: str, before: _Written | None, now: _Written) -> None:
    """Make the set what it should be. The last answer is how many it holds."""
    if before is None:
        # Under another name until it is whole.
        pipeline.delete(f"{key}:new")
        for portion in _portions(now.members):
            pipeline.sadd(f"{key}:new", *portion)
        pipeline.rename(f"{key}:new", key)
    else:
        for change, members in (
            ("sadd", now.members - before.members),
            ("srem", before.members - now.members),
        ):
            for portion in _portions(members):
                getattr(pipeline, change)(key, *portion)
    pipeline.expire(key, _EXPIRY_S)
    pipeline.scard(key)


def _portions(members: Iterable[UUID]) -> Iterator[list[str]]:
    """A few hundred of them at a time, with a turn for others after each."""
    portion: list[str] = []
    for member in yield_every(list(members), ENTRIES_PORTION):
        portion.append(str(member))
        if len(portion) == ENTRIES_PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def _entries_of(share: Share, at_ms: float, members_key: str) -> Entries | None:
    """A process's entry about a party, and that of those who are listed. `members_key` is the set of all."""
    members = share.members
    if not members:
        return None
    listed = share.first or dict.fromkeys(list(members)[:LISTED], 0.0)
    # A process of an older version takes these for all.
    named = listed if share.verdicts else members
    everybody = {str(user): members[user] for user in named}
    crowd = {str(user): [joined_ms, members[user]] for user, joined_ms in listed.items()}
    needs = {"lead_ms": share.lead_ms, "needs": msgspec.to_builtins(share.needs)}
    return (
        {"at_ms": at_ms, **needs, "members": everybody, **({"set": members_key} if share.verdicts else {})},
        {"at_ms": at_ms, "count": len(members), "first": crowd},
    )


def _needs_in(entry: Mapping[str, Any]) -> LeadNeeds:
    found = entry.get("needs")
    return LeadNeeds.of_older(entry["lead_ms"]) if found is None else msgspec.convert(found, LeadNeeds)


def _online(entries: Sequence[dict[str, Any]]) -> Online:
    """What processes have written of a party, as one. Who is listed by two of them counts once."""
    syncs: dict[UUID, list[dict[str, Any] | None]] = {}
    joined_ms: dict[UUID, float] = {}
    for entry in entries:
        for user, (at_ms, sync) in entry["first"].items():
            syncs.setdefault(UUID(user), []).append(sync)
            joined_ms[UUID(user)] = at_ms
    unlisted = sum(entry["count"] - len(entry["first"]) for entry in entries)
    first = sorted(syncs, key=lambda user: (joined_ms[user], user))[:LISTED]
    listed = {user: {"online": True, "sync": worst(syncs[user])} for user in first}
    return Online(unlisted + len(syncs), listed)
