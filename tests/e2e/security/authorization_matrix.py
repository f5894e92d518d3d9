"""The authorization matrix as data: what each deed is answered with, by who asks and by how the party is.

A cell is a status, or the code of a problem. It follows from PROTOCOL's rules: a private party does not
exist for who is no member, an ended party can be read and nothing else, and only its host leads a party.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.e2e.security.chat_matrix import CHAT_ROWS
from tests.e2e.security.film_rows import FILM_ROWS

#: The states of a party, in the order of the columns below. `everyone` is a private one in which every
#: member controls the playback; `unknown` is an id that no party has.
PRIVATE = ("private", "private_ended", "private_full", "private_everyone")
PUBLIC = ("public", "public_ended", "public_full")
STATES = (*PRIVATE, *PUBLIC, "unknown")

#: Who asks, all of them signed in. `invited` and `returning` send the invite code wherever one can be sent;
#: `left` and `returning` were members once.
ACTORS = ("stranger", "invited", "left", "returning", "member", "host")

#: Short for the codes, so that a row is a line.
_CODES = {
    "none": "not_found",
    "out": "not_a_member",
    "no": "forbidden",
    "over": "party_ended",
    "full": "party_full",
    "empty": "queue_empty",
}


@dataclass(frozen=True)
class Deed:
    """A request on a party, about its member or an invite that it doesn't have where the path says so.

    `changes`: a success leaves the party another one.
    """

    name: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    changes: bool = False


DEEDS = {
    deed.name: deed
    for deed in (
        Deed("show", "GET", ""),
        Deed("preview", "GET", "/preview"),
        Deed("events", "GET", "/events"),
        Deed("calendar", "GET", "/calendar.ics"),
        Deed("members", "GET", "/members"),
        Deed("sync", "POST", "/sync", {"position_s": 0, "state": "paused"}),
        Deed("ticket", "POST", "/ticket", {}),
        Deed("playback", "POST", "/playback", {"action": "play"}, changes=True),
        Deed("video", "POST", "/video", {"video_id": "$video"}, changes=True),
        Deed("next", "POST", "/next", {}),
        Deed("queue", "GET", "/queue"),
        Deed("queue_add", "POST", "/queue", {"video_id": "$video"}),
        Deed("queue_remove", "DELETE", "/queue/{item_id}"),
        Deed("queue_move", "POST", "/queue/{item_id}/move", {"before": None}),
        Deed("queue_vote", "PUT", "/queue/{item_id}/vote"),
        Deed("queue_unvote", "DELETE", "/queue/{item_id}/vote"),
        Deed("transfer", "POST", "/transfer", {"user_id": "$member"}, changes=True),
        Deed("end", "DELETE", "", changes=True),
        Deed("leave", "POST", "/leave", {}, changes=True),
        Deed("join", "POST", "/join", {}, changes=True),
        Deed("ws", "GET", "/ws"),
        Deed("change", "PATCH", "", {"title": "Another title"}, changes=True),
        Deed("grants", "PUT", "/members/{user_id}/grants", {"grants": []}, changes=True),
        Deed("remove", "DELETE", "/members/{user_id}", changes=True),
        Deed("bans", "GET", "/bans"),
        Deed("unban", "DELETE", "/bans/{user_id}"),
        Deed("invites", "GET", "/invites"),
        Deed("invite", "POST", "/invites", {}),
        Deed("revoke", "DELETE", "/invites/{invite_id}"),
        Deed("invite_code", "POST", "/invite_code", {}, changes=True),
        Deed("chat", "GET", "/chat"),
        Deed("say", "POST", "/chat", {"text": "Hello"}),
        Deed("unsay", "DELETE", "/chat/{seq}"),
        Deed("muted", "GET", "/members/{user_id}/mute"),
        Deed("mute", "PUT", "/members/{user_id}/mute", {"muted_s": 0}),
    )
}

#: Deed and actor, then one cell for each of STATES.
_ROWS = """
show      stranger   none none none none  200  200  200  none
show      invited    200  200  200  200   200  200  200  none
show      left       none none none none  200  200  200  none
show      returning  200  200  200  200   200  200  200  none
show      member     200  200  200  200   200  200  200  none
show      host       200  200  200  200   200  200  200  none

