"""Frames of a 2017 file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import BadKeypoints
from ...poses import FloatArray
from ...topology import get
from ..places import dicts, flag
from ..values import row, say, whole
from .clip import Frame
from .people import Person, gather

__all__ = ["frames_2017"]

_HEAD = ("x1", "y1", "x2", "y2")


def frames_2017(data: Mapping[str, Any], where: str) -> list[Frame]:
    """Frames in the file's order; their canvas is one pixel yet."""
    return [_frame(frame, f"{where}, frame {i}") for i, frame in enumerate(dicts(data, "annolist", where))]


def _frame(frame: Mapping[str, Any], where: str) -> Frame:
    image = frame.get("image")
    image = image[0] if isinstance(image, list) and len(image) == 1 else image
    name = image.get("name") if isinstance(image, Mapping) else None
    if not isinstance(name, str):
        raise BadKeypoints(f"{where}, image: expected [{{'name': a file name}}]; got {say(frame.get('image'))}")
    listed = dicts(frame, "annorect", where)
    people = [_person(rect, f"{where}, person {i}") for i, rect in enumerate(listed)]
    regions = dicts(frame, "ignore_regions", where)
    return Frame(
        file_name=name,
        **gather([person for person in people if person is not None], get("posetrack15")),
        ignore_regions=tuple(_region(region, f"{where}, ignore region {i}") for i, region in enumerate(regions)),
        is_labelled=flag(frame, "is_labeled", bool(listed), where),
        lists_people=bool(listed),
    )


def _region(region: Mapping[str, Any], where: str) -> FloatArray:
    corners = dicts(region, "point", where)
    return np.array([[_number(corner, key, where) for key in ("x", "y")] for corner in corners]).reshape(-1, 2)


def _person(rect: Mapping[str, Any], where: str) -> Person | None:
    """Somebody with a list of points, be it empty; those without count as nobody."""
    lists = dicts(rect, "annopoints", where)
    if not lists or "point" not in lists[0]:
        return None
    k = len(get("posetrack15"))
    points, scores = np.zeros((k, 2)), np.full(k, np.nan)
    given, visible = np.zeros(k, np.bool_), np.zeros(k, np.bool_)
    for n, point in enumerate(dicts(lists[0], "point", where)):
        at = f"{where}, point {n}"
        joint = whole(point.get("id"), f"{at}, id")
        if not joint.size or not 0 <= joint[0] < k:
            raise BadKeypoints(f"{at}, id: expected a whole number from 0 to {k - 1}; got {say(point.get('id'))}")
        if given[joint[0]]:  # as in PoseTrack's tool, the first of a number counts
            continue
        given[joint[0]] = True
        points[joint[0]] = [_number(point, key, at) for key in ("x", "y")]
        visible[joint[0]] = flag(point, "is_visible", True, at)
        score = row(point.get("score"), f"{at}, score")
        scores[joint] = score if score.size else np.nan
    has_head = any(key in rect for key in _HEAD)
    return Person(
        where, points, given, visible, scores,
        head_box=np.array([_number(rect, key, where) for key in _HEAD] if has_head else []),
        track_id=whole(rect.get("track_id"), f"{where}, track_id"),
    )  # fmt: skip


def _number(values: Mapping[str, Any], key: str, where: str) -> float:
    """The one number that has to be there."""
    number = row(values.get(key), f"{where}, {key}")
    if not number.size:
        raise BadKeypoints(f"{where}, {key}: expected a number; got nothing")
    return float(number[0])
