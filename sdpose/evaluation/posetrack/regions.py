"""Regions of a picture in which nothing counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...poses import FloatArray

__all__ = ["inside"]


def inside(points: FloatArray, regions: Sequence[FloatArray]) -> npt.NDArray[np.bool_]:
    """Which points (..., 2) lie inside one of the regions, polygons of (M, 2) corners; an edge is not inside.

    Where a polygon crosses itself, inside is what an odd number of its edges enclose.
    """
    within = np.zeros(points.shape[:-1], np.bool_)
    for corners in regions:
        within |= _in_polygon(points, corners)
    return within


def _in_polygon(points: FloatArray, corners: FloatArray) -> npt.NDArray[np.bool_]:
    a, b = corners, np.roll(corners, -1, axis=0)
    p = points[..., None, :]
    # Twice the area of the triangle a, b, p: its sign is the side of the edge that p lies on.
    side = (b - a)[:, 0] * (p - a)[..., 1] - (b - a)[:, 1] * (p - a)[..., 0]
    beside = (np.minimum(a, b) <= p).all(axis=-1) & (p <= np.maximum(a, b)).all(axis=-1)
    on_edge = (beside & (side == 0)).any(axis=-1)
    upward = (a[:, 1] <= p[..., 1]) & (p[..., 1] < b[:, 1])
    downward = (b[:, 1] <= p[..., 1]) & (p[..., 1] < a[:, 1])
    crossed = (upward & (side > 0)) | (downward & (side < 0))
    return np.asarray((crossed.sum(axis=-1) % 2 == 1) & ~on_edge)
