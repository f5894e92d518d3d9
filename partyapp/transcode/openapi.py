"""What transcode shows: its operations and their objects."""

from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, ident, nested, real, text, word
from partyapp.openapi.objects import page_of
from partyapp.openapi.operation import Operation
from partyapp.transcode.controllers.videos import VideoSchema, VideosQuery
from partyapp.transcode.domain.job import JobState


class TranscodeJob(Answer):
    """What makes a video playable."""

    id = ident("The job's id.")
    state = word("Where the job stands.", *(state.value for state in JobState))
    progress = real("0 to 1.", 0)
    error = text("Why a failed job failed.", null=True)


class Video(Answer):
    """Something to watch. It is playable without a job, or with a completed one."""

    id = ident("The video's id.")
    title = text("Its title.")
    duration_s = real("Its length in s; null while it isn't known, and of a live stream.", 0, null=True)
    playback_url = text("Where a player finds it: a URL, or a path on this server.", format="uri-reference")
    transcode_job = nested(TranscodeJob, "Its job, or null when it needs none.", null=True)


VideoPage = page_of(Video)

TRANSCODE = ContextDescription(
    tags={"Videos": "What can be watched. Videos are registered by their address."},
    operations=(
        Operation(
            id="listVideos",
            method="get",
            path="/api/videos",
            tag="Videos",
            summary="List videos",
            about="Newest first.",
            query=VideosQuery,
            answer=VideoPage,
        ),
        Operation(
            id="registerVideo",
            method="post",
            path="/api/videos",
            tag="Videos",
            summary="Register a video",
            about="Its address is an http or https URL, or a path on this server.",
            body=VideoSchema,
            status=201,
            answer=Video,
            key=True,
            headers={"Location": "The video."},
        ),
        Operation(
            id="showVideo",
            method="get",
            path="/api/videos/{video_id}",
            tag="Videos",
            summary="Show a video",
            answer=Video,
        ),
    ),
    words={
        "title": "A title for people.",
        "playback_url": "An http or https URL without a password, or a path on this server.",
        "duration_s": "The video's length in s; left out where only the file knows it.",
    },
)
