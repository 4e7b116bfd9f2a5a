"""Paints pieces into a picture and, alongside, who and what covers each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .clothing import Colour, mix
from .geometry import Array, grown
from .looks import Look
from .pieces import PART_INDEX, PARTS, Piece, Shape

Image = NDArray[np.uint8]

FOREGROUND = 255  # in the part buffer: something in front of everybody
MOST_PEOPLE = (FOREGROUND - 1) // len(PARTS)  # that the part buffer can tell apart
_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates
_LEAN = np.array((0.25, 0.3))  # contours are heavier below and to the right, like a pen's
_BLACK: Colour = (16, 14, 18)


def code(person: int, part: str) -> int:
    """The part buffer's value for one part of one person (0 is background)."""
    return 1 + person * len(PARTS) + PART_INDEX[part]


def fixed(points: Array) -> NDArray[np.int32]:
    """Pixels (n, 2) in OpenCV's fixed-point coordinates."""
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)


def fill(image: NDArray[Any], points: Array, colour: Colour) -> None:
    """Fills an outline (n, 2), anti-aliased, in place."""
    cv2.fillPoly(image, [fixed(points)], colour, cv2.LINE_AA, _SHIFT)


def line(image: NDArray[Any], points: Array, colour: Colour, width: float, closed: bool = False) -> None:
    """Draws a line (n, 2); widths below a pixel fade towards nothing by being drawn as a pixel of mixed ink."""
    cv2.polylines(image, [fixed(points)], closed, colour, max(1, round(width)), cv2.LINE_AA, _SHIFT)


@dataclass(frozen=True)
class Manner:
    """How one picture's hand draws within a look.

    Attributes:
        paper: Colour of the page, where the look leaves it bare.
        black: Whether looks with any ink use black.
        solid_hair: Whether looks without fill still fill hair.
        weight: Line width as a factor.
    """

    paper: Colour
    black: bool
    solid_hair: bool
    weight: float


def sample_manner(rng: np.random.Generator, paper: Colour) -> Manner:
    """Draws a manner for a page of that colour."""
    return Manner(paper, bool(rng.random() < 0.5), bool(rng.random() < 0.4), float(rng.uniform(0.7, 1.5)))


class Painter:
    """A page: the picture, the part buffer, and the way this look puts things on it."""

    def __init__(self, image: Image, look: Look, manner: Manner, rng: np.random.Generator) -> None:
        """Starts on a background.

        Args:
            image: (H, W, 3) RGB, painted on in place.
            look: The style.
            manner: The hand.
            rng: For wavering lines.
        """
        self.image = image
        self.parts: Image = np.zeros(image.shape[:2], np.uint8)
        self.look = look
        self.manner = manner
        self.rng = rng

    def width(self, scale: float) -> float:
        """Line width in pixels for a figure of `scale` pixels."""
        return min(max(0.0043 * scale * self.look.line * self.manner.weight, 0.7), 9.0)

    def colour(self, shape: Shape) -> Colour:
        """What a shape is filled with in this look."""
        solid = self.look.fill == "paper" and self.manner.solid_hair and shape.part == "hair"
        if self.look.fill == "colour" or solid:
            return shape.colour
        if self.look.fill == "wash":
            return mix(shape.colour, self.manner.paper, 0.35)
        # Small marks (irises, buttons) stay, or a drawn face would be empty.
        return mix(self.manner.paper, shape.colour, 0.03 if shape.edge else 0.75)

    def ink(self, colour: Colour) -> Colour:
        """The contour's colour around a fill."""
        if self.look.ink == "black" or (self.look.ink == "any" and self.manner.black):
            return _BLACK
        return mix(colour, _BLACK, 0.72)

    def paint(self, pieces: list[Piece], person: int, scale: float) -> None:
        """Paints a figure's pieces in order.

        Args:
            pieces: Back to front.
            person: Index of the person in the part buffer.
            scale: Pixels per body height.
        """
        width = self.width(scale)
        for piece in pieces:
            edged = [shape for shape in piece.shapes if shape.edge]
            if self.look.line > 0 and edged:
                if self.look.strokes:
                    self._scribble(edged, width)
                else:
                    for shape in edged:
                        outline = shape.points if shape.contour is None else shape.contour
                        fill(self.image, grown(outline, width) + _LEAN * width, self.ink(shape.colour))
            for shape in piece.shapes:
                self._fill(shape, code(person, shape.part))
            for stroke in piece.strokes:
                if stroke.colour is not None or self.look.line > 0:
                    ink = stroke.colour or self.ink(piece.shapes[0].colour if piece.shapes else _BLACK)
                    if self.look.fill == "paper":
                        ink = mix(ink, _BLACK, 0.6)
                    line(self.image, stroke.points, ink, width * stroke.width)

    def _fill(self, shape: Shape, value: int) -> None:
        """One shape, in the picture and in the part buffer."""
        points = [fixed(shape.points)]
        cv2.fillPoly(self.image, points, self.colour(shape), cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.parts, points, (value,), cv2.LINE_8, _SHIFT)

    def _scribble(self, shapes: list[Shape], width: float) -> None:
        """Several wavering contours, a little outside so that the fill leaves them standing."""
        for shape in shapes:
            outline = grown(shape.points if shape.contour is None else shape.contour, 0.8 * width)
            for _ in range(self.look.strokes):
                waver = self.rng.normal(0.0, 0.9 * width, size=(max(len(outline) // 5, 2), 2))
                index = np.linspace(0, len(waver), len(outline), endpoint=False)
                bent = outline + np.stack([np.interp(index, np.arange(len(waver) + 1), np.append(w, w[0]))
                                           for w in waver.T], axis=1)  # fmt: skip
                tone = int(self.rng.integers(20, 110))
                line(self.image, bent, (tone, tone, tone), width, closed=True)

    def cover(self, points: Array, colour: Colour) -> None:
        """Paints something in front of everybody."""
        if self.look.line > 0:
            fill(self.image, grown(points, 1.0), _BLACK)
        fill(self.image, points, colour)
        cv2.fillPoly(self.parts, [fixed(points)], (FOREGROUND,), cv2.LINE_8, _SHIFT)
