"""A small fault run as it should be, for tests to spoil: two members, a wanderer, six events."""

from collections import Counter
from typing import Any

from bench.faults.checker import Settling, Violation, check
from bench.faults.database import PartyStore, PartyTruth
from bench.faults.history import Hearing, History, Operation, Told
from bench.faults.replay import View, playback_digest

HOST, MEMBER, WANDERER, PARTY = "host", "member", "wanderer", "party"
Json = dict[str, Any]


def event(revision: int, kind: str, actor: str, operation: str, **data: Any) -> Json:
    return {
        "id": f"event-{revision}",
        "revision": revision,
        "type": kind,
        "at_ms": revision * 1000.0,
        "actor_id": actor,
        "operation": operation,
        "data": data,
    }


def playback(revision: int, kind: str, actor: str, operation: str, state: str, position_s: float) -> Json:
    data = {"state": state, "position_s": position_s, "rate": 1.0, "at_ms": revision * 1000.0, "lead_ms": 5.0}
    return event(revision, kind, actor, operation, **data)


def events() -> list[Json]:
    """The log: created, two come, play, seek, one goes."""
    return [
        event(1, "party_session_created", HOST, "create", host_id=HOST),
        event(2, "member_joined", MEMBER, "join-member", user_id=MEMBER),
        event(3, "member_joined", WANDERER, "join-wanderer", user_id=WANDERER),
        playback(4, "playback_started", HOST, "play", "playing", 0.0),
        playback(5, "playback_sought", MEMBER, "seek", "playing", 30.0),
        event(6, "member_left", WANDERER, "leave", user_id=WANDERER),
    ]


class Run:
    """History and truth of that run; `violations` is what the checker makes of them."""

    def __init__(self) -> None:
        self.events = events()
        self.views, self.playbacks = self._digests()
        self.truth = PartyStore(parties={PARTY: PartyTruth(row=self._row(), events=self.events)})
        self.truth.notified = Counter({(HOST, f"event-{n}"): 1 for n in (2, 3, 6)})
        self.truth.notified.update({(MEMBER, f"event-{n}"): 1 for n in (3, 6)})
        self.history = History()
        for one in self.events:
            self.add(one["operation"], one["actor_id"], oks=[one["revision"]])
        self.add("refused", MEMBER, failed="stale_revision")
        self.add("unknown", MEMBER, unknown="gave up")
        self.settling = Settling(up_s=100.0, revisions={PARTY: 5}, staying={HOST, MEMBER}, limit_s=2.0)
        # The host hears everything on one socket; the member is cut off after revision 4 and resumes.
        self.hearing(HOST, None, [("welcome", 3), ("change", 4), ("tick", 4), ("change", 5), ("change", 6)])
        self.hearing(MEMBER, None, [("welcome", 3), ("change", 4)], code=1012)
        self.hearing(MEMBER, 4, [("welcome", 5), ("replay", 5), ("change", 6)])
        self.hearing(WANDERER, None, [("welcome", 3), ("change", 4), ("change", 5), ("change", 6)], code=4403)

    def _digests(self) -> tuple[list[str], list[str]]:
        view, views, playbacks = View.unborn(), [], []
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
            "members": set(final.members),
            "member_count": len(final.members),
            "state": final.state,
            "playback": dict(final.playback),
        }

    def add(self, id: str, user: str, **ends: Any) -> Operation:
        """One more operation."""
        operation = Operation(id=id, party=PARTY, user=user, action="act", invoked_s=1.0, **ends)
        self.history.operations[id] = operation
        return operation

    def hearing(
        self, listener: str, last_revision: int | None, told: list[tuple[str, int]], code: int | None = None
    ) -> Hearing:
        """One more socket. It was told all of it in good time."""
        found = [
            Told(101.0, how, n, {"replay": "", "tick": self.playbacks[n]}.get(how, self.views[n]))
            for how, n in told
        ]
        heard = Hearing(listener=listener, party=PARTY, opened_s=1.0, last_revision=last_revision, told=found)
        heard.is_closed, heard.code = code is not None, code
        self.history.hearings.setdefault(listener, []).append(heard)
        return heard

    def of(self, listener: str, number: int = -1) -> list[Told]:
        """What this listener was told on its first, second, ... or last socket."""
        return self.history.hearings[listener][number].told

    @property
    def violations(self) -> list[Violation]:
        return check(self.history, self.truth, self.settling)

    @property
    def rules(self) -> set[str]:
        """The rules that were broken."""
        return {violation.rule for violation in self.violations}

    @property
    def said(self) -> str:
        """All that the checker says."""
        return "\n".join(violation.what for violation in self.violations)
