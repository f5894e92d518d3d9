"""What transcode shows: its operations and their objects."""

from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, flag, ident, many, nested, real, text, whole, word
from partyapp.openapi.objects import page_of
from partyapp.openapi.operation import Operation
from partyapp.shared.http.schemas import Nothing
from partyapp.transcode.controllers.subtitles import SubtitlesSchema
from partyapp.transcode.controllers.upload_headers import (
    CHECKSUM,
    LENGTH,
    METADATA,
    OFFSET,
    OVERRIDDEN_OFFSET,
    OVERRIDE,
    TUS,
)
from partyapp.transcode.controllers.uploads import BYTES, ONE_PATH, PATH, VERSION, VIDEO_HEADER
from partyapp.transcode.controllers.videos import VideoChangesSchema, VideoSchema, VideosQuery
from partyapp.transcode.domain.job import JobState
from partyapp.transcode.domain.video import VideoKind, VideoState


class TranscodeJob(Answer):
    """What makes a video playable."""

    id = ident("The job's id.")
    state = word("Where the job stands.", *(state.value for state in JobState))
    progress = real("0 to 1.", 0)
    error = text("Why a failed job failed.", null=True)


class VideoSource(Answer):
    """A file that a player can play. `application/vnd.apple.mpegurl` grows while the film is prepared."""

    type = text("Its media type; of a video by its address guessed from that.")
    url = text("Where it is.", format="uri-reference")
    width = whole("In pixels; null where it isn't known.", null=True)
    height = whole("In pixels; null where it isn't known.", null=True)
    bitrate = whole("In bit/s; null where it isn't known.", null=True)
    audio_track = text("The id of the sound in it, of a film with several.", optional=True)


class VideoSubtitles(Answer):
    """Subtitles, as WebVTT."""

    id = text("Their id.")
    language = text("An RFC 5646 tag; null where nobody said.", null=True)
    label = text("Their name for people.")
    url = text("Where they are.", format="uri-reference")
    default = flag("Whether they are shown unless somebody chose otherwise.")


class CueNote(Answer):
    """What became of a cue."""

    line = whole("Its line in the file.", 1)
    reason = text("Why.")


class AddedSubtitles(VideoSubtitles):
    """Subtitles that were added, and what became of the file's cues."""

    cues = whole("How many there are.")
    dropped = many(CueNote, "Those that nobody could see, at most 100.")
    mended = many(CueNote, "Those that were mended, at most 100.")


class VideoAudioTrack(Answer):
    """A sound that a member may choose: the sources that name it have it."""

    id = text("Its id.")
    language = text("An RFC 5646 tag; null where nobody said.", null=True)
    label = text("Its name for people.")
    default = flag("Whether it is heard unless somebody chose otherwise.")


class Video(Answer):
    """Something to watch. It is playable without a job, or with a completed one."""

    id = ident("The video's id.")
    title = text("Its title.")
    duration_s = real("Its length in s; null while it isn't known, and of a live stream.", 0, null=True)
    playback_url = text(
        "That of the first source: a URL, or a path on this server. Null while there is none.",
        null=True,
        format="uri-reference",
    )
    transcode_job = nested(TranscodeJob, "Its job, or null when it needs none.", null=True)
    owner_id = ident("Who brought it; null for what came with the installation.", null=True)
    kind = word("How it came.", *(kind.value for kind in VideoKind))
    state = word("What can be done with it now.", *(state.value for state in VideoState))
    ready_until_s = real("How much can be watched while it is prepared, in s; null = all.", 0, null=True)
    sources = many(VideoSource, "What can be played, best first.")
    subtitles = many(VideoSubtitles, "Its subtitles.")
    audio_tracks = many(VideoAudioTrack, "Its sounds, where there are several.")
    poster_url = text("A picture of it.", null=True, format="uri-reference")
    storyboard_url = text("Small pictures by time: WebVTT with `#xywh`.", null=True, format="uri-reference")
    width = whole("Of the picture as it is shown, in pixels; null where it isn't known.", null=True)
    height = whole("Of the picture as it is shown, in pixels; null where it isn't known.", null=True)
    frame_rate = real("In 1/s; null where it isn't known, or changes.", 0, null=True)
    left_out = text("What of the file is not in the film, in words; not there where all is.", optional=True)


VideoPage = page_of(Video)

_STANDS = {
    "Tus-Resumable": f"`{VERSION}`.",
    "Upload-Offset": "How many bytes have arrived for good.",
    "Upload-Expires": "When it is removed if nobody goes on with it.",
    VIDEO_HEADER: "The film that it became, once all of it has arrived.",
}
_REFUSED = ("bad_request", "tus_version", "unsupported_media_type", "payload_too_large", "storage_full")
_WRITING = (*_REFUSED, "upload_offset", "upload_locked", "checksum_mismatch")
_ONE = ONE_PATH.replace("<uuid:upload_id>", "{upload_id}")

