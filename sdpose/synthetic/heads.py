"""Heads: skull and jaw, the face opening under the hair, features, hair and hats.

Local head space is measured in head heights from where the skull sits on the neck: x to the subject's left,
y up, z out of the face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .anatomy import BodyPlan
from .clothing import mix
from .faces import feature_shapes
from .geometry import Array, disc, ellipsoid_outline, hull, limb_outline, ribbon
from .pieces import Figure, Piece, Shape, Stroke

_CENTRE = np.array((0.0, 0.50, -0.02))
_SHOWS_EARS = frozenset({"short", "crop", "spiky", "bald", "bun", "ponytail", "braid", "twin_tails"})


@dataclass(frozen=True)
class Face:
    """Where things sit on a head, in local head space.

    Attributes:
        radii: Half axes of the skull.
        chin: How far the chin reaches below the origin, and its half width.
        jaw: Half width of the jaw's corners.
        eye: x and y of the left eye.
        nose: The nose's tip.
        mouth: y of the mouth.
        ear: The left ear.
    """

    radii: tuple[float, float, float]
    chin: tuple[float, float]
    jaw: float
    eye: tuple[float, float]
    nose: tuple[float, float, float]
    mouth: float
    ear: tuple[float, float, float]

    @classmethod
    def of(cls, plan: BodyPlan) -> Face:
        """The face that belongs to a body plan."""
        rx = plan.head_width / 2
        rz = max(0.43, rx * 0.96)
        if plan.anime:
            eye = (0.50 * rx, 0.30 if plan.head > 0.25 else 0.335)
            return cls((rx, 0.41, rz), (-0.04, 0.05), 0.62 * rx, eye, (0.0, 0.19, rz + 0.01), 0.09, (rx, 0.33, -0.03))
        return cls((rx, 0.40, rz), (-0.08, 0.10), 0.76 * rx, (0.43 * rx, 0.40), (0.0, 0.24, rz + 0.07), 0.10,
                   (rx, 0.36, -0.04))  # fmt: skip

    def surface(self, x: float, y: float) -> Array:
        """The point (3,) on the front of the face at x, y."""
        rx, ry, rz = self.radii
        inside = 1.0 - (x / rx) ** 2 - ((max(y, 0.34) - _CENTRE[1]) / ry) ** 2
        return np.array((x, y, _CENTRE[2] + rz * math.sqrt(max(inside, 0.05)) - 0.25 * max(0.2 - y, 0.0)))

    def keypoints(self) -> Array:
        """Nose, left eye, right eye, left ear, right ear: (5, 3)."""
        x, y = self.eye
        ear = np.array(self.ear)
        mirror = np.array((-1.0, 1.0, 1.0))
        return np.stack((np.array(self.nose), self.surface(x, y), self.surface(-x, y), ear, ear * mirror))


class Head:
    """One head in camera space, able to project local points."""

    def __init__(self, figure: Figure) -> None:
        """Measures the head of a figure."""
        self.figure = figure
        self.face = Face.of(figure.plan)
        self.frame = figure.body.frames["head"]
        self.origin = figure.body.joints["head"]
        self.size = figure.plan.head
        centre = self.place(_CENTRE)
        self.depth = float(centre[2])
        self.unit = figure.lens.factor(self.depth) * self.size
        self.centre = figure.lens.project(centre)
        self.axes = figure.axes("head", self.face.radii, self.unit)
        down = figure.body.down[:2] * np.array((1.0, -1.0))
        self.down = down / max(float(np.hypot(*down)), 0.35)

    def place(self, local: Array) -> Array:
        """Local points (..., 3) in camera space."""
        return np.asarray(self.origin + (local * self.size) @ self.frame.T)

    def project(self, local: Array) -> Array:
        """Local points (..., 3) in pixels (..., 2)."""
        return self.figure.lens.project(self.place(local))

    def facing(self, direction: Array) -> float:
        """How squarely a local direction (3,) points at the viewer, -1..1."""
        return float(self.frame[2] @ direction) / float(np.linalg.norm(direction))

    def skull(self, scale: float, count: int = 40) -> Array:
        """The skull's silhouette, grown by a factor."""
        return ellipsoid_outline(self.centre, self.axes * scale, count)

    def wrapped(self, local: Array) -> Array:
        """Pixels (n, 2) of points on the head; those on the far side are pushed to the silhouette."""
        offset = (local - _CENTRE) @ self.frame.T
        flat = np.linalg.norm(offset[:, :2], axis=1)
        reach = np.where(offset[:, 2] < 0, np.linalg.norm(offset, axis=1), flat)
        stretch = (reach / np.maximum(flat, 1e-6))[:, None]
        return np.asarray(self.centre + offset[:, :2] * stretch * np.array((1.0, -1.0)) * self.unit)


