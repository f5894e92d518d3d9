"""What the party shows: operations, objects, and the messages of its WebSocket."""

from partyapp.openapi.description import ContextDescription
from partyapp.party.controllers.openapi import rights_operations
from partyapp.party.controllers.openapi.client_messages import CLIENT_MESSAGES
from partyapp.party.controllers.openapi.operations import OPERATIONS, TAGS
from partyapp.party.controllers.openapi.server_messages import SERVER_MESSAGES
from partyapp.party.controllers.openapi.socket_channel import CHANNEL
from partyapp.party.controllers.openapi.words import WORDS

PARTY = ContextDescription(
    tags={**TAGS, **rights_operations.TAGS},
    operations=(*OPERATIONS, *rights_operations.OPERATIONS),
    words=WORDS,
    channels=(CHANNEL,),
    messages=(*CLIENT_MESSAGES, *SERVER_MESSAGES),
)
