"""What channels show: their operations and objects."""

from marshmallow import fields

from partyapp.channel.controllers import AddChannel, ChangeChannel, SetQuietHours, VerifyChannel
from partyapp.channel.domain.channel import (
    CODE_DIGITS,
    KINDS,
    MOST_CHANNELS,
    MOST_CODES,
    MOST_TRIES,
    ChannelState,
    Failure,
)
from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, ident, instant, many, nested, text, word, words
from partyapp.openapi.operation import Operation
from partyapp.shared.http.schemas import Nothing

_CHANNELS = "/api/me/channels"
_ONE = f"{_CHANNELS}/{{channel_id}}"


class NotificationChannel(Answer):
    """Where a person's notifications go beside the page. Its address is never shown."""

    id = ident("The channel's id.")
    scheme = text("What kind of channel it is: a scheme of Apprise, or `mailto`.")
    label = text("Enough of the address to tell which it is.")
    kinds = words("What it is told of.", *KINDS)
    state = word(
        "`unverified`: its code was not typed back yet; `set_aside`: nothing arrives there any more.",
        *ChannelState,
    )
    reason = word("Why it is set aside, or why its code has not arrived yet.", *Failure, null=True)
    created_at_ms = instant("When it was added.")
    verified_at_ms = instant("When its code was typed back.", null=True)


class QuietHours(Answer):
    """When a person is not disturbed: what comes then is sent at their end."""

    time_zone = text("The zone, by its name in the IANA database.")
    begin = text("From when on, by the clock there, as in 22:30.")
    end = text("Until when; over midnight where it is earlier than `begin`.")


class ChannelOverview(Answer):
    items = many(NotificationChannel, "One's channels, the oldest first.")
    quiet_hours = nested(QuietHours, "When one is not disturbed; null: never.", null=True)
    schemes = fields.List(
        text("A scheme of Apprise, or `mailto`."),
        required=True,
        metadata={"description": "What kinds of channels may be added here."},
    )


CHANNEL = ContextDescription(
    tags={"Channels": "Where one's notifications go: mail, Slack, Discord, Telegram, ntfy and the like."},
    operations=(
        Operation(
            id="listChannels",
            method="get",
            path=_CHANNELS,
            tag="Channels",
            summary="List one's channels",
            answer=ChannelOverview,
        ),
        Operation(
            id="addChannel",
            method="post",
            path=_CHANNELS,
            tag="Channels",
            summary="Add a channel",
            about=(
                "It is sent a code, and nothing else before that was typed back. A person has "
                f"{MOST_CHANNELS} at most, and one place is sent at most {MOST_CODES} codes a day, "
                "whoever asks."
            ),
            body=AddChannel,
            status=201,
            answer=NotificationChannel,
            key=True,
            problems=("quota_exceeded",),
        ),
        Operation(
            id="changeChannel",
            method="patch",
            path=_ONE,
            tag="Channels",
            summary="Choose what a channel is told of",
            body=ChangeChannel,
            answer=NotificationChannel,
            key=True,
        ),
        Operation(
            id="removeChannel",
            method="delete",
            path=_ONE,
            tag="Channels",
            summary="Remove a channel",
            about="What waits for it is not sent any more.",
            status=204,
            key=True,
        ),
        Operation(
            id="sendChannelCode",
            method="post",
            path=f"{_ONE}/code",
            tag="Channels",
            summary="Send another code to a channel",
            about=(
                "Also to one that was set aside, which is used again once it is verified. An active one "
                "is left alone."
            ),
            body=Nothing,
            body_optional=True,
            answer=NotificationChannel,
            key=True,
        ),
        Operation(
            id="verifyChannel",
            method="post",
            path=f"{_ONE}/verify",
            tag="Channels",
            summary="Verify a channel by its code",
            about=f"A code is good for 15 minutes and {MOST_TRIES} tries.",
            body=VerifyChannel,
            answer=NotificationChannel,
            key=True,
        ),
        Operation(
            id="setQuietHours",
            method="put",
            path="/api/me/quiet-hours",
            tag="Channels",
            summary="Set when one is not to be disturbed",
            about="It holds for channels alone, not for the page. `begin` and `end` are not the same.",
            body=SetQuietHours,
            answer=QuietHours,
            key=True,
        ),
        Operation(
            id="endQuietHours",
            method="delete",
            path="/api/me/quiet-hours",
            tag="Channels",
            summary="End quiet hours",
            status=204,
            key=True,
        ),
    ),
    words={
        "address": (
            "An Apprise URL of an offered scheme, the address of a Discord or Slack webhook, or one of mail."
        ),
        "kinds": "What it is told of.",
        "code": f"The {CODE_DIGITS} digits that were sent to the channel.",
        "time_zone": "The zone, by its name in the IANA database.",
        "begin": "From when on, by the clock there, as in 22:30.",
        "end": "Until when; over midnight where it is earlier than `begin`.",
    },
)
