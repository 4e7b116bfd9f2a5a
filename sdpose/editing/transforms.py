"""What a graph does to pictures, done to poses: crop, resize, pad, flip, turn, shift.

The rules are those of ComfyUI's own nodes: Crop Image, Upscale Image (By), Pad Image for Outpainting, Flip Image and
Rotate Image. A keypoint at whole coordinates lies in the middle of a pixel, and the edges of a box lie between pixels.
So a picture of width W that is enlarged s times takes a keypoint from x to (x + 0.5) * s - 0.5 and an edge from x to
x * s, and a mirror takes them to W - 1 - x and W - x. `Poses.scaled` is something else: it re-projects to a canvas of
another size, as every program that draws poses does, where 0 stays 0 and no pixel is moved.

Whatever has no place stays without one: an absent keypoint at (0, 0) or, as ComfyUI's own nodes write it, (-1, -1),
and a box of zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import BadOption
from ..formats.values import is_number, say
from ..poses import Poses

__all__ = [
    "DIRECTIONS",
    "LARGEST",
    "SIDES",
    "cropped",
    "flipped",
    "inside",
    "padded",
    "resized",
    "resized_by",
    "resized_wh",
    "shifted",
    "turned",
]

DIRECTIONS = ("horizontal", "vertical")
SIDES = ("swap", "keep")
LARGEST = 2**24
"""No side of a canvas becomes longer than so many pixels."""

_NOT_FOUND = -1.0
"""What ComfyUI's own nodes write for both coordinates of a keypoint that they did not find."""

_Matrix = tuple[tuple[float, float], tuple[float, float]]


def cropped(poses: Poses, x: int, y: int, width: int, height: int) -> Poses:
    """Cut a rectangle out of the picture, as Crop Image does.

    Args:
        poses: the people of one frame.
        x: its left column; the picture's last one, where it lies beyond that.
        y: its top row, likewise.
        width: in pixels; less, where the picture ends before.
        height: likewise.

    Returns:
        Everybody, those outside too: see `inside`.

    Raises:
        BadOption: a negative corner, or less than a pixel.
    """
    _check(0, x=x, y=y)
    _check(1, width=width, height=height)
    full_width, full_height = poses.canvas_wh
    x, y = min(x, full_width - 1), min(y, full_height - 1)
    canvas_wh = min(width, full_width - x), min(height, full_height - y)
    return _mapped(poses, canvas_wh, offset=(-x, -y))


def resized(poses: Poses, width: int, height: int, crop: str = "disabled") -> Poses:
    """Resize the picture, as Upscale Image does.

    Args:
        poses: the people of one frame.
        width: new width in pixels; 0 to keep the picture's shape. Both 0 change nothing.
        height: likewise.
        crop: "disabled" stretches, "center" first cuts off at two sides what the new shape has no room for.

    Raises:
        BadOption: a negative side, another `crop`, or a shape so narrow that nothing is left of the picture.
    """
    if crop not in ("disabled", "center"):
        raise BadOption(f"crop is disabled or center; got {crop!r}")
    if (width, height) in ((0, 0), poses.canvas_wh):
        return poses
    _check(0, width=width, height=height)
    width, height = resized_wh(poses.canvas_wh, width, height)
    _check(1, width=width, height=height)
    if crop == "center":
        poses = _cut_to_shape(poses, width / height)
    factor = width / poses.canvas_wh[0], height / poses.canvas_wh[1]
    return _mapped(poses, (width, height), ((factor[0], 0), (0, factor[1])))


