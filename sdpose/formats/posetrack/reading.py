"""Reading PoseTrack's files, whichever year's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import BadKeypoints
from ..canvas import checked
from ..values import say
from .annolist import frames_2017
from .clip import Clip, Frame, our_names
from .images import frames_2018

__all__ = ["from_json", "read"]


def read(path: str | Path, canvas_wh: tuple[int, int] | None = None) -> Clip:
    """Read a file; see `from_json`.

    Raises:
        BadKeypoints: it cannot be read, or see `from_json`.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadKeypoints(f"{path} cannot be read as a PoseTrack file: {error}") from error
    return from_json(data, canvas_wh, str(path))


def from_json(data: Any, canvas_wh: tuple[int, int] | None = None, where: str = "PoseTrack data") -> Clip:
    """Read a parsed file, annotations or results.

    Args:
        data: a dict with `annolist` (2017) or with `images` and `annotations` (2018, 2021).
        canvas_wh: the pictures' size in pixels, which the files do not say; default: the smallest that holds
            everything in the file.
        where: what to call the file in messages.

    Returns:
        The clip. Somebody whom a 2017 file lists without a list of points is left out; a second point of the same
        number too.

    Raises:
        BadKeypoints: it is something else; the message names the file, the frame, the person and the field.
    """
    kind = data if isinstance(data, Mapping) else {}
    if "annolist" in kind:
        frames = frames_2017(kind, where)
    elif "images" in kind and "annotations" in kind:
        frames = frames_2018(kind, where)
    else:
        raise BadKeypoints(f"{where}: expected a dict with annolist, or with images and annotations; got {say(data)}")
    if not frames:
        raise BadKeypoints(f"{where}: expected at least one frame, got none")
    extrapolated = kind.get("extrapolated", [])
    if not isinstance(extrapolated, list) or not all(isinstance(name, str) for name in extrapolated):
        raise BadKeypoints(f"{where}, extrapolated: expected a list of keypoint names; got {say(extrapolated)}")
    canvas_wh = _canvas(frames) if canvas_wh is None else checked(canvas_wh)
    on_canvas = (replace(frame, poses=frame.poses.replace(canvas_wh=canvas_wh)) for frame in frames)
    return Clip(tuple(on_canvas), tuple(our_names(extrapolated)))


def _canvas(frames: list[Frame]) -> tuple[int, int]:
    """Width and height of the smallest canvas that holds everything."""
    corners = [np.ones((1, 2))]
    for frame in frames:
        boxes = [frame.head_boxes] if frame.poses.boxes is None else [frame.head_boxes, frame.poses.boxes]
        corners += [frame.poses.points[frame.given], *(box.reshape(-1, 2) for box in boxes), *frame.ignore_regions]
    width, height = np.ceil(np.nanmax(np.concatenate(corners), axis=0))
    return int(width), int(height)
