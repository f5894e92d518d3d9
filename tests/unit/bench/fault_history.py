"""A small fault run as it should be, for tests to spoil: two members, a visitor, six events."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.faults.checker import Settling, check
from bench.faults.database import DatabaseSnapshot, StoredParty
from bench.faults.history import Delivery, History, Operation, SocketHistory
from bench.faults.replay import View, playback_digest
from bench.faults.violation import Violation

HOST, MEMBER, VISITOR, PARTY = "host", "member", "visitor", "party"
Json = dict[str, Any]


def event(revision: int, kind: str, actor: str | None, operation: str | None, **data: Any) -> Json:
    return {
        "id": f"event-{revision}",
        "revision": revision,
        "type": kind,
        "at_ms": revision * 1000.0,
        "actor_id": actor,
        "operation": operation,
        "data": data,
    }


def playback(
    revision: int,
    kind: str,
    actor: str | None,
    operation: str | None,
    state: str,
    position_s: float,
    **more: Any,
) -> Json:
    data = {"state": state, "position_s": position_s, "rate": 1.0, "at_ms": revision * 1000.0, "lead_ms": 5.0}
    return event(revision, kind, actor, operation, **data, **more)


def events() -> list[Json]:
    """The log: created, two come, play, seek, one goes."""
    return [
        event(1, "party_session_created", HOST, "create", host_id=HOST, title="Evening", video_id="film"),
        event(2, "member_joined", MEMBER, "join-member", user_id=MEMBER),
        event(3, "member_joined", VISITOR, "join-visitor", user_id=VISITOR),
        playback(4, "playback_started", HOST, "play", "playing", 0.0),
        playback(5, "playback_sought", MEMBER, "seek", "playing", 30.0),
        event(6, "member_left", VISITOR, "leave", user_id=VISITOR),
    ]


class Run:
    """History and database of that run; `violations` is what the checker finds in them.

    `more` are further events, which the host and the member are told of.
    """

    def __init__(self, more: Sequence[Json] = ()) -> None:
        self.events = [*events(), *more]
        self.views, self.playbacks = self._digests()
        self.database = DatabaseSnapshot(parties={PARTY: StoredParty(row=self._row(), events=self.events)})
        self.database.notified = Counter({(HOST, f"event-{n}"): 1 for n in (2, 3, 6)})
        self.database.notified.update({(MEMBER, f"event-{n}"): 1 for n in (3, 6)})
        self.history = History()
        for one in self.events:
            if one["operation"] is not None:
                self.add(one["operation"], one["actor_id"], oks=[one["revision"]])
        self.add("refused", MEMBER, failed="stale_revision")
        self.add("unknown", MEMBER, unknown="gave up")
        self.settling = Settling(
            up_s=100.0, up_ms=50_000.0, revisions={PARTY: 5}, permanent={HOST, MEMBER}, limit_s=2.0
        )
        # The host receives everything on one socket; the member is cut off after revision 4 and resumes.
        told = [("change", one["revision"]) for one in more]
        first = [("welcome", 3), ("change", 4), ("tick", 4), ("change", 5), ("change", 6)]
        self.socket(HOST, None, [*first, *told])
        self.socket(MEMBER, None, [("welcome", 3), ("change", 4)], code=1012)
        self.socket(MEMBER, 4, [("welcome", 5), ("replay", 5), ("change", 6), *told])
        self.socket(VISITOR, None, [("welcome", 3), ("change", 4), ("change", 5), ("change", 6)], code=4403)

    def _digests(self) -> tuple[list[str], list[str]]:
        view, views, playbacks = View.initial(), [], []
        for one in [None, *self.events]:
            if one is not None:
                view.apply(one)
            views.append(view.digest())
            playbacks.append(playback_digest(view.playback))
        self._final = view
        return views, playbacks

    def _row(self) -> Json:
        final = self._final
        return {
            "revision": len(self.events),
            "host": final.host,
            "members": dict(final.members),
            "member_count": len(final.members),
            "state": final.state,
            "playback": dict(final.playback),
            "settings": dict(final.settings),
            "video": final.video,
        }

    def add(self, id: str, user: str, action: str = "act", invoked_s: float = 1.0, **ends: Any) -> Operation:
        """One more operation."""
        operation = Operation(id=id, party=PARTY, user=user, action=action, invoked_s=invoked_s, **ends)
        self.history.operations[id] = operation
        return operation

    def socket(
        self,
        listener: str,
        last_revision: int | None,
        messages: list[tuple[str, int]],
        code: int | None = None,
    ) -> SocketHistory:
        """One more socket, with its messages by kind and revision, all of them in time."""
        found = [
            Delivery(101.0, kind, n, {"replay": "", "tick": self.playbacks[n]}.get(kind, self.views[n]))
            for kind, n in messages
        ]
        socket = SocketHistory(
            listener=listener, party=PARTY, opened_s=1.0, last_revision=last_revision, deliveries=found
        )
        socket.is_closed, socket.code = code is not None, code
        self.history.sockets.setdefault(listener, []).append(socket)
        return socket

    def of(self, listener: str, number: int = -1) -> list[Delivery]:
        """The deliveries on this listener's first, second, ... or last socket."""
        return self.history.sockets[listener][number].deliveries

    @property
    def violations(self) -> list[Violation]:
        return check(self.history, self.database, self.settling)

    @property
    def rules(self) -> set[str]:
        """The rules that were broken."""
        return {violation.rule for violation in self.violations}

    @property
    def said(self) -> str:
        """All violations as text."""
        return "\n".join(violation.what for violation in self.violations)
