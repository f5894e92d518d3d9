"""Segments of a film that is still being prepared, for players that feed them to Media Source Extensions.

Picture and sound are apart, as HLS has it (RFC 8216): `segments.m3u8` names `picture.m3u8` and
`sound.m3u8`, and these a beginning (`EXT-X-MAP`) and segments of about 2 s, cut from the files that ffmpeg
writes. All names are relative. The lists grow (`EVENT`) and get an end when all is there.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.infrastructure.ffmpeg.fragments import Fragment, FragmentedFile, fragments_of

INDEX = "segments.m3u8"
PICTURE, SOUND = "picture", "sound"
#: A segment ends with the first fragment that makes it at least so long, in s; a scene's first frame is a
#: keyframe too, so fragments may be shorter.
SEGMENT_S = 1.9
AAC_BIT_RATE = 160_000


@dataclass
class SegmentList:
    """The segments of one stream, as files in `folder` whose names begin with `name`."""

    folder: Path
    name: str
    #: Each segment's file and its length, in s.
    segments: list[tuple[str, float]] = field(default_factory=list)
    end_s: float = 0.0
    bytes_written: int = 0
    has_begun: bool = False
    #: How many bytes of a file that grows are in segments.
    taken: int = 0

    @property
    def list_name(self) -> str:
        return f"{self.name}.m3u8"

    def add(
        self, path: Path, parts: FragmentedFile, fragments: Iterable[Fragment], *, whole: bool
    ) -> list[str]:
        """Cut these fragments of the file into segments; the names of what was written.

        Unless the file is `whole`, what doesn't fill a segment yet is left for the next time. Raises
        FileNotFoundError, and then nothing was taken; once it is open the file may get another name.
        """
        with path.open("rb") as file:
            written: list[str] = []
            if not self.has_begun and parts.head_size:
                self.has_begun = True
                written.append(self._write(f"{self.name}-head.mp4", file, 0, parts.head_size))
            group: list[Fragment] = []
            pending = list(fragments)
            for number, fragment in enumerate(pending):
                group.append(fragment)
                is_last = whole and number == len(pending) - 1
                if fragment.end_s - group[0].start_s >= SEGMENT_S or is_last:
                    written.append(self._segment(file, group))
                    group = []
            return written

    def add_grown(self, path: Path, parts: FragmentedFile, *, whole: bool) -> list[str]:
        """Cut what is new in a file that grows into segments; the names of what was written."""
        pending = [fragment for fragment in parts.fragments if fragment.offset >= self.taken]
        before = len(self.segments)
        written = self.add(path, parts, pending, whole=whole)
        if len(self.segments) > before:
            cut = [fragment for fragment in pending if fragment.end_s <= self.end_s]
            self.taken = cut[-1].offset + cut[-1].size
        return written

    def _segment(self, file: BinaryIO, group: list[Fragment]) -> str:
        name = f"{self.name}-{len(self.segments):06d}.m4s"
        size = group[-1].offset + group[-1].size - group[0].offset
        self._write(name, file, group[0].offset, size)
        # From the end of the one before: a gap between frames belongs to what is shown meanwhile.
        self.segments.append((name, group[-1].end_s - self.end_s))
        self.end_s = group[-1].end_s
        return name

    def _write(self, name: str, file: BinaryIO, offset: int, size: int) -> str:
        file.seek(offset)
        (self.folder / name).write_bytes(file.read(size))
        self.bytes_written += size
        return name

    def index(self, *, ended: bool) -> str:
        """The list as HLS has it."""
        longest = max((seconds for _, seconds in self.segments), default=SEGMENT_S)
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{max(1, math.ceil(longest))}"]
        lines += ["#EXT-X-PLAYLIST-TYPE:EVENT", "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-INDEPENDENT-SEGMENTS"]
        lines.append(f'#EXT-X-MAP:URI="{self.name}-head.mp4"')
        for name, seconds in self.segments:
            lines += [f"#EXTINF:{seconds:.6f},", name]
        return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else [])]) + "\n"


class Segments:
    """The segments of a film: its picture's from whole chunks or a file that grows, its sound's from one."""

    def __init__(
        self, folder: Path, picture: PicturePlan, sound: Path | None, growing_sound: Path | None
    ) -> None:
        self._folder = folder
        self._plan = picture
        self._sound_paths = [path for path in (sound, growing_sound) if path is not None]
        self._picture = SegmentList(folder, PICTURE)
        self._sound = SegmentList(folder, SOUND)
        self._sound_ended = False
        self._codecs: str | None = None
        #: Files that are written and not told of yet.
        self._new: list[str] = []

    @property
    def is_waiting(self) -> bool:
        """Whether there is picture that can't be watched yet for want of sound."""
        return bool(self._picture.segments) and self.ready_until_s < self._picture.end_s

    @property
    def ready_until_s(self) -> float:
        """How much can be watched, in s, with sound if the film has any."""
        if not self._sound_paths:
            return self._picture.end_s
        # A sound may be shorter than its picture.
        return self._picture.end_s if self._sound_ended else min(self._picture.end_s, self._sound.end_s)

    def add_chunk(self, path: Path, parts: FragmentedFile) -> None:
        """The next chunk of the picture is whole."""
        self._new += self._picture.add(path, parts, parts.fragments, whole=True)

    def add_grown(self, path: Path) -> None:
        """There may be more of a picture that is copied. A file's last fragment may lack frames yet."""
        if path.exists():
            parts = fragments_of(path)
            before_last = FragmentedFile(parts.head_size, parts.fragments[:-1])
            self._new += self._picture.add_grown(path, before_last, whole=False)

    def published(self, *, ended: bool = False) -> tuple[str, ...]:
        """Write what is new, and the lists; the names of all files that are new or changed, lists last."""
        try:
            self._new += self._take_sound()
        except FileNotFoundError:
            # It became whole, and got its name, between being looked for and being opened.
            self._new += self._take_sound()
        if not self._picture.segments or (self._sound_paths and not self._sound.segments):
            return ()
        if not self._new and not ended:
            return ()
        new, self._new = self._new, []
        for stream in (self._picture, *([self._sound] if self._sound_paths else [])):
            self._replace(stream.list_name, stream.index(ended=ended))
            new.append(stream.list_name)
        self._replace(INDEX, self._index())
        return (*new, INDEX)

    def _take_sound(self) -> list[str]:
        path = next((path for path in self._sound_paths if path.exists()), None)
        if path is None:
            return []
        # Asked before reading: a file that is whole now may not have been so a moment ago.
        whole = self._sound_paths[0].exists()
        written = self._sound.add_grown(path, fragments_of(path), whole=whole)
        self._sound_ended = whole
        return written

    def _replace(self, name: str, text: str) -> None:
        growing = self._folder / f"{name}.part"
        growing.write_text(text)
        growing.replace(self._folder / name)

    def _index(self) -> str:
        bit_rate = int(self._picture.bytes_written * 8 / max(self._picture.end_s, 0.1)) + AAC_BIT_RATE
        self._codecs = self._codecs or avc_codec(self._folder / f"{PICTURE}-head.mp4")
        codecs = [self._codecs, *(["mp4a.40.2"] if self._sound_paths else [])]
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
        group = ""
        if self._sound_paths:
            group = ',AUDIO="sound"'
            lines.append('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,URI="sound.m3u8"')
        lines.append(
            f'#EXT-X-STREAM-INF:BANDWIDTH={bit_rate},CODECS="{",".join(codecs)}",'
            f"RESOLUTION={self._plan.width}x{self._plan.height}{group}"
        )
        return "\n".join([*lines, self._picture.list_name]) + "\n"


def avc_codec(head: Path) -> str:
    """The picture's codec as RFC 6381 names it, from the three bytes of profile and level in its `avcC`."""
    raw = head.read_bytes()
    at = raw.find(b"avcC")
    return f"avc1.{raw[at + 5 : at + 8].hex()}" if at >= 0 else "avc1.640028"
