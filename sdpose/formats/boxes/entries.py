"""One box, in every form that one box comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...errors import BadBoxes, BadKeypoints
from ..values import numbers, say, whole

__all__ = ["Box", "Corners", "around", "finite", "is_box", "is_florence", "is_row", "read_box", "text"]

Corners = tuple[float, float, float, float]

_SIZE = ("x", "y", "width", "height")
_ENDS = ("startX", "startY", "endX", "endY")
_CORNERS = "x1, y1, x2, y2"


class Box(NamedTuple):
    """What is known of one box.

    Attributes:
        corners: x1, y1, x2, y2; x1 <= x2 and y1 <= y2.
        score: how sure it is.
        track_id: who is in it.
        label: what is in it.
    """

    corners: Corners
    score: float | None = None
    track_id: int | None = None
    label: str | None = None


def is_box(value: Any) -> bool:
    """Whether this is one box, well formed or not, rather than the boxes of a frame."""
    return (isinstance(value, Mapping) and not is_florence(value)) or is_row(value) or _is_seg(value)


def is_florence(value: Any) -> bool:
    """Whether this is Florence-2's own answer for one picture."""
    return isinstance(value, Mapping) and ("bboxes" in value or "quad_boxes" in value)


def is_row(value: Any) -> bool:
    """Whether this is a list of numbers, or of nothing that could hold boxes, rather than a list of boxes."""
    return isinstance(value, (list, tuple)) and bool(value) and not _is_seg(value) and not any(map(_holds, value))


def _holds(part: Any) -> bool:
    """Whether this may be a box, or boxes, rather than a number."""
    nested = isinstance(part, (list, tuple, Mapping, type(None)))
    return nested or bool(getattr(part, "ndim", 0)) or _is_seg(part)


def _is_seg(value: Any) -> bool:
    return not isinstance(value, Mapping) and getattr(value, "bbox", None) is not None


def read_box(value: Any, where: str, form: str) -> Box | None:
    """One box; None where a pack says with it that there is none.

    Args:
        value: a dictionary, 4 or 5 numbers, or an object with a `bbox`.
        where: the place it stands at, for messages.
        form: what 4 numbers are, "auto", "xyxy" or "xywh".

    Raises:
        BadBoxes: it is no box.
    """
    if _is_seg(value):
        return _seg(value, where)
    if isinstance(value, Mapping):
        return _dictionary(value, where) if value else None  # {}: KJ's points editor, when no box is drawn
    if not is_row(value):
        raise BadBoxes(f"{where}: a box is {_CORNERS}, or has x, y, width and height; got {say(value)}")
    if len(value) not in (4, 5):
        raise BadBoxes(f"{where}: a box is 4 numbers {_CORNERS}, or 5 with a score; got {len(value)}: {say(value)}")
    row = finite(value, f"{where}, {_CORNERS}")
    # SCAIL-Pose and WanAnimatePreprocess write four zeros for a frame without anybody. Chosen corners are kept.
    if form != "xyxy" and not any(row[:4]):
        return None
    return Box(_FORMS[form](where, *_four(row[:4], where)), row[4] if row[4:] else None)


def _seg(value: Any, where: str) -> Box:
    """Impact Pack's SEG: a box of one pixel has equal corners."""
    x1, y1, x2, y2 = _four(finite(value.bbox, f"{where}, bbox"), f"{where}, bbox")
    corners = _ordered(f"{where}, bbox", x1, y1, x2, y2)
    score = _optional(getattr(value, "confidence", None), f"{where}, confidence")
    return Box(corners, score, label=text(getattr(value, "label", None), f"{where}, label"))


def _dictionary(value: Mapping[str, Any], where: str) -> Box | None:
    if value.get("previewWidth"):
        raise BadBoxes(f"{where}: this was drawn on a preview of another size; connect the node's BBOX output instead")
    if "box" in value:
        corners = around(value["box"], f"{where}, box")
    elif any(key in value for key in _ENDS):
        if any(value.get(key) is None for key in _ENDS):
            return None  # KJ's points editor leaves out a box that has not been drawn to its end
        corners = _ordered(where, *_fields(value, _ENDS, where))
    else:
        corners = _sized(where, *_fields(value, _SIZE, where))
    score = _optional(value.get("score"), f"{where}, score")
    track_id = _track_id(value.get("track_id"), f"{where}, track_id")
    return Box(corners, score, track_id, text(value.get("label"), f"{where}, label"))


def around(polygon: Any, where: str) -> Corners:
    """The box around corners x, y, x, y, ..., two of them or more.

    Raises:
        BadBoxes: they are something else.
    """
    row = finite(polygon, where)
    if len(row) < 4 or len(row) % 2:
        raise BadBoxes(f"{where}: expected corners x, y, x, y, ...; got {say(polygon)}")
    return min(row[::2]), min(row[1::2]), max(row[::2]), max(row[1::2])


def _fields(value: Mapping[str, Any], keys: Sequence[str], where: str) -> Corners:
    *most, last = keys
    found = []
    for key in keys:
        number = value.get(key)
        if number is None:
            raise BadBoxes(f"{where}: a box has {', '.join(most)} and {last}; {key} is missing; got {say(value)}")
        found += finite([number], f"{where}, {key}")
    return _four(found, where)


def _four(row: Sequence[float], where: str) -> Corners:
    if len(row) != 4:
        raise BadBoxes(f"{where}: expected 4 numbers; got {say(row)}")
    return row[0], row[1], row[2], row[3]


def finite(value: Any, where: str) -> list[float]:
    """Numbers in a list or an array. Raises BadBoxes when they are not finite, or no numbers."""
    try:
        return [float(number) for number in numbers(value, where).ravel().tolist()]
    except BadKeypoints as error:
        raise BadBoxes(str(error)) from error


def _optional(value: Any, where: str) -> float | None:
    """A number, or None for nothing. Raises BadBoxes."""
    if value is None:
        return None
    row = finite(value, where)
    if len(row) != 1:
        raise BadBoxes(f"{where}: expected a number; got {say(value)}")
    return row[0]


def _track_id(value: Any, where: str) -> int | None:
    try:
        row = whole(value, where)
    except BadKeypoints as error:
        raise BadBoxes(str(error)) from error
    return int(row[0]) if row.size else None


def text(value: Any, where: str) -> str | None:
    """A label, or None for nothing. Raises BadBoxes."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return str(value)
    raise BadBoxes(f"{where}: expected text or a whole number; got {say(value)}")


# Four numbers as corners, by what they are said to be.


def _checked(where: str, x1: float, y1: float, x2: float, y2: float) -> Corners:
    if x2 <= x1 or y2 <= y1:
        raise BadBoxes(
            f"{where}, {_CORNERS}: {x1:g}, {y1:g}, {x2:g}, {y2:g} has no area, so these are not corners. If they are "
            "x, y, width and height, set form to 'xywh' (in Convert Boxes, or read_boxes)"
        )
    return x1, y1, x2, y2


def _ordered(where: str, x1: float, y1: float, x2: float, y2: float) -> Corners:
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _sized(where: str, x: float, y: float, width: float, height: float) -> Corners:
    if width < 0 or height < 0:
        raise BadBoxes(f"{where}: width and height are 0 or more; got {width:g} and {height:g}")
    x2, y2 = x + width, y + height
    if not x2 < float("inf") > y2:
        raise BadBoxes(f"{where}: expected finite numbers; x and width, or y and height, add up to infinity")
    return x, y, x2, y2


_FORMS = {"auto": _checked, "xyxy": _ordered, "xywh": _sized, "mask": _checked, "blobs": _checked}
