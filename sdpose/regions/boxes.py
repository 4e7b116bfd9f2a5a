"""A box around a region of each person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..poses import FloatArray, Poses
from .outlines import bounds, outline
from .people import people
from .proportions import region_of

__all__ = ["THRESHOLD", "RegionBoxes", "region_boxes", "widened"]

THRESHOLD = 0.3
"""Keypoints with a lower score are not gone by."""


@dataclass(frozen=True)
class RegionBoxes:
    """A region of each of the N people of a frame.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 in pixels, free to reach beyond the picture; zeros where there is none.
        found: (N,) who has one: enough of the region is seen.
    """

    boxes: FloatArray
    found: npt.NDArray[np.bool_]


def region_boxes(
    poses: Poses, region: str = "person", *, threshold: float = THRESHOLD, margin: float = 0.0
) -> RegionBoxes:
    """The box of a region of everybody in a frame.

    It holds every keypoint of the region that is seen, and the body around them. Skeletons without hands, feet or
    face get theirs from the arms, the legs and from nose, eyes and ears. A face that is turned away has no box.

    Args:
        poses: in any skeleton.
        region: one of `REGIONS`.
        threshold: keypoints with a lower score are not gone by.
        margin: widens each box by this share of its size; 0.2 is a tenth on each side.

    Raises:
        BadOption: there is no such region.
    """
    region_of(region)
    outlines = [outline(person, region) for person in people(poses, threshold)]
    found = np.array([bool(pieces) for pieces in outlines], np.bool_)
    boxes = np.array([bounds(pieces) if pieces else np.zeros(4) for pieces in outlines], np.float64).reshape(-1, 4)
    return RegionBoxes(widened(boxes, margin), found)


def widened(boxes: FloatArray, margin: float) -> FloatArray:
    """Boxes (N, 4) grown about their centres by a share of their size."""
    half = (boxes[:, 2:] - boxes[:, :2]) * margin / 2
    return np.asarray(boxes + np.concatenate([-half, half], axis=1))
