"""COCO's tables, which PoseTrack's files have too: pictures, and beside them what is annotated in which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import BadKeypoints
from ..poses import FloatArray
from .places import dicts
from .values import row, say, whole

__all__ = ["corners", "keypoint_names", "number", "pictures", "sides", "with_keypoints"]

Entry = Mapping[str, Any]


def keypoint_names(payload: Any) -> list[str] | None:
    """The keypoints of the first category that lists any, of whatever that looks like such tables. Never raises."""
    if not isinstance(payload, Mapping) or "images" not in payload or "annotations" not in payload:
        return None
    return next((names for _, names in with_keypoints(payload)), None)


def with_keypoints(data: Entry) -> list[tuple[Entry, list[str]]]:
    """The categories that list keypoints, and which. Never raises."""
    categories = data.get("categories")
    mappings = [c for c in categories if isinstance(c, Mapping)] if isinstance(categories, (list, tuple)) else []
    lists = [(category, category.get("keypoints")) for category in mappings]
    return [
        (category, [name for name in names if isinstance(name, str)])
        for category, names in lists
        if isinstance(names, (list, tuple))
    ]


def pictures(data: Entry, where: str) -> list[tuple[Entry, list[Entry]]]:
    """Each picture with its annotations, in the order of `images`.

    Raises:
        BadKeypoints: a table is no list of dicts, an id is missing or there twice, or nobody's.
    """
    found: dict[int, tuple[Entry, list[Entry]]] = {}
    for i, image in enumerate(dicts(data, "images", where)):
        own = number(image, "id", f"{where}, frame {i}")
        if own in found:
            raise BadKeypoints(f"{where}, frame {i}, id: expected one of its own; got {own} a second time")
        found[own] = image, []
    for i, annotation in enumerate(dicts(data, "annotations", where)):
        own = number(annotation, "image_id", f"{where}, annotation {i}")
        if own not in found:
            raise BadKeypoints(f"{where}, annotation {i}, image_id: {own} is not the id of any of its images")
        found[own][1].append(annotation)
    return list(found.values())


def number(values: Entry, key: str, where: str) -> int:
    """The whole number that has to be there.

    Raises:
        BadKeypoints: there is none.
    """
    found = whole(values.get(key), f"{where}, {key}")
    if not found.size:
        raise BadKeypoints(f"{where}, {key}: expected a whole number; got nothing")
    return int(found[0])


def corners(value: Any, where: str) -> FloatArray:
    """(4,) x1, y1, x2, y2 of a box written as x, y, width, height; (0,) for none.

    Raises:
        BadKeypoints: it is something else.
    """
    box = row(value, where, count=4).astype(np.float64)
    with np.errstate(over="ignore"):
        found = np.concatenate([box[:2], box[:2] + box[2:]])
    if not np.isfinite(found).all():
        raise BadKeypoints(f"{where}: expected x, y, width and height in pixels; got {say(value)}")
    return found


def sides(box: FloatArray) -> list[float]:
    """A box (4,) as x, y, width, height."""
    x1, y1, x2, y2 = box.tolist()
    return [x1, y1, x2 - x1, y2 - y1]
