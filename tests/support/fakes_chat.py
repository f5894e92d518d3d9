"""The chat's store in memory, held to what Postgres does by `tests/ports/test_chat_port.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from partyapp.chat.application.ports import ChatQuestion, ChatReading, ChatSlice, Mutes, Said, Saying
from partyapp.chat.domain.errors import ChatDisabled, IdTaken, Muted
from partyapp.chat.domain.message import ChatHead, ChatMessage, Deletion
from partyapp.party.domain.errors import NotAMember, NotGranted, PartyEnded, PartyNotFound
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState, Visibility


class InMemoryChat:
    """`ChatStore` without a database."""

    def __init__(self) -> None:
        self.parties: dict[UUID, SyncedPartySessionState] = {}
        self.members: dict[tuple[UUID, UUID], PartyMember] = {}
        self.said: dict[UUID, list[ChatMessage]] = {}
        self.muted_until: dict[tuple[UUID, UUID], float] = {}
        self.mute_changes: Counter[UUID] = Counter()
        self.error: Exception | None = None
        self.after_reading: Callable[[], None] = lambda: None

    def say(self, saying: Saying) -> Said:
        party_id = saying.party_id
        member = self._writer(saying)
        log = self.said.setdefault(party_id, [])
        earlier = next((each for each in log if each.id == saying.id), None)
        if earlier is not None:
            if earlier.user_id != saying.user_id:
                raise IdTaken()
            return Said(message=earlier, first=False)
        self._must_be_allowed(saying, member)
        party = self.parties[party_id]
        at_ms = max(saying.at_ms, log[-1].at_ms if log else 0.0)
        message = ChatMessage(
            seq=len(log) + 1,
            id=saying.id,
            user_id=saying.user_id,
            display_name=member.state.display_name,
            text=saying.text,
            at_ms=at_ms,
            position_s=party.playback.position_at(saying.at_ms, party.video.duration_s),
            video_id=party.video.id,
        )
        log.append(message)
        return Said(message=message, first=True)

    def messages(self, party_id: UUID, wanted: ChatSlice) -> Sequence[ChatMessage]:
        found = [each for each in self.said.get(party_id, []) if _is_wanted(each, wanted)]
        return found[-wanted.limit :] if wanted.after is None else found[: wanted.limit]

    def message(self, party_id: UUID, seq: int) -> ChatMessage | None:
        return next((each for each in self.said.get(party_id, []) if each.seq == seq), None)

    def readings(self, asked: Sequence[ChatQuestion]) -> Sequence[ChatReading]:
        if self.error is not None:
            raise self.error
        found = [self._reading(*one) for one in asked]
        self.after_reading()
        return found

    def _reading(
        self, party_id: UUID, user_id: UUID, after: int | None, limit: int, most_deleted: int
    ) -> ChatReading:
        head = self.head(party_id)
        log = self.said.get(party_id, [])
        first = max(head.last_seq - limit, -1 if after is None else after)
        gone = [each for each in log if (each.deletion or 0) > head.deletions - most_deleted]
        return ChatReading(
            head=head,
            messages=[each for each in log if each.seq > first],
            deleted=[Deletion(number=each.deletion or 0, seq=each.seq) for each in gone if each.deletion],
            muted_until_ms=self.muted_until.get((party_id, user_id)),
        )

    def head(self, party_id: UUID) -> ChatHead:
        log = self.said.get(party_id, [])
        deletions = sum(each.deletion is not None for each in log)
        return ChatHead(last_seq=len(log), deletions=deletions, mutes=self.mute_changes[party_id])

    def heads(self, party_ids: Sequence[UUID]) -> Mapping[UUID, ChatHead]:
        if self.error is not None:
            raise self.error
        heads = {party_id: self.head(party_id) for party_id in party_ids}
        return {party_id: head for party_id, head in heads.items() if head != ChatHead()}

    def delete(self, party_id: UUID, seq: int) -> Deletion | None:
        message = self.message(party_id, seq)
        if message is None or message.deletion is not None:
            return None
        number = self.head(party_id).deletions + 1
        self.said[party_id][seq - 1] = replace(message, text="", deletion=number)
        return Deletion(number=number, seq=seq)

    def deletions(self, party_id: UUID, after: int, limit: int) -> Sequence[Deletion]:
        gone = [
            Deletion(number=each.deletion, seq=each.seq)
            for each in self.said.get(party_id, [])
            if each.deletion is not None and each.deletion > after
        ]
        return sorted(gone, key=lambda each: each.number)[:limit]

    def mute(self, party_id: UUID, user_id: UUID, until_ms: float | None) -> int:
        self.muted_until.pop((party_id, user_id), None)
        if until_ms is not None:
            self.muted_until[party_id, user_id] = until_ms
        self.mute_changes[party_id] += 1
        return self.mute_changes[party_id]

    def mutes(self, party_id: UUID) -> Mutes:
        until_ms = {user: until for (party, user), until in self.muted_until.items() if party == party_id}
        return Mutes(self.mute_changes[party_id], until_ms)

    def _writer(self, saying: Saying) -> PartyMember:
        party = self.parties.get(saying.party_id)
        member = self.members.get((saying.party_id, saying.user_id))
        if party is None or (
            (member is None or not member.present) and party.visibility is Visibility.PRIVATE
        ):
            raise PartyNotFound()
        if member is None or not member.present:
            raise NotAMember()
        return member

    def _must_be_allowed(self, saying: Saying, member: PartyMember) -> None:
        party = self.parties[saying.party_id]
        if party.status is PartyStatus.ENDED:
            raise PartyEnded()
        if not party.settings.chat_enabled:
            raise ChatDisabled()
        if Grant.CHAT not in party.grants_of(saying.user_id, member.state.grants):
            raise NotGranted()
        until_ms = self.muted_until.get((saying.party_id, saying.user_id), 0.0)
        if until_ms > saying.at_ms and saying.user_id != party.host_id:
            raise Muted(until_ms - saying.at_ms)


def _is_wanted(message: ChatMessage, wanted: ChatSlice) -> bool:
    return (
        (wanted.after is None or message.seq > wanted.after)
        and (wanted.before is None or message.seq < wanted.before)
        and (wanted.video_id is None or message.video_id == wanted.video_id)
        and (wanted.from_s is None or message.position_s >= wanted.from_s)
        and (wanted.to_s is None or message.position_s <= wanted.to_s)
    )
