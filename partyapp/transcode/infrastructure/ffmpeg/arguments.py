"""What ffmpeg is told, for each step of preparing a film."""

from collections.abc import Sequence
from pathlib import Path

from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.domain.preparation import Rendition, SoundPlan, TextPlan
from partyapp.transcode.domain.stills import Storyboard
from partyapp.transcode.infrastructure.ffmpeg.run import file_output, film_input

#: A keyframe each 2 s of film, counted from a chunk's first frame (ffmpeg counts `t` from there).
KEYFRAME_S = 2
#: Nothing of the source but the picture and the sound; its chapters and tags are no business of a player.
PLAIN = ("-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn")
#: Silence is put where a sound begins late or has a gap, since not every player waits there.
_WITHOUT_GAPS = "aresample=async=1:first_pts=0"
_AS_AAC = ("-c:a", "aac", "-ac", "2", "-b:a", "160k")
AAC = ("-af", _WITHOUT_GAPS, *_AS_AAC)
#: Mixed to two for AAC, which takes floats, many channels may be 2.4 times full scale: players cut that off.
_MIXED = f"{_WITHOUT_GAPS},aformat=channel_layouts=stereo,alimiter=limit=0.9:level=disabled:latency=1"
SURROUND_AAC = ("-af", _MIXED, *_AS_AAC)
#: `delay_moov` writes when the first frame is to be shown. Fragments of the picture keep the film's own times
#: (`frag_discont`), so that those of several files make one film; a sound's would begin below zero with it.
SOUND_FRAGMENTS = ("-movflags", "+frag_keyframe+default_base_moof+delay_moov", "-f", "mp4")
GROWING_SOUND = ("-frag_duration", str(KEYFRAME_S * 1_000_000), "-flush_packets", "1", *SOUND_FRAGMENTS)
PICTURE_FRAGMENTS = ("-movflags", "+frag_keyframe+default_base_moof+delay_moov+frag_discont", "-f", "mp4")
#: Of a picture that is copied, with its B-frames: each is written with the time at which it is shown, since
#: players that are fed with fragments know nothing of the edit list that would shift them.
COPIED_FRAGMENTS = (
    "-movflags",
    "+frag_keyframe+default_base_moof+delay_moov+frag_discont+negative_cts_offsets",
    *("-flush_packets", "1", "-f", "mp4"),
)
#: Decodes nothing but keyframes. To leave the others unread too (`-discard`) gives some the time of another.
KEYFRAMES_ALONE = ("-skip_frame:v", "nokey")
#: What a broadcast lost on its way ends some players, where it is copied as it came.
WHOLE_PACKETS = ("-fflags", "+discardcorrupt")
FASTSTART = ("-movflags", "+faststart", "-f", "mp4")
_TONE_MAP = (
    "zscale=tin={transfer}:min=2020_ncl:pin=2020:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,"
    "tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
)


def sound_codec(sound: SoundPlan) -> tuple[str, ...]:
    """How a sound comes into an MP4."""
    if sound.copy:
        return ("-c:a", "copy")
    return SURROUND_AAC if sound.surround else AAC


def _into_fragments(sound: SoundPlan) -> tuple[str, ...]:
    """The same for fragments: there ffmpeg doesn't take the heads (ADTS) off AAC's frames by itself."""
    return (*sound_codec(sound), *(("-bsf:a", "aac_adtstoasc") if sound.copy else ()))


def copied_film(
    source: Path,
    picture: PicturePlan,
    sounds: Sequence[tuple[SoundPlan | None, Path]],
    texts: Sequence[tuple[TextPlan, Path]],
    room: int | None = None,
) -> list[str]:
    """The picture as it is, once with each sound, and the subtitles: all in one reading of the film.

    `room` is how many bytes each table of contents gets in front; None has the film moved to make room.
    """
    in_front = FASTSTART if room is None else ("-moov_size", str(room), "-f", "mp4")
    arguments = film_input(source, *WHOLE_PACKETS)
    for sound, path in sounds:
        arguments += ["-map", f"0:{picture.stream}", *_copied(picture)]
        if sound is not None:
            arguments += ["-map", f"0:{sound.stream}", *sound_codec(sound)]
        arguments += [*PLAIN, *in_front, file_output(path)]
    return arguments + texts_out(texts)


