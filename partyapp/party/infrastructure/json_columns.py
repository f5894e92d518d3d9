"""The columns of parties and members that hold JSON: a playback's wait or next film, settings, rights."""

from typing import Any

from partyapp.party.contract import QueueMode
from partyapp.party.domain.grants import Grants, grants_of, names_of
from partyapp.party.domain.json_values import hold_from, hold_json, next_from, next_json, wait_from, wait_json
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.settings import PartySettings


def playback_of(row: Any) -> PlaybackState:
    """The playback in a party's row."""
    # A process of the release before sets another playback and leaves this column as it is.
    more = row.playback_more or {}
    more = more if more.get("revision") == row.playback_revision else {}
    held, following = more.get("held"), more.get("next")
    return PlaybackState(
        status=PlaybackStatus(row.playback_state),
        position_s=row.playback_position_s,
        rate=row.playback_rate,
        at_ms=row.playback_at_ms,
        revision=row.playback_revision,
        held=None if held is None else hold_from(held),
        next_video=None if following is None else next_from(following),
    )


def settings_of(found: dict[str, Any]) -> PartySettings:
    """What the host has set, from its column; what is absent is as it is by default."""
    default = PartySettings()
    return PartySettings(
        default_grants=own_grants(found.get("default_grants")),
        wait=wait_from(found.get("wait", {})),
        chat_enabled=found.get("chat_enabled", default.chat_enabled),
        queue_mode=QueueMode(found.get("queue_mode", default.queue_mode)),
        next_after_s=found.get("next_after_s", default.next_after_s),
    )


def settings_column(settings: PartySettings) -> dict[str, Any]:
    """The same for the column."""
    return {
        "default_grants": grants_column(settings.default_grants),
        "wait": wait_json(settings.wait),
        "chat_enabled": settings.chat_enabled,
        "queue_mode": settings.queue_mode.value,
        "next_after_s": settings.next_after_s,
    }


def own_grants(names: list[str] | None) -> Grants | None:
    """Rights of one's own in their column, None where there are none."""
    return None if names is None else grants_of(names)


def grants_column(grants: Grants | None) -> list[str] | None:
    """The same for the column."""
    return None if grants is None else names_of(grants)


def playback_more(playback: PlaybackState) -> dict[str, Any] | None:
    """What a playback is beside its plain columns, None where that is nothing."""
    held, following = playback.held, playback.next_video
    if held is None and following is None:
        return None
    return {
        "revision": playback.revision,
        "held": None if held is None else hold_json(held),
        "next": None if following is None else next_json(following),
    }
