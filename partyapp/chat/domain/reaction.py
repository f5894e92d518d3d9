"""A reaction: one emoji, or whatever else is one character to the eye."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize
from uuid import UUID

from wcwidth import iter_graphemes

from partyapp.shared.kernel.visible_text import text_problem, visible_text

MAX_BYTES = 32
#: So many people are named of those who reacted, the latest.
MOST_NAMED = 10
#: So many kinds are told at once, the most frequent; a room has no eyes for more.
MOST_KINDS = 40


def reaction(text: str) -> str | None:
    """One grapheme cluster (UAX #29) of at most 32 bytes that can be seen, in NFC; None for anything else."""
    if not text or len(text) > MAX_BYTES or text_problem(text) is not None:
        return None
    composed = normalize("NFC", text)
    if visible_text(text) != composed or len(text.encode()) > MAX_BYTES:
        return None
    return composed if sum(1 for _ in iter_graphemes(composed)) == 1 else None


@dataclass(frozen=True, kw_only=True)
class Reactions:
    """Reactions of a moment: how many of each kind, and who they came from, the latest last."""

    counts: dict[str, int]
    by: list[UUID]

    @classmethod
    def of(cls, given: Iterable[tuple[str, UUID]]) -> "Reactions":
        """Those that people gave."""
        pairs = list(given)
        return cls(counts=dict(Counter(emoji for emoji, _ in pairs)), by=[user_id for _, user_id in pairs])

    def told(self) -> "Reactions":
        """As much of it as a room is told."""
        counts = dict(Counter(self.counts).most_common(MOST_KINDS))
        latest = list(dict.fromkeys(reversed(self.by)))[:MOST_NAMED]
        return Reactions(counts=counts, by=latest)


def together(many: Iterable[Reactions]) -> Reactions:
    """All of them as one."""
    counts: Counter[str] = Counter()
    by: list[UUID] = []
    for each in many:
        counts.update(each.counts)
        by += each.by
    return Reactions(counts=dict(counts), by=by)
