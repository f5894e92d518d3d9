"""A small fault run of an evening as it should be, for tests to spoil."""

from typing import Any

from bench.faults.evening_rows import EveningRows, StoredChat, StoredQueue
from bench.faults.history import Heard
from tests.unit.bench.fault_history import HOST, MEMBER, PARTY, Json, Run, event, playback

GUEST = "guest"
#: In ms of party time: when the wait's end is due, as every instant of that run a multiple of a second.
UNTIL_MS = 10_500.0


def evening_events() -> list[Json]:
    """After the small run's: a wait is set, a guest comes, all wait, a film, and the guest is banned."""
    changes = {"title": "Ours", "wait": {"for": "everyone", "grace_s": 1.0, "limit_s": 2.0, "budget_s": 9.0}}
    held = {"reason": "members", "for": [MEMBER], "since_ms": 9000.0, "until_ms": UNTIL_MS}
    whole = {"reason": "members", "for": [MEMBER], "until_ms": UNTIL_MS, "held": held}
    shown = {"state": "playing", "position_s": 0.0, "rate": 1.0, "at_ms": 11_000.0, "revision": 11}
    film = {"video": {"id": "short"}, "playback": {**shown, "held": None, "next": None}}
    return [
        event(7, "party_session_changed", HOST, "settings", changes=changes),
        event(8, "member_joined", GUEST, "join-guest", user_id=GUEST, own_grants=["chat"], invite_id="one"),
        playback(9, "playback_held", None, None, "paused", 30.0, **whole),
        playback(10, "playback_resumed", None, None, "playing", 30.0, reason="ready", late=[]),
        event(11, "video_changed", None, None, **film),
        event(12, "member_removed", HOST, "ban", user_id=GUEST, banned=True),
        event(13, "member_grants_changed", HOST, "grants", user_id=MEMBER, grants=["chat", "invite"]),
    ]


class EveningRun(Run):
    """That run, with its talk, its invite and its queue."""

    def __init__(self) -> None:
        super().__init__(evening_events())
        self.database.notified.update({(HOST, "event-8"): 1, (MEMBER, "event-8"): 1})
        self.rows = EveningRows(now_ms=60_000.0, ticks_ms=[5000.0 * number for number in range(12)])
        self.rows.invites["one"] = {"party": PARTY, "uses": 1, "max_uses": 1, "revoked": True}
        self.rows.bans.add((PARTY, GUEST))
        self.rows.chats[PARTY] = StoredChat(
            last_seq=2,
            messages={1: message("hello", MEMBER, "hi"), 2: message("bye", HOST, "", deleted=True)},
        )
        waits = [{"id": "item-late", "video": "late", "voters": [MEMBER]}]
        self.rows.queues[PARTY] = StoredQueue(revision=4, items=waits)
        self.database.evening = self.rows
        self._ask()
        self.socket(
            f"{GUEST}/1", None, [("welcome", 9), ("change", 10), ("change", 11), ("change", 12)], 4403
        )
        for listener in (HOST, MEMBER):
            chat = [[1, "hello", MEMBER, "hi", False], [2, "bye", HOST, "", True]]
            queue = [4, [["item-late", 1]]]
            self.history.heard.append(Heard(listener=listener, party=PARTY, chat=chat, queue=queue))
            sockets = self.history.sockets[listener]
            sockets[0].talk = [("welcome", []), ("said", [[1, "hello"]])]
            sockets[-1].talk.append(("said", [[2, "bye"]]) if listener == HOST else ("welcome", [[2, "bye"]]))

    def _ask(self) -> None:
        operations = self.history.operations
        operations["join-guest"].facts = {"invite": "one"}
        operations["ban"].action, operations["ban"].facts = "ban", {"user": GUEST}
        self.ask("say", "hello", MEMBER, oks=[1], text="hi")
        self.ask("say", "bye", HOST, oks=[2], text="bye")
        self.ask("say", "unheard", HOST, failed="muted", text="no")
        self.ask("delete_message", "delete", HOST, oks=[None], seq=2)
        self.ask("invite", "invite", HOST, oks=[None], invite="one", max_uses=1)
        self.ask("revoke", "revoke", HOST, oks=[None], invited_s=3.0, invite="one")
        self.ask("queue", "add-short", HOST, oks=[None], video="short", item="item-short")
        self.ask("queue", "add-late", HOST, oks=[None], video="late", item="item-late")
        self.ask("queue", "add-out", HOST, oks=[None], video="out", item="item-out")
        self.ask("unqueue", "take-out", HOST, oks=[None], item="item-out")
        self.ask("vote", "vote", MEMBER, oks=[None], item="item-late", given=True)

    def ask(
        self, action: str, id: str, by: str, *, oks: Any = (), failed: str | None = None, **facts: Any
    ) -> None:
        """One more operation, asked for at second 2 and acknowledged a second later."""
        at_s = facts.pop("invited_s", 2.0)
        found = self.add(id, by, action, at_s, oks=list(oks), failed=failed, may_be_noop=True)
        found.facts, found.done_s = facts, at_s + 1.0 if oks else None


def message(id: str, user: str, text: str, *, deleted: bool = False) -> Json:
    """A message as it is stored."""
    return {"id": id, "user": user, "text": text, "at_ms": 5000.0, "deleted": deleted}