preview   stranger   none none none none  200  200  200  none
preview   invited    200  200  200  200   200  200  200  none
preview   left       none none none none  200  200  200  none
preview   returning  200  200  200  200   200  200  200  none
preview   member     none none none none  200  200  200  none
preview   host       none none none none  200  200  200  none

events    stranger   none none none none  out  out  out  none
events    invited    none none none none  out  out  out  none
events    left       none none none none  out  out  out  none
events    returning  none none none none  out  out  out  none
events    member     200  200  200  200   200  200  200  none
events    host       200  200  200  200   200  200  200  none

members   stranger   none none none none  out  out  out  none
members   invited    none none none none  out  out  out  none
members   left       none none none none  out  out  out  none
members   returning  none none none none  out  out  out  none
members   member     200  200  200  200   200  200  200  none
members   host       200  200  200  200   200  200  200  none

sync      stranger   none none none none  out  out  out  none
sync      invited    none none none none  out  out  out  none
sync      left       none none none none  out  out  out  none
sync      returning  none none none none  out  out  out  none
sync      member     200  over 200  200   200  over 200  none
sync      host       200  over 200  200   200  over 200  none

ticket    stranger   none none none none  out  out  out  none
ticket    invited    none none none none  out  out  out  none
ticket    left       none none none none  out  out  out  none
ticket    returning  none none none none  out  out  out  none
ticket    member     201  over 201  201   201  over 201  none
ticket    host       201  over 201  201   201  over 201  none

playback  stranger   none none none none  out  out  out  none
playback  invited    none none none none  out  out  out  none
playback  left       none none none none  out  out  out  none
playback  returning  none none none none  out  out  out  none
playback  member     no   over no   200   no   over no   none
playback  host       200  over 200  200   200  over 200  none

transfer  stranger   none none none none  out  out  out  none
transfer  invited    none none none none  out  out  out  none
transfer  left       none none none none  out  out  out  none
transfer  returning  none none none none  out  out  out  none
transfer  member     no   no   no   no    no   no   no   none
transfer  host       200  over 200  200   200  over 200  none

end       stranger   none none none none  out  no   out  none
end       invited    none none none none  out  no   out  none
end       left       none none none none  out  no   out  none
end       returning  none none none none  out  no   out  none
end       member     no   no   no   no    no   no   no   none
end       host       204  204  204  204   204  204  204  none

leave     stranger   none none none none  out  out  out  none
leave     invited    none none none none  out  out  out  none
leave     left       204  204  204  204   204  204  204  none
leave     returning  204  204  204  204   204  204  204  none
leave     member     204  204  204  204   204  204  204  none
leave     host       204  204  204  204   204  204  204  none

join      stranger   none none none none  200  over full none
join      invited    200  over full 200   200  over full none
join      left       none none none none  200  over full none
join      returning  200  over full 200   200  over full none
join      member     200  over 200  200   200  over 200  none
join      host       200  over 200  200   200  over 200  none

ws        stranger   none none none none  out  out  out  none
ws        invited    none none none none  out  out  out  none
ws        left       none none none none  out  out  out  none
ws        returning  none none none none  out  out  out  none
ws        member     101  over 101  101   101  over 101  none
ws        host       101  over 101  101   101  over 101  none

change       stranger   none none none none  out  out  out  none
change       invited    none none none none  out  out  out  none
change       left       none none none none  out  out  out  none
change       returning  none none none none  out  out  out  none
change       member     no   no   no   no    no   no   no   none
change       host       200  over 200  200   200  over 200  none

grants       stranger   none none none none  out  out  out  none
grants       invited    none none none none  out  out  out  none
grants       left       none none none none  out  out  out  none
grants       returning  none none none none  out  out  out  none
grants       member     no   no   no   no    no   no   no   none
grants       host       200  over 200  200   200  over 200  none

remove       stranger   none none none none  out  out  out  none
remove       invited    none none none none  out  out  out  none
remove       left       none none none none  out  out  out  none
remove       returning  none none none none  out  out  out  none
remove       member     no   no   no   no    no   no   no   none
remove       host       204  over 204  204   204  over 204  none