_UPLOADS = (
    Operation(
        id="beginUpload",
        method="post",
        path=PATH,
        tag="Uploads",
        summary="Begin an upload",
        about="With a body, that is its first part. OPTIONS says what this server takes.",
        status=201,
        takes=(
            TUS,
            LENGTH,
            METADATA,
            CHECKSUM,
        ),
        headers={**_STANDS, "Location": "The upload."},
        problems=(*_REFUSED, "quota_exceeded", "upload_locked", "checksum_mismatch"),
        resumable=True,
        body_type=BYTES,
    ),
    Operation(
        id="writeUpload",
        method="patch",
        path=_ONE,
        tag="Uploads",
        summary="Send a part of a film",
        about="What has arrived is kept wherever the connection is cut. HEAD says how far it has come, and "
        "is answered 423 while that can't be told: ask again then.",
        status=204,
        takes=(TUS, OFFSET, CHECKSUM),
        headers=_STANDS,
        problems=_WRITING,
        resumable=True,
        body_type=BYTES,
    ),
    Operation(
        id="removeUpload",
        method="delete",
        path=_ONE,
        tag="Uploads",
        summary="Give an upload up",
        about="What has arrived is removed. A film that it has become stays.",
        status=204,
        takes=(TUS,),
        headers={"Tus-Resumable": f"`{VERSION}`."},
        problems=("tus_version", "upload_locked"),
        resumable=True,
    ),
    Operation(
        id="overrideUpload",
        method="post",
        path=_ONE,
        tag="Uploads",
        summary="Do one of the others by POST",
        about="For clients that can send no other method: it is named in a header.",
        status=204,
        takes=(
            TUS,
            OVERRIDE,
            OVERRIDDEN_OFFSET,
            CHECKSUM,
        ),
        headers={"Tus-Resumable": f"`{VERSION}`."},
        problems=(*_WRITING, "method_not_allowed"),
        resumable=True,
        body_type=BYTES,
    ),
)

TRANSCODE = ContextDescription(
    tags={
        "Videos": "What can be watched: films by their address, or files of ours.",
        "Uploads": "Films of one's own, sent in parts by tus 1.0.0 (https://tus.io).",
    },
    operations=(
        Operation(
            id="listVideos",
            method="get",
            path="/api/videos",
            tag="Videos",
            summary="List videos",
            about="What the caller may watch, newest first: what came with the installation, their own, and "
            "what their parties show.",
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
            about="An uploaded film is shown to its owner and to the members of active parties that show it.",
            answer=Video,
        ),
        Operation(
            id="changeVideo",
            method="patch",
            path="/api/videos/{video_id}",
            tag="Videos",
            summary="Change a video",
            about="Its owner only. Parties that show it are told.",
            body=VideoChangesSchema,
            body_optional=True,
            answer=Video,
            key=True,
            problems=("forbidden",),
        ),
        Operation(
            id="deleteVideo",
            method="delete",
            path="/api/videos/{video_id}",
            tag="Videos",
            summary="Delete a video",
            about="Its owner only, and not while an active party shows it. Its files are removed.",
            status=204,
            key=True,
            problems=("forbidden", "video_in_use"),
        ),
        Operation(
            id="prepareVideo",
            method="post",
            path="/api/videos/{video_id}/prepare",
            tag="Videos",
            summary="Try a failed transcode job again",
            about="Its owner, or anybody for a film of the library. Nothing happens to a playable one.",
            body=Nothing,
            body_optional=True,
            under_way="It isn't playable yet.",
            answer=Video,
            key=True,
            problems=("forbidden",),
        ),
        Operation(
            id="addSubtitles",
            method="post",
            path="/api/videos/{video_id}/subtitles",
            tag="Videos",
            summary="Add subtitles",
            about="WebVTT, SRT or ASS in any usual encoding, kept as WebVTT. What can't be read is refused "
            "with the line.",
            form=SubtitlesSchema,
            status=201,
            answer=AddedSubtitles,
            key=True,
            problems=("forbidden", "quota_exceeded", "storage_full"),
        ),
        Operation(
            id="removeSubtitles",
            method="delete",
            path="/api/videos/{video_id}/subtitles/{subtitles_id}",
            tag="Videos",
            summary="Take subtitles away that were added",
            status=204,
            key=True,
            problems=("forbidden",),
        ),
        *_UPLOADS,
    ),
    words={
        "title": "A title for people.",
        "playback_url": "An http or https URL without a password, or a path on this server.",
        "file": "The file of subtitles.",
        "language": "Their language, such as `de`; left out where the file's name tells.",
        "label": "Their name for people; left out where the language tells.",
        "q": "A part of the title, in any case.",
        "kind": "How the videos came.",
        "duration_s": "The video's length in s; left out where only the file knows it.",
    },
)
