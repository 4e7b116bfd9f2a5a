"""OpenPose JSON as ComfyUI core's POSE_KEYPOINT: a list of frames, ready for `json.dump`.

    [{"canvas_width": 512, "canvas_height": 768,
      "people": [{"pose_keypoints_2d": [x, y, score, ...],      # 18 points
                  "foot_keypoints_2d": [...],                   #  6
                  "face_keypoints_2d": [...],                   # 70: 68 landmarks and the body's two eyes
                  "hand_right_keypoints_2d": [...],             # 21
                  "hand_left_keypoints_2d": [...],              # 21
                  "track_id": 3, "bbox": [x1, y1, x2, y2], "score": 0.9}]}]

Coordinates are pixels of the canvas, scores raw. Every list is always full: a point that nobody looked for is
0, 0, 0; one that was not found keeps its coordinates and its low score, because readers that make face boxes
take every coordinate as it is. Left and right are the person's own (ComfyUI core's extractor swaps the labels
of the hands).
`track_id`, `bbox` and `score` are written when the poses have them; readers that do not know them skip them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadKeypoints
from ..poses import FloatArray, Poses
from ..topology import get
from .values import numbers, row, say, whole

__all__ = ["Frame", "from_frames", "to_frames"]

Frame = dict[str, Any]

_FACE = "face_keypoints_2d"
# JSON key -> the skeleton's part that it holds.
_PARTS = {
    "pose_keypoints_2d": "body",
    "foot_keypoints_2d": "feet",
    _FACE: "face",
    "hand_right_keypoints_2d": "right_hand",
    "hand_left_keypoints_2d": "left_hand",
}
# OpenPose's face of 70 points ends with these; they repeat the body's.
_EYES = ("right_eye", "left_eye")


def to_frames(people: Iterable[Poses]) -> list[Frame]:
    """Write a clip's poses as frames, in order.

    Args:
        people: one Poses per frame, in any skeleton (a single Poses is one frame).

    Returns:
        One dict per frame, of plain numbers, strings, lists and dicts.
    """
    return [_frame(poses) for poses in ([people] if isinstance(people, Poses) else people)]


def from_frames(json: Mapping[str, Any] | Sequence[Any]) -> list[Poses]:
    """Read frames back as poses; what `to_frames` wrote comes back exactly.

    Args:
        json: the list of frames, or one frame. A part may be null, empty or missing, a face may have 68 or 70
            points, and points may be flat or nested in threes. A `bbox` may have a fifth number, a score, which
            is skipped, or be a dict of x, y, width and height. Whole numbers may be floats.

    Returns:
        One Poses per frame: OpenPose's 134 points when any person of any frame has feet, hands or a face, and
        else its 18. A frame has boxes, scores or track ids when everyone in it has one.

    Raises:
        BadKeypoints: something else than that; the message names the frame, the person and the field.
    """
    frames = [json] if isinstance(json, Mapping) else json
    if not isinstance(frames, (list, tuple)):
        raise BadKeypoints(f"expected a list of OpenPose frames, or one; got {say(frames)}")
    clip = [_poses(frame, f"frame {i}") for i, frame in enumerate(frames)]
    body = get("openpose18")
    return clip if any(_beyond_body(poses) for poses in clip) else [poses.to(body) for poses in clip]


@cache
def _rows() -> dict[str, list[int]]:
    """JSON key -> its points' rows in a table of the 134 keypoints followed by the face's two eyes."""
    skeleton = get("openpose134")
    rows = {key: list(skeleton.indices(part)) for key, part in _PARTS.items()}
    rows[_FACE] += [len(skeleton), len(skeleton) + 1]
    return rows


# Writing.


def _table(poses: Poses) -> FloatArray:
    """(N, 134 + 2, 3) x, y, score: the keypoints, then each face's eyes, zeros where there is no face."""
    whole = poses.to(get("openpose134"))
    table = np.concatenate([whole.points, whole.scores[..., None]], axis=2)
    eyes = table[:, [whole.skeleton.index(eye) for eye in _EYES]]
    has_face = np.any(table[:, whole.skeleton.indices("face")], axis=(1, 2), keepdims=True)
    return np.concatenate([table, np.where(has_face, eyes, 0.0)], axis=1)


