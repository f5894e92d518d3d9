"""Who was replaced as host while away and is back: the host is told, and may give the role back at one press.

Each process tells the hosts that it has sockets of, from what presence says of all processes. Nothing is
stored beyond the party's own `replaced_hosts`.
"""

from partyapp.party.live.room_messages import encoded, host_returned_message
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Room
from partyapp.realtime.websocket.send_queue import Priority


def offer_role(room: Room[RoomState], now_ms: float) -> None:
    """Tell each of the host's sockets once of everybody who may get the role back and is connected."""
    party, told = room.state.replica.state, room.state.told_of_hosts
    if not party.replaced_hosts:
        return
    back = {
        user_id: until_ms
        for user_id, until_ms in party.returnable_hosts(now_ms).items()
        if user_id in room.state.published
    }
    lines = room.connections_of(party.host_id)
    told.intersection_update([(line, user_id) for line in lines for user_id in back])
    for user_id, until_ms in back.items():
        member = room.state.replica.member(user_id)
        if member is None:
            continue
        frame = encoded(host_returned_message(member, until_ms))
        for line in lines:
            if (line, user_id) not in told:
                told.add((line, user_id))
                # A change could be dropped for a slow reader, and no welcome makes up for this one.
                line.send(frame, Priority.ANSWER)
