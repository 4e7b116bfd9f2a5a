"""Whether frames hold pixels, or shares of their canvas: as they say, or as the numbers tell; or refused.

A frame may say it itself, as "units": "pixels" or "normalised". Ours do where the numbers would not tell it: on
canvases of few pixels, of shares far outside, of one or two points. Of all frames of a clip that do not say it, the
numbers tell it together. What counts are the points with a score above 0, without those that stand for nothing: at the
origin, or left of and above it by 1 at most (controlnet_aux's OpenPose writes -1 pixel, with a score of 1, for a point
of a hand or face that it does not find).

- None counts: both readings come to the same, nothing. Pixels.
- All lie within -1..2, and at three places or more: shares, because nobody fits three pixels; a hand may well be
  outside of the picture.
- All lie within -10..10 otherwise: refused, with what to choose. Hardly anybody fits ten pixels, and hardly anybody is
  a canvas or more away.
- Else: pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...errors import BadKeypoints, Undecided
from ...poses import FloatArray, Poses
from .. import canvas
from ..values import say
from . import layout

__all__ = ["MARK", "Units", "in_pixels", "mark", "to_shares", "units_in"]

Units = Literal["pixels", "shares"]

MARK = "units"
"""The key under which a frame says its units."""

_MARKS: dict[str, Units] = {"pixels": "pixels", "normalised": "shares"}
_ENOUGH = 3
_NEAR = (-1, 2)
_FAR = 10
_PIXEL = 1.0001  # one, and what the float32 numbers of other tools may be beyond it


# Reading.


def units_in(clip: Sequence[Poses], frames: Sequence[Mapping[str, Any]]) -> list[Units]:
    """The units of each frame.

    Args:
        clip: the frames, read as they are written.
        frames: the same, as they came.

    Raises:
        Undecided: nothing says or tells it.
        BadKeypoints: a frame says something else.
    """
    said = [_said(frame, f"frame {i}") for i, frame in enumerate(frames)]
    unsaid = {i: poses for i, poses in enumerate(clip) if said[i] is None}
    points = _counting([np.concatenate([poses.points, poses.scores[..., None]], axis=2) for poses in unsaid.values()])
    told = _told(points)
    if told is None:
        raise Undecided(
            f"all {len(points)} keypoints lie between {points.min():.3g} and {points.max():.3g}{_outlier(unsaid)}, "
            'which may be pixels of the dialect "openpose" or shares of the canvas of the dialect "normalised"',
            "dialect",
        )
    return [units or told for units in said]


def _said(frame: Mapping[str, Any], where: str) -> Units | None:
    found = frame.get(MARK)
    if found is None:
        return None
    if not isinstance(found, str) or found not in _MARKS:
        expected = " or ".join(f'"{name}"' for name in _MARKS)
        raise BadKeypoints(f"{where}, {MARK}: expected {expected}, or nothing; got {say(found)}: choose the dialect")
    return _MARKS[found]


def _told(points: FloatArray) -> Units | None:
    """What the points that count tell; None where they may be either."""
    if not len(points):
        return "pixels"
    lowest, highest = points.min(), points.max()
    if lowest >= _NEAR[0] and highest <= _NEAR[1] and len(np.unique(points, axis=0)) >= _ENOUGH:
        return "shares"
    return None if lowest >= -_FAR and highest <= _FAR else "pixels"


def _counting(tables: Sequence[FloatArray]) -> FloatArray:
    """(M, 2) the points of tables (N, K, 3) by which units can be told."""
    return np.concatenate([np.zeros((0, 2)), *(table[..., :2][_counts(table)] for table in tables)])


def _counts(table: FloatArray) -> npt.NDArray[np.bool_]:
    """(N, K) which points count; the canvas has no say, as not every frame has one."""
    points = table[..., :2]
    is_nothing = np.all(points == 0, axis=-1) | np.all((points < 0) & (points >= -_PIXEL), axis=-1)
    counts: npt.NDArray[np.bool_] = (table[..., 2] > 0) & ~is_nothing
    return counts


def _outlier(clip: Mapping[int, Poses]) -> str:
    """Which of the points that count is the first that is no likely share, for a message."""
    for i, poses in clip.items():
        table = np.concatenate([poses.points, poses.scores[..., None]], axis=2)
        outside = _counts(table) & np.any((poses.points < _NEAR[0]) | (poses.points > _NEAR[1]), axis=-1)
        for person, keypoint in np.argwhere(outside):
            name = poses.skeleton.keypoints[keypoint]
            key = layout.key_of(name, poses[int(person)])
            return f" (frame {i}, person {person}, {key}: {name} is the first beyond {_NEAR[0]}..{_NEAR[1]})"
    return ""


def in_pixels(clip: Sequence[Poses], units: Sequence[Units]) -> list[Poses]:
    """Frames, read as they are written, in pixels; points of shares that stand for nothing are absent.

    Raises:
        BadKeypoints: the numbers are too large for that.
    """
    pairs = zip(clip, units, strict=True)
    return [_from_shares(poses, f"frame {i}") if of == "shares" else poses for i, (poses, of) in enumerate(pairs)]


def _from_shares(poses: Poses, where: str) -> Poses:
    pixel = _PIXEL / np.array(poses.canvas_wh)
    nothing = np.all((poses.points < 0) & (poses.points >= -pixel), axis=-1)
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


# Writing.


def to_shares(poses: Poses) -> Poses:
    """A frame with points and boxes as shares of its canvas; the inverse of `in_pixels`."""
    return poses.scaled((1, 1)).replace(canvas_wh=poses.canvas_wh)


def mark(tables: Sequence[FloatArray], units: Units) -> str | None:
    """What the frames of a clip have to say of their units; None where there is nobody, or the numbers tell it.

    Args:
        tables: (N, K, 3) x, y, score of each frame's people, as far as they are written.
        units: those that they are in.
    """
    if not any(map(len, tables)) or _told(_counting(tables)) == units:
        return None
    return next(name for name, meant in _MARKS.items() if meant == units)
