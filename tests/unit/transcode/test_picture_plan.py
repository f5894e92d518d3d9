"""What a picture is to tell of its shape and colours, so that all browsers show it alike."""

from __future__ import annotations

from typing import Any

import pytest

from partyapp.transcode.domain.picture_plan import Colours, copies, even, planned_picture
from partyapp.transcode.domain.probed_film import ProbedPicture


def picture(**changes: Any) -> ProbedPicture:
    plain = {"index": 0, "codec": "h264", "width": 1280, "height": 720, "pixel_format": "yuv420p"}
    return ProbedPicture(**{**plain, **changes})


@pytest.mark.parametrize(
    ("container", "stream", "told"),
    [
        (1.0, 1.0, None),
        (64 / 45, 64 / 45, None),
        (64 / 45, 1.42, None),
        (64 / 45, 1.0, (64, 45)),
        (1.0, 64 / 45, (1, 1)),
        (2.0, 1.0, (2, 1)),
        (1e9, 1.0, None),
        (1e-9, 1.0, None),
    ],
)
def test_a_copied_picture_is_told_its_containers_shape(
    container: float, stream: float, told: tuple[int, int] | None
) -> None:
    plan = planned_picture(picture(pixel_aspect=container, stream_aspect=stream), copy=True)
    assert plan.shape == told


def test_an_encoded_picture_has_square_pixels_whatever_was_said() -> None:
    plan = planned_picture(picture(codec="hevc", width=720, pixel_aspect=2.0), copy=False)
    assert (plan.width, plan.height, plan.shape) == (1440, 720, None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, ("bt709", "bt709", "bt709")),
        ({"width": 1280, "height": 536}, ("bt709", "bt709", "bt709")),
        ({"width": 608, "height": 1080}, ("smpte170m", "smpte170m", "smpte170m")),
        ({"width": 720, "height": 576}, ("smpte170m", "smpte170m", "smpte170m")),
        ({"matrix": 1}, (None, "bt709", "bt709")),
        ({"matrix": 5}, (None, "bt470bg", "smpte170m")),
        ({"primaries": 9}, ("bt2020nc", None, "bt2020-10")),
        ({"matrix": 6, "primaries": 6, "transfer": 6}, (None, None, None)),
        ({"matrix": 8}, (None, None, None)),
        ({"transfer": 16}, (None, None, None)),
        ({"pixel_format": "gbrp", "matrix": 0, "primaries": 1}, ("bt709", "bt709", "bt709")),
    ],
)
def test_an_encoded_picture_tells_all_of_its_colours(
    said: dict[str, Any], told: tuple[str | None, ...]
) -> None:
    colours = planned_picture(picture(codec="vp9", **said), copy=False).colours
    assert (colours.matrix, colours.primaries, colours.transfer) == told


def test_a_copied_picture_keeps_its_colours() -> None:
    assert planned_picture(picture(), copy=True).colours == Colours()


@pytest.mark.parametrize(
    ("pixels", "is_rgb"), [("gbrp", True), ("bgr24", True), ("pal8", True), ("yuv444p", False)]
)
def test_red_green_and_blue_are_told_apart(pixels: str, is_rgb: bool) -> None:
    assert planned_picture(picture(codec="ffv1", pixel_format=pixels), copy=False).rgb is is_rgb


def test_only_what_every_browser_plays_is_copied() -> None:
    assert copies(picture(), "mp4")
    assert not copies(picture(codec="hevc"), "mp4")


def test_an_encoded_side_is_even() -> None:
    assert [even(side) for side in (0.5, 2.9, 719.9999, 720)] == [2, 2, 720, 720]
