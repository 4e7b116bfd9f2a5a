"""Boxes out, in the shapes that other nodes take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import BadBoxes, BadOption
from .container import Boxes

__all__ = ["BBOX_FORMS", "to_bbox", "to_bounding_boxes"]


def to_bounding_boxes(frames: Sequence[Boxes]) -> list[list[dict[str, Any]]]:
    """BOUNDING_BOX as ComfyUI's own nodes write it: a list of dictionaries per frame.

    Each has x, y, width and height, and label, score and track_id where they are known.
    """
    return [_dictionaries(boxes) for boxes in frames]


def _dictionaries(boxes: Boxes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1} for x1, y1, x2, y2 in boxes.corners.tolist()
    ]
    known = {
        "label": boxes.labels,
        "score": None if boxes.scores is None else boxes.scores.tolist(),
        "track_id": None if boxes.track_ids is None else boxes.track_ids.tolist(),
    }
    for key, values in known.items():
        for box, value in zip(found, values or (), strict=bool(values)):
            if value != "":
                box[key] = value
    return found


_BBOX: dict[str, Callable[..., Any]] = {
    "xyxy": lambda x1, y1, x2, y2: (x1, y1, x2, y2),
    "xywh": lambda x1, y1, x2, y2: (x1, y1, x2 - x1, y2 - y1),
    "startX": lambda x1, y1, x2, y2: {"startX": x1, "startY": y1, "endX": x2, "endY": y2},
}
_NOBODY = {"xyxy": (0.0,) * 4, "xywh": (0.0,) * 4, "startX": dict.fromkeys(("startX", "startY", "endX", "endY"))}

BBOX_FORMS = tuple(_BBOX)
"""What a box is in BBOX: corners (SAM2, kijai's nodes), place and size (KJNodes' crops), or two ends (KJ's editor)."""


def to_bbox(frames: Sequence[Boxes], form: str = "xyxy", flat: bool = False) -> list[Any]:
    """BBOX as the nodes of KJ, SAM2 and others take it.

    Args:
        frames: the boxes of each frame.
        form: one of `BBOX_FORMS`.
        flat: one list instead of one per frame: everybody of a single frame, or one box for each of several frames,
            four zeros (or nulls) where there is nobody.

    Raises:
        BadOption: there is no such form.
        BadBoxes: `flat`, and a frame of several has more than one box.
    """
    if form not in _BBOX:
        raise BadOption(f"form is one of {', '.join(_BBOX)}; got {form!r:.60}")
    lists = [[_BBOX[form](*corners) for corners in boxes.corners.tolist()] for boxes in frames]
    if not flat:
        return lists
    if len(lists) == 1:
        return lists[0]
    for index, boxes in enumerate(lists):
        if len(boxes) > 1:
            raise BadBoxes(
                f"frame {index} has {len(boxes)} boxes, and one list for {len(lists)} frames holds one of each: select "
                "one person, or leave the boxes in one list per frame"
            )
    return [boxes[0] if boxes else _NOBODY[form] for boxes in lists]
