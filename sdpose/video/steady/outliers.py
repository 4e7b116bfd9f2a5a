"""Keypoints that jump away for a frame or two and come back."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ...poses import FloatArray
from .trajectories import BoolArray, shifted

__all__ = ["REACH", "outliers"]

_NEAR = 3
"""Frames on either side that a keypoint is predicted from."""

REACH = _NEAR
"""How far in time a point looks."""


def outliers(points: FloatArray, seen: BoolArray, jump: FloatArray) -> BoolArray:
    """Which keypoints lie where neither the frames before them nor those after can have brought them.

    Hampel's filter (Hampel 1974; Pearson 2002) compares with the median of a window and so takes fast motion for
    outliers. Here a keypoint is compared with what several predictions say, and is an outlier if it is far from all
    of them: lines and cubics through frames on either side, and the medians of the frames on one side and of the lines
    through them, which follow a motion that begins or ends abruptly.

    Args:
        points: (T, P, K, 2).
        seen: (T, P, K) which of them count; others are no outliers.
        jump: (T, P, K) what is nearer than this to a prediction is no outlier.

    Returns:
        (T, P, K).
    """
    before, after = ([_Seen(points, seen, sign * k) for k in range(1, _NEAR + 1)] for sign in (-1, 1))
    nearest = np.full(seen.shape, np.inf)
    for prediction, known in [*_between(before, after), *_beyond(before), *_beyond(after)]:
        distance = np.linalg.norm(points - prediction, axis=-1)
        nearest = np.where(known, np.minimum(nearest, distance), nearest)
    judged = np.any([a.seen & b.seen for a, b in zip(before, after, strict=True)], axis=0)
    return np.asarray(seen & judged & (nearest > jump))


class _Seen:
    """The points of another frame, and which of them count."""

    def __init__(self, points: FloatArray, seen: BoolArray, frames: int) -> None:
        self.points, self.seen = shifted(points, frames), shifted(seen, frames)


def _between(before: list[_Seen], after: list[_Seen]) -> list[tuple[FloatArray, BoolArray]]:
    """Lines through frames t - k and t + k, and cubics through two such pairs."""
    middles = [((a.points + b.points) / 2, a.seen & b.seen) for a, b in zip(before, after, strict=True)]
    found = list(middles)
    for near, far in combinations(range(_NEAR), 2):
        inner, outer = (near + 1) ** 2, (far + 1) ** 2
        (a, a_seen), (b, b_seen) = middles[near], middles[far]
        found.append(((outer * a - inner * b) / (outer - inner), a_seen & b_seen))
    return found


def _beyond(side: list[_Seen]) -> list[tuple[FloatArray, BoolArray]]:
    """The median of the frames of one side, and of the lines through two of them."""
    lines = []
    for near, far in combinations(range(_NEAR), 2):
        step = (side[near].points - side[far].points) / (far - near)
        lines.append(side[near].points + (near + 1) * step)
    known: BoolArray = np.all([frame.seen for frame in side], axis=0)
    rest = np.median([frame.points for frame in side], axis=0)
    return [(rest, known), (np.median(lines, axis=0), known)]
