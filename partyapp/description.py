"""The description of the service, gathered from its contexts. A new context is one more name here."""

from partyapp.auth.openapi import AUTH
from partyapp.channel.openapi import CHANNEL
from partyapp.chat.openapi import CHAT
from partyapp.notification.openapi import NOTIFICATION
from partyapp.openapi.commands import command_description
from partyapp.openapi.description import Description
from partyapp.openapi.service import service_description
from partyapp.party.controllers.openapi import PARTY
from partyapp.queue.openapi import QUEUE
from partyapp.readiness import READINESS_CHECKS
from partyapp.transcode.openapi import TRANSCODE

DESCRIPTION = Description(
    AUTH,
    TRANSCODE,
    PARTY,
    QUEUE,
    CHAT,
    command_description(AUTH, TRANSCODE, PARTY, QUEUE, NOTIFICATION, CHANNEL),
    NOTIFICATION,
    CHANNEL,
    service_description(READINESS_CHECKS),
)
