"""What the queue shows: its operations, its objects and its message."""

from partyapp.openapi.description import ContextDescription
from partyapp.openapi.operation import Operation
from partyapp.openapi.socket_message import Sender, SocketMessage
from partyapp.party.controllers.openapi.queue_objects import Queue, QueueItem
from partyapp.queue.controllers import QueueItemSchema, QueueMoveSchema

_QUEUE = "/api/parties/{party_id}/queue"
_ITEM = f"{_QUEUE}/{{item_id}}"
_MEMBERS = ("not_a_member", "party_ended")

QUEUE = ContextDescription(
    tags={"Queue": "Which films follow."},
    operations=(
        Operation(
            id="showQueue",
            method="get",
            path=_QUEUE,
            tag="Queue",
            summary="Show the queue",
            about="For members, in the order in which the films play.",
            answer=Queue,
            problems=("not_a_member",),
        ),
        Operation(
            id="addToQueue",
            method="post",
            path=_QUEUE,
            tag="Queue",
            summary="Put a film into the queue",
            about="For who has the right `queue` and may watch the film. At most 200.",
            body=QueueItemSchema,
            status=201,
            answer=QueueItem,
            key=True,
            problems=("forbidden", "video_not_ready", "queue_full", *_MEMBERS),
        ),
        Operation(
            id="removeFromQueue",
            method="delete",
            path=_ITEM,
            tag="Queue",
            summary="Take a film out of the queue",
            about="For who has the right `queue`, or put it there. What isn't there stays out.",
            status=204,
            key=True,
            problems=("forbidden", *_MEMBERS),
        ),
        Operation(
            id="moveInQueue",
            method="post",
            path=f"{_ITEM}/move",
            tag="Queue",
            summary="Move a film in the queue",
            about="For who has the right `queue`, or put it there.",
            body=QueueMoveSchema,
            status=204,
            key=True,
            problems=("forbidden", *_MEMBERS),
        ),
        Operation(
            id="voteForItem",
            method="put",
            path=f"{_ITEM}/vote",
            tag="Queue",
            summary="Vote for a film of the queue",
            about="For every member, once for each film.",
            status=204,
            key=True,
            problems=_MEMBERS,
        ),
        Operation(
            id="takeVoteBack",
            method="delete",
            path=f"{_ITEM}/vote",
            tag="Queue",
            summary="Take one's vote back",
            status=204,
            key=True,
            problems=_MEMBERS,
        ),
    ),
    words={
        "video_id": "Which film is to follow.",
        "next": "Whether it is to be the first; otherwise it is the last.",
        "before": "The item before which it is to play; null: the last.",
    },
    messages=(
        SocketMessage(
            name="queue",
            sender=Sender.SERVER,
            summary="The queue after a change, at most four times a second.",
            payload=Queue,
        ),
    ),
)
