"""PCK: the share of keypoints that lie within a fraction of the person's torso of where they should be.

The torso is measured as in Yang & Ramanan (TPAMI 2013) and FLIC: from a shoulder to the hip of the other side;
here the mean of both diagonals, so that left and right count alike. Two guards, both relative to the diagonal of
the person's box: a torso seen end-on is never taken shorter than `SHORTEST_TORSO`, and one that has no
labelled diagonal (hips outside the picture) is taken as `TYPICAL_TORSO`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..poses import FloatArray
from ..topology import Skeleton

__all__ = ["pck", "relative_errors", "torso_sizes"]

SHORTEST_TORSO = 0.15
TYPICAL_TORSO = 0.3
DIAGONALS = (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))


def torso_sizes(
    points: FloatArray, labelled: npt.NDArray[np.bool_], boxes: FloatArray, skeleton: Skeleton
) -> FloatArray:
    """Torso of each person in pixels.

    Args:
        points: (N, K, 2) true keypoints in pixels.
        labelled: (N, K) whether a keypoint is labelled.
        boxes: (N, 4) x1, y1, x2, y2 of the people in pixels.
        skeleton: what the K keypoints are; it has shoulders and hips.

    Returns:
        (N,) pixels, positive wherever the box has an area.
    """
    ends = np.array([[skeleton.index(a), skeleton.index(b)] for a, b in DIAGONALS])
    lengths = np.linalg.norm(points[:, ends[:, 0]] - points[:, ends[:, 1]], axis=2)
    seen = labelled[:, ends].all(axis=2)
    extent = np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1)
    count = seen.sum(axis=1)
    mean = (lengths * seen).sum(axis=1) / np.maximum(1, count)
    return np.asarray(np.where(count > 0, np.maximum(mean, SHORTEST_TORSO * extent), TYPICAL_TORSO * extent))


def relative_errors(predicted: FloatArray, true: FloatArray, torsos: FloatArray) -> FloatArray:
    """Distances (N, K) of predicted from true keypoints (N, K, 2), in torsos (N,) of their person."""
    return np.asarray(np.linalg.norm(predicted - true, axis=2) / torsos[:, None], np.float64)


def pck(errors: FloatArray, counted: npt.NDArray[np.bool_], thresholds: Sequence[float]) -> dict[str, float | None]:
    """PCK at each threshold, over all counted keypoints of all people together.

    Args:
        errors: (N, K) distances in torsos.
        counted: (N, K) which keypoints count (labelled ones, or visible ones).
        thresholds: fractions of a torso, e.g. 0.1 and 0.2.

    Returns:
        {"pck_0.1": share of 0 to 1, ...}; None when no keypoint counts.
    """
    chosen = errors[counted]
    return {f"pck_{limit:g}": float((chosen <= limit).mean()) if chosen.size else None for limit in thresholds}
