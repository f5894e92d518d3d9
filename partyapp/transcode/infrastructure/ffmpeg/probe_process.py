"""Run as a program of its own: reads a media file by libav and prints what is in it as JSON.

    python -I probe_process.py PATH FORMATS

It decodes one frame, since rotation and interlacing are known only then. It is apart and imports nothing of
ours, so that a file that kills it kills nothing else. What can't be read: {"error": NAME, "text": TEXT}.
"""

import json
import os
import sys
from typing import Any

import av

MAX_STREAMS = 200
#: So many packets are read for a first frame.
MAX_PACKETS = 400
#: Codecs of single pictures, one of which may film as well.
STILLS = {"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpeg2000"}


def main() -> None:
    """Print what is in the file."""
    path, formats = sys.argv[1], sys.argv[2]
    av.logging.set_level(None)
    options = {"format_whitelist": formats, "protocol_whitelist": "file"}
    try:
        # "file:" keeps a name with a colon from being read as an address.
        with av.open(f"file:{path}", options=options, metadata_errors="replace") as container:
            found = described(container)
    except (av.error.FFmpegError, ValueError, MemoryError, OSError) as error:
        found = {"error": type(error).__name__, "text": str(error)[:500]}
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # Whatever libav would still tidy up is the kernel's.


def described(container: Any) -> dict[str, Any]:
    """The container and its streams."""
    streams = list(container.streams)
    start = container.start_time or 0
    found: dict[str, Any] = {
        "container": container.format.name,
        "size_bytes": container.size,
        "duration_s": None if container.duration is None else container.duration / av.time_base,
        "start_s": start / av.time_base,
        "bit_rate": container.bit_rate or None,
        "streams": len(streams),
        "pictures": [picture(s, start) for s in streams[:MAX_STREAMS] if s.type == "video"],
        "sounds": [sound(s, start) for s in streams[:MAX_STREAMS] if s.type == "audio"],
        "texts": [text(s) for s in streams[:MAX_STREAMS] if s.type == "subtitle"],
    }
    shown = [p for p in found["pictures"] if not p["attached"]]
    moving = [p for p in shown if p["codec"] not in STILLS]
    if moving and len(moving) < len(shown):
        # A cover that isn't marked as one, mostly ahead of the film and even as its default.
        for one in shown:
            one["still"] = one not in moving
        shown = moving
    if shown:
        chosen = next((p for p in shown if p["default"]), shown[0])
        chosen.update(first_frame(container, streams[chosen["index"]], start / av.time_base))
        chosen["late_s"] = max(chosen.get("late_s", 0.0), chosen.pop("shown_s", 0.0))
    return found


def picture(stream: Any, start: int) -> dict[str, Any]:
    """A video stream, as far as its header tells, of a container whose first time is `start`."""
    context = stream.codec_context
    if context is None:
        return {"index": stream.index, "codec": "unknown", "width": 0, "height": 0, **marks(stream)}
    aspect = stream.sample_aspect_ratio or context.sample_aspect_ratio
    return {
        "index": stream.index,
        "codec": codec_of(context),
        "width": context.width,
        "height": context.height,
        "profile": context.profile,
        "pixel_format": context.pix_fmt,
        "bit_depth": max((c.bits for c in context.format.components), default=8) if context.format else 8,
        "pixel_aspect": float(aspect) if aspect else 1.0,
        "stream_aspect": float(context.sample_aspect_ratio or 1.0),
        "average_rate": rate(stream.average_rate),
        "real_rate": rate(stream.base_rate),
        "has_b_frames": bool(context.has_b_frames),
        "interlaced": context.field_order > 1,
        "bit_rate": context.bit_rate or None,
        "transfer": int(context.color_trc),
        "primaries": int(context.color_primaries),
        "matrix": int(context.colorspace),
        "late_s": late(stream, start),
        **marks(stream),
    }


def sound(stream: Any, start: int) -> dict[str, Any]:
    """An audio stream of a container whose first time is `start`."""
    context = stream.codec_context
    return {
        "index": stream.index,
        "codec": codec_of(context),
        "channels": context.channels if context else 0,
        "profile": context.profile if context else None,
        "late_s": late(stream, start),
        **named(stream),
    }


def late(stream: Any, start: int) -> float:
    """How long after its container a stream begins, in s."""
    if stream.start_time is None:
        return 0.0
    return float(stream.start_time * stream.time_base) - start / av.time_base


def text(stream: Any) -> dict[str, Any]:
    """A subtitle stream."""
    context = stream.codec_context
    forced = bool(stream.disposition & av.stream.Disposition.forced)
    return {
        "index": stream.index,
        "codec": codec_of(context),
        "is_text": bool(context and context.codec.text_sub),
        "forced": forced,
        **named(stream),
    }


def named(stream: Any) -> dict[str, Any]:
    """What a stream is called."""
    kept = stream.metadata
    return {"language": kept.get("language"), "title": kept.get("title"), "default": marks(stream)["default"]}


def marks(stream: Any) -> dict[str, Any]:
    """What a stream is for."""
    kinds = av.stream.Disposition
    stills = kinds.attached_pic | kinds.timed_thumbnails | kinds.still_image
    return {
        "default": bool(stream.disposition & kinds.default),
        "attached": bool(stream.disposition & stills),
    }


def codec_of(context: Any) -> str:
    """The codec's name, whichever decoder reads it."""
    return str(context.codec.canonical_name) if context else "unknown"


def rate(value: Any) -> float | None:
    """Frames per second."""
    return float(value) if value else None


def first_frame(container: Any, stream: Any, start_s: float) -> dict[str, Any]:
    """What only a decoded frame tells, of a container whose first time is `start_s`.

    It may be shown (`shown_s`) long after the stream begins: a recording mostly starts between two keyframes.
    It is `cut` where the file has frames before it that are not to be shown.
    """
    # One thread: each more would take memory, and one frame is soon read.
    stream.codec_context.thread_count = 1
    is_cut = False
    try:
        for count, packet in enumerate(container.demux(stream)):
            is_cut = is_cut or bool(packet.is_discard)
            for frame in packet.decode():
                found = {"rotation": frame.rotation % 360, "interlaced": bool(frame.interlaced_frame)}
                found["cut"] = is_cut
                return found if frame.time is None else {**found, "shown_s": frame.time - start_s}
            if count > MAX_PACKETS:
                break
    except (av.error.FFmpegError, ValueError):
        pass
    return {"decodes": False}


if __name__ == "__main__":
    main()
