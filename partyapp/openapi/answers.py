"""What each operation answers when it succeeds, and the check that a real answer is of that kind."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema

from partyapp.openapi import objects

#: Operation -> status -> the schema of the body, None where there is none or it is no JSON object of ours.
ANSWERS: Mapping[str, Mapping[int, type[Schema] | None]] = {
    "signInGuest": {201: objects.GuestSignedIn},
    "showMe": {200: objects.User},
    "listVideos": {200: objects.VideoPage},
    "registerVideo": {201: objects.Video},
    "showVideo": {200: objects.Video},
    "listParties": {200: objects.PartySummaryPage},
    "createParty": {201: objects.Party},
    "showParty": {200: objects.Party},
    "previewParty": {200: objects.InvitePreview},
    "endParty": {204: None},
    "joinParty": {200: objects.Joined},
    "leaveParty": {204: None},
    "transferParty": {200: objects.Party},
    "controlPlayback": {200: objects.PlaybackAnswer},
    "syncPlayback": {200: objects.SyncAnswer},
    "listEvents": {200: objects.EventPage},
    "issueTicket": {201: objects.Ticket},
    "openSocket": {101: None},
    "showCommand": {200: objects.Command},
    "listNotifications": {200: objects.NotificationPage},
    "readNotification": {204: None},
    "readAllNotifications": {204: None},
    "healthz": {200: objects.Liveness},
    "readyz": {200: objects.Readiness},
    "metrics": {200: None},
    "showOpenapi": {200: None},
    "showDocs": {200: None},
}

#: What an operation shows instead to who holds no more than an invite.
PREVIEWS: Mapping[str, type[Schema]] = {"showParty": objects.PartyPreview}


def check(operation_id: str, body: Any, status: int | None = None) -> None:
    """Hold an answer's body to the contract; `status` is needed for 202 and problems only.

    Raises marshmallow's ValidationError for a field that is missing, of another type, or not in the
    contract, and KeyError for an operation that doesn't exist.
    """
    by_status = ANSWERS[operation_id]
    if status is None or status in by_status:
        schema = next(iter(by_status.values())) if status is None else by_status[status]
    elif status == 202:
        schema = objects.AcceptedCommand
    else:
        schema = objects.NotReady if operation_id == "readyz" else objects.Problem
    if (
        schema is objects.Party
        and isinstance(body, dict)
        and operation_id in PREVIEWS
        and "members" not in body
    ):
        schema = PREVIEWS[operation_id]
    if schema is None:
        raise KeyError(f"{operation_id} answers without a JSON body")
    schema(unknown=RAISE).load(body)
