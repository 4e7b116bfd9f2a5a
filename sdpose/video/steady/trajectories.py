"""Frames in a row as arrays over time, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ...boxes import around
from ...poses import FloatArray, IntArray, Poses
from ...topology import Skeleton

__all__ = ["BoolArray", "Trajectories", "masked_median", "shifted", "sizes"]

BoolArray = npt.NDArray[np.bool_]

_Array = TypeVar("_Array", bound=npt.NDArray[Any])


@dataclass(frozen=True)
class Trajectories:
    """T frames in a row of P identities, one row each, whether or not they are there.

    Attributes:
        skeleton: what the K keypoints are.
        ids: (P,) track ids, ascending.
        present: (T, P) who is in which frame.
        points: (T, P, K, 2) pixels of one canvas.
        scores: (T, P, K); 0 where somebody is missing.
        boxes: (T, P, 4) pixels; NaN where there is none.
        box_scores: (T, P); NaN where there is none.
    """

    skeleton: Skeleton
    ids: IntArray
    present: BoolArray
    points: FloatArray
    scores: FloatArray
    boxes: FloatArray
    box_scores: FloatArray

    @classmethod
    def of(cls, frames: Sequence[Poses]) -> Trajectories:
        """From frames with track ids, on one canvas and of one skeleton."""
        known = [frame.ids for frame in frames]
        everybody = np.unique(np.concatenate(known))
        shape, skeleton = (len(frames), len(everybody)), frames[0].skeleton
        present = np.zeros(shape, np.bool_)
        points, scores = np.zeros((*shape, len(skeleton), 2)), np.zeros((*shape, len(skeleton)))
        boxes, box_scores = np.full((*shape, 4), np.nan), np.full(shape, np.nan)
        for t, (frame, own) in enumerate(zip(frames, known, strict=True)):
            rows = np.searchsorted(everybody, own)
            present[t, rows], points[t, rows], scores[t, rows] = True, frame.points, frame.scores
            if frame.boxes is not None:
                # Absent people who keep a place have a box of 0: it says nothing.
                area = (frame.boxes[:, 2:] > frame.boxes[:, :2]).all(axis=1, keepdims=True)
                boxes[t, rows] = np.where(area, frame.boxes, np.nan)
            if frame.box_scores is not None:
                box_scores[t, rows] = frame.box_scores
        return cls(skeleton, everybody, present, points, scores, boxes, box_scores)

    def frame(self, t: int, came: Poses) -> Poses:
        """The people of frame t by id, on the canvas of these trajectories.

        Args:
            t: the frame.
            came: what it was made from. It has boxes again if it had; so has a frame in which there was nobody, if
                all who are there now have one.
        """
        here = self.present[t]
        if not here.any():
            return came
        boxes, box_scores = self.boxes[t, here], self.box_scores[t, here]
        boxed = came.boxes is not None if len(came) else not np.isnan(boxes).any()
        scored = came.box_scores is not None if len(came) else not np.isnan(box_scores).any()
        points, scores = self.points[t, here], self.scores[t, here]
        return came.replace(
            points=points,
            scores=scores,
            boxes=np.where(np.isnan(boxes), around(points, _shown(scores)), boxes) if boxed else None,
            box_scores=np.nan_to_num(box_scores) if scored and boxed else None,
            track_ids=self.ids[here],
        )


def _shown(scores: FloatArray) -> BoolArray:
    """(N, K) the keypoints that are present, or all of a person of whom none is."""
    return np.asarray((scores > 0) | ~(scores > 0).any(axis=1, keepdims=True))


def sizes(people: Trajectories, seen: BoolArray) -> FloatArray:
    """How far a person's body keypoints typically lie from their middle: about half a torso.

    Args:
        people: the trajectories.
        seen: (T, P, K) which keypoints count.

    Returns:
        (T, P, 1) pixels; 0 where nothing is seen.
    """
    body = list(people.skeleton.indices("body"))
    points = np.where(seen[:, :, body, None], people.points[:, :, body], np.inf)
    middle = masked_median(np.moveaxis(points, -1, -2))[:, :, None]
    middle = np.where(np.isfinite(middle), middle, 0.0)
    found = masked_median(np.linalg.norm(points - middle, axis=-1))
    return np.where(np.isfinite(found), found, 0.0)[..., None]


def shifted(values: _Array, frames: int) -> _Array:
    """`values` (T, ...) as they are so many frames later; 0 or False beyond the ends."""
    if frames == 0:
        return values
    found: _Array = np.zeros_like(values)
    if abs(frames) < len(values):
        if frames > 0:
            found[:-frames] = values[frames:]
        else:
            found[-frames:] = values[:frames]
    return found


def masked_median(values: FloatArray) -> FloatArray:
    """Median along the last axis of the values that are finite; infinity where none is."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, ordered.shape[-1] - 1), axis=-1)
    return np.asarray(np.where(count > 0, (low + high) / 2, np.inf)[..., 0])
