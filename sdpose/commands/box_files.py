"""Person boxes from a JSON file, in the forms that people have them in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..boxes import validate_boxes
from ..errors import BadBoxes
from ..media import Video
from ..poses import FloatArray
from .inputs import Item

__all__ = ["parse_frame", "parse_frames", "read_boxes"]


def read_boxes(path: Path, items: Sequence[Item]) -> dict[str, list[FloatArray]]:
    """The boxes of every frame of every item.

    The file holds one of these, where a frame is whatever `parse_frame` takes:

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
    except ValueError as error:
        raise BadBoxes(f"the box file {path} is not JSON: {error}") from error
    try:
        return _by_name(data, items) if _is_table(data) else _in_order(data, items)
    except BadBoxes as error:
        raise BadBoxes(f"{path}: {error}") from error


def parse_frames(data: Any, still: bool) -> list[FloatArray]:
    """The boxes of each of several frames.

    Args:
        data: a list of frames. For a still picture also its boxes themselves.
        still: whether there is one frame only.

    Raises:
        BadBoxes: it is something else.
    """
    if still and not _is_list_of_frames(data):
        return [parse_frame(data)]
    if not isinstance(data, list):
        raise BadBoxes(f"expected a list with one entry per frame, got {_say(data)}")
    return [parse_frame(frame) for frame in data]


def parse_frame(data: Any) -> FloatArray:
    """The boxes of one frame as (N, 4) x1, y1, x2, y2.

    Args:
        data: a list of [x1, y1, x2, y2] or of {"x", "y", "width", "height"} (ComfyUI's BOUNDING_BOX), or one of
            them; null or an empty list is nobody.

    Raises:
        BadBoxes: it is something else.
    """
    if data is None:
        return validate_boxes([])
    single = isinstance(data, Mapping) or (isinstance(data, list) and len(data) == 4 and all(map(_is_number, data)))
    if not single and not isinstance(data, list):
        raise BadBoxes(f"expected the boxes of a frame, got {_say(data)}")
    return validate_boxes([_corners(box) for box in ([data] if single else data)])


def _corners(box: Any) -> list[float]:
    if isinstance(box, Mapping) and _is_box(box):
        x, y, width, height = (box[key] for key in ("x", "y", "width", "height"))
        if all(map(_is_number, (x, y, width, height))):
            return [x, y, x + width, y + height]
    elif isinstance(box, list) and len(box) == 4 and all(map(_is_number, box)):
        return box
    raise BadBoxes(f"a box is [x1, y1, x2, y2] or has x, y, width and height; got {_say(box)}")


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
    return isinstance(data, Mapping) and not _is_box(data)


def _is_box(data: Mapping[str, Any]) -> bool:
    return {"x", "y", "width", "height"} <= data.keys()


def _is_list_of_frames(data: Any) -> bool:
    """Whether a list holds lists of boxes, rather than boxes: [[[1, 2, 3, 4]]] and not [[1, 2, 3, 4]]."""
    return isinstance(data, list) and any(
        entry is None or (isinstance(entry, list) and not (entry and all(map(_is_number, entry)))) for entry in data
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _say(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
