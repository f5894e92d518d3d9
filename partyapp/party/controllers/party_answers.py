"""What lifecycle commands are answered with, made from the results that their rows keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.commands.controllers import ResultView
from partyapp.party.application.inbound_ports import PartyReader, PartyView, Presences
from partyapp.party.application.views import Online, member_view, party_view
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.grants import Grant, Grants
from partyapp.party.domain.session import SyncedPartySession


@dataclass(frozen=True, kw_only=True)
class PartyAnswers:
    """Reads the party that a command was about, as it is now."""

    reader: PartyReader
    presences: Presences

    def party(self, result: dict[str, Any]) -> dict[str, Any]:
        """The Party. Raises `PartyNotFound` when the person may not see it any more."""
        return self.party_of(UUID(result["party_id"]), UUID(result["user_id"]))

    def party_of(self, party_id: UUID, user_id: UUID) -> dict[str, Any]:
        """The Party as this person sees it. Raises `PartyNotFound`."""
        reading, online = self.reading(party_id, user_id)
        return party_view(reading.state, reading.members, online, user_id)

    def must_have(self, party_id: UUID, user_id: UUID, grant: Grant) -> Grants:
        """All rights of a person who has this one.

        Raises `PartyNotFound` or `NotAMember` for who is no member, `NotGranted`.
        """
        reading = self.reader.membership(party_id, user_id)
        member = SyncedPartySession.reconstitute(reading.state).must_have(reading.own, grant)
        return reading.state.grants_of(user_id, member.state.grants)

    def joined(self, result: dict[str, Any]) -> dict[str, Any]:
        """The answer to a join: the member and the party. Raises `PartyNotFound`."""
        party_id, user_id = UUID(result["party_id"]), UUID(result["user_id"])
        return _joined(*self.reading(party_id, user_id))

    def joined_at(self, reading: PartyView) -> dict[str, Any]:
        """The same from a reading of a small party by who has joined it."""
        party_id = reading.state.id
        online = self.presences.online(party_id)
        if reading.own is not None:
            online = self._with_own(online, party_id, reading.own.user_id)
        return _joined(reading, online)

    def reading(self, party_id: UUID, user_id: UUID) -> tuple[PartyView, Online]:
        """The party with the members that its view lists, and who is connected. Raises `PartyNotFound`."""
        online = self.presences.online(party_id)
        reading = self.reader.party(party_id, user_id, online.listed.keys())
        return reading, self._with_own(online, party_id, user_id)

    def _with_own(self, online: Online, party_id: UUID, user_id: UUID) -> Online:
        """The same with the reader's presence."""
        if user_id in online.listed or online.total == len(online.listed):
            return online
        own = self.presences.presences_of(party_id, (user_id,))
        return online._replace(listed={**online.listed, **own})

    def results(self) -> Mapping[str, ResultView]:
        """What `/api/commands/{id}` shows of each kind of command that has a result."""
        return {
            "create": _unless_gone(self.party),
            "transfer": _unless_gone(self.party),
            "join": _unless_gone(self.joined),
        }


def _joined(reading: PartyView, online: Online) -> dict[str, Any]:
    own = reading.own
    if own is None:
        raise PartyNotFound()
    return {
        "member": member_view(own, reading.state, online.listed.get(own.user_id)),
        "party": party_view(reading.state, reading.members, online, own.user_id),
    }


def _unless_gone(view: ResultView) -> ResultView:
    """None for a person that has left a private party since then and may not see it any more."""

    def shown(result: dict[str, Any]) -> Any:
        try:
            return view(result)
        except PartyNotFound:
            return None

    return shown
