"""Channels in memory; tests/ports holds them to what the ones in Postgres do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from partyapp.channel.application.channels import AlreadyThere
from partyapp.channel.application.ports import Claimed, CodeOf
from partyapp.channel.domain.channel import (
    CODE_MS,
    CODES_MS,
    MOST_CHANNELS,
    MOST_CODES,
    MOST_TRIES,
    Channel,
    ChannelState,
    Failure,
    NewChannel,
)
from partyapp.channel.domain.quiet_hours import QuietHours
from partyapp.channel.domain.retries import Allowance
from partyapp.notification.domain import PARTY_STARTING, Notification
from partyapp.shared.kernel.errors import QuotaExceeded, RateLimited

LEASE_MS = 45_000.0


@dataclass
class _Kept:
    channel: Channel
    sealed: str
    mark: str
    code_at_ms: float
    codes: int = 1
    recent_codes: int = 1
    code_tries: int = 0
    is_removed: bool = False

    def set(self, state: ChannelState, reason: str | None, verified_at_ms: float | None = None) -> None:
        verified_at_ms = self.channel.verified_at_ms if verified_at_ms is None else verified_at_ms
        self.channel = replace(self.channel, state=state, reason=reason, verified_at_ms=verified_at_ms)


@dataclass
class _Person:
    allowance: Allowance
    quiet: QuietHours | None = None


@dataclass
class _Waiting:
    kept: _Kept
    notification: Notification | None
    due_at_ms: float
    lease_until_ms: float = 0.0
    tries: int = 0
    first_try_ms: float | None = None

    @property
    def subject_id(self) -> UUID:
        return self.kept.channel.id if self.notification is None else self.notification.id

    def leave_out(self, until_ms: float) -> None:
        if self.first_try_ms is not None:
            self.first_try_ms += max(0.0, until_ms - max(self.due_at_ms, self.lease_until_ms))

    def is_too_late(self, now_ms: float) -> bool:
        state = self.kept.channel.state
        if self.kept.is_removed:
            return True
        if self.notification is None:
            return state is not ChannelState.UNVERIFIED or now_ms >= self.kept.code_at_ms + CODE_MS
        starts_at_ms = self.notification.data.get("starts_at_ms")
        is_over = self.notification.type == PARTY_STARTING and starts_at_ms and now_ms > starts_at_ms
        return state is not ChannelState.ACTIVE or bool(is_over)


@dataclass
class InMemoryChannels:
    """`ChannelPort` and `DeliveryPort` without a database, and what has notifications wait."""

    per_hour: int
    kept: dict[UUID, _Kept] = field(default_factory=dict)
    people: dict[UUID, _Person] = field(default_factory=dict)
    waiting: dict[tuple[UUID, UUID], _Waiting] = field(default_factory=dict)

    def queue(self, news: Notification) -> None:
        """Have it wait for the channels that want it."""
        for kept in self._theirs(news.user_id):
            if kept.channel.state is ChannelState.ACTIVE and news.type in kept.channel.kinds:
                one = _Waiting(kept, news, float(news.created_at_ms))
                self.waiting.setdefault((kept.channel.id, news.id), one)

    def all(self, user_id: UUID) -> list[Channel]:
        return [kept.channel for kept in self._theirs(user_id)]

    def add(self, new: NewChannel) -> Channel:
        channel, there = new.channel, self._theirs(new.channel.user_id)
        self._person(channel.user_id, channel.created_at_ms)
        again = [kept.channel for kept in there if kept.channel.id == channel.id]
        if again:
            return again[0]
        if any(kept.mark == new.mark for kept in there):
            raise AlreadyThere()
        if len(there) >= MOST_CHANNELS:
            raise QuotaExceeded()
        self._must_not_bother(new.mark, channel.created_at_ms)
        kept = _Kept(channel, new.sealed, new.mark, channel.created_at_ms)
        self.kept[channel.id] = kept
        self.waiting[channel.id, channel.id] = _Waiting(kept, None, channel.created_at_ms)
        return channel

    def change(self, user_id: UUID, channel_id: UUID, kinds: Sequence[str]) -> Channel | None:
        kept = self._one(user_id, channel_id)
        if kept is None:
            return None
        kept.channel = replace(kept.channel, kinds=tuple(kinds))
        return kept.channel

    def remove(self, user_id: UUID, channel_id: UUID) -> bool:
        kept = self._one(user_id, channel_id)
        if kept is None:
            return False
        self._remove(kept)
        return True

    def remove_all(self, user_id: UUID) -> int:
        self.people.pop(user_id, None)
        gone = self._theirs(user_id)
        for kept in gone:
            self._remove(kept)
        return len(gone)

    def new_code(self, user_id: UUID, channel_id: UUID, now_ms: float) -> Channel | None:
        kept = self._one(user_id, channel_id)
        if kept is None or kept.channel.state is ChannelState.ACTIVE:
            return None if kept is None else kept.channel
        self._must_not_bother(kept.mark, now_ms)
        kept.recent_codes = 1 + (kept.recent_codes if kept.code_at_ms > now_ms - CODES_MS else 0)
        kept.codes, kept.code_at_ms, kept.code_tries = kept.codes + 1, now_ms, 0
        kept.set(ChannelState.UNVERIFIED, None)
        one = _Waiting(kept, None, now_ms)
        under_way = self.waiting.get((channel_id, channel_id))
        one.lease_until_ms = 0.0 if under_way is None else under_way.lease_until_ms
        self.waiting[channel_id, channel_id] = one
        return kept.channel

    def try_code(
        self, user_id: UUID, channel_id: UUID, code: str, code_of: CodeOf, now_ms: float
    ) -> tuple[Channel, bool] | None:
        kept = self._one(user_id, channel_id)
        if kept is None:
            return None
        if kept.channel.state is ChannelState.UNVERIFIED:
            is_open = kept.code_tries < MOST_TRIES and now_ms < kept.code_at_ms + CODE_MS
            kept.code_tries = min(kept.code_tries + 1, MOST_TRIES)
            if is_open and code == code_of(kept.codes):
                kept.set(ChannelState.ACTIVE, None, now_ms)
        return kept.channel, kept.channel.state is ChannelState.ACTIVE

    def quiet_hours(self, user_id: UUID) -> QuietHours | None:
        found = self.people.get(user_id)
        return None if found is None else found.quiet

    def set_quiet_hours(self, user_id: UUID, quiet: QuietHours | None, now_ms: float) -> None:
        self._person(user_id, now_ms).quiet = quiet
        for one in self.waiting.values():
            if one.kept.channel.user_id == user_id and one.tries == 0:
                one.due_at_ms = min(one.due_at_ms, now_ms)

    def claim(self, now_ms: float, limit: int) -> list[Claimed]:
        busy = {
            one.kept.channel.user_id for one in list(self.waiting.values()) if one.lease_until_ms > now_ms
        }
        due = [one for one in list(self.waiting.values()) if max(one.due_at_ms, one.lease_until_ms) <= now_ms]
        claimed: list[Claimed] = []
        for one in sorted(due, key=lambda it: (it.due_at_ms, it.kept.channel.id, it.subject_id)):
            user_id = one.kept.channel.user_id
            if len(claimed) < limit and user_id not in busy and self._may_go(one, now_ms):
                busy.add(user_id)
                claimed.append(_claimed(one, now_ms))
        return claimed

    def delivered(self, claimed: Claimed) -> None:
        kept = self._concerned(claimed)
        if kept is not None:
            kept.channel = replace(kept.channel, reason=None)
            self.waiting.pop((claimed.channel_id, claimed.subject_id), None)

    def failed(self, claimed: Claimed, due_at_ms: float, failure: Failure) -> None:
        kept, one = self._concerned(claimed), self._held(claimed)
        if kept is not None and one is not None:
            one.due_at_ms, one.lease_until_ms = due_at_ms, 0.0
            if kept.channel.state is ChannelState.UNVERIFIED:
                kept.set(ChannelState.UNVERIFIED, failure.value)

    def given_up(self, claimed: Claimed, failure: Failure) -> None:
        kept = self._concerned(claimed)
        if kept is not None and self._held(claimed) is not None:
            kept.set(ChannelState.SET_ASIDE, failure.value)
            self.waiting = {key: one for key, one in self.waiting.items() if one.kept is not kept}

    def dropped(self, claimed: Claimed) -> None:
        if self._concerned(claimed) is not None and self._held(claimed) is not None:
            self.waiting.pop((claimed.channel_id, claimed.subject_id))

    def _may_go(self, one: _Waiting, now_ms: float) -> bool:
        person, channel = self.people.get(one.kept.channel.user_id), one.kept.channel
        if person is None or one.is_too_late(now_ms):
            is_its_fault = channel.reason is not None and Failure(channel.reason).is_of_the_channel
            if one.notification is None and channel.state is ChannelState.UNVERIFIED and is_its_fault:
                one.kept.set(ChannelState.SET_ASIDE, channel.reason)
            del self.waiting[channel.id, one.subject_id]
            return False
        quiet = None if one.notification is None else person.quiet
        over_at_ms = None if quiet is None else quiet.over_at_ms(now_ms)
        allowance = person.allowance.refilled(now_ms, self.per_hour)
        wait_ms = allowance.wait_ms(self.per_hour)
        if over_at_ms is not None or wait_ms > 0:
            until_ms = now_ms + wait_ms if over_at_ms is None else over_at_ms
            one.leave_out(until_ms)
            one.due_at_ms, one.lease_until_ms = until_ms, 0.0
            return False
        person.allowance = allowance.taken()
        return True

    def _concerned(self, claimed: Claimed) -> _Kept | None:
        """The channel, unless it was removed meanwhile, or has another code."""
        kept, one = self.kept.get(claimed.channel_id), self._held(claimed)
        if kept is None or kept.is_removed:
            if one is not None:
                del self.waiting[claimed.channel_id, claimed.subject_id]
            return None
        if claimed.kind is None and kept.codes != claimed.codes:
            if one is not None:
                one.lease_until_ms = 0.0
            return None
        return kept

    def _held(self, claimed: Claimed) -> _Waiting | None:
        one = self.waiting.get((claimed.channel_id, claimed.subject_id))
        return one if one is not None and one.lease_until_ms == claimed.lease_until_ms else None

    def _theirs(self, user_id: UUID) -> list[_Kept]:
        own = [kept for kept in self.kept.values() if kept.channel.user_id == user_id and not kept.is_removed]
        return sorted(own, key=lambda kept: (kept.channel.created_at_ms, kept.channel.id))

    def _one(self, user_id: UUID, channel_id: UUID) -> _Kept | None:
        return next((kept for kept in self._theirs(user_id) if kept.channel.id == channel_id), None)

    def _person(self, user_id: UUID, now_ms: float) -> _Person:
        fresh = _Person(Allowance(left=float(self.per_hour), at_ms=now_ms))
        return self.people.setdefault(user_id, fresh)

    def _remove(self, kept: _Kept) -> None:
        kept.is_removed, kept.sealed = True, ""
        self.waiting = {
            key: one for key, one in self.waiting.items() if one.kept is not kept or one.lease_until_ms
        }

    def _must_not_bother(self, mark: str, now_ms: float) -> None:
        recent = [kept for kept in self.kept.values() if kept.mark == mark]
        if sum(kept.recent_codes for kept in recent if kept.code_at_ms > now_ms - CODES_MS) >= MOST_CODES:
            window_s = int(CODES_MS / 1000)
            raise RateLimited(rule="channel_codes", quota=MOST_CODES, window_s=window_s, retry_after_s=3600)


def _claimed(one: _Waiting, now_ms: float) -> Claimed:
    one.leave_out(now_ms)
    one.tries += 1
    one.first_try_ms = now_ms if one.first_try_ms is None else one.first_try_ms
    one.lease_until_ms = now_ms + LEASE_MS
    channel, news = one.kept.channel, one.notification
    return Claimed(
        channel_id=channel.id,
        subject_id=one.subject_id,
        user_id=channel.user_id,
        scheme=channel.scheme,
        sealed=one.kept.sealed,
        tries=one.tries,
        first_try_ms=one.first_try_ms,
        lease_until_ms=one.lease_until_ms,
        kind=None if news is None else news.type,
        data={} if news is None else news.data,
        party_id=None if news is None else news.party_id,
        codes=one.kept.codes,
    )
