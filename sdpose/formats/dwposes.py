"""DWPOSES, as the SCAIL-Pose nodes hand them on: everybody of every frame, in shares of a canvas that is not named.

    {"poses": [{"bodies": {"candidate": (P, 18, 2), "subset": (P, 18)},   # subset: the joint's number, or -1: not there
                "hands": (2P, 21, 2), "faces": (P, 70, 2),
                "body_score": (P, 18), "hand_score": (2P, 21), "face_score": (P, 70)}],
     "swap_hands": False}

The hands of a person follow one another: the left before the right, or with `swap_hands` the right before the left, as
the pack's own ViTPose detector has them. That one has faces of 68 points, without the eyes at the end. Left and right
are the person's own. Frames with nobody have empty arrays; a frame may have no hands or no faces at all, and scores may
be missing. The nodes draw every point of a hand or a face that is right of and below 0, whatever its score, so that
absent ones are written as 0, 0.

Read in ComfyUI-SCAIL-Pose2 1.0.0, which has kijai's nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import BadKeypoints
from ..poses import FloatArray, Poses
from ..topology import get
from . import openpose
from .canvas import needed, pixels
from .values import numbers, say

__all__ = ["fits", "read", "write"]

_POINTS = {"body": 18, "hand": 21, "face": 70}
# By `swap_hands`: which hand is first.
_SIDES = {False: ("left_hand", "right_hand"), True: ("right_hand", "left_hand")}


def fits(payload: Any) -> bool:
    """Whether a payload looks like DWPOSES: `poses`, of which the first has bodies, or none and `swap_hands`."""
    poses = payload.get("poses") if isinstance(payload, Mapping) else None
    if not isinstance(poses, (list, tuple)):
        return False
    return isinstance(poses[0], Mapping) and "bodies" in poses[0] if poses else "swap_hands" in payload


# Reading.


def read(payload: Mapping[str, Any], canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """DWPOSES as poses.

    Args:
        payload: see the module; the arrays may be lists.
        canvas_wh: width and height in pixels of the canvas, which the payload does not say.

    Returns:
        One Poses of OpenPose's 134 points per frame. Scores are those of the payload. Where it has none, they are 1
        for points that are there: a joint with a number in the subset, and a point that the nodes would draw.

    Raises:
        BadKeypoints: something else than that, or no canvas; the message names the frame and the field.
    """
    frames = payload.get("poses") if isinstance(payload, Mapping) else None
    if not isinstance(frames, (list, tuple)):
        raise BadKeypoints(f"poses: expected a list, one entry per frame; got {say(frames)}")
    swapped = payload.get("swap_hands")
    if not isinstance(swapped, (bool, type(None))):
        raise BadKeypoints(f"swap_hands: expected true or false; got {say(swapped)}")
    canvas_wh = needed(canvas_wh, "DWPOSES")
    return [_poses(frame, canvas_wh, _SIDES[bool(swapped)], f"frame {i}") for i, frame in enumerate(frames)]


def _poses(frame: Any, canvas_wh: tuple[int, int], sides: tuple[str, str], where: str) -> Poses:
    bodies = frame.get("bodies") if isinstance(frame, Mapping) else None
    if not isinstance(bodies, Mapping):
        raise BadKeypoints(f"{where}, bodies: expected a dict with candidate and subset; got {say(bodies)}")
    people = _with_scores(bodies, "candidate", _body_scores(frame, bodies, where), (_POINTS["body"],), where)
    hands = _with_scores(frame, "hands", frame.get("hand_score"), (_POINTS["hand"],), where)
    faces = _with_scores(frame, "faces", frame.get("face_score"), (_POINTS["face"], 68), where)
    _check_count(hands, 2 * len(people), f"{where}, hands")
    _check_count(faces, len(people), f"{where}, faces")
    skeleton = get("openpose134")
    if not people:
        return Poses.empty(skeleton, canvas_wh)
    table = np.zeros((len(people), len(skeleton), 3))
    parts = {"body": people, sides[0]: hands[0::2], sides[1]: hands[1::2], "face": faces}
    for part, found in parts.items():
        rows = list(skeleton.indices(part))
        for person, points in enumerate(found):
            table[person, rows] = points[: len(rows)]
    placed = [pixels(person[:, :2], canvas_wh, f"{where}, person {n}") for n, person in enumerate(table)]
    return Poses(np.stack(placed), table[..., 2], skeleton, canvas_wh)


def _check_count(found: Sequence[FloatArray], count: int, where: str) -> None:
    if len(found) not in (0, count):
        raise BadKeypoints(f"{where}: expected {count} or none; got {len(found)}, and nothing says whose they are")


def _body_scores(frame: Mapping[str, Any], bodies: Mapping[str, Any], where: str) -> Any:
    """The scores of bodies; without any, what their subset comes to."""
    if frame.get("body_score") is not None:
        return frame["body_score"]
    subset = _arrays(bodies.get("subset"), [(_POINTS["body"],)], f"{where}, subset")
    return [(joints >= 0).astype(np.float64) for joints in subset] or None


def _with_scores(
    source: Mapping[str, Any], key: str, scores: Any, counts: tuple[int, ...], where: str
) -> list[FloatArray]:
    """(K, 3) x, y, score of each one's part."""
    points = _arrays(source.get(key), [(count, 2) for count in counts], f"{where}, {key}")
    if scores is None:
        return [np.column_stack([part, (part > 0).all(axis=1)]) for part in points]
    rated = _arrays(scores, [(count,) for count in counts], f"{where}, scores of {key}")
    if [len(part) for part in rated] != [len(part) for part in points]:
        raise BadKeypoints(f"{where}, scores of {key}: expected one for each of the points; got {say(scores)}")
    return [np.column_stack(pair) for pair in zip(points, rated, strict=True)]


