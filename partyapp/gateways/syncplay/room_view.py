"""What one client was told of its room, and what it has to be told when that has changed."""

from partyapp.gateways.syncplay import wire
from partyapp.gateways.syncplay.party_room import PartyRoom
from partyapp.gateways.syncplay.room_names import numbered, room_name


class RoomView:
    """The room as one client knows it: by the `code` it gave, as the member `user_id` called `name`."""

    __slots__ = ("_code", "_may", "_name", "_present", "_user_id", "rate", "room_name", "video_id")

    def __init__(self, code: str, user_id: str, name: str) -> None:
        self._code = code
        self._user_id = user_id
        self._name = name
        self._present: frozenset[str] | None = None
        self._may = False
        self.room_name = code
        self.rate = 1.0
        self.video_id = ""

    def take(self, room: PartyRoom) -> list[wire.Message]:
        """Take in how the room is, and return what the client has to be told of it."""
        is_new = self._present is None
        told = [*self._rights_now(room), *self._people_now(room)]
        self.rate, self.video_id = room.playback.rate, room.video.id
        return [] if is_new else told

    def rights(self) -> list[wire.Message]:
        """That the member may control a room that not everybody may."""
        may = self._may and self._is_controlled
        return [wire.controls(self._name, self.room_name)] if may else []

    def listing(self, room: PartyRoom) -> wire.Message:
        """Who is in the room, the member first."""
        others = [self.name_of(room, user_id) for user_id in room.present if user_id != self._user_id]
        controllers = [self.name_of(room, user_id) for user_id in room.controllers()]
        if not self._is_controlled:
            # Where everybody may, clients would call each of them an operator.
            controllers = []
        elif self._may:
            controllers.append(self._name)
        names = [self._name, *sorted(name for name in others if name)]
        return wire.user_list(self.room_name, names, controllers)

    def name_of(self, room: PartyRoom, user_id: str) -> str:
        """How the client is told of a member; empty for one who isn't known."""
        return self._name if user_id == self._user_id else self.shown(room.name_of(user_id), user_id)

    def shown(self, name: str, user_id: str) -> str:
        """Another member of the same name is called otherwise: a client takes its own name for itself."""
        return numbered(name, 2) if name == self._name and user_id != self._user_id else name

    @property
    def _is_controlled(self) -> bool:
        return self.room_name != self._code

    def _rights_now(self, room: PartyRoom) -> list[wire.Message]:
        may = room.may_play(self._user_id)
        named = room_name(self._code, controlled=room.is_controlled_for(self._user_id))
        if (may, named) == (self._may, self.room_name):
            return []
        self._may, self.room_name = may, named
        # The list says anew who may control the room, for a right that is taken away, too.
        return [wire.room_is(named), self.listing(room), *self.rights()]

    def _people_now(self, room: PartyRoom) -> list[wire.Message]:
        before, self._present = self._present or frozenset(), room.present
        if before is room.present:
            return []
        came, went = room.present - before, before - room.present
        named = [(self.name_of(room, user_id), True) for user_id in came]
        named += [(self.name_of(room, user_id), False) for user_id in went]
        return [
            (wire.user_came if is_here else wire.user_went)(name, self.room_name)
            for name, is_here in named
            if name and name != self._name
        ]