def opening(
    source: Path,
    picture: PicturePlan,
    picture_path: Path,
    sound: tuple[SoundPlan, Path] | None,
    length_s: float,
) -> list[str]:
    """The first `length_s` of a film that is copied, in fragments: its picture as it is, its sound as AAC."""
    until = ("-t", f"{length_s:.3f}")
    arguments = film_input(source, *WHOLE_PACKETS)
    arguments += ["-map", f"0:{picture.stream}", "-an", *_copied(picture), *until, *PLAIN, *COPIED_FRAGMENTS]
    arguments.append(file_output(picture_path))
    if sound is not None:
        arguments += ["-map", f"0:{sound[0].stream}", "-vn", *_into_fragments(sound[0]), *until, *PLAIN]
        arguments += [*GROWING_SOUND, file_output(sound[1])]
    return arguments


def _copied(picture: PicturePlan) -> tuple[str, ...]:
    """The picture as it is; one that begins late has its first frame from the film's start on.

    Of a file that says by an edit list that nothing is shown at first, Firefox adds that time to the length.
    """
    filters = []
    if picture.shape is not None:
        filters.append("h264_metadata=sample_aspect_ratio={}/{}".format(*picture.shape))
    if picture.late:
        first = r"if(eq(N\,0)\,{}\,{})"
        filters.append(f"setts=pts={first.format(0, 'PTS')}:dts={first.format('DTS-PTS', 'DTS')}")
    return ("-c:v", "copy", *(("-bsf:v", ",".join(filters)) if filters else ()))


def texts_out(texts: Sequence[tuple[TextPlan, Path]]) -> list[str]:
    """Each of the subtitles in a file of its own."""
    arguments: list[str] = []
    for text, path in texts:
        muxer = {"vtt": "webvtt"}.get(text.kind, text.kind)
        codec = "copy" if text.copy else muxer
        arguments += ["-map", f"0:{text.stream}", "-c:s", codec, "-f", muxer, file_output(path)]
    return arguments


def piped_matroska() -> list[str]:
    """The arguments that read Matroska which comes through a pipe."""
    return ["-protocol_whitelist", "pipe", "-f", "matroska", "-i", "pipe:0"]


def fragmented_sounds(
    reading: Sequence[str], sounds: Sequence[tuple[SoundPlan, Path]], texts: Sequence[tuple[TextPlan, Path]]
) -> list[str]:
    """Each sound in a file of fragments of about 2 s, and the subtitles, of what `reading` reads."""
    arguments = list(reading)
    for sound, path in sounds:
        arguments += ["-map", f"0:{sound.stream}", "-vn", *_into_fragments(sound), *PLAIN]
        arguments += [*GROWING_SOUND, file_output(path)]
    return arguments + texts_out(texts)


def indexed_copy(
    source: Path,
    picture: PicturePlan,
    sounds: Sequence[SoundPlan],
    path: Path,
    texts: Sequence[tuple[TextPlan, Path]],
) -> list[str]:
    """The film's packets in Matroska, where each has its time and the place of each keyframe is known."""
    arguments = film_input(source, "-fflags", "+genpts")
    for stream in (picture.stream, *(sound.stream for sound in sounds)):
        arguments += ["-map", f"0:{stream}"]
    if picture.codec == "mpeg4":
        # AVI may hold two frames in one packet, which then have one time between them.
        arguments += ["-bsf:v", "mpeg4_unpack_bframes"]
    # It is read while it is written.
    arguments += ["-c", "copy", *PLAIN, "-flush_packets", "1", "-f", "matroska", file_output(path)]
    return arguments + texts_out(texts)