bans         stranger   none none none none  out  out  out  none
bans         invited    none none none none  out  out  out  none
bans         left       none none none none  out  out  out  none
bans         returning  none none none none  out  out  out  none
bans         member     no   no   no   no    no   no   no   none
bans         host       200  200  200  200   200  200  200  none

unban        stranger   none none none none  out  out  out  none
unban        invited    none none none none  out  out  out  none
unban        left       none none none none  out  out  out  none
unban        returning  none none none none  out  out  out  none
unban        member     no   no   no   no    no   no   no   none
unban        host       204  204  204  204   204  204  204  none

invites      stranger   none none none none  out  out  out  none
invites      invited    none none none none  out  out  out  none
invites      left       none none none none  out  out  out  none
invites      returning  none none none none  out  out  out  none
invites      member     no   no   no   no    no   no   no   none
invites      host       200  200  200  200   200  200  200  none

invite       stranger   none none none none  out  out  out  none
invite       invited    none none none none  out  out  out  none
invite       left       none none none none  out  out  out  none
invite       returning  none none none none  out  out  out  none
invite       member     no   no   no   no    no   no   no   none
invite       host       201  over 201  201   201  over 201  none

revoke       stranger   none none none none  out  out  out  none
revoke       invited    none none none none  out  out  out  none
revoke       left       none none none none  out  out  out  none
revoke       returning  none none none none  out  out  out  none
revoke       member     no   no   no   no    no   no   no   none
revoke       host       none over none none  none over none none

invite_code  stranger   none none none none  out  out  out  none
invite_code  invited    none none none none  out  out  out  none
invite_code  left       none none none none  out  out  out  none
invite_code  returning  none none none none  out  out  out  none
invite_code  member     no   no   no   no    no   no   no   none
invite_code  host       200  over 200  200   200  over 200  none
"""
_ROWS += FILM_ROWS

#: What a command over an open socket is answered with: `ack` or a code, by who sends it. `everyone` is a
#: member of a party in which everyone controls the playback, `former` a host who has handed over since.
#: `granted` was given the right to control it, `curbed` lost it in a party in which everyone has it, both
#: after they connected.
_SOCKET_ROWS = """
action         host  former  member  everyone  granted  curbed
play           ack   no      no      ack       ack      no
pause          ack   no      no      ack       ack      no
seek           ack   no      no      ack       ack      no
transfer_host  ack   no      no      no        no       no
leave          ack   ack     ack     ack       ack      ack
end            ack   no      no      no        no       no
"""


@dataclass(frozen=True)
class Cell:
    """One cell: `expected` is a status or a problem's code."""

    deed: Deed
    actor: str
    state: str
    expected: int | str

    def __str__(self) -> str:
        return f"{self.deed.name}-{self.actor}-{self.state}"

    @property
    def leaves_a_mark(self) -> bool:
        """Whether the party is another one afterwards, so that no other cell can use it."""
        ended, idle = self.state.endswith("_ended"), self.actor in ("left", "returning")
        # A party that is over can be left too.
        quiet = idle if self.deed.name == "leave" else ended or (self.deed.name == "join" and self._inside)
        return self.deed.changes and isinstance(self.expected, int) and not quiet

    @property
    def _inside(self) -> bool:
        return self.actor in ("member", "host")


def cells() -> Iterator[Cell]:
    """Every cell of the matrix."""
    for line in filter(None, (_ROWS + CHAT_ROWS).splitlines()):
        name, actor, *row = line.split()
        for state, word in zip(STATES, row, strict=True):
            yield Cell(DEEDS[name], actor, state, int(word) if word.isdigit() else _CODES[word])


def socket_cells() -> Iterator[tuple[str, str, str]]:
    """Who, action and answer (`ack` or a code) for every command over a socket."""
    head, *lines = filter(None, _SOCKET_ROWS.splitlines())
    for line in lines:
        action, *row = line.split()
        for who, word in zip(head.split()[1:], row, strict=True):
            yield who, action, _CODES.get(word, word)
