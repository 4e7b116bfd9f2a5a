"""Short gaps in trajectories, filled from both their sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...poses import FloatArray, IntArray
from .trajectories import BoolArray, shifted

__all__ = ["EDGE", "alike", "fill"]

EDGE = 3
"""Frames on either side of a gap that its filling looks at."""


def fill(
    values: FloatArray, scores: FloatArray, seen: BoolArray, max_gap: int
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Fill gaps of up to so many frames between two sightings.

    By monotone cubics (PCHIP, Fritsch & Butland 1984) through what was seen in the three frames before the gap and the
    three after it: they do not swing out beyond the values at the gap's ends.

    Args:
        values: (T, S, C) of S trajectories.
        scores: (T, S).
        seen: (T, S) where there is something; what lies elsewhere is not looked at.
        max_gap: longest gap that is filled, in frames.

    Returns:
        Values and scores, filled ones with half of the lower score of the gap's ends, and (T, S) which were filled.
    """
    from scipy.interpolate import PchipInterpolator

    values, scores, filled = values.copy(), scores.copy(), np.zeros_like(seen)
    for length, knots, starts, series in _gaps(seen, max_gap):
        inside = starts + np.arange(length)[:, None]
        curve = PchipInterpolator(knots, values[starts + knots[:, None], series], axis=0)
        values[inside, series] = curve(np.arange(length))
        scores[inside, series] = np.minimum(scores[starts - 1, series], scores[starts + length, series]) / 2
        filled[inside, series] = True
    return values, scores, filled


def _gaps(seen: BoolArray, max_gap: int) -> Iterator[tuple[int, IntArray, IntArray, IntArray]]:
    """Gaps that look alike: their length, where they are seen next to it, first frames and trajectories of each.

    Frames are counted from a gap's first one.
    """
    begins = ~seen & shifted(seen, -1)
    for length in range(1, max_gap + 1):
        begins &= ~shifted(seen, length - 1)
        starts, series = np.nonzero(begins & shifted(seen, length))
        around = np.array([*range(-EDGE, 0), *range(length, length + EDGE)])
        near = np.stack([shifted(seen, int(frames))[starts, series] for frames in around])
        for pattern, columns in alike(near):
            yield length, around[pattern], starts[columns], series[columns]


def alike(seen: BoolArray) -> Iterator[tuple[BoolArray, IntArray]]:
    """The columns of (R, S) that are alike, each kind once: what is in them (R,), and which of the S they are."""
    patterns, which = np.unique(seen, axis=1, return_inverse=True)
    for index, pattern in enumerate(patterns.T):
        yield pattern, np.flatnonzero(which.reshape(-1) == index)