def picture_chunk(
    source: Path,
    picture: PicturePlan,
    size: Rendition,
    span: tuple[float, float],
    lead_s: float | None,
    path: Path,
) -> list[str]:
    """The frames from `span[0]` up to, without, `span[1]` (s), encoded as if there were no others.

    Frames are chosen by their own times alone, with the same numbers at the end of one chunk and at the start
    of the next. Reading begins `lead_s` before, so that a place that was found a little late loses nothing;
    None reads from the film's beginning.
    """
    start, end = span
    seek = max(0.0, start - lead_s) if lead_s is not None else 0.0
    where = ("-ss", f"{seek:.3f}", "-noaccurate_seek") if seek else ()
    first = f"start={start}:" if start else ""
    filters = [f"trim={first}end={end}", *_filters(picture, size)]
    if not start:
        # Players that are fed with segments wait for ever where a picture begins late.
        filters.append(r"setpts=if(eq(N\,0)*gt(T\,0.1)\,0\,PTS)")
    return [
        *film_input(source, *where, "-copyts", "-start_at_zero"),
        *("-map", f"0:{picture.stream}", "-an", "-vf", ",".join(filters)),
        *("-fps_mode", "vfr", "-enc_time_base", "demux"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-bf", "0"),
        *("-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_S})"),
        *(*PLAIN, *PICTURE_FRAGMENTS, file_output(path)),
    ]


def _filters(picture: PicturePlan, size: Rendition) -> list[str]:
    filters = []
    if picture.deinterlace:
        filters.append("bwdif=mode=send_frame:deint=interlaced")
    if picture.hdr:
        filters.append(_TONE_MAP.format(transfer=picture.hdr))
    matrix = ":out_color_matrix=bt709" if picture.rgb else ""
    filters += [f"scale={size.width}:{size.height}{matrix}", "setsar=1", "format=yuv420p"]
    names = {"colorspace": "matrix", "color_primaries": "primaries", "color_trc": "transfer"}
    told = [f"{name}={value}" for name, of in names.items() if (value := getattr(picture.colours, of))]
    return [*filters, *((f"setparams={':'.join(told)}",) if told else ())]


def joined_film(pictures_from: str, sound: Path | None, path: Path) -> list[str]:
    """The picture's fragments, which come through a pipe, and the sound as one plain MP4."""
    arguments = ["-copyts", "-protocol_whitelist", "pipe", "-f", "mp4", "-i", pictures_from]
    if sound is not None:
        arguments += ["-copyts", "-protocol_whitelist", "file", "-f", "mp4", "-i", f"file:{sound.absolute()}"]
    arguments += ["-map", "0:v", *(("-map", "1:a") if sound is not None else ())]
    return [*arguments, "-c", "copy", *PLAIN, *FASTSTART, file_output(path)]


def poster(film: Path, stream: int, at_s: float, size: tuple[int, int], path: Path) -> list[str]:
    """One telling picture from a few keyframes after `at_s`, as JPEG."""
    return [
        *film_input(film, "-ss", f"{at_s:.3f}", "-noaccurate_seek", *KEYFRAMES_ALONE),
        *("-map", f"0:{stream}", "-an", "-vf", f"thumbnail=4,scale={size[0]}:{size[1]},setsar=1"),
        *("-frames:v", "1", "-update", "1", "-q:v", "4", *PLAIN, "-f", "image2", file_output(path)),
    ]


def storyboard(film: Path, stream: int, board: Storyboard, sheets: int, pattern: Path) -> list[str]:
    """A picture for each step, the keyframe before it, as `sheets` JPEGs; `pattern` has a %d for the number.

    The last keyframe stands for all steps after it, so that no place stays empty.
    """
    filters = (
        f"fps=1/{board.every_s}:round=up:start_time=0:eof_action=pass",
        f"scale={board.width}:{board.height}",
        "setsar=1",
        "tpad=stop=-1:stop_mode=clone",
        f"tile={board.columns}x{board.rows}",
    )
    return [
        *film_input(film, *KEYFRAMES_ALONE),
        *("-map", f"0:{stream}", "-an", "-vf", ",".join(filters), "-fps_mode", "passthrough"),
        *("-frames:v", str(sheets), "-q:v", "5", *PLAIN, "-f", "image2", file_output(pattern)),
    ]