def face_points(figure: Figure) -> tuple[Array, Array]:
    """Nose, left eye, right eye, left ear, right ear.

    Returns:
        Camera-space positions (5, 3), and how squarely each faces the viewer (5,), -1..1.
    """
    head = Head(figure)
    local = head.face.keypoints()
    facing = np.array([head.facing(point - _CENTRE * np.array((1.0, 0.9, 1.0))) for point in local])
    return head.place(local), facing


def head_box(figure: Figure) -> Array:
    """Tight box x1, y1, x2, y2 in pixels around skull and jaw, without hair and hat."""
    outline = _skin(Head(figure)).points
    return np.concatenate((outline.min(axis=0), outline.max(axis=0)))


def head_pieces(figure: Figure) -> list[Piece]:
    """Head, hair and hat, back to front."""
    head = Head(figure)
    outfit, depth = figure.outfit, head.depth
    front = head.frame[2, 2]
    ears = [_ear(head, sign) for sign in (1.0, -1.0)]
    layers = [Piece(depth, [ear for ear, out in ears if abs(out) <= 0.35] + [_nose_ridge(head), _skin(head)])]
    if outfit.hairdo != "bald":
        layers.append(Piece(depth, [_cap(head)], _combed(head)))
    if front > -0.35:
        opening = _opening(head)
        layers.append(Piece(depth, [Shape(opening, outfit.skin, "head")]))
        shapes, strokes = feature_shapes(head)
        layers.append(Piece(depth, shapes, strokes))
    if outfit.hairdo in _SHOWS_EARS:
        layers.append(Piece(depth, [ear for ear, out in ears if out > 0.35]))
    layers += [Piece(depth, locks) for locks in (_side_locks(head),) if locks]
    layers += _hat(head)
    for order, layer in enumerate(layers):
        layer.depth += 0.02 + 1e-4 * order
    return layers + _back_hair(head)


def _skin(head: Head) -> Shape:
    """Skull and jaw."""
    face = head.face
    drop, half = face.chin
    jaw = np.array((
        (face.jaw, 0.10, 0.10), (-face.jaw, 0.10, 0.10), (half, drop, 0.62 * face.radii[2]),
        (-half, drop, 0.62 * face.radii[2]), (0.0, drop + 0.02, 0.74 * face.radii[2]),
    ))  # fmt: skip
    groups = [disc(point, 0.04 * head.unit, 12) for point in head.project(jaw)]
    return Shape(hull(head.skull(0.98), *groups), head.figure.outfit.skin, "head")


def _nose_ridge(head: Head) -> Shape:
    """The nose, which stands out of the outline in profile."""
    x, y, z = head.face.nose
    out = 0.0 if head.figure.plan.anime else 0.02
    ridge = np.array(((x, y + 0.17, z - 0.09), (x, y + 0.02, z + out), (x, y - 0.03, z - 0.01), (x, y - 0.08, z - 0.1),
                      (0.05, y, z - 0.10), (-0.05, y, z - 0.10)))  # fmt: skip
    return Shape(hull(head.project(ridge)), head.figure.outfit.skin, "head")


