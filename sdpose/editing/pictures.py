"""A picture of two frames of poses that were compared: each by itself, and both over each other."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import BadOption
from ..poses import FloatArray
from ..render.drawing import Image, draw, overlay
from ..render.styles import Colour
from .comparing import Apart

__all__ = ["side_by_side"]

COLOURS: tuple[Colour, Colour] = ((255, 96, 0), (0, 159, 255))
"""Of the first and of the second stream: they add up to white, which is where both agree."""

_LEVELS = np.arange(256)[:, None]
_FIRST = np.rint(_LEVELS * COLOURS[0] / 255)
_TINTS = _FIRST.astype(np.uint8), (_LEVELS - _FIRST).astype(np.uint8)
"""(256, 3) each: a brightness in the one colour, and in the other what is missing to a grey of that brightness."""

_ARROW: Colour = (255, 255, 0)
_DIM = 0.35
"""How much of the background shows behind the skeletons that lie over each other."""


def side_by_side(
    found: Apart,
    canvas_wh: tuple[int, int] | None = None,
    *,
    style: str = "dwpose",
    limit: float = 0.05,
    background: Image | None = None,
) -> Image:
    """Draw the first stream, the second, and both over each other.

    In the third panel the first is orange and the second blue, and white is where they agree. Yellow arrows lead from
    points of the first to those of the second that are further off than the limit; rings are about points that only the
    one of that colour has.

    Args:
        found: one frame, compared.
        canvas_wh: width and height of each panel; by default the poses' own canvas.
        style: how the skeletons are drawn, one of `sdpose.render.STYLES`.
        limit: in torso lengths.
        background: uint8 RGB of the panels' size, to be behind all of them.

    Returns:
        (H, 3 W, 3) uint8 RGB.

    Raises:
        BadOption: another style, or a limit below 0.
        BadImage: the background has another size.
    """
    if not limit >= 0:
        raise BadOption(f"limit is a number of torso lengths from 0; got {limit!r}")
    far = found.shares > limit
    wh = found.a.canvas_wh if canvas_wh is None else canvas_wh
    found = replace(found, a=found.a.scaled(wh), b=found.b.scaled(wh))
    skeletons = [draw(poses, style, threshold=0, feet=True) for poses in (found.a, found.b)]
    first, second = (_tinted(*pair) for pair in zip(skeletons, _TINTS, strict=True))
    both = np.asarray(cv2.add(first, second), np.uint8)
    panels = [*skeletons, both]
    if background is not None:
        panels = [overlay(background, skeleton, 1.0) for skeleton in skeletons]
        panels.append(overlay(np.asarray(cv2.convertScaleAbs(background, alpha=_DIM), np.uint8), both, 1.0))
    _mark(panels[-1], found, far & np.isfinite(found.pixels))
    return np.concatenate(panels, axis=1)


def _tinted(skeleton: Image, tint: Image) -> Image:
    """How bright a skeleton is, in another colour."""
    bright = np.maximum(np.maximum(skeleton[..., 0], skeleton[..., 1]), skeleton[..., 2])
    return np.asarray(cv2.LUT(cv2.merge([bright] * 3), tint[None]), np.uint8)


def _mark(panel: Image, found: Apart, far: npt.NDArray[np.bool_]) -> None:
    """Arrows and rings of matched people, as far as they are in or about the panel; changes the panel."""
    size = np.array(panel.shape[1::-1], np.float64)
    width = max(1, round(min(size) / 256))
    first, second = found.a.points[found.rows[:, 0]], found.b.points[found.rows[:, 1]]

    def near(points: FloatArray, which: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Of those, the ones that OpenCV can count the pixels to."""
        return np.asarray(which & (np.abs(points - size / 2) <= 2 * size).all(axis=2))

    ends = near(first, near(second, far))
    for start, end in np.stack([first[ends], second[ends]], axis=1).round().astype(int).tolist():
        cv2.arrowedLine(panel, start, end, _ARROW, width, tipLength=0.25)
    for points, alone, colour in ((first, found.only_a, COLOURS[0]), (second, found.only_b, COLOURS[1])):
        for middle in points[near(points, alone)].round().astype(int).tolist():
            cv2.circle(panel, middle, 5 * width, colour, width)
