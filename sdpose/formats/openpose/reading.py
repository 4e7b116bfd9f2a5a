"""OpenPose's frames read back as poses, whichever tool wrote them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import BadKeypoints
from ...poses import FloatArray, Poses
from ...topology import get
from .. import canvas
from ..values import everybodys, numbers, row, say, whole
from . import layout

__all__ = ["frames_in", "from_frames", "read_frames", "read_quietly", "track_id"]

_log = logging.getLogger("sdposekit")

_COCO_17 = 17
_BODY_25 = 25
_FACE = "face_keypoints_2d"
_NET_FACE = 71
"""How many points OpenPose's network for faces has: 70 and the background, which controlnet_aux writes out too."""


def from_frames(json: Mapping[str, Any] | Sequence[Any]) -> list[Poses]:
    """Read frames back as poses, in pixels whatever they say; what `to_frames` wrote comes back exactly.

    Args:
        json: the list of frames, or one frame. A part may be null, empty or missing, a body may have 18 points,
            OpenPose's 25 or COCO's 17, a face 68 or 70, and points may be flat or nested in threes. A `bbox` may have a
            fifth number, a score, which is skipped, or be a dict of x, y, width and height. Whole numbers may be
            floats. controlnet_aux's OpenPose has faces of 71 points, the last of which is the background, and leaves
            out points that it does not find: a face of fewer, in which nothing says which are there, is absent, and a
            warning is logged. (One of 70 out of those 71 looks like a whole one, and may be shifted by a point.)

    Returns:
        One Poses per frame: OpenPose's 137 points when any body has 25, or a face has pupils which are not the body's
        eyes; its 134 when any person of any frame has feet, hands or a face; and else its 18. A frame has boxes, scores
        or track ids when everyone in it has one.

    Raises:
        BadKeypoints: something else than that; the message names the frame, the person and the field.
    """
    return read_frames(json)


