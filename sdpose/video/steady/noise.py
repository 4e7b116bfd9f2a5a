"""How much keypoints tremble: the part of their motion that no body could make."""

from __future__ import annotations

import numpy as np

from ...poses import FloatArray
from .trajectories import BoolArray, masked_median, shifted

__all__ = ["REACH", "noise"]

_DIFFERENCE = (1.0, -4.0, 6.0, -4.0, 1.0)
"""Fourth difference: what is smooth over five frames all but vanishes in it, what is not stays."""

_GAIN = 0.6744897501960817 * float(np.linalg.norm(_DIFFERENCE))
"""Median of the absolute fourth difference of white noise with a deviation of 1."""

_NEAR = 8
"""The noise of a frame is that of so many frames before and after it."""

REACH = _NEAR + len(_DIFFERENCE) // 2
"""How far in time a frame looks."""


def noise(points: FloatArray, seen: BoolArray) -> FloatArray:
    """Standard deviation of the noise along each axis, for each frame.

    The median of high-order differences (after Rice 1984; Hall, Kay & Titterington 1990): as a median it minds
    neither outliers nor a few keypoints that do move abruptly.

    Args:
        points: (T, P, K, 2) the K keypoints of one part, which are taken together.
        seen: (T, P, K) which of them count.

    Returns:
        (T, P) in the unit of `points`; 0 where nothing can be said, because nothing was seen for five frames.
    """
    reach = len(_DIFFERENCE) // 2
    difference, whole = np.zeros_like(points), np.ones_like(seen)
    for place, factor in enumerate(_DIFFERENCE):
        difference += factor * shifted(points, place - reach)
        whole &= shifted(seen, place - reach)
    sizes = np.where(whole[..., None], np.abs(difference), np.inf)
    typical = masked_median(sizes.reshape(*seen.shape[:-1], -1))
    known = np.isfinite(typical)
    windows = [np.where(shifted(known, near), shifted(typical, near), np.inf) for near in range(-_NEAR, _NEAR + 1)]
    found = masked_median(np.stack(windows, axis=-1)) / _GAIN
    return np.asarray(np.where(np.isfinite(found), found, 0.0))