def _frame(poses: Poses) -> Frame:
    people: list[Frame] = [
        {key: person[rows].ravel().tolist() for key, rows in _rows().items()} for person in _table(poses)
    ]
    for key, values in (("track_id", poses.track_ids), ("bbox", poses.boxes), ("score", poses.box_scores)):
        if values is not None:
            for person, value in zip(people, values.tolist(), strict=True):
                person[key] = value
    width, height = poses.canvas_wh
    return {"canvas_width": width, "canvas_height": height, "people": people}


# Reading.


def _poses(frame: Any, where: str) -> Poses:
    if not isinstance(frame, Mapping):
        raise BadKeypoints(f"{where}: expected a dict with canvas_width, canvas_height and people; got {say(frame)}")
    canvas_wh = _side(frame, "canvas_width", where), _side(frame, "canvas_height", where)
    people = frame.get("people")
    if not isinstance(people, (list, tuple)):
        raise BadKeypoints(f"{where}, people: expected a list; got {say(people)}")
    skeleton = get("openpose134")
    if not people:
        return Poses.empty(skeleton, canvas_wh)
    table = np.stack([_person(person, f"{where}, person {i}") for i, person in enumerate(people)])
    return Poses(
        points=table[..., :2],
        scores=table[..., 2],
        skeleton=skeleton,
        canvas_wh=canvas_wh,
        boxes=_extra(people, "bbox", _box, where),
        box_scores=_flat(_extra(people, "score", row, where)),
        track_ids=_flat(_extra(people, "track_id", whole, where)),
    )


def _side(frame: Mapping[str, Any], key: str, where: str) -> int:
    value = frame.get(key)
    side: Any = value if isinstance(value, Real) else 0
    if 1 <= side < math.inf and side == int(side):
        return int(side)
    raise BadKeypoints(f"{where}, {key}: expected a whole number of pixels, at least 1; got {say(value)}")


def _person(person: Any, where: str) -> FloatArray:
    """(134, 3) x, y, score; zeros where the person has no such part."""
    if not isinstance(person, Mapping):
        raise BadKeypoints(f"{where}: expected a dict of keypoint lists; got {say(person)}")
    table = np.zeros((len(get("openpose134")) + len(_EYES), 3))
    for key, rows in _rows().items():
        counts = (len(rows), len(rows) - len(_EYES)) if key == _FACE else (len(rows),)
        values = numbers(person.get(key), f"{where}, {key}")
        if values.size not in (0, *(3 * count for count in counts)):
            expected = " or ".join(f"{3 * count} numbers ({count} points as x, y, score)" for count in counts)
            raise BadKeypoints(f"{where}, {key}: expected {expected}, null or nothing; got {values.size} numbers")
        table[rows[: values.size // 3]] = values.reshape(-1, 3)
    return table[: -len(_EYES)]


_Read = Callable[[Any, str], npt.NDArray[Any]]


def _extra(people: Sequence[Mapping[str, Any]], key: str, read: _Read, where: str) -> npt.NDArray[Any] | None:
    """(N, ...) numbers of everybody's `key`, or None when somebody has none."""
    rows = [read(person.get(key), f"{where}, person {i}, {key}") for i, person in enumerate(people)]
    return np.stack(rows) if all(row.size for row in rows) else None


def _box(value: Any, where: str) -> npt.NDArray[Any]:
    """(4,) x1, y1, x2, y2 of a box written so, with a score behind, or as a dict of x, y, width and height."""
    if not isinstance(value, Mapping):
        return row(value, where, count=4, spare=1)
    sides = [row(value.get(key), f"{where}, {key}") for key in ("x", "y", "width", "height")]
    if not all(side.size for side in sides):
        raise BadKeypoints(f"{where}: expected x, y, width and height, or 4 numbers; got {say(value)}")
    x, y, width, height = np.concatenate(sides, dtype=np.float64)
    return np.array([x, y, x + width, y + height])


def _flat(column: npt.NDArray[Any] | None) -> npt.NDArray[Any] | None:
    return None if column is None else column[:, 0]


def _beyond_body(poses: Poses) -> bool:
    """Whether anything is written about feet, hands or faces."""
    body = len(get("openpose18"))
    return bool(poses.points[:, body:].any() or poses.scores[:, body:].any())
