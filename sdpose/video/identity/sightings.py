"""What is known of each person of one frame, however it came: keypoints, a box, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...boxes import around, frame_array, validate_boxes
from ...errors import BadBoxes
from ...poses import FloatArray, Poses
from ...topology import Skeleton, get
from .colours import PATCHES, body_colours

__all__ = ["Sighting", "body_boxes", "people_of_boxes", "present", "sightings"]

MARGIN = 0.1
"""A box around keypoints grows by this share of its longer side on each side: a body is wider than its joints."""

FAINT = 0.5
"""A keypoint is seen when its score is at least this share of the median of its person's scores above 0. Scores of
different sources are not on one scale, so no fixed limit would do."""


@dataclass(frozen=True)
class Sighting:
    """One person in one frame.

    Attributes:
        points: (K, 2) pixels of the clip's first canvas, as are all lengths here.
        seen: (K,) which of them count.
        box: (4,) x1, y1, x2, y2; it has an area.
        colours: (P, 3) Lab of the body's patches, NaN where one is not to be seen; see `colours.PATCHES`.
    """

    points: FloatArray
    seen: npt.NDArray[np.bool_]
    box: FloatArray
    colours: FloatArray

    @property
    def centre(self) -> FloatArray:
        """(2,) the middle of the box."""
        return np.asarray((self.box[:2] + self.box[2:]) / 2)

    @property
    def extent(self) -> float:
        """The diagonal of the box."""
        return float(np.linalg.norm(self.box[2:] - self.box[:2]))


def people_of_boxes(boxes: Any, canvas_wh: tuple[int, int], scores: Any = None) -> Poses:
    """People of whom only the box is known, to track boxes before anything is estimated.

    Args:
        boxes: (N, 4) x1, y1, x2, y2 in pixels.
        canvas_wh: width and height of the picture.
        scores: (N,) the detector's confidences, if known.

    Returns:
        N people with every keypoint absent (score 0, COCO-17).

    Raises:
        BadBoxes: malformed boxes, or not as many scores.
    """
    known = validate_boxes(boxes)
    confidences = None if scores is None else np.asarray(scores, np.float64)
    if confidences is not None and confidences.shape != (len(known),):
        raise BadBoxes(f"there are {len(known)} boxes, and scores of shape {confidences.shape}: give one for each box")
    skeleton = get("coco17")
    nothing = np.zeros((len(known), len(skeleton)))
    points = np.zeros((*nothing.shape, 2))
    return Poses(points, nothing, skeleton, canvas_wh, boxes=known, box_scores=confidences)


def body_boxes(poses: Poses) -> FloatArray:
    """Boxes (N, 4) of the people: their own, or around their keypoints; all 0 for one of whom nothing is known."""
    boxes = np.zeros((len(poses), 4)) if poses.boxes is None else validate_boxes(poses.boxes)
    known = poses.scores > 0
    drawn = around(poses.points, known)
    margins = np.maximum(1.0, MARGIN * (drawn[:, 2:] - drawn[:, :2]).max(axis=1, initial=0.0))[:, None]
    drawn += np.concatenate([-margins, -margins, margins, margins], axis=1) * known.any(axis=1, keepdims=True)
    return np.where((boxes[:, 2:] <= boxes[:, :2]).any(axis=1, keepdims=True), drawn, boxes)


def present(poses: Poses) -> Poses:
    """Without those of whom nothing is known, neither keypoint nor box; `placed` has such where people are absent."""
    boxes = body_boxes(poses)
    return poses[np.asarray((boxes[:, 2:] > boxes[:, :2]).all(axis=1))]


def sightings(poses: Poses, skeleton: Skeleton, canvas_wh: tuple[int, int], frame: Any = None) -> list[Sighting | None]:
    """What is known of each person of a frame.

    Args:
        poses: the frame's people.
        skeleton: the one in which people are compared.
        canvas_wh: the canvas on which they are compared.
        frame: the picture, uint8 (h, w, 3) of any size, or None.

    Returns:
        One for each person; None for one with neither a box nor a present keypoint.

    Raises:
        BadImage: the frame is not such a picture.
    """
    poses = poses.to(skeleton).scaled(canvas_wh)
    boxes = body_boxes(poses)
    seen = _seen(poses.scores)
    colours = np.full((len(poses), len(PATCHES), 3), np.nan)
    if frame is not None:
        picture = frame_array(frame)
        factor = np.array(picture.shape[1::-1]) / canvas_wh
        colours = body_colours(picture, poses.points * factor, seen, boxes * np.tile(factor, 2), skeleton)
    return [
        Sighting(poses.points[row], seen[row], boxes[row], colours[row]) if (boxes[row, 2:] > boxes[row, :2]).all()
        else None
        for row in range(len(poses))
    ]  # fmt: skip


def _seen(scores: FloatArray) -> npt.NDArray[np.bool_]:
    """(N, K) which keypoints count."""
    limits = [FAINT * np.median(row[row > 0]) if (row > 0).any() else np.inf for row in scores]
    return np.asarray((scores > 0) & (scores >= np.reshape(limits, (len(scores), 1))))
