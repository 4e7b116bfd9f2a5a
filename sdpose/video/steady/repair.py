"""One stretch of frames, steadied: what is seen, what is wrong, what is missing, what trembles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...poses import FloatArray
from . import gaps, noise, one_euro, outliers, smoothing, swaps
from .options import Steadiness
from .trajectories import BoolArray, Trajectories, sizes

__all__ = ["reaches", "steadied"]

_SWAP, _OUTLIER = 5.0, 8.0
"""So many deviations of the noise make a jump to the other side, or to where nothing is; fast motion has some too."""

_LEAST = 0.1
"""What is less than this share of a person's size is no jump, however small the noise."""


def reaches(steadiness: Steadiness, fps: float) -> tuple[int, int]:
    """How many frames before and after a frame its result depends on."""
    repairs = noise.REACH
    if steadiness.swaps:
        repairs += swaps.REACH
    if steadiness.outliers:
        repairs += outliers.REACH
    if steadiness.max_gap:
        repairs += steadiness.max_gap + gaps.EDGE
    if steadiness.method == "one_euro":
        return repairs + one_euro.history(fps), repairs
    return repairs + smoothing.REACH, repairs + smoothing.REACH


def steadied(stretch: Trajectories, steadiness: Steadiness, fps: float) -> Trajectories:
    """Steady frames among which there is no cut and no held drawing.

    Sides are put back before outliers are looked for, because each of them looks like two outliers.
    """
    seen = stretch.present[..., None] & (stretch.scores > 0) & (stretch.scores >= steadiness.gate)
    trembling = _trembling(stretch, seen)
    least = _LEAST * sizes(stretch, seen)
    if steadiness.swaps:
        stretch = _put_back(stretch, seen, np.maximum(_SWAP * trembling, least))
    if steadiness.outliers:
        seen = seen & ~outliers.outliers(stretch.points, seen, np.maximum(_OUTLIER * trembling, least))
    stretch, seen = _filled(stretch, seen, steadiness.max_gap)
    strength = steadiness.strengths(stretch.skeleton)
    if steadiness.method == "one_euro":
        points = one_euro.one_euro(stretch.points, seen, sizes(stretch, seen), strength, fps)
    else:
        points = smoothing.smooth(stretch.points, seen, trembling, strength)
    return replace(stretch, points=points)


def _trembling(stretch: Trajectories, seen: BoolArray) -> FloatArray:
    """(T, P, K) noise of each keypoint, which is that of its part."""
    found = np.zeros(seen.shape)
    for name in stretch.skeleton.parts:
        part = list(stretch.skeleton.indices(name))
        found[:, :, part] = noise.noise(stretch.points[:, :, part], seen[:, :, part])[..., None]
    return found


def _put_back(stretch: Trajectories, seen: BoolArray, jump: FloatArray) -> Trajectories:
    """Every pair of sides by itself: so a leg, an arm or the whole body may have been exchanged."""
    pairs = np.array([(k, other) for k, other in enumerate(stretch.skeleton.flip_indices) if k < other])
    one, other = pairs.T
    points = stretch.points
    wrong = swaps.swapped(
        points[:, :, one], points[:, :, other], seen[:, :, one] & seen[:, :, other], jump[:, :, pairs].max(axis=-1)
    )
    source = np.broadcast_to(np.arange(len(stretch.skeleton)), seen.shape).copy()
    source[:, :, one], source[:, :, other] = np.where(wrong, other, one), np.where(wrong, one, other)
    return replace(
        stretch,
        points=np.take_along_axis(points, source[..., None], axis=2),
        scores=np.take_along_axis(stretch.scores, source, axis=2),
    )


def _filled(stretch: Trajectories, seen: BoolArray, max_gap: int) -> tuple[Trajectories, BoolArray]:
    """Keypoints and boxes, and so people, who are missing for a moment."""
    time = len(seen)
    points, scores, found = gaps.fill(
        stretch.points.reshape(time, -1, 2), stretch.scores.reshape(time, -1), seen.reshape(time, -1), max_gap
    )
    found = found.reshape(seen.shape)
    boxed = stretch.present & np.isfinite(stretch.boxes[..., 0])
    boxes, box_scores, new = gaps.fill(stretch.boxes, stretch.box_scores, boxed, max_gap)
    filled = replace(
        stretch,
        present=stretch.present | found.any(axis=-1) | new,
        points=points.reshape(stretch.points.shape),
        scores=scores.reshape(stretch.scores.shape),
        boxes=boxes,
        box_scores=box_scores,
    )
    return filled, seen | found
