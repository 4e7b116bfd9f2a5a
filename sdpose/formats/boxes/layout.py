"""What belongs to which frame: a payload of boxes as a list of the boxes of each frame, still as they came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import BadBoxes
from ..values import say
from .entries import is_box, is_row

__all__ = ["FLATS", "FORMS", "decoded", "frames_of", "is_segs", "plain"]

FORMS = ("auto", "xyxy", "xywh", "mask", "blobs")
FLATS = ("auto", "everybody", "one per frame")

_FEW = 80
_ROWS = (4, 5)
"""How many numbers a row of an array of boxes has."""


def decoded(value: Any) -> Any:
    """Text and bytes as the JSON that they are; anything else as it is.

    Raises:
        BadBoxes: they are no JSON.
    """
    if not isinstance(value, (str, bytes, bytearray)):
        return value
    try:
        return json.loads(value.removeprefix("\ufeff") if isinstance(value, str) else value)
    except (ValueError, RecursionError) as error:
        raise BadBoxes(f"text must be boxes in JSON ({str(error)[:_FEW]}); got {say(value)}") from error


def plain(value: Any, form: str, where: str) -> Any:
    """Arrays and tensors of rows of boxes as lists, those that are masks as numpy arrays; anything else as it is.

    Rows have 4 or 5 numbers. An array with such rows that holds nothing outside of 0 to 1 may be a mask as well.

    Args:
        value: what came.
        form: as in `read_boxes`.
        where: the place it stands at, for messages.

    Raises:
        BadBoxes: an array is neither, or both.
    """
    if isinstance(value, (list, tuple, Mapping)) or not hasattr(value, "shape"):
        return value
    array = _array(value, where)
    if array.ndim == 0:
        return array.item()
    rows = array.ndim in (1, 2, 3) and (array.shape[-1] in _ROWS or array.shape == (0,))
    masks = array.ndim in (2, 3)
    if form in ("mask", "blobs") or array.dtype == np.bool_ or not rows:
        if not masks:
            raise BadBoxes(f"{where}: boxes are rows of {_ROWS} numbers, masks (H, W) or (B, H, W); got {array.shape}")
        return array
    if form == "auto" and masks and array.size and ((array >= 0) & (array <= 1)).all():
        raise BadBoxes(
            f"{where}: an array {array.shape} of values from 0 to 1 may be boxes or a mask: set form to 'xyxy', 'xywh' "
            "or 'mask' (in Convert Boxes, or read_boxes)"
        )
    return array.tolist()


def _array(value: Any, where: str) -> np.ndarray:
    """A numpy array of numbers, of an array or a tensor on any device. Raises BadBoxes."""
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = value.float() if "bfloat16" in str(value.dtype) else value  # numpy has none
        array = np.asarray(value)
    except Exception as error:  # whatever other libraries raise
        raise BadBoxes(f"{where}: got an array that cannot be read, {type(value).__name__}") from error
    if array.dtype.kind not in "biuf":
        raise BadBoxes(f"{where}: expected an array of numbers; got {array.dtype} {array.shape}")
    return array


def is_segs(value: Any) -> bool:
    """Whether this is Impact Pack's SEGS of one picture: its height and width, and a list."""
    pair = isinstance(value, (list, tuple)) and len(value) == 2
    return pair and is_row(value[0]) and len(value[0]) == 2 and isinstance(value[1], (list, tuple))


def frames_of(value: Any, frames: int | None, form: str, flat: str) -> list[Any]:
    """The boxes of each frame, or of all frames if there is one entry, by the rule that the package states.

    Raises:
        BadBoxes: it is something else, or it could be read in two ways.
    """
    value = plain(value, form, "value")
    if isinstance(value, np.ndarray):
        value = list(value) if value.ndim == 3 else [value]
    elif value is None or isinstance(value, Mapping) or is_segs(value):
        value = [value]
    elif not isinstance(value, (list, tuple)):
        raise BadBoxes(f"expected boxes: BOUNDING_BOX, BBOX, SEGS, MASK or JSON; got {say(value)}")
    elif is_row(value):
        value = [value]
    entries = [plain(entry, form, f"entry {index}") for index, entry in enumerate(value)]
    return entries if flat == "one per frame" else _told_apart(entries, frames, flat)


def _told_apart(entries: list[Any], frames: int | None, flat: str) -> list[Any]:
    """Whether a list holds frames, or the people of every frame."""
    masks = bool(entries) and all(isinstance(entry, np.ndarray) and entry.ndim == 2 for entry in entries)
    if not masks and not all(map(is_box, entries)):
        return entries
    if flat == "everybody" or frames == 1 or len(entries) == 1:
        return [entries]
    if masks:
        if frames == len(entries):
            return entries
        raise BadBoxes(_both("masks", entries, frames))
    if any(is_row(entry) for entry in entries) and (frames is None or len(entries) <= frames):
        raise BadBoxes(_both("boxes", entries, frames))
    return [entries]


def _both(what: str, entries: list[Any], frames: int | None) -> str:
    where = "an unknown number of" if frames is None else str(frames)
    return (
        f"got {len(entries)} {what} in one list for {where} frames: one per frame, or everybody in every frame? "
        "Set flat to 'one per frame' or 'everybody' (in Convert Boxes, or read_boxes)"
    )
