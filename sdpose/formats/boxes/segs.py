"""Impact Pack's SEGS out: each region of a picture with its box, its mask, and what to crop around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...errors import BadBoxes, BadOption
from ...poses import FloatArray
from ..values import is_number, say
from .container import Boxes
from .masks import canvas_of, filled, whole_pixels

__all__ = ["CROP_FACTOR", "Seg", "to_segs"]

CROP_FACTOR = 3.0
"""How many times as large as its box a crop is, as Impact Pack's detectors have it."""


class Seg(NamedTuple):
    """One region, with the fields and the order of Impact Pack's SEG (its `modules/impact/core.py`).

    Attributes:
        cropped_image: the crop's picture; None, as detectors leave it.
        cropped_mask: (h, w) float32, 1 inside the region and 0 outside, of the crop's size.
        confidence: 0 to 1.
        crop_region: x1, y1, x2, y2 of the crop in whole pixels, inside the picture.
        bbox: x1, y1, x2, y2 of the region in whole pixels, inside the crop.
        label: what it is.
        control_net_wrapper: None.
    """

    cropped_image: Any
    cropped_mask: npt.NDArray[np.float32]
    confidence: float
    crop_region: list[int]
    bbox: list[int]
    label: str
    control_net_wrapper: Any = None


def to_segs(
    boxes: Boxes,
    masks: Sequence[npt.NDArray[Any]] | None = None,
    *,
    crop_factor: float = CROP_FACTOR,
    label: str = "person",
) -> tuple[tuple[int, int], list[Seg]]:
    """SEGS of one frame. A box that has no pixel inside the picture gives no region.

    Args:
        boxes: N boxes that know the size of their picture.
        masks: N masks (H, W) of the picture's size, 0 to 1; by default each box is filled.
        crop_factor: how many times as large as its box a crop is, cut to the picture's size and moved inside it.
        label: of the boxes that have none.

    Returns:
        ((height, width), one `Seg` per box).

    Raises:
        BadBoxes: the picture's size is not known, or masks are not of its size or not as many as boxes.
        BadOption: crop_factor is no finite number, or the crop would be smaller than its box.
    """
    if not is_number(crop_factor) or crop_factor < 1:
        raise BadOption(f"crop_factor is a number from 1, for a crop to hold its box; got {say(crop_factor)}")
    canvas_wh = canvas_of(boxes)
    shape = canvas_wh[::-1]
    if masks is not None and (len(masks) != len(boxes) or any(mask.shape != shape for mask in masks)):
        raise BadBoxes(f"expected a mask {shape} for each of the {len(boxes)} boxes; got {[m.shape for m in masks]}")
    found = []
    for n, bbox in enumerate(whole_pixels(boxes.corners, canvas_wh)):
        if (bbox[2:] > bbox[:2]).all():
            region = _crop(bbox.astype(np.float64), canvas_wh, crop_factor)
            if masks is None:
                alone = Boxes(boxes.corners[n : n + 1] - np.tile(region[:2], 2))
                cut = filled(alone, (region[2] - region[0], region[3] - region[1])).astype(np.float32)
            else:
                cut = np.array(masks[n][region[1] : region[3], region[0] : region[2]], np.float32)
            score = 1.0 if boxes.scores is None else float(boxes.scores[n])
            name = (boxes.labels[n] if boxes.labels else "") or label
            found.append(Seg(None, cut, score, region, bbox.tolist(), name))
    return shape, found


def _crop(bbox: FloatArray, canvas_wh: tuple[int, int], factor: float) -> list[int]:
    """x1, y1, x2, y2 in whole pixels: the box grown about its middle, no larger than the picture and inside it."""
    limit = np.array(canvas_wh)
    size = np.minimum(np.ceil((bbox[2:] - bbox[:2]) * factor), limit)
    start = np.clip(np.floor((bbox[:2] + bbox[2:] - size) / 2), 0, limit - size)
    return [int(side) for side in (*start, *(start + size))]
