"""Person boxes from a JSON file, in the forms that people have them in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadBoxes
from ..formats import boxes as box_formats
from ..formats.values import say
from ..media import Video
from ..poses import FloatArray
from .inputs import Item

__all__ = ["parse_frames", "read_boxes"]

_OF_BOXES = (
    {"x", "y", "width", "height"},
    {"startX", "startY", "endX", "endY"},
    {"label", "box"},
    {"bboxes", "labels"},
)
"""Keys that boxes have together, and pictures' names are not."""


def read_boxes(path: Path, items: Sequence[Item]) -> dict[str, list[FloatArray]]:
    """The boxes of every frame of every item.

    The file holds one of these, where a frame is boxes as `parse_frames` takes them:

    - a list with one entry per frame, over all inputs in their order;
    - a dict from file name (with or without suffix) to the boxes of a picture, or to a list of a video's frames.

    Returns:
        For each item's name, (N, 4) x1, y1, x2, y2 per frame.

    Raises:
        BadBoxes: the file is no such JSON, or it does not cover the inputs.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadBoxes(f"the box file {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadBoxes(f"the box file {path} is not JSON: {error}") from error
    try:
        return _by_name(data, items) if _is_table(data) else _in_order(data, items)
    except BadBoxes as error:
        raise BadBoxes(f"{path}: {error}") from error


def parse_frames(data: Any, still: bool) -> list[FloatArray]:
    """The boxes of each of several frames, (N, 4) x1, y1, x2, y2.

    Args:
        data: a list of frames, each of which is boxes of any form that `sdpose.formats.boxes` reads; null or an empty
            list is nobody. For a still picture also its boxes themselves.
        still: whether there is one frame only.

    Raises:
        BadBoxes: it is something else.
    """
    if still:
        return _corners([] if data is None else data, "everybody")
    if not isinstance(data, list):
        raise BadBoxes(f"expected a list with one entry per frame, got {say(data)}")
    return _corners(data, "one per frame")


def _corners(data: Any, flat: str) -> list[FloatArray]:
    return [boxes.corners for boxes in box_formats.read_boxes(data, form="xyxy", flat=flat)]


def _by_name(table: Mapping[str, Any], items: Sequence[Item]) -> dict[str, list[FloatArray]]:
    boxes = {}
    for item in items:
        key = next((key for key in (str(item.path), item.path.name, item.path.stem) if key in table), None)
        if key is None:
            raise BadBoxes(f"there is no entry for {item.path.name} (an empty list would mean that nobody is in it)")
        boxes[item.name] = parse_frames(table[key], still=not item.moving)
        if not item.moving and len(boxes[item.name]) != 1:
            raise BadBoxes(f"{item.path.name} is one picture, but its entry has {len(boxes[item.name])} frames")
    return boxes


def _in_order(data: Any, items: Sequence[Item]) -> dict[str, list[FloatArray]]:
    frames = parse_frames(data, still=len(items) == 1 and not items[0].moving)
    if len(items) == 1:
        return {items[0].name: frames}
    counts = [_count(item) for item in items]
    if sum(counts) != len(frames):
        raise BadBoxes(f"there are boxes for {len(frames)} frames, but the inputs have {sum(counts)}")
    ends = [sum(counts[: i + 1]) for i in range(len(counts))]
    return {item.name: frames[end - n : end] for item, n, end in zip(items, counts, ends, strict=True)}


def _count(item: Item) -> int:
    """How many frames an item has, before it is read."""
    count = Video(item.path).frames if item.moving else 1
    if count is None:
        raise BadBoxes(f"{item.path.name} does not say how many frames it has: give a dict from file name to boxes")
    return count


def _is_table(data: Any) -> bool:
    """Whether a dict is from file names to boxes, rather than boxes itself."""
    return isinstance(data, Mapping) and not any(keys <= data.keys() for keys in _OF_BOXES)
