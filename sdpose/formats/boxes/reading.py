"""Boxes of every shape in. The rule is stated in the package's docstring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import BadBoxes, BadOption
from ..canvas import checked
from ..values import say
from .container import Boxes
from .entries import Box, around, finite, is_box, is_florence, read_box, text
from .layout import FLATS, FORMS, decoded, frames_of, is_segs, plain
from .masks import boxes_of_mask

__all__ = ["read_boxes"]


@dataclass(frozen=True)
class _Frame:
    """The boxes of one frame, and the size of their picture if the payload says it: 1 by 1 for shares of it."""

    boxes: list[Box]
    canvas_wh: tuple[int, int] | None = None
    shares: bool = False


def read_boxes(
    value: Any,
    frames: int | None = None,
    *,
    form: str = "auto",
    flat: str = "auto",
    images_wh: Sequence[tuple[int, int]] | None = None,
) -> list[Boxes]:
    """Boxes of any shape -> one `Boxes` per frame; see `sdpose.formats.boxes` for what is read as what.

    Args:
        value: what came.
        frames: how many frames are wanted; by default as many as there are pictures, or as there are in `value`.
        form: "xyxy" or "xywh" says what four numbers are, "mask" that an array is masks, "blobs" that also each
            connected part of a mask is one box.
        flat: "everybody" or "one per frame" says what one list of boxes, or several masks, are.
        images_wh: width and height of each frame's picture. Boxes of which the picture is known to have another size
            are re-projected.

    Returns:
        Scores and track ids are there when every box of the clip has one, labels when any of a frame has.

    Raises:
        BadBoxes: something in there is no box, could be read in two ways, or belongs to more frames than there are.
        BadOption: an unknown form, a size that is none, or frames and pictures of different number.
    """
    for name, chosen, known in (("form", form, FORMS), ("flat", flat, FLATS)):
        if chosen not in known:
            raise BadOption(f"{name} is one of {', '.join(known)}; got {chosen!r:.60}")
    if frames is not None and (type(frames) is not int or frames < 0):
        raise BadOption(f"frames are counted from 0; got {say(frames)}")
    if images_wh is not None:
        images_wh = _sizes(images_wh)
        if frames not in (None, len(images_wh)):
            raise BadOption(f"there are {frames} frames, and sizes of {len(images_wh)} pictures: give one for each")
        frames = len(images_wh)
    came = frames_of(decoded(value), frames, form, flat)
    read = _for_each([_frame(entry, f"frame {index}", form) for index, entry in enumerate(came)], frames)
    if images_wh is None:
        _refuse_shares(read)
        return _boxes(read)
    return _on_each(_boxes(read), images_wh)


def _on_each(clip: Sequence[Boxes], images_wh: Sequence[tuple[int, int]]) -> list[Boxes]:
    """Boxes on their pictures; those that hold for many frames are one object for all that have one size."""
    keys = [(id(boxes), canvas_wh) for boxes, canvas_wh in zip(clip, images_wh, strict=True)]
    several = dict(zip(keys, clip, strict=True))
    placed = {key: boxes.on(key[1]) for key, boxes in several.items()}
    return [placed[key] for key in keys]


def _sizes(images_wh: Any) -> list[tuple[int, int]]:
    if not isinstance(images_wh, (list, tuple)):
        raise BadOption(f"images_wh is a list of the width and height of each picture; got {say(images_wh)}")
    return [checked(canvas_wh, f"images_wh {index}") for index, canvas_wh in enumerate(images_wh)]


def _refuse_shares(read: Sequence[_Frame]) -> None:
    for index, frame in enumerate(read):
        if frame.shares:
            raise BadBoxes(
                f"frame {index}, box: places from 0 to 1 are shares of the picture: give its size (images_wh; in a "
                "graph, connect the image or set width and height)"
            )


def _for_each(read: list[_Frame], frames: int | None) -> list[_Frame]:
    """As many as are wanted, the last one again and again as in ComfyUI's own nodes."""
    frames = len(read) if frames is None else frames
    if len(read) > frames:
        raise BadBoxes(
            f"expected one list of boxes per frame; got {len(read)} lists for {frames} frame(s): "
            "detect people in the same pictures that the poses are estimated in"
        )
    return [*read, *(read[-1:] or [_Frame([])]) * (frames - len(read))]


