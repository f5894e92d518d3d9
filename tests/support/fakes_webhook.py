"""Webhooks in memory; tests/ports holds the places to what the ones in Postgres do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from partyapp.party.contract import PartyEvent
from partyapp.shared.kernel.ids import derived_id, new_id
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.domain.message import Answer
from partyapp.webhook.domain.stream import ClaimedStream, DeadLetter, DueEvent, Settlement
from partyapp.webhook.infrastructure.consumer import noted_for

_WELL = {"failures": 0, "failing_since_ms": None, "not_before_ms": 0.0, "last_error": None}
_Key = tuple[UUID, UUID]


def endpoint(**changes: object) -> WebhookEndpoint:
    good = WebhookEndpoint(
        id=new_id(),
        url="https://hooks.example/party",
        sealed_secret="sealed",
        events=None,
        parties=None,
        owner=None,
        created_at_ms=1.0,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def event(party_id: UUID, revision: int, **changes: object) -> PartyEvent:
    good = PartyEvent(
        id=derived_id("event", party_id, revision),
        party_id=party_id,
        revision=revision,
        type="playback_started",
        at_ms=1000.0 + revision,
        actor_id=None,
        data={"position_s": 1.5},
    )
    return replace(good, **changes)  # type: ignore[arg-type]


@dataclass
class _Stream:
    cursor: int
    until: int
    attempts: int = 0
    failing_since_ms: float | None = None
    not_before_ms: float = 0.0
    lease_until_ms: float = 0.0
    fence: int = 0


@dataclass
class InMemoryWebhooks:
    """`EndpointPort` and `StreamPort` without a database, and the noting that the relay does."""

    rows: dict[UUID, WebhookEndpoint] = field(default_factory=dict)
    streams: dict[_Key, _Stream] = field(default_factory=dict)
    letters: dict[UUID, DeadLetter] = field(default_factory=dict)
    log: dict[UUID, list[PartyEvent]] = field(default_factory=dict)

    def relay(self, events: Iterable[PartyEvent]) -> None:
        """Commit events, and note them for who wants them."""
        events = list(events)
        for each in events:
            self.log.setdefault(each.party_id, []).append(each)
        enabled = [each for each in self.rows.values() if each.disabled is None]
        for key, (before, until) in noted_for(enabled, events).items():
            stream = self.streams.setdefault(key, _Stream(before, until))
            stream.until = max(stream.until, until)

    def add(self, found: WebhookEndpoint) -> None:
        self.rows[found.id] = found

    def all(self) -> list[WebhookEndpoint]:
        return sorted(self.rows.values(), key=lambda found: found.id)

    def get(self, endpoint_id: UUID) -> WebhookEndpoint | None:
        return self.rows.get(endpoint_id)

    def remove(self, endpoint_id: UUID) -> bool:
        self.streams = {key: value for key, value in self.streams.items() if key[0] != endpoint_id}
        self.letters = {key: value for key, value in self.letters.items() if value.endpoint_id != endpoint_id}
        return self.rows.pop(endpoint_id, None) is not None

    def disable(self, endpoint_id: UUID, reason: str | None) -> bool:
        if endpoint_id not in self.rows:
            return False
        self._change(endpoint_id, disabled=reason, **({} if reason else _WELL))
        if reason is None:
            self._due_now(endpoint_id)
        return True

    def worked(self, endpoint_id: UUID, now_ms: float) -> None:
        found = self.rows.get(endpoint_id)
        if found is None or not found.failures:
            return
        if found.is_down:
            self._due_now(endpoint_id)
        self._change(endpoint_id, **_WELL)

    def failed(
        self, endpoint_id: UUID, error: str, *, began_ms: float, now_ms: float, not_before_ms: float | None
    ) -> None:
        found = self.rows.get(endpoint_id)
        if found is None or found.not_before_ms > began_ms:
            return
        self._change(
            endpoint_id,
            failures=found.failures + 1,
            failing_since_ms=now_ms if found.failing_since_ms is None else found.failing_since_ms,
            last_error=error,
            not_before_ms=max(found.not_before_ms, not_before_ms or 0.0),
        )

    def due(self, endpoint_ids: Collection[UUID], now_ms: float) -> set[UUID]:
        return {endpoint_id for endpoint_id in endpoint_ids if self._due(endpoint_id, now_ms)}

    def _due(self, endpoint_id: UUID, now_ms: float) -> list[tuple[float, _Key, _Stream]]:
        return [
            (stream.not_before_ms, key, stream)
            for key, stream in list(self.streams.items())
            if key[0] == endpoint_id
            and (stream.cursor < stream.until or self._replays(key))
            and max(stream.not_before_ms, stream.lease_until_ms) <= now_ms
        ]

    def claim(self, wanted: Mapping[UUID, int], now_ms: float, until_ms: float) -> list[ClaimedStream]:
        claimed = []
        for endpoint_id, amount in wanted.items():
            due = self._due(endpoint_id, now_ms)
            for _, key, stream in sorted(due, key=lambda each: each[:2])[:amount]:
                stream.lease_until_ms, stream.fence = until_ms, stream.fence + 1
                claimed.append(self._claimed(key, stream))
        return claimed

    def _claimed(self, key: _Key, stream: _Stream) -> ClaimedStream:
        log = {each.revision: each for each in self.log.get(key[1], [])}
        for each in self._replays(key):
            if each.revision not in log:
                del self.letters[each.id]
        replays = [DueEvent(event=log[each.revision], dead_letter_id=each.id) for each in self._replays(key)]
        following = [DueEvent(event=each) for each in log.values() if self._waits(stream, each)]
        return ClaimedStream(
            endpoint_id=key[0],
            party_id=key[1],
            fence=stream.fence,
            cursor=stream.cursor,
            until=stream.until,
            attempts=stream.attempts,
            failing_since_ms=stream.failing_since_ms,
            due=(*replays, *following[:50]),
        )

    def settle(self, settlements: Sequence[Settlement]) -> None:
        for each in settlements:
            for letter_id in each.replayed:
                self.letters.pop(letter_id, None)
            found = self.rows.get(each.endpoint_id)
            if found is not None:
                self._change(
                    found.id, delivered=found.delivered + each.delivered, failed=found.failed + each.failed
                )
            stream = self.streams.get((each.endpoint_id, each.party_id))
            if stream is not None and stream.fence == each.fence:
                stream.cursor, stream.attempts = each.cursor, each.attempts
                stream.failing_since_ms, stream.not_before_ms = each.failing_since_ms, each.not_before_ms
                stream.lease_until_ms = 0.0

    def give_up(
        self, endpoint_id: UUID, party_id: UUID | None, error: str, *, before_ms: float, now_ms: float
    ) -> int:
        given_up = 0
        for letter in list(self.letters.values()):
            is_asked = letter.endpoint_id == endpoint_id and party_id in (None, letter.party_id)
            if is_asked and letter.replayed_at_ms is not None and letter.replayed_at_ms <= before_ms:
                self.letters[letter.id] = replace(letter, replayed_at_ms=None, error=error)
                given_up += 1
        for key, stream in list(self.streams.items()):
            if key[0] == endpoint_id and party_id in (None, key[1]) and stream.lease_until_ms <= now_ms:
                for each in self.log.get(key[1], []):
                    if self._waits(stream, each) and each.at_ms <= before_ms:
                        given_up += self._give_up(key, stream, each, error, now_ms)
        return given_up

    def _give_up(self, key: _Key, stream: _Stream, each: PartyEvent, error: str, now_ms: float) -> int:
        attempts, stream.cursor, stream.attempts = stream.attempts, each.revision, 0
        if not self.rows[key[0]].wants(each):
            return 0
        letter_id = derived_id("webhook", key[0], each.id)
        self.letters[letter_id] = DeadLetter(
            id=letter_id,
            endpoint_id=key[0],
            party_id=key[1],
            revision=each.revision,
            event_id=each.id,
            type=each.type,
            died_at_ms=now_ms,
            attempts=attempts,
            error=error,
        )
        return 1

    def dead_letters(self, endpoint_id: UUID | None, limit: int) -> list[DeadLetter]:
        found = [
            letter
            for letter in list(self.letters.values())
            if endpoint_id in (None, letter.endpoint_id) and letter.replayed_at_ms is None
        ]
        return sorted(found, key=lambda one: (one.died_at_ms, one.party_id, one.revision))[:limit]

    def replay(self, endpoint_id: UUID, ids: Sequence[UUID] | None, now_ms: float) -> int:
        asked = [
            letter
            for letter in self.dead_letters(endpoint_id, len(self.letters))
            if ids is None or letter.id in ids
        ]
        for letter in asked:
            self.letters[letter.id] = replace(letter, replayed_at_ms=now_ms)
            stream = self.streams[endpoint_id, letter.party_id]
            stream.not_before_ms, stream.attempts, stream.failing_since_ms = 0.0, 0, None
        return len(asked)

    def _replays(self, key: _Key) -> list[DeadLetter]:
        own = [each for each in list(self.letters.values()) if (each.endpoint_id, each.party_id) == key]
        return sorted((each for each in own if each.replayed_at_ms is not None), key=lambda one: one.revision)

    @staticmethod
    def _waits(stream: _Stream, each: PartyEvent) -> bool:
        return stream.cursor < each.revision <= stream.until

    def _change(self, endpoint_id: UUID, **changes: object) -> None:
        self.rows[endpoint_id] = replace(self.rows[endpoint_id], **changes)  # type: ignore[arg-type]

    def _due_now(self, endpoint_id: UUID) -> None:
        for key, stream in list(self.streams.items()):
            if key[0] == endpoint_id:
                stream.not_before_ms = 0.0


class PlainVault:
    """`SecretVault` that hides nothing."""

    def seal(self, value: str) -> str:
        return value

    def opened(self, sealed: str) -> str | None:
        return None if sealed == "lost" else sealed


@dataclass
class Receiver:
    """`WebhookSender` to receivers in this process: each answers as its function says."""

    answer: Callable[[str, Mapping[str, str], bytes], Answer]
    #: URL, headers and body of what was sent.
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent.append((url, headers, body))
        return self.answer(url, headers, body)
