"""The one pose of a held drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...poses import FloatArray, Poses
from .options import Steadiness
from .trajectories import BoolArray, Trajectories, masked_median, sizes

__all__ = ["held"]

_FAR = 0.2
"""Share of a person's size, about 0.1 torsos, beyond which two sightings are not of the same point."""


def held(frames: Sequence[Poses], steadiness: Steadiness, before: Poses | None = None) -> Poses:
    """What frames that show one and the same drawing say of it together.

    Everybody who is in one of them is in it. A keypoint is the average of where it was seen, by score, and its score
    the average of those scores; where it was seen three times or more, times at which it lies elsewhere do not count.
    One that was seen in no frame is the average of what there is.

    Args:
        frames: with track ids, on one canvas and of one skeleton.
        steadiness: from which score on a keypoint is seen, and whether outliers are left out.
        before: the pose of earlier frames of the same drawing. It stays; only who is not in it is added.
    """
    pose = _average(frames, steadiness)
    if before is None:
        return pose
    return _average([before, pose[~np.isin(pose.ids, before.ids)]], steadiness)


def _average(frames: Sequence[Poses], steadiness: Steadiness) -> Poses:
    shown = Trajectories.of(frames)
    seen = (shown.scores > 0) & (shown.scores >= steadiness.gate)
    if steadiness.outliers:
        seen &= ~_elsewhere(shown, seen)
    used = np.where(seen.any(axis=0), seen, shown.present[..., None])
    weights = np.where(used, np.maximum(shown.scores, 0), 0)
    weights = np.where(weights.any(axis=0), weights, used)
    pose = replace(
        shown,
        present=np.asarray(shown.present.any(axis=0, keepdims=True)),
        points=_mean(shown.points, weights[..., None]),
        scores=_mean(shown.scores, used),
        boxes=_known(shown.boxes),
        box_scores=_known(shown.box_scores),
    )
    return pose.frame(0, next((frame for frame in frames if len(frame)), frames[0]))


def _elsewhere(shown: Trajectories, seen: BoolArray) -> BoolArray:
    """(T, P, K) which keypoints lie far from where the same ones are at most times."""
    middle = masked_median(np.moveaxis(np.where(seen[..., None], shown.points, np.inf), 0, -1))
    middle = np.where(np.isfinite(middle), middle, 0.0)
    far = np.linalg.norm(shown.points - middle, axis=-1) > _FAR * sizes(shown, seen)
    return np.asarray(seen & far & (seen.sum(axis=0) > 2))


def _mean(values: FloatArray, weights: FloatArray | BoolArray) -> FloatArray:
    """(1, ...) over time. Shares are made first, so that what is there once stays bit by bit."""
    total = np.asarray(weights.sum(axis=0, keepdims=True), np.float64)
    shares = np.divide(weights, total, out=np.zeros(weights.shape), where=total > 0)
    return np.asarray((values * shares).sum(axis=0, keepdims=True))


def _known(values: FloatArray) -> FloatArray:
    """Averages over the frames that have one, NaN where none has."""
    there = np.isfinite(values)
    return np.where(there.any(axis=0), _mean(np.nan_to_num(values), there), np.nan)
