"""The one container for poses: the people of one frame. A clip is a sequence of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import BadKeypoints
from .topology import Skeleton

__all__ = ["FloatArray", "IntArray", "Poses"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Keypoints that are made from others when a skeleton without them is converted to one with them:
# the point is the mean, the score the minimum (a threshold is a view, so there is no gate here).
_DERIVED = {"neck": ("left_shoulder", "right_shoulder"), "mid_hip": ("left_hip", "right_hip")}


@dataclass(frozen=True)
class Poses:
    """The N people of one frame, each with the K keypoints of one skeleton.

    Attributes:
        points: (N, K, 2) pixels of the canvas, x to the right, y down; finite, and free to lie outside.
        scores: (N, K) raw heatmap maxima, about 0 to 1 but not clipped; 0 or less means absent.
        skeleton: what the K keypoints are.
        canvas_wh: width and height in pixels of the picture the points live in.
        boxes: (N, 4) x1, y1, x2, y2 in pixels, or None when unknown.
        box_scores: (N,) detector confidences, or None.
        track_ids: (N,) one number per identity across a clip, or None.

    Raises:
        BadKeypoints: shapes disagree or values are not finite.
    """

    points: FloatArray
    scores: FloatArray
    skeleton: Skeleton
    canvas_wh: tuple[int, int]
    boxes: FloatArray | None = None
    box_scores: FloatArray | None = None
    track_ids: IntArray | None = None

    def __post_init__(self) -> None:
        people, keypoints = len(self.points), len(self.skeleton)
        shapes = {
            "points": (people, keypoints, 2),
            "scores": (people, keypoints),
            "boxes": (people, 4),
            "box_scores": (people,),
            "track_ids": (people,),
        }
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is not None:
                kind = np.int64 if name == "track_ids" else np.float64
                object.__setattr__(self, name, _checked(name, value, shape, kind))
        width, height = (int(side) for side in self.canvas_wh)
        if width < 1 or height < 1:
            raise BadKeypoints(f"canvas_wh must be at least 1 by 1 pixel, got {width} by {height}")
        object.__setattr__(self, "canvas_wh", (width, height))

    @classmethod
    def empty(cls, skeleton: Skeleton, canvas_wh: tuple[int, int]) -> Poses:
        """A frame with nobody in it."""
        k = len(skeleton)
        return cls(np.zeros((0, k, 2)), np.zeros((0, k)), skeleton, canvas_wh, boxes=np.zeros((0, 4)))

    @property
    def ids(self) -> IntArray:
        """`track_ids`, and none where they are unknown, as in a frame with nobody in it."""
        return np.zeros(0, np.int64) if self.track_ids is None else self.track_ids

    @property
    def numbered(self) -> bool:
        """Whether everybody has an id that nobody else in the frame has."""
        return len(np.unique(self.ids)) == len(self)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, people: int | slice | list[int] | npt.NDArray[Any]) -> Poses:
        """The chosen people, always as a Poses: an index keeps one, a slice, list or mask keeps several."""
        keep = [people] if isinstance(people, (int, np.integer)) else people
        parts = {name: getattr(self, name) for name in ("points", "scores", "boxes", "box_scores", "track_ids")}
        return self.replace(**{name: value[keep] for name, value in parts.items() if value is not None})

    def __iter__(self) -> Iterator[Poses]:
        """Each person in turn, as a Poses of one."""
        return (self[i] for i in range(len(self)))

    def replace(self, **changes: Any) -> Poses:
        """A copy with some fields changed, validated again."""
        return replace(self, **changes)

    def scaled(self, canvas_wh: tuple[int, int]) -> Poses:
        """The same people on a canvas of another size: points and boxes are re-projected, axis by axis."""
        factor = np.array(canvas_wh, np.float64) / np.array(self.canvas_wh, np.float64)
        boxes = None if self.boxes is None else self.boxes * np.tile(factor, 2)
        return self.replace(points=self.points * factor, boxes=boxes, canvas_wh=canvas_wh)

    def to(self, skeleton: Skeleton) -> Poses:
        """The same people in another skeleton, keypoint by keypoint of the same name.

        The neck, where the source has none, lies midway between the shoulders and takes the lower of their scores;
        so does the middle of the hips between the hips. Any other keypoint that the source lacks comes out absent: at
        (0, 0) with score 0; so do these two where one of what they lie between is.
        """
        if skeleton == self.skeleton:
            return self
        points = np.zeros((len(self), len(skeleton), 2))
        scores = np.zeros((len(self), len(skeleton)))
        here, there = _shared(self.skeleton, skeleton)
        points[:, there], scores[:, there] = self.points[:, here], self.scores[:, here]
        nowhere = (self.scores <= 0) & ~self.points.any(axis=2)
        for name, sources in _DERIVED.items():
            if name in skeleton and name not in self.skeleton and all(source in self.skeleton for source in sources):
                i, columns = skeleton.index(name), [self.skeleton.index(source) for source in sources]
                known = ~nowhere[:, columns].any(axis=1)
                points[known, i] = self.points[known][:, columns].mean(axis=1)
                scores[:, i] = self.scores[:, columns].min(axis=1)
        return self.replace(points=points, scores=scores, skeleton=skeleton)


@cache
def _shared(source: Skeleton, target: Skeleton) -> tuple[list[int], list[int]]:
    """The positions, in the one and in the other, of the keypoints that both have."""
    names = [name for name in target.keypoints if name in source]
    return [source.index(name) for name in names], [target.index(name) for name in names]


def _checked(name: str, value: Any, shape: tuple[int, ...], dtype: type) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.asarray(value, dtype=dtype)
    if array.shape != shape:
        raise BadKeypoints(f"{name} must have shape {shape} ({shape[0]} people of this skeleton), got {array.shape}")
    if not np.isfinite(array).all():
        raise BadKeypoints(f"{name} must be finite, got NaN or infinity; use score 0 for an absent keypoint")
    return array
