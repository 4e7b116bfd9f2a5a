"""Whether frames hold pixels, or shares of their canvas: told from the numbers, or refused where both may be meant.

The rule, for a whole clip at once. What counts are the points with a score above 0, without those that stand for
nothing: at the origin, or beyond it by a pixel at most (controlnet_aux's OpenPose writes -1 pixel, with a score of 1,
for a point of a hand or face that it does not find).

- None counts: both readings come to the same, nothing. Pixels.
- All lie within 0..1, and there are three of them or more: shares, because nobody fits one pixel.
- All lie within -1..2 otherwise: refused, with what to choose.
- Else: pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...errors import Undecided
from ...poses import FloatArray, Poses
from .. import canvas
from . import layout

__all__ = ["are_shares", "from_shares", "to_shares"]

_ENOUGH = 3
_PIXEL = 1.0001  # one, and what the float32 numbers of other tools may be beyond it


def are_shares(clip: Sequence[Poses]) -> bool:
    """Whether the coordinates of a clip, as they were written, are shares of the canvas and not pixels.

    Raises:
        Undecided: they may be either.
    """
    points = np.concatenate([np.zeros((0, 2)), *(poses.points[_counting(poses)] for poses in clip)])
    if not len(points):
        return False
    lowest, highest = points.min(), points.max()
    if lowest >= 0 and highest <= 1 and len(points) >= _ENOUGH:
        return True
    if lowest < -1 or highest > 2:
        return False
    raise Undecided(
        f"all {len(points)} keypoints lie between {lowest:.3g} and {highest:.3g}{_outlier(clip)}, which may be pixels "
        'of the dialect "openpose" or shares of the canvas of the dialect "normalised"',
        "dialect",
    )


def _counting(poses: Poses) -> npt.NDArray[np.bool_]:
    """(N, K) by which points of a frame its units can be told."""
    at_origin = np.all(poses.points == 0, axis=-1)
    counts: npt.NDArray[np.bool_] = (poses.scores > 0) & ~at_origin & ~_beyond_origin(poses.points, poses.canvas_wh)
    return counts


def _outlier(clip: Sequence[Poses]) -> str:
    """Which of the points that count is the first not to be a share, for a message."""
    for i, poses in enumerate(clip):
        outside = _counting(poses) & np.any((poses.points < 0) | (poses.points > 1), axis=-1)
        for person, keypoint in np.argwhere(outside):
            name = poses.skeleton.keypoints[keypoint]
            return (
                f" (frame {i}, person {person}, {layout.key_of(name, poses.skeleton)}: {name} is the first beyond 0..1)"
            )
    return ""


def _beyond_origin(shares: FloatArray, canvas_wh: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(N, K) which points lie outside the canvas's first corner, by a pixel at most each way."""
    within: npt.NDArray[np.bool_] = np.all((shares < 0) & (shares >= -_PIXEL / np.array(canvas_wh)), axis=-1)
    return within


def from_shares(clip: Sequence[Poses]) -> list[Poses]:
    """Frames whose points and boxes are shares of their canvas, in pixels; points that stand for nothing are absent.

    Raises:
        BadKeypoints: the numbers are too large for that.
    """
    return [_from_shares(poses, f"frame {i}") for i, poses in enumerate(clip)]


def _from_shares(poses: Poses, where: str) -> Poses:
    nothing = _beyond_origin(poses.points, poses.canvas_wh)
    points = _pixels(poses.points, poses.canvas_wh, where, "keypoints")
    boxes = poses.boxes if poses.boxes is None else _pixels(poses.boxes, poses.canvas_wh, where, "bbox")
    scores = np.where(nothing, 0.0, poses.scores)
    return poses.replace(points=np.where(nothing[..., None], 0.0, points), scores=scores, boxes=boxes)


def _pixels(shares: FloatArray, canvas_wh: tuple[int, int], where: str, field: str) -> FloatArray:
    """(N, ...) of x and y by turns, person by person as pixels."""
    pixels = np.zeros_like(shares)
    for i, of_person in enumerate(shares):
        at = f"{where}, person {i}, {field}"
        pixels[i] = canvas.pixels(of_person.reshape(-1, 2), canvas_wh, at).reshape(of_person.shape)
    return pixels


def to_shares(poses: Poses) -> Poses:
    """A frame with points and boxes as shares of its canvas; the inverse of `from_shares`."""
    return poses.scaled((1, 1)).replace(canvas_wh=poses.canvas_wh)
