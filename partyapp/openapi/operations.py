"""Every operation of the contract."""

from partyapp.auth.controllers import GuestSchema
from partyapp.notification.controllers import InboxQuery
from partyapp.openapi.operation import Operation
from partyapp.openapi.party_operations import PARTY_OPERATIONS
from partyapp.shared.http.schemas import Nothing
from partyapp.transcode.controllers import VideoSchema, VideosQuery

#: The tags in the order in which a reader meets them.
TAGS = {
    "Sign-in": "A guest needs no account: a name gives a token.",
    "Videos": "What can be watched. Videos are registered by their address.",
    "Parties": "A party is one video, its members, and one timeline that all follow.",
    "Members": "Who is in a party, and who is its host.",
    "Playback": "The timeline: control it, and follow it without a socket.",
    "WebSocket": "Follow a party live.",
    "Commands": "What became of a command that was answered with 202.",
    "Notifications": "What happened in one's parties, until it is read.",
    "Operation": "What runs and watches the service asks.",
}

_SIGN_IN = (
    Operation(
        id="signInGuest",
        method="post",
        path="/api/auth/guest",
        tag="Sign-in",
        summary="Sign in as a guest",
        about="The name is trimmed and holds no control characters.",
        body=GuestSchema,
        public=True,
        problems=("internal",),
    ),
    Operation(
        id="showMe",
        method="get",
        path="/api/auth/me",
        tag="Sign-in",
        summary="Show who is signed in",
    ),
)

_VIDEOS = (
    Operation(
        id="listVideos",
        method="get",
        path="/api/videos",
        tag="Videos",
        summary="List videos",
        about="Newest first.",
        query=VideosQuery,
    ),
    Operation(
        id="registerVideo",
        method="post",
        path="/api/videos",
        tag="Videos",
        summary="Register a video",
        about="Its address is an http or https URL, or a path on this server.",
        body=VideoSchema,
        key=True,
        headers={"Location": "The video."},
    ),
    Operation(
        id="showVideo", method="get", path="/api/videos/{video_id}", tag="Videos", summary="Show a video"
    ),
)

_COMMANDS = (
    Operation(
        id="showCommand",
        method="get",
        path="/api/commands/{command_id}",
        tag="Commands",
        summary="Show what became of a command",
        about="One's own only. `result` is what the request itself would have been answered with.",
    ),
)

_NOTIFICATIONS = (
    Operation(
        id="listNotifications",
        method="get",
        path="/api/notifications",
        tag="Notifications",
        summary="List one's notifications",
        about="Newest first.",
        query=InboxQuery,
    ),
    Operation(
        id="readNotification",
        method="post",
        path="/api/notifications/{notification_id}/read",
        tag="Notifications",
        summary="Mark a notification as read",
        about="Again changes nothing.",
        body=Nothing,
        body_optional=True,
        key=True,
    ),
    Operation(
        id="readAllNotifications",
        method="post",
        path="/api/notifications/read-all",
        tag="Notifications",
        summary="Mark all notifications as read",
        body=Nothing,
        body_optional=True,
        key=True,
    ),
)

_SERVICE = (
    Operation(
        id="healthz",
        method="get",
        path="/healthz",
        tag="Operation",
        summary="Is the process alive?",
        public=True,
    ),
    Operation(
        id="readyz",
        method="get",
        path="/readyz",
        tag="Operation",
        summary="Are Postgres, Redis and a worker reachable?",
        public=True,
        problems=("unavailable",),
    ),
    Operation(
        id="metrics",
        method="get",
        path="/metrics",
        tag="Operation",
        summary="Metrics for Prometheus",
        public=True,
        media_type="text/plain",
    ),
    Operation(
        id="showOpenapi",
        method="get",
        path="/api/openapi.json",
        tag="Operation",
        summary="This description",
        public=True,
        headers={"ETag": "Changes when the description does."},
    ),
    Operation(
        id="showDocs",
        method="get",
        path="/api/docs",
        tag="Operation",
        summary="This description as a page",
        public=True,
        media_type="text/html",
    ),
)

OPERATIONS = (*_SIGN_IN, *_VIDEOS, *PARTY_OPERATIONS, *_COMMANDS, *_NOTIFICATIONS, *_SERVICE)