def resized_wh(canvas_wh: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """The size of a picture for which these are asked: one that is 0 keeps the picture's shape, and both its size."""
    if not (width or height):
        return canvas_wh
    full_width, full_height = canvas_wh
    wide = width or max(1, round(full_width * height / full_height))
    return wide, height or max(1, round(full_height * width / full_width))


def _cut_to_shape(poses: Poses, aspect: float) -> Poses:
    """The middle of the picture in another shape, in whole pixels and with the arithmetic of ComfyUI's resizing."""
    width, height = poses.canvas_wh
    old_aspect = width / height
    x = round((width - width * (aspect / old_aspect)) / 2) if old_aspect > aspect else 0
    y = round((height - height * (old_aspect / aspect)) / 2) if old_aspect < aspect else 0
    if width <= 2 * x or height <= 2 * y:
        raise BadOption(f"nothing is left of {width} x {height} pixels in a shape of {aspect:g} to 1: choose another")
    return cropped(poses, x, y, width - 2 * x, height - 2 * y)


def resized_by(poses: Poses, factor: float) -> Poses:
    """Resize the picture by a factor, as Upscale Image By does: its sides are rounded to whole pixels.

    Raises:
        BadOption: the factor is not a number above 0, or no pixel is left.
    """
    sides = [side * factor for side in poses.canvas_wh] if is_number(factor) else []
    if not (sides and all(0.5 < side <= LARGEST for side in sides)):
        raise BadOption(f"{poses.canvas_wh[0]} x {poses.canvas_wh[1]} pixels cannot be resized by {say(factor)}")
    return resized(poses, round(sides[0]), round(sides[1]))


def padded(poses: Poses, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Poses:
    """Widen the canvas by so many pixels at each side, as Pad Image for Outpainting does.

    Raises:
        BadOption: a negative number.
    """
    _check(0, left=left, top=top, right=right, bottom=bottom)
    width, height = poses.canvas_wh
    canvas_wh = width + left + right, height + top + bottom
    _check(1, width=canvas_wh[0], height=canvas_wh[1])
    return _mapped(poses, canvas_wh, offset=(left, top))


def flipped(poses: Poses, direction: str = "horizontal", sides: str = "swap") -> Poses:
    """Mirror the picture, as Flip Image does.

    In a mirror a left hand looks like a right hand, and that is what a pose model finds there. So left and right change
    places, whichever way the mirror stands. A picture that was drawn with a colour for each side is not drawn anew when
    it is mirrored: keep the sides to go with one.

    Args:
        poses: the people of one frame.
        direction: "horizontal" swaps left and right of the picture, "vertical" top and bottom.
        sides: "swap" renames left keypoints to right ones and the other way round, "keep" does not.

    Raises:
        BadOption: another direction or other sides.
    """
    if direction not in DIRECTIONS or sides not in SIDES:
        raise BadOption(
            f"a flip is {' or '.join(DIRECTIONS)} and its sides are {' or '.join(SIDES)}; got {direction!r}, {sides!r}"
        )
    if sides == "swap":
        order = list(poses.skeleton.flip_indices)
        poses = poses.replace(points=poses.points[:, order], scores=poses.scores[:, order])
    width, height = poses.canvas_wh
    if direction == "horizontal":
        return _mapped(poses, poses.canvas_wh, ((-1, 0), (0, 1)), (width, 0))
    return _mapped(poses, poses.canvas_wh, ((1, 0), (0, -1)), (0, height))


def turned(poses: Poses, quarters: int = 1) -> Poses:
    """Turn the picture clockwise by quarter turns, as Rotate Image does; a negative number turns it back.

    Raises:
        BadOption: not a whole number.
    """
    if not isinstance(quarters, (int, np.integer)):
        raise BadOption(f"a picture is turned by a whole number of quarters; got {quarters!r}")
    for _ in range(quarters % 4):
        width, height = poses.canvas_wh
        poses = _mapped(poses, (height, width), ((0, -1), (1, 0)), (height, 0))
    return poses


def shifted(poses: Poses, dx: float, dy: float) -> Poses:
    """Move everybody by so many pixels, to the right and down; the canvas stays.

    Raises:
        BadOption: not a finite number.
    """
    if not (is_number(dx) and is_number(dy)):
        raise BadOption(f"people are moved by finite numbers of pixels; got {say(dx)} and {say(dy)}")
    return _mapped(poses, poses.canvas_wh, offset=(dx, dy))


def inside(poses: Poses) -> Poses:
    """Without those who are wholly outside the picture.

    A person is inside with one keypoint that is present and on the canvas; one without any keypoint, if the box is
    partly on it. Who only keeps a place, with neither, stays.
    """
    present = poses.scores > 0
    size = np.array(poses.canvas_wh, np.float64)
    on_canvas = ((poses.points >= -0.5) & (poses.points < size - 0.5)).all(axis=2)
    boxes = np.zeros((len(poses), 4)) if poses.boxes is None else poses.boxes
    boxed = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    overlapping = ((boxes[:, 2:] > 0) & (boxes[:, :2] < size)).all(axis=1)
    pointed = present.any(axis=1)
    return poses[np.where(pointed, (present & on_canvas).any(axis=1), overlapping | ~boxed)]


def _mapped(
    poses: Poses, canvas_wh: tuple[int, int], matrix: _Matrix = ((1, 0), (0, 1)), offset: Sequence[float] = (0, 0)
) -> Poses:
    """Everybody on another canvas, where an edge at (x, y) goes to matrix (x, y) + offset."""
    turn, shift = np.array(matrix, np.float64), np.array(offset, np.float64)
    # A keypoint is half a pixel before the edge that it is counted from. In one sum, so that whole steps stay exact.
    middle = turn @ (0.5, 0.5) + shift - 0.5
    nowhere = (poses.points == 0).all(axis=2) | (poses.points == _NOT_FOUND).all(axis=2)
    unknown = (poses.scores <= 0) & nowhere
    points = np.where(unknown[..., None], poses.points, poses.points @ turn.T + middle)
    boxes = poses.boxes
    if boxes is not None:
        ends = np.stack([boxes[:, :2] @ turn.T + shift, boxes[:, 2:] @ turn.T + shift])
        around = np.concatenate([ends.min(axis=0), ends.max(axis=0)], axis=1)
        boxes = np.where((boxes == 0).all(axis=1, keepdims=True), 0.0, around)
    return poses.replace(points=points, boxes=boxes, canvas_wh=canvas_wh)


def _check(least: int, **pixels: int) -> None:
    for name, value in pixels.items():
        if not isinstance(value, (int, np.integer)) or not least <= value <= LARGEST:
            raise BadOption(f"{name} is a whole number of pixels from {least} to {LARGEST}; got {value!r}")