def read_frames(json: Any, canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """`from_frames`, where frames that do not say how large their canvas is have `canvas_wh`.

    Raises:
        BadKeypoints: see `from_frames`; or a frame does not say it and nor does `canvas_wh`.
    """
    clip = read_quietly(json, canvas_wh)
    people = [(f"frame {i}, person {n}", person) for i, n, person in _people_in(json)]
    unread = [where for where, person in people if _is_in_pieces(person.get(_FACE))]
    if unread:
        _log.warning(
            "%d faces have neither 68, 70 nor 71 points, so that nothing says which are there: leaving them out (the "
            "first is that of %s)",
            len(unread),
            unread[0],
        )
    return clip


def read_quietly(json: Any, canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """`read_frames`, for a look at frames that are read once more: without its warning."""
    frames = frames_in(json)
    if frames is None:
        raise BadKeypoints(f"expected a list of OpenPose frames, or one; got {say(json)}")
    clip = [_poses(frame, f"frame {i}", canvas_wh) for i, frame in enumerate(frames)]
    if any(_has_body_25(person) for _, _, person in _people_in(json)) or any(map(_has_pupils, clip)):
        return clip
    found = get("openpose134" if any(_beyond_body(poses) for poses in clip) else "openpose18")
    return [poses.to(found) for poses in clip]


def frames_in(json: Any) -> Sequence[Any] | None:
    """The frames of a payload: those it lists, those under its "frames", or itself; None where it is no such thing."""
    if isinstance(json, Mapping):
        inner = json.get("frames")
        return inner if isinstance(inner, (list, tuple)) and "people" not in json else [json]
    return json if isinstance(json, (list, tuple)) else None


def _people_in(json: Any) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Everybody in frames that were read, with the numbers of their frame and of themselves in it."""
    for i, frame in enumerate(frames_in(json) or ()):
        for n, person in enumerate(frame["people"]):
            yield i, n, person


def _has_body_25(person: Mapping[str, Any]) -> bool:
    body = person.get("pose_keypoints_2d")
    return body is not None and len(body) in (_BODY_25, 3 * _BODY_25)  # nested or flat


def _has_pupils(poses: Poses) -> bool:
    """Whether anybody's face ends in two points that are there and are not the body's eyes."""
    table = np.concatenate([poses.points, poses.scores[..., None]], axis=2)
    pupils, eyes = (
        [poses.skeleton.index(name) for name in names] for names in zip(*layout.PUPILS.items(), strict=True)
    )
    is_there = table[:, pupils].any(axis=2)
    return bool((is_there & (table[:, pupils] != table[:, eyes]).any(axis=2)).any())


def _poses(frame: Any, where: str, canvas_wh: tuple[int, int] | None) -> Poses:
    if not isinstance(frame, Mapping):
        raise BadKeypoints(f"{where}: expected a dict with canvas_width, canvas_height and people; got {say(frame)}")
    people = frame.get("people")
    if not isinstance(people, (list, tuple)):
        raise BadKeypoints(f"{where}, people: expected a list; got {say(people)}")
    sides = canvas.size(frame.get, ("canvas_width", "canvas_height"), where, canvas_wh)
    if not people:
        return Poses.empty(layout.whole(), sides)
    placed = [(person, f"{where}, person {i}") for i, person in enumerate(people)]
    table = np.stack([_person(person, at) for person, at in placed])
    return Poses(
        points=table[..., :2],
        scores=table[..., 2],
        skeleton=layout.whole(),
        canvas_wh=sides,
        boxes=everybodys([_box(person.get("bbox"), f"{at}, bbox") for person, at in placed], 4),
        box_scores=everybodys([row(person.get("score"), f"{at}, score") for person, at in placed]),
        track_ids=everybodys([track_id(person, at) for person, at in placed]),
    )


def _person(person: Any, where: str) -> FloatArray:
    """(137, 3) x, y, score; zeros where the person has no such part."""
    if not isinstance(person, Mapping):
        raise BadKeypoints(f"{where}: expected a dict of keypoint lists; got {say(person)}")
    table = np.zeros((len(layout.whole()), 3))
    for key in layout.PARTS:
        values = numbers(person.get(key), f"{where}, {key}")
        if key == _FACE:
            values = _whole_face(values)
        if values.size:
            points = _triplets(values, f"{where}, {key}", tuple(layout.orders(key)))
            if len(points) == _COCO_17:
                points = _with_neck(points, f"{where}, {key}")
            table[list(layout.places(key, len(points)))] = points
    return table


def _whole_face(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The numbers of a face without the background behind them; none of a face that is in pieces."""
    if _is_in_pieces(values):
        return values[:0]
    return values.reshape(-1, 3)[:-1] if values.size == 3 * _NET_FACE else values


def _is_in_pieces(face: Any) -> bool:
    """Whether a face has fewer points than a whole one, and so many that nothing says which these are."""
    shape = np.shape(np.asarray([] if face is None else face))
    count, rest = divmod(int(np.prod(shape)), 3)
    is_points = not rest and (len(shape) == 1 or shape[-1] == 3)
    return is_points and 0 < count < _NET_FACE and count not in layout.orders(_FACE)


def _triplets(values: npt.NDArray[Any], where: str, counts: Sequence[int]) -> FloatArray:
    """(M, 3) x, y, score of one of as many points."""
    if values.ndim > 1 and values.shape[-1] != 3:
        raise BadKeypoints(f"{where}: expected points of 3 numbers (x, y, score); got points of {values.shape[-1]}")
    if values.size not in [3 * count for count in counts]:
        expected = " or ".join(f"{3 * count} numbers ({count} points as x, y, score)" for count in counts)
        raise BadKeypoints(f"{where}: expected {expected}, null or nothing; got {values.size} numbers")
    return values.astype(np.float64).reshape(-1, 3)


def _with_neck(points: FloatArray, where: str) -> FloatArray:
    """(18, 3) of the 17 points of COCO."""
    try:
        with np.errstate(over="ignore"):
            body = Poses(points[None, :, :2], points[None, :, 2], get("coco17"), (1, 1)).to(get("openpose18"))
    except BadKeypoints as error:
        raise BadKeypoints(f"{where}: {error}") from error
    return np.concatenate([body.points[0], body.scores[0, :, None]], axis=1)


def track_id(person: Mapping[str, Any], where: str) -> npt.NDArray[Any]:
    """(1,) or (0,) the `track_id`, or else OpenPose's own `person_id`, where -1 is for nobody known."""
    if person.get("track_id") is not None:
        return whole(person["track_id"], f"{where}, track_id")
    number = whole(person.get("person_id"), f"{where}, person_id")
    return number[number >= 0]


def _box(value: Any, where: str) -> npt.NDArray[Any]:
    """(4,) x1, y1, x2, y2 of a box written so, with a score behind, or as a dict of x, y, width and height."""
    if not isinstance(value, Mapping):
        return row(value, where, count=4, spare=1)
    sides = [row(value.get(key), f"{where}, {key}") for key in ("x", "y", "width", "height")]
    if not all(side.size for side in sides):
        raise BadKeypoints(f"{where}: expected x, y, width and height, or 4 numbers; got {say(value)}")
    x, y, width, height = (float(side[0]) for side in sides)
    return numbers([x, y, x + width, y + height], where)


def _beyond_body(poses: Poses) -> bool:
    """Whether anything is written about feet, hands or faces."""
    beyond = [i for part in ("feet", "face", "left_hand", "right_hand") for i in poses.skeleton.indices(part)]
    return bool(poses.points[:, beyond].any() or poses.scores[:, beyond].any())
