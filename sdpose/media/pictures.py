"""Still pictures: reading them, and bringing any array of pixels to uint8 (H, W, 3) RGB."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from ..errors import BadImage, BadOption

__all__ = ["UNREADABLE", "Frame", "blank", "check_room", "read_image", "to_rgb8"]

Frame = npt.NDArray[np.uint8]

_CHANNELS = (1, 2, 3, 4)  # grey, grey + alpha, RGB, RGBA

# What Pillow's decoders raise on damaged files, besides its own UnidentifiedImageError (an OSError). ImportError is for
# a process in which somebody has imported Ultralytics: its Image.open then asks for a package it does not need.
UNREADABLE = (
    OSError,
    ImportError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


_MOST_PIXELS = 2**28
"""Of a picture that is made: 16384 by 16384, the largest that ComfyUI's nodes offer."""


_MOST_AT_ONCE = 2**31
"""Pixels of pictures that are made to be held together: 1035 of 1920 by 1080, or 8 of 16384 by 16384."""


def check_room(pixels: int) -> None:
    """Check that pictures with so many pixels in all may be held in memory at once, before the first one is made.

    Raises:
        BadOption: they are more than 2**31.
    """
    if pixels > _MOST_AT_ONCE:
        raise BadOption(
            f"the pictures would have {pixels:,} pixels in all, and {_MOST_AT_ONCE:,} are the most that are made at "
            "once: choose a smaller size, or fewer frames at a time"
        )


def blank(canvas_wh: tuple[int, int], *channels: int) -> Frame:
    """A black picture, uint8 (H, W) or (H, W, C).

    Raises:
        BadOption: no pixel, or more than memory is for: poses may name any canvas.
    """
    width, height = (int(side) for side in canvas_wh)
    if width < 1 or height < 1 or width * height > _MOST_PIXELS:
        raise BadOption(
            f"canvas_wh is a width and a height of at least 1 pixel, and {_MOST_PIXELS:,} pixels in all at most; got "
            f"{width} by {height}: choose the size of the picture"
        )
    return np.zeros((height, width, *channels), np.uint8)


def read_image(path: str | Path) -> Frame:
    """Read a picture of any common kind, the right way up.

    EXIF orientation is applied, 16-bit values are scaled to 8, transparent pictures are laid over white (see
    `to_rgb8`), and of an animation the first frame is taken.

    Returns:
        uint8 (H, W, 3) RGB.

    Raises:
        BadImage: there is no such file, or it is damaged, or not a picture.
    """
    try:
        with Image.open(path) as image:
            ImageOps.exif_transpose(image, in_place=True)
            pixels = _pixels(image)
    except FileNotFoundError as error:
        raise BadImage(f"there is no picture {path}: check the name") from error
    except UNREADABLE as error:
        raise BadImage(f"{path} is damaged or not a picture ({error}): save it again as PNG") from error
    try:
        return to_rgb8(pixels)
    except BadImage as error:
        raise BadImage(f"{path}: {error}") from error


def _pixels(image: Image.Image) -> npt.NDArray[Any]:
    """The pixels of a Pillow image in one of the forms that `to_rgb8` takes."""
    if image.mode.startswith("I"):  # 16-bit grey; older versions of Pillow call it I
        deep: npt.NDArray[np.uint16] = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
        return deep
    if image.mode in ("F", "L"):
        return np.array(image)  # a copy, because Pillow's own pixels cannot be written to
    return np.array(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def to_rgb8(array: Any) -> Frame:
    """Bring an array of pixels to uint8 (H, W, 3) RGB.

    Transparent pixels are laid over white, like paper: line art is black and would vanish over black.

    Args:
        array: (H, W), or (H, W, C) with C = 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA. bool, uint8, uint16 (the
            whole range), or float 0..1 (values beyond are cut off).

    Raises:
        BadImage: another shape or dtype, no pixels, or NaN or infinity among the values.
    """
    pixels = np.asarray(array)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] not in _CHANNELS or pixels.size == 0:
        raise BadImage(f"a picture must be (H, W) or (H, W, 1 to 4), none of them 0; got {np.shape(array)}")
    pixels = _to_uint8(pixels)
    colour, alpha = (pixels, None) if pixels.shape[2] % 2 else (pixels[..., :-1], pixels[..., -1:])
    if alpha is not None and alpha.min() < 255:
        # Up to 255 * 255 + 127 fits 16 bits; adding half of the divisor rounds to the nearest level.
        over_white = colour.astype(np.uint16) * alpha + (255 - alpha) * np.uint16(255)
        colour = ((over_white + 127) // 255).astype(np.uint8)
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else np.ascontiguousarray(colour)


def _to_uint8(pixels: npt.NDArray[Any]) -> Frame:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise BadImage(f"pixels must be bool, uint8, uint16, or float from 0 to 1; got {pixels.dtype}")
    if not np.isfinite(pixels).all():
        raise BadImage("pixels must be finite, got NaN or infinity: the step that made this picture failed")
    levels: Frame = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return levels
