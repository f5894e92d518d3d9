"""A party's queue as a schema: the welcome shows it, and the queue's own context."""

from partyapp.openapi.fields import Answer, flag, ident, instant, many, nested, whole, word
from partyapp.party.contract import QueueMode
from partyapp.transcode.openapi import Video


class QueueItem(Answer):
    """A film that is to follow."""

    id = ident("The item's id; the same film may be there several times.")
    video = nested(Video, "The film.")
    added_by = ident("Who put it there.")
    added_at_ms = instant("When.")
    votes = whole("How many members voted for it.")
    voted = flag("Whether the asker did.")


class Queue(Answer):
    """Which films follow."""

    items = many(QueueItem, "In the order in which they play.")
    queue_revision = whole("How often the queue was changed.")
    mode = word("In which order they play.", *(mode.value for mode in QueueMode))
