"""Whether poses come late: by how many frames their motion has to be shifted to fit the motion compared with."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..poses import FloatArray, Poses
from .motion import Track, differences, tracks

__all__ = ["correlations", "lag"]

REACH = 6
"""Lags are looked for up to so many frames, early or late. Tracks that are not twice as long do not count."""


def correlations(found: Sequence[Poses], truth: Sequence[Poses], cuts: Collection[int] = ()) -> FloatArray:
    """Sums that `lag` needs, of one clip; those of several clips may be added.

    Args:
        found: each frame's people with track ids.
        truth: what they are compared with: the same frames, ids and skeleton.
        cuts: indices of the frames that begin a new shot.

    Returns:
        (2 * REACH + 1, 3): for the lags -REACH to REACH, over all keypoints present in both, the product of the
        velocities and the squares of either, in torso lengths of the truth.
    """
    own, true = tracks(found, cuts), tracks(truth, cuts)
    total = np.zeros((2 * REACH + 1, 3))
    for key in own.keys() & true.keys():
        if true[key].torso > 0:
            total += _of_track(own[key], true[key])
    return total


def _of_track(own: Track, true: Track) -> FloatArray:
    """The same instants of what was found count at every lag: else lags that leave out its worst ones would win."""
    fast, real = (differences(track.points, track.scores > 0, 1) / true.torso for track in (own, true))
    if len(fast) <= 2 * REACH:
        return np.zeros((2 * REACH + 1, 3))
    # Where the truth is compared with what was found later by `late`, it is itself earlier.
    shifted = np.lib.stride_tricks.sliding_window_view(real, 2 * REACH + 1, axis=0)[..., ::-1]
    here = fast[REACH:-REACH]
    known = np.isfinite(here) & np.isfinite(shifted).all(axis=-1)
    a, b = here[known], shifted[known]
    return np.stack((a @ b, np.full(2 * REACH + 1, a @ a), (b * b).sum(axis=0)), axis=1)


def lag(sums: FloatArray) -> int | None:
    """By how many frames what was found comes later than the truth: the peak of the cross-correlation of velocities.

    Args:
        sums: of `correlations`.

    Returns:
        Whole frames, negative when it comes earlier; None where nothing moves.
    """
    size = np.sqrt(sums[:, 1] * sums[:, 2])
    if not (size > 0).any():
        return None
    return int(np.argmax(np.where(size > 0, sums[:, 0] / np.where(size > 0, size, 1.0), -1.0))) - REACH