def _cap(head: Head) -> Shape:
    """The hair that covers the skull."""
    outfit = head.figure.outfit
    if outfit.hairdo == "spiky":
        outline = head.skull(1.10, 28)
        spread = np.where(np.arange(28) % 2 == 0, 1.0 + 0.16 * ((outfit.seed >> 4) % 3 + 1) / 2, 0.98)
        return Shape(head.centre + (outline - head.centre) * spread[:, None], outfit.hair, "hair")
    if outfit.hairdo == "curly":
        outline = head.skull(1.12, 40)
        spread = 1.0 + 0.06 * np.sin(np.arange(40) * 2 * np.pi / 5)
        return Shape(head.centre + (outline - head.centre) * spread[:, None], outfit.hair, "hair")
    return Shape(head.skull(1.02 if outfit.hairdo == "crop" else 1.08), outfit.hair, "hair")


def _combed(head: Head) -> list[Stroke]:
    """A few strokes along the hair, from the crown outwards."""
    if head.unit < 24 or head.figure.outfit.hairdo == "curly":
        return []
    crown = np.array((0.0, 0.90, -0.18))
    colour = mix(head.figure.outfit.hair, (0, 0, 0), 0.3)
    strokes = []
    for degrees in range(15, 360, 36):
        angle = math.radians(degrees)
        rim = np.array((math.sin(angle) * head.face.radii[0], 0.52, math.cos(angle) * head.face.radii[2]))
        points = np.stack([_CENTRE + (crown - _CENTRE) * (1 - t) + (rim - _CENTRE) * t for t in (0.25, 0.6, 0.9)])
        points = _CENTRE + (points - _CENTRE) / np.linalg.norm(points - _CENTRE, axis=1, keepdims=True) * 0.42
        if head.facing(points[1] - _CENTRE) > 0.2:
            strokes.append(Stroke(head.project(points), colour, 0.6))
    return strokes


def _fringe(name: str, seed: int) -> list[tuple[float, float]]:
    """The hairline from the left temple to the right one: x in skull half widths, y in head heights."""
    teeth = 5 + seed % 4
    if name == "back":
        return [(0.8, 0.66), (0.45, 0.76), (0.0, 0.79), (-0.45, 0.76), (-0.8, 0.66)]
    if name == "parted":
        part = ((seed >> 3) % 7 - 3) * 0.1
        return [(0.82, 0.52), (0.6, 0.60), (part + 0.06, 0.76), (part - 0.06, 0.76), (-0.6, 0.60), (-0.82, 0.52)]
    out = []
    for index, x in enumerate(np.linspace(0.84, -0.84, 2 * teeth - 1)):
        low = {"straight": 0.58, "swept": 0.62 - 0.10 * float(x), "spikes": 0.50}[name]
        high = {"straight": 0.60, "swept": 0.66 - 0.08 * float(x), "spikes": 0.68}[name]
        out.append((float(x), low if index % 2 else high))
    return out


def _opening(head: Head) -> Array:
    """The part of the head that shows skin: from the hairline down to the chin."""
    face, outfit = head.face, head.figure.outfit
    rx = face.radii[0]
    line = [face.surface(x * rx, y) for x, y in _fringe("back" if outfit.hairdo == "bald" else outfit.fringe,
                                                        outfit.seed)]  # fmt: skip
    drop, half = face.chin
    side = [(0.93 * rx, 0.46, 0.10), (0.90 * rx, 0.28, 0.10), (face.jaw, 0.08, 0.12), (half + 0.05, drop - 0.02, 0.28)]
    right = np.array([(-x, y, z) for x, y, z in side])
    left = np.array(side[::-1])
    return head.wrapped(np.concatenate((np.stack(line), right, left)))


def _ear(head: Head, sign: float) -> tuple[Shape, float]:
    """One ear and how squarely it faces the viewer."""
    x, y, z = head.face.ear
    axes = head.figure.axes("head", (0.03, 0.10, 0.06), head.unit)
    centre = head.project(np.array((sign * x, y, z)))
    return Shape(ellipsoid_outline(centre, axes, 14), head.figure.outfit.skin, "head"), float(sign * head.frame[2, 0])


