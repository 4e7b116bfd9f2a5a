"""Masks of a region of the people in a frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ..errors import BadOption
from ..media import blank
from ..poses import Poses
from .boxes import THRESHOLD
from .outlines import Piece, outline
from .people import people
from .proportions import region_of, shape_of

__all__ = ["mask"]

Mask = npt.NDArray[np.uint8]

_FULL = 255
_SIDES = 32
# Corners just outside the disc, so that the polygon holds all of it.
_ANGLES = np.arange(_SIDES) * (2 * np.pi / _SIDES)
_CORNERS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)]) / np.cos(np.pi / _SIDES)
_SUBPIXEL_BITS = 4


def mask(
    poses: Poses,
    region: str = "person",
    shape: str = "limbs",
    *,
    threshold: float = THRESHOLD,
    grow: float = 0.0,
    feather: float = 0.0,
) -> Mask:
    """The mask of a region of everybody in `poses`, all together; of one person with `mask(poses[i])`.

    Args:
        poses: in any skeleton.
        region: one of `REGIONS`.
        shape: "hull" fills everything within the outermost points, "limbs" the trunk and along each bone, as thick
            as a body with that torso has it. Heads and faces are the same in both.
        threshold: keypoints with a lower score are not gone by.
        grow: makes everything larger by so many pixels on every side.
        feather: lets the mask fade out over so many pixels beyond its edge; what is inside stays full.

    Returns:
        (H, W) uint8 on the poses' canvas, 255 inside and 0 outside; all 0 when too little of the region is seen.

    Raises:
        BadOption: there is no such region or shape, `grow` or `feather` is negative, or the canvas is too large.
    """
    region_of(region)
    shape_of(shape)
    if grow < 0 or feather < 0:
        raise BadOption(f"grow and feather are 0 pixels or more; got {grow} and {feather}")
    canvas = blank(poses.canvas_wh)
    for person in people(poses, threshold):
        _fill(canvas, outline(person, region, shape), grow)
    return _feathered(canvas, feather) if feather else canvas


def _fill(canvas: Mask, pieces: Iterable[Piece], grow: float) -> None:
    """Fill pieces grown by so many pixels: a hull of discs grows as its discs do."""
    import cv2

    for piece in pieces:
        rims = (piece.centres[:, None] + (piece.radii + grow)[:, None, None] * _CORNERS).reshape(-1, 2)
        hull = cv2.convexHull(rims.astype(np.float32)) * 2**_SUBPIXEL_BITS
        cv2.fillConvexPoly(canvas, np.rint(hull).astype(np.int32), _FULL, shift=_SUBPIXEL_BITS)


def _feathered(canvas: Mask, feather: float) -> Mask:
    import cv2

    if not canvas.any():
        return canvas
    away = cv2.distanceTransform(_FULL - canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.rint(_FULL * np.clip(1 - away / (feather + 1), 0, 1)), np.uint8)