def _frame(value: Any, where: str, form: str) -> _Frame:
    """The boxes of one frame."""
    if value is None:
        return _Frame([])
    if is_segs(value):
        return _Frame(_listed(value[1], where, form), _size(value[0], where))
    if is_florence(value):
        return _florence(value, where, form)
    if isinstance(value, np.ndarray):
        value = list(value) if value.ndim == 3 else [value]
    elif is_box(value):
        value = [value]
    elif not isinstance(value, (list, tuple)):
        raise BadBoxes(f"{where}: expected the boxes of a frame; got {say(value)}")
    people = _people(value, where, form)
    if people and all(isinstance(entry, np.ndarray) for entry in people):
        return _masks(people, where, form)
    boxes = _listed(people, where, form)
    shares = bool(boxes) and all(isinstance(entry, Mapping) and "box" in entry for entry in people) and _small(boxes)
    return _Frame(boxes, (1, 1) if shares else None, shares)


def _people(people: Sequence[Any], where: str, form: str) -> list[Any]:
    return [plain(entry, form, f"{where}, person {index}") for index, entry in enumerate(people)]


def _small(boxes: Sequence[Box]) -> bool:
    """Whether boxes lie within one pixel, as nothing does that is told in pixels."""
    return all(0 <= number <= 1 for box in boxes for number in box.corners)


def _listed(people: Sequence[Any], where: str, form: str) -> list[Box]:
    found = [read_box(entry, f"{where}, person {index}", form) for index, entry in enumerate(people)]
    return [box for box in found if box is not None]


def _masks(masks: Sequence[np.ndarray], where: str, form: str) -> _Frame:
    """A person for each mask of one picture."""
    sizes = {mask.shape for mask in masks}
    if len(sizes) > 1 or masks[0].ndim != 2 or 0 in masks[0].shape:
        raise BadBoxes(f"{where}: expected masks (H, W) of one size; got {', '.join(sorted(map(str, sizes)))}")
    height, width = masks[0].shape
    return _Frame([box for mask in masks for box in boxes_of_mask(mask, blobs=form == "blobs")], (width, height))


def _size(pair: Any, where: str) -> tuple[int, int]:
    """SEGS' height and width, as width and height."""
    height, width = map(int, finite(pair, f"{where}, height and width"))
    if height < 1 or width < 1:
        raise BadBoxes(f"{where}: SEGS begin with the height and width of their picture; got {say(pair)}")
    return width, height


def _florence(value: Mapping[str, Any], where: str, form: str) -> _Frame:
    """Boxes, or the corners around text, and labels."""
    key = "bboxes" if "bboxes" in value else "quad_boxes"
    people, labels = plain(value[key], form, f"{where}, {key}"), value.get("labels") or ()
    if not isinstance(people, (list, tuple)) or not isinstance(labels, (list, tuple)):
        raise BadBoxes(f"{where}: {key} and labels are lists; got {say(value)}")
    if key == "bboxes":
        boxes = _listed(_people(people, where, form), where, form)
    else:
        boxes = [Box(around(quad, f"{where}, person {index}, {key}")) for index, quad in enumerate(people)]
    if len(labels) == len(boxes):
        named = enumerate(zip(boxes, labels, strict=True))
        boxes = [box._replace(label=text(label, f"{where}, person {n}, labels")) for n, (box, label) in named]
    return _Frame(boxes)


def _boxes(clip: Sequence[_Frame]) -> list[Boxes]:
    """The boxes of each frame with what is known of them all; those that hold for many frames are one object."""
    several = {id(frame): frame for frame in clip}
    everybody = [box for frame in several.values() for box in frame.boxes]
    scored = all(box.score is not None for box in everybody)
    tracked = all(box.track_id is not None for box in everybody)
    made = {key: _of_frame(frame, scored, tracked) for key, frame in several.items()}
    return [made[id(frame)] for frame in clip]


def _of_frame(frame: _Frame, scored: bool, tracked: bool) -> Boxes:
    boxes = frame.boxes
    labels = tuple(box.label or "" for box in boxes)
    return Boxes(
        np.reshape([box.corners for box in boxes], (-1, 4)),
        np.array([box.score for box in boxes], np.float64) if scored else None,
        np.array([box.track_id for box in boxes], np.int64) if tracked else None,
        labels if any(labels) else None,
        frame.canvas_wh,
    )
