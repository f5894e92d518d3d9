"""What is done to a film's picture: whether it is copied, its size, its shape, and what its colours are."""

from dataclasses import dataclass
from fractions import Fraction

from partyapp.transcode.domain.probed_film import ProbedPicture

#: What a transcode makes at most; encoding more takes longer than the film lasts on a usual machine.
FULL_LONG, FULL_SHORT = 1920, 1080
#: Of a sound that begins later than this after the film, in s, the start is filled with silence, and of a
#: picture its first frame is moved there. What says so in a copy is an edit list, which players that are fed
#: with segments don't know. Firefox reads a picture's by the wrong clock, and shows each frame too early
#: (`findings/empty_edit_by_wrong_clock.sh`). Matroska rounds to whole ms.
SOUND_LATE_S, PICTURE_LATE_S = 0.05, 0.002
#: The transfer functions of ITU-T H.273 that mean a high dynamic range (PQ and HLG).
HDR_TRANSFERS = {16: "smpte2084", 18: "arib-std-b67"}
_H264_PROFILES = ("Baseline", "Constrained Baseline", "Main", "High", "Extended", None)
_ROUNDING = 0.001
#: Shapes of pixels closer than this are the same.
_SAME_SHAPE = 0.01
#: H.264 has 16 bits for either number.
_MAX_SHAPE = 1000
#: From this size on a picture that doesn't tell its colours is taken for one of HDTV.
_HD_LONG, _HD_SHORT = 1280, 720


@dataclass(frozen=True, kw_only=True)
class Colours:
    """What a picture's numbers mean, by ffmpeg's names of ITU-T H.273; None where the film says so itself."""

    matrix: str | None = None
    primaries: str | None = None
    transfer: str | None = None


_UNKNOWN = 2
_HDTV = Colours(matrix="bt709", primaries="bt709", transfer="bt709")
_SDTV = Colours(matrix="smpte170m", primaries="smpte170m", transfer="smpte170m")
#: What goes with a matrix of H.273, or with primaries of that number.
_FAMILIES = {
    1: _HDTV,
    5: Colours(matrix="bt470bg", primaries="bt470bg", transfer="smpte170m"),
    6: _SDTV,
    9: Colours(matrix="bt2020nc", primaries="bt2020", transfer="bt2020-10"),
}


@dataclass(frozen=True, kw_only=True)
class PicturePlan:
    """The picture that is shown, `width` × `height` as shown; `copy` where its bits stay as they are."""

    stream: int
    copy: bool
    width: int
    height: int
    codec: str = ""
    deinterlace: bool = False
    #: The transfer function of a high dynamic range, by zscale's name, where it has one.
    hdr: str | None = None
    #: Whether it begins so much after the film that its first frame is to be there from the start.
    late: bool = False
    #: A pixel's width and height, as whole numbers, where a copied picture has to be told them.
    shape: tuple[int, int] | None = None
    #: What an encoded picture is to say of its colours that the film doesn't.
    colours: Colours = Colours()
    #: Whether its pixels are red, green and blue, which an encoded picture's are not.
    rgb: bool = False


def copies(picture: ProbedPicture, container: str) -> bool:
    """Whether every browser plays the picture as it is.

    Firefox shows what was cut away ahead of the film, between two keyframes, and so all else later.
    """
    if picture.codec != "h264" or picture.profile not in _H264_PROFILES or picture.interlaced or picture.cut:
        return False
    # AVI has no place for the order in which frames are shown, and a program stream may leave it out.
    ordered = container not in ("avi", "mpeg", "ogg", "asf") or not picture.has_b_frames
    return picture.pixel_format in ("yuv420p", "yuvj420p") and picture.bit_depth == 8 and ordered


def planned_picture(picture: ProbedPicture, copy: bool) -> PicturePlan:
    """What is done to it, `copy` where it is one that `copies`."""
    width, height = picture.width * picture.pixel_aspect, float(picture.height)
    if picture.rotation in (90, 270):
        width, height = height, width
    if copy:
        shown = (round(width), round(height))
        return PicturePlan(
            stream=picture.index,
            copy=True,
            width=shown[0],
            height=shown[1],
            codec=picture.codec,
            late=picture.late_s > PICTURE_LATE_S,
            shape=_told_shape(picture),
        )
    scale = min(1.0, FULL_LONG / max(width, height), FULL_SHORT / min(width, height))
    return PicturePlan(
        stream=picture.index,
        copy=False,
        width=even(width * scale),
        height=even(height * scale),
        codec=picture.codec,
        deinterlace=picture.interlaced,
        hdr=HDR_TRANSFERS.get(picture.transfer),
        colours=_told_colours(picture),
        rgb=_is_rgb(picture),
    )


def even(side: float) -> int:
    """The side of a picture that can be encoded, in pixels."""
    return max(2, int(side + _ROUNDING) // 2 * 2)


def _told_shape(picture: ProbedPicture) -> tuple[int, int] | None:
    """The container's shape of a pixel, where the stream in it says another.

    Firefox goes by the stream, Chromium and WebKitGTK by the container: they show one film in two shapes.
    """
    if abs(picture.pixel_aspect / picture.stream_aspect - 1) <= _SAME_SHAPE:
        return None
    shape = Fraction(picture.pixel_aspect).limit_denominator(_MAX_SHAPE)
    return shape.as_integer_ratio() if 0 < shape <= _MAX_SHAPE // 20 else None


def _told_colours(picture: ProbedPicture) -> Colours:
    """What of a picture's colours nobody says, as its size or what it does say has it.

    Browsers guess, each by a rule of its own, and most by the height, so that a smaller rendition of the same
    film has other colours. Chromium guesses already where one of the three is missing.
    """
    if picture.transfer in HDR_TRANSFERS:
        return Colours()  # Tone-mapping says it.
    if _is_rgb(picture):
        return _HDTV
    is_hd = max(picture.width, picture.height) >= _HD_LONG or min(picture.width, picture.height) >= _HD_SHORT
    said = picture.primaries if picture.matrix == _UNKNOWN else picture.matrix
    family = (_HDTV if is_hd else _SDTV) if said == _UNKNOWN else _FAMILIES.get(said, Colours())
    return Colours(
        matrix=family.matrix if picture.matrix == _UNKNOWN else None,
        primaries=family.primaries if picture.primaries == _UNKNOWN else None,
        transfer=family.transfer if picture.transfer == _UNKNOWN else None,
    )


def _is_rgb(picture: ProbedPicture) -> bool:
    pixels = picture.pixel_format or ""
    return any(order in pixels for order in ("rgb", "bgr", "gbr")) or pixels.startswith("pal8")
