"""What the host may set of a party."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from partyapp.party.domain.aggregate import PartyAggregate
from partyapp.party.domain.events import PartySessionChanged
from partyapp.party.domain.json_values import changes_of, with_settings
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackStatus
from partyapp.shared.kernel.errors import ValidationFailed

#: A party's date is at most so far ahead, in ms: a year.
FURTHEST_MS = 366 * 86_400_000.0


class SettingsRules(PartyAggregate):
    """Changes of what is set."""

    def change_settings(self, actor: PartyMember | None, wishes: Mapping[str, Any], at_ms: float) -> bool:
        """Set these of `settings_json`; False where all is so already. Only the host may.

        A party whose date has not come begins on the other one, or with None not by itself. Raises
        `ValidationFailed` for what is no date, or for a party that has begun.
        """
        host = self._must_be_host(actor)
        self._must_be_active()
        changes = changes_of(self._state, wishes)
        if self._is_put_off(at_ms) and wishes.get("starts_at_ms") == self._state.starts_at_ms:
            # What a pause before the date has put off begins on it again.
            changes["starts_at_ms"] = self._state.starts_at_ms
        if not changes:
            return False
        if "starts_at_ms" in changes:
            self._must_not_have_begun(at_ms)
            if changes["starts_at_ms"] is not None:
                must_be_a_date(changes["starts_at_ms"], at_ms)
        playback = None
        self._state = with_settings(self._state, changes)
        if "starts_at_ms" in changes:
            starts_at_ms = changes["starts_at_ms"]
            status = PlaybackStatus.STOPPED if starts_at_ms is None else PlaybackStatus.PLAYING
            playback = replace(
                self._state.playback,
                status=status,
                position_s=0.0,
                at_ms=at_ms if starts_at_ms is None else starts_at_ms,
                revision=self._state.revision + 1,
                held=None,
                next_video=None,
            )
            waits = self._state.waits_after(at_ms)
            self._state = replace(self._state, playback=playback, waits=waits)
        self._record(PartySessionChanged, at_ms, host.user_id, changes=changes, playback=playback)
        return True

    def _is_put_off(self, at_ms: float) -> bool:
        """Whether the date is still to come, but the party doesn't begin by itself on it any more."""
        playback, starts_at_ms = self._state.playback, self._state.starts_at_ms
        is_ahead = starts_at_ms is not None and starts_at_ms > at_ms
        return is_ahead and playback.status is not PlaybackStatus.PLAYING

    def _must_not_have_begun(self, at_ms: float) -> None:
        playback, starts_at_ms = self._state.playback, self._state.starts_at_ms
        if playback.status is PlaybackStatus.PLAYING:
            has_begun = playback.at_ms != starts_at_ms or playback.at_ms <= at_ms
        elif starts_at_ms is None:
            has_begun = playback.status is PlaybackStatus.PAUSED
        else:
            # It was paused before its date, which may be set anew as long as it has not come.
            has_begun = starts_at_ms <= at_ms
        if has_begun:
            raise ValidationFailed(errors={"starts_at_ms": ["The party has begun already."]})


def must_be_a_date(starts_at_ms: float, now_ms: float) -> None:
    """Raises `ValidationFailed` unless a party may begin then: from now on, up to a year ahead; in ms."""
    if not now_ms < starts_at_ms <= now_ms + FURTHEST_MS:
        raise ValidationFailed(errors={"starts_at_ms": ["Must be from now on, up to a year ahead."]})