def _arrays(value: Any, shapes: Sequence[tuple[int, ...]], where: str) -> list[FloatArray]:
    """Each one's numbers, of one of these shapes; None has none."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) and not (isinstance(value, np.ndarray) and value.ndim):
        raise BadKeypoints(f"{where}: expected a list or an array; got {say(value)}")
    found = [numbers(entry, f"{where} {n}").astype(np.float64) for n, entry in enumerate(value)]
    for n, array in enumerate(found):
        if array.shape not in shapes:
            expected = " or ".join(" by ".join(map(str, shape)) for shape in shapes)
            raise BadKeypoints(f"{where} {n}: expected {expected} numbers; got {' by '.join(map(str, array.shape))}")
    return found


# Writing.


def write(people: Iterable[Poses], swap_hands: bool = False) -> dict[str, Any]:
    """A clip as DWPOSES. They hold no feet, boxes or track ids, and nothing of an absent point.

    Args:
        people: one Poses per frame, in any skeleton.
        swap_hands: each person's right hand before the left.
    """
    return {"poses": [_frame(poses, swap_hands) for poses in people], "swap_hands": swap_hands}


def _frame(poses: Poses, swap_hands: bool) -> dict[str, Any]:
    """What the pack makes of a frame of POSE_KEYPOINT."""
    (written,) = openpose.to_frames([poses])
    hands = ["hand_left_keypoints_2d", "hand_right_keypoints_2d"]
    lists = {"body": ["pose_keypoints_2d"], "hand": hands[::-1] if swap_hands else hands, "face": ["face_keypoints_2d"]}
    tables = {
        part: np.reshape([person[key] for person in written["people"] for key in keys], (-1, _POINTS[part], 3))
        for part, keys in lists.items()
    }
    points = {part: np.where(table[..., 2:] > 0, table[..., :2], 0) / poses.canvas_wh for part, table in tables.items()}
    joints = np.where(tables["body"][..., 2] > 0, np.arange(_POINTS["body"]), -1.0)
    return {
        "bodies": {"candidate": points["body"], "subset": joints},
        "hands": points["hand"],
        "faces": points["face"],
        **{f"{part}_score": table[..., 2].copy() for part, table in tables.items()},
    }
