"""How people look: the mean colour of a few patches of the body.

Clothes tell people apart where place and pose do not: after a crossing, and when somebody comes back.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...poses import FloatArray
from ...topology import Skeleton

__all__ = ["PATCHES", "Palette", "body_colours", "colour_odds"]

_SHOULDERS = ("left_shoulder", "right_shoulder")
_HIPS = ("left_hip", "right_hip")
_KNEES = ("left_knee", "right_knee")

PATCHES: dict[str, tuple[dict[tuple[str, ...], float], float]] = {
    "head": ({("nose", "left_eye", "right_eye"): 1.0}, 0.1),
    "chest": ({_SHOULDERS: 0.7, _HIPS: 0.3}, 0.3),
    "belly": ({_SHOULDERS: 0.3, _HIPS: 0.7}, 0.43),
    "left_thigh": ({("left_hip",): 0.5, ("left_knee",): 0.5}, 0.62),
    "right_thigh": ({("right_hip",): 0.5, ("right_knee",): 0.5}, 0.62),
    "left_shin": ({("left_knee",): 0.5, ("left_ankle",): 0.5}, 0.85),
    "right_shin": ({("right_knee",): 0.5, ("right_ankle",): 0.5}, 0.85),
}
"""Patch -> where it lies: the weighted mean of the means of some keypoints; and, where they are not seen, how far down
the middle of the box."""

SIDE = 0.03
"""Half the side of a patch, as a share of the box's height."""

LIGHTNESS = 0.5
"""The weight of lightness against hue: shadows fall on people who move, their clothes stay as they are."""

DIFFERENT, STEP, SUREST = 8.5, 3.3, 3.0
"""At this distance (Lab) people are as likely to be the same as not; the log odds change by 1 for so much more or
less, up to so many. Measured on drawn people: half a film apart one is 3 from itself (median; 8 at 90 %), and 17 from
others (6 at 10 %). No surer than that, because what passes in front has colours too."""

NEEDED = 2
"""So many patches must be known of both to compare people."""


def body_colours(
    picture: npt.NDArray[np.uint8],
    points: FloatArray,
    seen: npt.NDArray[np.bool_],
    boxes: FloatArray,
    skeleton: Skeleton,
) -> FloatArray:
    """Mean colour of each patch of each person.

    Args:
        picture: (h, w, 3) uint8 RGB.
        points: (N, K, 2) in its pixels.
        seen: (N, K) which of them count.
        boxes: (N, 4) in its pixels.
        skeleton: what the K keypoints are.

    Returns:
        (N, P, 3) CIE Lab, lightness 0..100; NaN for a patch outside the picture or inside somebody else's box, where
        it may show the other one.
    """
    colours = np.full((len(boxes), len(PATCHES), 3), np.nan)
    for row, box in enumerate(boxes):
        others = np.delete(boxes, row, axis=0)
        places = _places(points[row], seen[row], box, skeleton)
        half = max(1.0, SIDE * float(box[3] - box[1]))
        for patch, place in enumerate(places):
            if not ((place >= others[:, :2]) & (place <= others[:, 2:])).all(axis=1).any():
                colours[row, patch] = _mean_lab(picture, place, half)
    return colours


def _places(points: FloatArray, seen: npt.NDArray[np.bool_], box: FloatArray, skeleton: Skeleton) -> list[FloatArray]:
    """The middles (2,) of the patches."""
    found = []
    for groups, down in PATCHES.values():
        middles = [(_middle(points, seen, names, skeleton), weight) for names, weight in groups.items()]
        if any(middle is None for middle, _ in middles):
            found.append(np.array([(box[0] + box[2]) / 2, box[1] + down * (box[3] - box[1])]))
        else:
            found.append(np.sum([weight * middle for middle, weight in middles if middle is not None], axis=0))
    return found


def _middle(
    points: FloatArray, seen: npt.NDArray[np.bool_], names: tuple[str, ...], skeleton: Skeleton
) -> FloatArray | None:
    rows = [skeleton.index(name) for name in names if name in skeleton and seen[skeleton.index(name)]]
    return np.asarray(points[rows].mean(axis=0)) if rows else None


def _mean_lab(picture: npt.NDArray[np.uint8], place: FloatArray, half: float) -> FloatArray:
    import cv2

    low, high = np.round(place - half).astype(int), np.round(place + half).astype(int) + 1
    cut = picture[max(0, low[1]) : max(0, high[1]), max(0, low[0]) : max(0, high[0])]
    if cut.size == 0:
        return np.full(3, np.nan)
    mean = cut.reshape(1, -1, 3).mean(axis=1, keepdims=True).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(mean, cv2.COLOR_RGB2LAB)[0, 0], np.float64)


def colour_odds(one: FloatArray, others: FloatArray) -> FloatArray:
    """Log odds that people are the same, by their colours.

    Args:
        one: (P, 3) patches, NaN where unknown.
        others: (..., P, 3) of other people, or of the same.

    Returns:
        (...): above 0 where the mean distance over the patches known of both is below `DIFFERENT`; NaN where too
        little of either is known.
    """
    distances = np.linalg.norm((others - one) * np.array([LIGHTNESS, 1.0, 1.0]), axis=-1)
    known = np.isfinite(distances)
    count = known.sum(axis=-1)
    mean = np.where(known, distances, 0).sum(axis=-1) / np.maximum(count, 1)
    odds = np.clip((DIFFERENT - mean) / STEP, -SUREST, SUREST)
    return np.asarray(np.where(count >= NEEDED, odds, np.nan))


class Palette:
    """The mean colours of one person over the frames added."""

    def __init__(self) -> None:
        self._total = np.zeros((len(PATCHES), 3))
        self._weight = np.zeros((len(PATCHES), 1))
        self.frames = 0

    def add(self, colours: FloatArray) -> None:
        """Take one frame's patches (P, 3), NaN where unknown."""
        known = np.isfinite(colours).all(axis=1, keepdims=True)
        if known.sum() >= NEEDED:
            self._total += np.where(known, colours, 0)
            self._weight += known
            self.frames += 1

    def merge(self, other: Palette) -> None:
        """Take all frames of another."""
        self._total += other._total
        self._weight += other._weight
        self.frames += other.frames

    @property
    def mean(self) -> FloatArray:
        """(P, 3), NaN where nothing is known."""
        known = self._weight > 0
        return np.where(known, self._total / np.where(known, self._weight, 1), np.nan)
