"""What both kinds of file come to: people, one by one, and a frame made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import BadKeypoints
from ...poses import FloatArray, IntArray, Poses
from ...topology import Skeleton

__all__ = ["Person", "gather"]

MARGIN = 0.15
"""How far a box made from keypoints reaches beyond them at each side, in their own extent."""


@dataclass(frozen=True)
class Person:
    """Somebody in a file, with K keypoints.

    Attributes:
        where: the file, the frame and the person, for messages.
        points: (K, 2) pixels, (0, 0) where not given.
        given: (K,) which keypoints the file gives.
        visible: (K,) which of these it does not flag as hidden.
        scores: (K,) NaN where the file gives none.
        box: (4,) x1, y1, x2, y2, or (0,) for none.
        head_box: the same of the head.
        track_id: (1,) or (0,) for none.
    """

    where: str
    points: FloatArray
    given: npt.NDArray[np.bool_]
    visible: npt.NDArray[np.bool_]
    scores: FloatArray
    box: FloatArray = field(default_factory=lambda: np.zeros(0))
    head_box: FloatArray = field(default_factory=lambda: np.zeros(0))
    track_id: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def extent(self) -> FloatArray:
        """The person's box as far as it can be known: (4,) or (0,)."""
        if self.box.size or not self.given.any():
            return self.box if self.box.size else self.head_box
        low, high = self.points[self.given].min(axis=0), self.points[self.given].max(axis=0)
        with np.errstate(over="ignore", invalid="ignore"):  # `Poses` refuses what comes of it
            return np.concatenate([low - MARGIN * (high - low), high + MARGIN * (high - low)])


def gather(people: Sequence[Person], skeleton: Skeleton) -> dict[str, Any]:
    """`poses`, `given`, `visible`, `scored` and `head_boxes` of a `Frame`; the canvas is one pixel yet.

    Raises:
        BadKeypoints: some have a track id and some have none.
    """
    numbered = [person.track_id.size > 0 for person in people]
    if any(numbered) and not all(numbered):
        without = people[numbered.index(False)].where
        raise BadKeypoints(f"{without}, track_id: expected one, as others in this frame have")
    if not people:
        nobody = Poses.empty(skeleton, (1, 1)).replace(track_ids=np.zeros(0, np.int64))
        none = np.zeros((0, len(skeleton)), np.bool_)
        return {"poses": nobody, "given": none, "visible": none, "scored": none, "head_boxes": np.zeros((0, 4))}
    given, scores = np.stack([person.given for person in people]), np.stack([person.scores for person in people])
    boxes = [person.extent for person in people]
    poses = Poses(
        points=np.stack([person.points for person in people]),
        scores=np.where(given, np.where(np.isnan(scores), 1.0, scores), 0.0),
        skeleton=skeleton,
        canvas_wh=(1, 1),
        boxes=np.stack(boxes) if all(box.size for box in boxes) else None,
        track_ids=np.concatenate([person.track_id for person in people]) if all(numbered) else None,
    )
    return {
        "poses": poses,
        "given": given,
        "visible": np.stack([person.visible for person in people]) & given,
        "scored": given & ~np.isnan(scores),
        "head_boxes": np.stack([person.head_box if person.head_box.size else np.full(4, np.nan) for person in people]),
    }
