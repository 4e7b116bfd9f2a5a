"""The old OpenPose editors' file: one frame, points without scores.

    {"width": 512, "height": 512, "keypoints": [[[x, y], ... 18 of them], ...]}

Looked up in the editors' sources: fkunn1326's openpose-editor (October 2023), which brought it in, saves and loads
everybody's points in one list without levels, 18 after 18, all of them there. space-nuko's ComfyUI-OpenPose-Editor has
a list for each person. OpenPose Studio 2.2.0 loads that, null for a missing point, COCO's 17 points too, and in its
own library has lists for the face and the hands beside it, where 0, 0 is missing. All of this is read, and -1, -1 as
missing too: fkunn1326's puts a point there that another file lacks. Written is a list for each person, with null for a
missing point. Body points are OpenPose's 18, in pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from ..errors import BadKeypoints
from ..poses import FloatArray, Poses
from ..topology import get
from . import openpose
from .canvas import size
from .openpose import layout
from .values import rows, say

__all__ = ["fits", "read", "write"]

_BODY = "keypoints"
_EXTRA = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


def fits(payload: Any) -> bool:
    """Whether a payload looks like such a file, or like a list of what is in several."""
    first = payload[0] if isinstance(payload, (list, tuple)) and payload else payload
    return isinstance(first, Mapping) and {"width", "height", _BODY} <= first.keys()


# Reading.


def read(
    payload: Mapping[str, Any] | Sequence[Mapping[str, Any]], canvas_wh: tuple[int, int] | None = None
) -> list[Poses]:
    """Parsed files as poses; a point that is there has score 1.

    Args:
        payload: see the module; a list of what is in several files is as many frames.
        canvas_wh: width and height in pixels, for a file that does not say them.

    Returns:
        One Poses per file: OpenPose's 134 points where there is a face or a hand in one, and else its 18.

    Raises:
        BadKeypoints: something else than that; the message names the frame, the person and the field.
    """
    files = payload if isinstance(payload, (list, tuple)) else [payload]
    clip = [_poses(file, canvas_wh, f"frame {i}") for i, file in enumerate(files)]
    body = get("openpose18")
    return clip if any(poses.scores[:, len(body) :].any() for poses in clip) else [poses.to(body) for poses in clip]


def _poses(file: Any, canvas_wh: tuple[int, int] | None, where: str) -> Poses:
    if not isinstance(file, Mapping):
        raise BadKeypoints(f"{where}: expected a dict with width, height and keypoints; got {say(file)}")
    wh = size(file.get, ("width", "height"), where, canvas_wh)
    skeleton = get("openpose134")
    people = _people(file.get(_BODY), f"{where}, {_BODY}")
    bodies = [_body(person, wh, f"{where}, person {i}, {_BODY}") for i, person in enumerate(people)]
    if not bodies:
        return Poses.empty(skeleton, wh)
    points = np.concatenate([body.points for body in bodies])
    scores = np.concatenate([body.scores for body in bodies])
    for key in _EXTRA:
        for i, entry in enumerate(_listed(file.get(key), len(bodies), f"{where}, {key}")):
            found = _points(entry, layout.orders(key), f"{where}, person {i}, {key}")
            columns = [skeleton.index(name) for name in layout.orders(key).get(len(found), ()) if name in skeleton]
            points[i, columns], scores[i, columns] = found[: len(columns), :2], found[: len(columns), 2]
    return Poses(points, scores, skeleton, wh)


def _people(value: Any, where: str) -> Sequence[Any]:
    """Everybody's points; all in one list are told by the first that is not null being a point."""
    if not isinstance(value, (list, tuple)):
        raise BadKeypoints(f"{where}: expected a list; got {say(value)}")
    first = next((entry for entry in value if entry is not None), None)
    if value and (first is None or (isinstance(first, (list, tuple)) and first and isinstance(first[0], Real))):
        count = len(value) if len(value) == len(get("coco17")) else len(get("openpose18"))
        if len(value) % count:
            raise BadKeypoints(f"{where}: expected {count} points for each person; got {len(value)}")
        return [value[start : start + count] for start in range(0, len(value), count)]
    return value


def _listed(value: Any, count: int, where: str) -> Sequence[Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or len(value) != count:
        raise BadKeypoints(f"{where}: expected a list of {count}, one for each person; got {say(value)}")
    return value


def _body(value: Any, wh: tuple[int, int], where: str) -> Poses:
    """Somebody's body, (1, 134) keypoints."""
    skeletons = {len(get(name)): get(name) for name in ("openpose18", "coco17")}
    found = _points(value, skeletons, where)
    if not len(found):
        found = np.zeros((18, 3))
    with np.errstate(over="ignore"):  # `Poses` refuses what comes of it
        return Poses(found[None, :, :2], found[None, :, 2], skeletons[len(found)], wh).to(get("openpose134"))


def _points(value: Any, counts: Collection[int], where: str) -> FloatArray:
    """(K, 3) x, y and 1, or zeros for a missing point; (0, 3) for null."""
    points, missing = rows(value, (2,), where)
    if len(points) not in (0, *counts):
        raise BadKeypoints(f"{where}: expected {' or '.join(map(str, counts))} points; got {len(points)}")
    there = ~missing & ~np.isin(points, (0, -1)).all(axis=1)
    return np.column_stack([points, np.ones(len(points))]) * there[:, None]


# Writing.


def write(people: Sequence[Poses]) -> dict[str, Any]:
    """One frame as such a file: the body of everybody, and the face and hands when somebody has one.

    Args:
        people: one Poses, in any skeleton.

    Raises:
        BadKeypoints: there are more or fewer frames than one.
    """
    if len(people) != 1:
        raise BadKeypoints(f"the old editor's file holds one frame, got {len(people)}: pick one frame first")
    (frame,) = openpose.to_frames(people)
    bodies = [_pairs(person["pose_keypoints_2d"]) for person in frame["people"]]
    extra = {key: [_pairs(person[key]) for person in frame["people"]] for key in _EXTRA}
    known = {key: lists for key, lists in extra.items() if any(point for points in lists for point in points)}
    return {"width": frame["canvas_width"], "height": frame["canvas_height"], _BODY: bodies, **known}


def _pairs(flat: Sequence[float]) -> list[list[float] | None]:
    """x, y, score one after another as points, null where the score is not above 0."""
    return [[x, y] if score > 0 else None for x, y, score in np.reshape(flat, (-1, 3)).tolist()]
