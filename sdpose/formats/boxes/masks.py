"""Masks and boxes: the box around what a mask shows, and the mask of what is in boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import BadBoxes
from ...media import blank, check_room
from .container import Boxes
from .entries import Box

__all__ = ["boxes_of_mask", "canvas_of", "filled", "to_masks", "whole_pixels"]


def boxes_of_mask(mask: npt.NDArray[Any], blobs: bool = False) -> list[Box]:
    """The box around what a mask (H, W) shows; around each connected part of it, from the top, if `blobs`.

    A pixel shows something from 0.5 on, and in whole numbers from 1 on.
    """
    shown = mask >= 0.5
    if not shown.any():
        return []
    if blobs:
        return _blobs(shown)
    rows, columns = (np.flatnonzero(shown.any(axis=axis)) for axis in (1, 0))
    return [Box((float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)))]


def _blobs(shown: npt.NDArray[np.bool_]) -> list[Box]:
    import cv2

    _, _, found, _ = cv2.connectedComponentsWithStats(shown.astype(np.uint8), connectivity=8)
    sides = found[1:, :4].astype(np.float64)  # the first is what is not shown
    return [Box((x, y, x + width, y + height)) for x, y, width, height in sides.tolist()]


def filled(boxes: Boxes, canvas_wh: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(H, W): the pixels of a picture that are at least partly in one of the boxes."""
    shown = blank(canvas_wh).view(np.bool_)
    for x1, y1, x2, y2 in whole_pixels(boxes.corners, canvas_wh).tolist():
        shown[y1:y2, x1:x2] = True
    return shown


def whole_pixels(corners: npt.NDArray[np.float64], canvas_wh: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Boxes (N, 4) widened to whole pixels and cut off at the picture's edges."""
    widened = np.concatenate([np.floor(corners[:, :2]), np.ceil(corners[:, 2:])], axis=1)
    return np.asarray(np.clip(widened, 0, np.tile(canvas_wh, 2)), np.int64)


def to_masks(frames: Sequence[Boxes]) -> npt.NDArray[np.float32]:
    """MASK: one per frame, 1 inside of its boxes and 0 outside.

    Args:
        frames: boxes that know their pictures' size, one size for all of them.

    Returns:
        (T, H, W).

    Raises:
        BadBoxes: there are no frames, or no size, or several.
        BadOption: they would take more memory than masks are for.
    """
    sizes = {boxes.canvas_wh for boxes in frames}
    if len(sizes) != 1 or None in sizes:
        raise BadBoxes(
            f"masks need pictures of one known size; got {sorted(map(str, sizes))}: say how large "
            "they are (images_wh; in a graph, connect the image or set width and height)"
        )
    width, height = canvas_of(frames[0])
    check_room(len(frames) * width * height)
    return np.stack([filled(boxes, canvas_of(boxes)) for boxes in frames]).astype(np.float32)


def canvas_of(boxes: Boxes) -> tuple[int, int]:
    """The size of the picture that boxes are in. Raises BadBoxes when nothing says it."""
    if boxes.canvas_wh is None:
        raise BadBoxes(
            "these boxes do not say how large their picture is: give images_wh (in a graph, connect the image or set "
            "width and height)"
        )
    return boxes.canvas_wh
