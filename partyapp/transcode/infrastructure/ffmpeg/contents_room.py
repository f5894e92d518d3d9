"""How much room an MP4's table of contents (`moov`) gets in front, before anybody knows how large it will be.

With room for it a film is written once; `+faststart` writes it, reads it again and writes it again. What is
left of the room stays as a `free` box. The table has entries for each frame (ISO/IEC 14496-12): its size and
where it lies, for a picture when it is shown, and by how much that is later than when it is decoded.
"""

from partyapp.transcode.domain.preparation import Plan

#: ffmpeg's complaint where the room was too small.
TOO_SMALL = "reserved_moov_size is too small"
#: Bytes of the table for each frame of picture and of sound, and for all else. Films had half of it.
PICTURE_BYTES, SOUND_BYTES, HEAD_BYTES = 30, 16, 64 * 1024
#: Frames of AAC in a second, at 48 kHz; frames of a picture whose rate isn't known.
SOUND_RATE, UNKNOWN_RATE = 47.0, 60.0
#: GStreamer (WebKitGTK) reads no box but the media of more than 32 MiB.
MOST_BYTES = 24 * 1024 * 1024
#: A copy of a smaller file, in bytes, is there before anybody notices its being moved, or needs an opening.
LARGE_BYTES = 192 * 1024 * 1024


def contents_room(plan: Plan, size_bytes: int) -> int | None:
    """So many bytes, for a film of that size by this plan; None for one that is better moved."""
    if plan.duration_s is None or size_bytes < LARGE_BYTES:
        return None
    each_s = PICTURE_BYTES * (plan.frame_rate or UNKNOWN_RATE) + SOUND_BYTES * SOUND_RATE * bool(plan.sounds)
    return min(MOST_BYTES, HEAD_BYTES + int(each_s * plan.duration_s))