def _strand(head: Head, start: Array, length: float, width: float, sway: float) -> Array:
    """A lock of hair hanging from a local point; length and width in head heights."""
    t = np.linspace(0.0, 1.0, 7)
    side = np.array((-head.down[1], head.down[0]))
    root = head.project(start)
    path = root + (np.outer(t * length, head.down) + np.outer(np.sin(t * 3.2) * sway, side)) * head.unit
    return ribbon(path, width * head.unit * (1.0 - 0.85 * t**2.2))


def _side_locks(head: Head) -> list[Shape]:
    """Locks in front of the ears."""
    outfit, rx = head.figure.outfit, head.face.radii[0]
    length = {"bob": 0.62, "long": 0.8, "twin_tails": 0.5, "braid": 0.4, "curly": 0.3}.get(outfit.hairdo, 0.0)
    if length == 0.0:
        return []
    locks = []
    for sign in (1.0, -1.0):
        start = np.array((sign * 0.93 * rx, 0.58, 0.13))
        if head.facing(start - _CENTRE) > -0.25:
            locks.append(Shape(_strand(head, start, length, 0.085, 0.03 * sign), outfit.hair, "hair"))
    return locks


def _back_hair(head: Head) -> list[Piece]:
    """Hair that hangs behind the head: in front of the trunk when the figure is seen from behind."""
    outfit, (rx, _, rz) = head.figure.outfit, head.face.radii
    colour = mix(outfit.hair, (0, 0, 0), 0.14 if head.frame[2, 2] > 0 else 0.0)
    sway = ((outfit.seed >> 6) % 9 - 4) * 0.03
    depth = float(head.place(np.array((0.0, 0.45, -rz)))[2])
    if outfit.hairdo in ("long", "bob", "curly"):
        length = {"bob": 0.62, "curly": 0.7}.get(outfit.hairdo, 1.0 + 2.2 * ((outfit.seed >> 9) % 16) / 16)
        outline = _mane(head, length, 0.10 if outfit.hairdo == "curly" else 0.03)
        # No line where the mane leaves the skull: its contour starts a little below.
        return [Piece(depth, [Shape(outline, colour, "hair", contour=outline[2:-2])])]
    starts = {
        "ponytail": [(0.0, 0.72, -rz)], "braid": [(0.0, 0.40, -rz)], "bun": [(0.0, 0.94, -0.55 * rz)],
        "twin_tails": [(1.02 * rx, 0.66, -0.15), (-1.02 * rx, 0.66, -0.15)],
    }.get(outfit.hairdo, [])  # fmt: skip
    pieces = []
    for start in starts:
        local = np.array(start)
        z = float(head.place(local * np.array((1.0, 1.0, 1.25)))[2])
        if outfit.hairdo == "bun":
            pieces.append(Piece(z, [Shape(disc(head.project(local), 0.22 * head.unit), outfit.hair, "hair")]))
            continue
        length = 1.0 + 1.4 * ((outfit.seed >> 9) % 16) / 16
        width = 0.09 if outfit.hairdo == "braid" else 0.15
        bulge = sway + 0.12 * float(np.sign(start[0]))
        strand = _strand(head, local, length, width, bulge)
        tie = Shape(disc(head.project(local), 0.085 * head.unit, 10), outfit.accent, "hair")
        pieces.append(Piece(z, [Shape(strand, outfit.hair, "hair"), tie]))
    return pieces


