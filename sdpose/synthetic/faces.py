"""Face features: eyes, brows, nose and mouth, drawn in the tangent plane of the head so that they foreshorten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .clothing import mix
from .geometry import Array
from .pieces import Shape, Stroke

if TYPE_CHECKING:
    from .heads import Head

_CIRCLE = np.stack((np.cos(np.linspace(0, 2 * np.pi, 12, endpoint=False)),
                    np.sin(np.linspace(0, 2 * np.pi, 12, endpoint=False))), axis=1)  # fmt: skip
_LID = np.array(((-1.0, -0.1), (-0.7, 0.55), (0.0, 0.95), (0.7, 0.6), (1.0, -0.05)))
_ALMOND = np.concatenate((_LID, np.array(((0.5, -0.6), (-0.1, -0.75), (-0.65, -0.5)))))
_DARK = (38, 26, 30)


class _Patch:
    """A small plane that touches the face at one point."""

    def __init__(self, head: Head, x: float, y: float) -> None:
        """Finds the plane at x, y in local head space."""
        self.head = head
        self.centre = head.face.surface(x, y)
        slope = np.array((x / head.face.radii[0] ** 2, 0.0, self.centre[2] / head.face.radii[2] ** 2))
        normal = slope / np.linalg.norm(slope)
        self.across = np.array((normal[2], 0.0, -normal[0]))
        self.facing = head.facing(normal)

    def put(self, template: Array, size: tuple[float, float], at: tuple[float, float] = (0.0, 0.0)) -> Array:
        """A template (n, 2) scaled to `size` head heights, moved by `at`, in pixels."""
        flat = template * np.array(size) + np.array(at)
        local = self.centre + flat[:, :1] * self.across + flat[:, 1:] * np.array((0.0, 1.0, 0.0))
        return self.head.project(local)


def feature_shapes(head: Head) -> tuple[list[Shape], list[Stroke]]:
    """Everything on the face that turns towards the viewer."""
    shapes: list[Shape] = []
    strokes: list[Stroke] = []
    for sign in (1.0, -1.0):
        patch = _Patch(head, sign * head.face.eye[0], head.face.eye[1])
        if patch.facing > 0.1:
            _eye(patch, sign, shapes, strokes)
    middle = _Patch(head, 0.0, head.face.mouth)
    if middle.facing > 0.15 and head.unit > 12:
        _mouth(middle, shapes, strokes)
    _nose(head, strokes)
    return shapes, strokes


def _pen(head: Head) -> float:
    """Line width in faces, as a factor: small heads are drawn with a finer pen."""
    return min(max(head.figure.plan.head / 0.2, 0.45), 1.3)


def _eye(patch: _Patch, sign: float, shapes: list[Shape], strokes: list[Stroke]) -> None:
    """One eye with its brow."""
    head, outfit = patch.head, patch.head.figure.outfit
    rx, anime = head.face.radii[0], head.figure.plan.anime
    wide, high = (0.30 * rx, 0.105 + 0.02 * (outfit.seed % 3)) if anime else (0.21 * rx, 0.038)
    if head.unit < 16:
        shapes.append(Shape(patch.put(_CIRCLE, (wide * 0.6, high * 0.8)), _DARK, "head", edge=False))
        return
    closed = (outfit.seed >> 8) % 13 == 0
    lid = patch.put(_LID, (wide, high * (0.4 if closed else 1.0)))
    if not closed:
        shapes.append(Shape(patch.put(_ALMOND, (wide, high)), (250, 250, 250), "head", edge=False))
        iris = (wide * 0.62, high * 0.82) if anime else (wide * 0.44, high * 0.92)
        shapes.append(Shape(patch.put(_CIRCLE, iris, (0.0, 0.06 * high)), outfit.eyes, "head", edge=False))
        pupil = (iris[0] * 0.5, iris[1] * 0.55)
        shapes.append(Shape(patch.put(_CIRCLE, pupil, (0.0, 0.1 * high)), _DARK, "head", edge=False))
        if anime:
            spot = (-0.3 * iris[0], 0.45 * iris[1])
            shapes.append(Shape(patch.put(_CIRCLE, (iris[0] * 0.3, iris[1] * 0.26), spot), (255, 255, 255), "head",
                                edge=False))  # fmt: skip
    pen = _pen(head)
    strokes.append(Stroke(lid, _DARK, 1.6 * pen if anime else pen))
    tilt = ((outfit.seed >> 10) % 5 - 2) * 0.012 * sign
    brow = np.array(((-1.0, -0.3 - tilt * 20), (0.0, 0.3), (1.0, -0.3 + tilt * 20)))
    colour = mix(outfit.hair, (20, 14, 14), 0.4)
    strokes.append(
        Stroke(patch.put(brow, (wide * 1.05, 0.025), (0.0, high + 0.055)), colour, pen if anime else 1.6 * pen)
    )


def _mouth(patch: _Patch, shapes: list[Shape], strokes: list[Stroke]) -> None:
    """A mouth: a line, a smile, or open."""
    seed, rx = patch.head.figure.outfit.seed, patch.head.face.radii[0]
    mood = (seed >> 12) % 5
    half = rx * (0.2 if patch.head.figure.plan.anime else 0.3)
    if mood == 0:
        shapes.append(Shape(patch.put(_CIRCLE, (half * 0.6, 0.035)), (150, 50, 56), "head", edge=False))
    elif mood == 1:
        grin = np.array(((-1.0, 0.4), (0.0, 0.2), (1.0, 0.4), (0.5, -0.8), (-0.5, -0.8)))
        shapes.append(Shape(patch.put(grin, (half, 0.04)), (170, 60, 64), "head", edge=False))
    else:
        curve = np.array(((-1.0, 0.3 * (mood - 2)), (0.0, -0.3 * (mood - 2)), (1.0, 0.3 * (mood - 2))))
        strokes.append(Stroke(patch.put(curve, (half, 0.03)), (110, 46, 48), _pen(patch.head)))


def _nose(head: Head, strokes: list[Stroke]) -> None:
    """A short mark in anime faces, a bridge and a base in realistic ones."""
    _, y, z = head.face.nose
    if head.facing(np.array((0.0, 0.0, 1.0))) < 0.05 or head.unit < 12:
        return
    if head.figure.plan.anime:
        local = np.array(((0.015, y + 0.015, z), (0.0, y - 0.01, z + 0.01)))
        colour = mix(head.figure.outfit.skin, (110, 50, 40), 0.6)
    else:
        local = np.array(((0.02, y + 0.12, z - 0.07), (0.045, y + 0.01, z - 0.01), (0.0, y - 0.025, z)))
        colour = mix(head.figure.outfit.skin, (90, 40, 30), 0.6)
    strokes.append(Stroke(head.project(local), colour, 0.9 * _pen(head)))
