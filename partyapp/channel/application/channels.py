"""What a person may do with their own channels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from partyapp.channel.application.ports import ChannelPort, Vault
from partyapp.channel.domain.address import BadAddress, read_address
from partyapp.channel.domain.channel import DEFAULT_KINDS, Channel, ChannelState, NewChannel
from partyapp.channel.domain.quiet_hours import QuietHours, zone_of
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import NotFound, ValidationFailed


class NoSuchChannel(NotFound):
    detail = "You have no such channel."


class AlreadyThere(ValidationFailed):
    def __init__(self) -> None:
        super().__init__(errors={"address": ["You have this channel already."]})


@dataclass(frozen=True, kw_only=True)
class Channels:
    """All of it. Every method raises `Unavailable` without the database."""

    channels: ChannelPort
    vault: Vault
    clock: Clock
    schemes: Collection[str]

    def overview(self, user_id: UUID) -> dict[str, Any]:
        """What the person has, and what they may add."""
        return {
            "items": [channel_json(channel) for channel in self.channels.all(user_id)],
            "quiet_hours": quiet_json(self.channels.quiet_hours(user_id)),
            "schemes": sorted(self.schemes),
        }

    def add(self, channel_id: UUID, user_id: UUID, address: str, kinds: Sequence[str] | None) -> Channel:
        """Keep it, and have its code sent. Raises `ValidationFailed`, `QuotaExceeded` or `RateLimited`."""
        try:
            found = read_address(address, self.schemes)
        except BadAddress as error:
            raise ValidationFailed(errors={"address": [str(error)]}) from None
        now_ms = self.clock.now_ms()
        channel = Channel(
            id=channel_id,
            user_id=user_id,
            scheme=found.scheme,
            label=found.label,
            kinds=tuple(dict.fromkeys(DEFAULT_KINDS if kinds is None else kinds)),
            state=ChannelState.UNVERIFIED,
            reason=None,
            created_at_ms=now_ms,
            verified_at_ms=None,
        )
        sealed, mark = self.vault.seal(found.text), self.vault.mark(found.place)
        return self.channels.add(NewChannel(channel=channel, sealed=sealed, mark=mark))

    def change(self, user_id: UUID, channel_id: UUID, kinds: Sequence[str]) -> Channel:
        """Have it told of these kinds."""
        return _found(self.channels.change(user_id, channel_id, tuple(dict.fromkeys(kinds))))

    def remove(self, user_id: UUID, channel_id: UUID) -> None:
        """Forget it."""
        if not self.channels.remove(user_id, channel_id):
            raise NoSuchChannel()

    def new_code(self, user_id: UUID, channel_id: UUID) -> Channel:
        """Have another code sent to it. Raises `RateLimited`."""
        return _found(self.channels.new_code(user_id, channel_id, self.clock.now_ms()))

    def verify(self, user_id: UUID, channel_id: UUID, code: str) -> Channel:
        """Activate it by the code that was sent there. Raises `ValidationFailed` for another one."""
        code_of = partial(self.vault.code, channel_id)
        tried = self.channels.try_code(user_id, channel_id, code, code_of, self.clock.now_ms())
        if tried is None:
            raise NoSuchChannel()
        channel, is_active = tried
        if not is_active:
            why = "This is not the code, or it is too old or was tried too often. Have another one sent."
            raise ValidationFailed(errors={"code": [why]})
        return channel

    def set_quiet_hours(self, user_id: UUID, quiet: QuietHours | None) -> None:
        """Disturb nobody within them. Raises `ValidationFailed` for an unknown zone, or no hours at all."""
        if quiet is not None:
            if quiet.begin == quiet.end:
                raise ValidationFailed(errors={"end": ["Must be another time than begin."]})
            try:
                zone_of(quiet.zone)
            except ValueError as error:
                raise ValidationFailed(errors={"time_zone": [str(error)]}) from None
        self.channels.set_quiet_hours(user_id, quiet, self.clock.now_ms())


def channel_json(channel: Channel) -> dict[str, Any]:
    """A channel as its person sees it."""
    return {
        "id": str(channel.id),
        "scheme": channel.scheme,
        "label": channel.label,
        "kinds": list(channel.kinds),
        "state": channel.state.value,
        "reason": channel.reason,
        "created_at_ms": channel.created_at_ms,
        "verified_at_ms": channel.verified_at_ms,
    }


def quiet_json(quiet: QuietHours | None) -> dict[str, Any] | None:
    """Quiet hours as their person sees them."""
    if quiet is None:
        return None
    return {"time_zone": quiet.zone, "begin": _clock(quiet.begin), "end": _clock(quiet.end)}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _found(channel: Channel | None) -> Channel:
    if channel is None:
        raise NoSuchChannel()
    return channel