def _mane(head: Head, length: float, wave: float) -> Array:
    """Loose hair: a curtain from the skull down, with a ragged hem; length in head heights."""
    rx, _, rz = head.face.radii
    anchors = head.project(np.array(((rx * 1.04, 0.45, -0.12), (-rx * 1.04, 0.45, -0.12), (0.0, 0.45, -rz * 1.06))))
    side = np.array((-head.down[1], head.down[0]))
    reach = (anchors - head.centre) @ side
    low, high = float(reach.min()), max(float(reach.max()), float(reach.min()) + 0.3 * head.unit)
    t = np.linspace(0.0, 1.0, 8)
    wobble = wave * head.unit * np.sin(t * 9.0)
    spread = (0.06 + 0.05 * length) * head.unit
    edge_low = np.outer(low - spread * t + wobble, side) + np.outer(t * length * head.unit, head.down)
    edge_high = np.outer(high + spread * t - wobble, side) + np.outer(t * length * head.unit, head.down)
    count = 9
    share = np.linspace(0.0, 1.0, count)[1:-1, None]
    hem = edge_low[-1] * (1 - share) + edge_high[-1] * share
    hem = hem + np.outer(np.where(np.arange(count - 2) % 2, -0.10, 0.08) * head.unit, head.down)
    return np.concatenate((head.centre + edge_low, head.centre + hem, head.centre + edge_high[::-1]))


def _hat(head: Head) -> list[Piece]:
    """The hat of the outfit, if any."""
    outfit, unit, (rx, _, rz) = head.figure.outfit, head.unit, head.face.radii
    colour, name = outfit.accent, outfit.hat
    up = head.project(np.array((0.0, 1.5, -0.1))) - head.project(np.array((0.0, 0.5, -0.1)))
    brim = ellipsoid_outline(head.project(np.array((0.0, 0.74, 0.0))),
                             head.figure.axes("head", (1.0, 0.02, 1.0), unit * 1.5 * rx))  # fmt: skip
    ring = ellipsoid_outline(head.project(np.array((0.0, 0.72, 0.0))),
                             head.figure.axes("head", (1.08 * rx, 0.05, 1.08 * rz), unit))  # fmt: skip
    dome = ellipsoid_outline(head.project(np.array((0.0, 0.74, -0.01))),
                             head.figure.axes("head", (1.06 * rx, 0.3, 1.04 * rz), unit))  # fmt: skip
    top = head.project(np.array((0.0, 0.85, 0.0)))
    if name in ("cap", "beanie", "helmet"):
        shapes = [Shape(hull(ring, dome), colour, "hat")]
        if name == "cap":
            peak = head.project(np.array((0.0, 0.72, rz + 0.24)))
            shapes.append(Shape(hull(disc(peak, 0.1 * unit, 8), ring[::2] * 0.4 + peak * 0.6), colour, "hat"))
        if name == "beanie":
            shapes.append(Shape(disc(top + up * 0.18, 0.1 * unit, 12), outfit.sole, "hat"))
        return [Piece(head.depth, shapes)]
    if name in ("wide", "witch"):
        crown = hull(ring, dome) if name == "wide" else hull(ring, disc(top + up * 0.75, 0.03 * unit, 6))
        return [Piece(head.depth, [Shape(brim, mix(colour, (0, 0, 0), 0.15), "hat")]),
                Piece(head.depth, [Shape(crown, colour, "hat")])]  # fmt: skip
    if name == "ears":
        tips = head.project(np.array(((0.75 * rx, 1.2, 0.0), (-0.75 * rx, 1.2, 0.0))))
        roots = head.project(np.array(((0.4 * rx, 0.88, 0.0), (0.95 * rx, 0.72, 0.0), (-0.4 * rx, 0.88, 0.0),
                                       (-0.95 * rx, 0.72, 0.0))))  # fmt: skip
        return [Piece(head.depth, [Shape(np.stack((roots[2 * k], tips[k], roots[2 * k + 1])), outfit.hair, "hair")
                                   for k in range(2)])]  # fmt: skip
    if name == "bow":
        knot = head.project(np.array((0.5 * rx, 0.92, 0.05)))
        wings = [limb_outline(knot, knot + (np.array((up[1], -up[0])) * s + up * 0.5) * 0.22,
                              ((0.0, 0.04), (1.0, 0.13)), unit) for s in (1.0, -1.0)]  # fmt: skip
        return [Piece(head.depth, [Shape(wing, colour, "hat") for wing in wings])]
    return []
