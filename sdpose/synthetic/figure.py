"""Draws trunk and limbs as pieces: tapered limbs with clothes on, hands, feet, skirts."""

from __future__ import annotations

import math

import numpy as np

from .clothing import Colour, mix
from .geometry import Array, disc, ellipsoid_outline, hull, limb_outline, smooth
from .heads import head_pieces
from .kinematics import SIDES
from .pieces import Figure, Piece, Shape, Stroke
from .props import prop_pieces

Knots = tuple[tuple[float, float], ...]

# Radius along each bone in body heights, before the figure's girth.
_UPPER_ARM: Knots = ((0.0, 0.030), (0.3, 0.029), (0.7, 0.025), (1.0, 0.022))
_FOREARM: Knots = ((0.0, 0.022), (0.25, 0.025), (0.7, 0.018), (1.0, 0.0145))
_THIGH: Knots = ((0.0, 0.050), (0.25, 0.049), (0.7, 0.037), (1.0, 0.030))
_SHIN: Knots = ((0.0, 0.029), (0.25, 0.034), (0.6, 0.026), (1.0, 0.0175))

# Trunk cross-sections from the crotch to the neck: height as a share of the trunk, which bone carries it, and
# the half width and half depth as multiples of (seat, waist, chest, shoulder).
_LEVELS: tuple[tuple[float, str, str, float, float], ...] = (
    (-0.17, "pelvis", "seat", 0.62, 0.52),
    (-0.02, "pelvis", "seat", 1.0, 0.72),
    (0.16, "pelvis", "seat", 0.94, 0.70),
    (0.42, "chest", "waist", 1.0, 0.74),
    (0.68, "chest", "chest", 1.0, 0.72),
    (0.86, "chest", "chest", 1.06, 0.66),
    (0.95, "chest", "shoulder", 0.98, 0.46),
    (1.045, "chest", "shoulder", 0.82, 0.36),
    (1.12, "chest", "shoulder", 0.36, 0.28),
)
_OPEN = {"upper_arm": 0.18, "thigh": 0.30}  # where the contour begins: a limb grows out of the trunk without a line
_PER = 3  # curve samples between two levels


def figure_pieces(figure: Figure) -> list[Piece]:
    """All pieces of a person, sorted back to front."""
    trunk = Trunk(figure)
    pieces = [trunk.hips(), trunk.piece(), *head_pieces(figure), *prop_pieces(figure)]
    legs = [piece for side in SIDES for piece in _leg(figure, side, trunk.depth)]
    pieces += legs + [piece for side in SIDES for piece in _arm(figure, side, trunk.depth)]
    if figure.outfit.skirt > 0:
        pieces.append(_skirt(figure, trunk, max(piece.depth for piece in legs) + 0.005))
    return sorted(pieces, key=lambda piece: piece.depth)


class Trunk:
    """The trunk's outline, kept as two side curves so that clothes can be cut from it at any height."""

    def __init__(self, figure: Figure) -> None:
        """Projects the cross-sections of one figure's trunk."""
        self.figure = figure
        plan, joints, frames = figure.plan, figure.body.joints, figure.body.frames
        self.depth = 0.5 * (figure.z("pelvis") + figure.z("neck"))
        centres, reach = [], []
        for height, bone, measure, wide, deep in _LEVELS:
            base, start = (joints["pelvis"], 0.0) if bone == "pelvis" else (joints["mid"], 0.42)
            frame = frames[bone]
            width = getattr(plan, measure) * wide
            depth = getattr(plan, measure) * deep
            front = plan.bust * 0.022 if height == 0.68 else 0.0
            centres.append(base + frame[:, 1] * ((height - start) * plan.torso) + frame[:, 2] * front)
            reach.append((frame[:, 0] * width, frame[:, 2] * (depth + front)))
        self.centres, self.reach = np.stack(centres), np.array(reach)
        middle = figure.lens.project(self.centres)
        axes = self.reach[..., :2] * figure.lens.scale
        axes[..., 1] *= -1
        spine = middle[-1] - middle[0]
        length = float(np.hypot(*spine))
        normal = np.array((-spine[1], spine[0])) / max(length, 1e-6)
        half = np.linalg.norm(axes @ normal, axis=1)
        self.end_on = length < 1.3 * float(half.max())
        self.rings = [ellipsoid_outline(c, np.vstack((e, np.zeros(2)))) for c, e in zip(middle, axes, strict=True)]
        self.sides = (
            smooth(middle + normal * half[:, None], closed=False, per=_PER),
            smooth(middle - normal * half[:, None], closed=False, per=_PER),
        )

    def cut(self, low: float, high: float) -> Array:
        """The outline (n, 2) between two levels, counted in rows of `_LEVELS` (fractions allowed)."""
        if self.end_on:
            return hull(*self.rings[math.floor(low) : max(math.ceil(high) + 1, math.floor(low) + 2)])
        start, stop = round(low * _PER), max(round(high * _PER), round(low * _PER) + 1)
        left, right = (side[start : stop + 1] for side in self.sides)
        return np.concatenate((left, right[::-1]))

    def on_front(self, across: float, level: float) -> tuple[Array, float]:
        """A point on the surface: `across` -1..1 from right to left of the front.

        Returns:
            Pixels (2,) and how squarely the place faces the viewer, -1..1.
        """
        index = min(int(level), len(_LEVELS) - 2)
        share = level - index
        centre = self.centres[index] * (1 - share) + self.centres[index + 1] * share
        x, z = self.reach[index] * (1 - share) + self.reach[index + 1] * share
        angle = across * math.pi / 2
        point = centre + x * math.sin(angle) + z * math.cos(angle)
        normal = x / float(x @ x) * math.sin(angle) + z / float(z @ z) * math.cos(angle)
        return self.figure.lens.project(point), float(normal[2] / np.linalg.norm(normal))

    def hips(self) -> Piece:
        """The seat, which the thighs are painted over unless they point away."""
        outfit = self.figure.outfit
        covered = outfit.leg > 0 or outfit.skirt > 0
        seat = Shape(self.cut(0, 2.7), outfit.bottom if covered else outfit.skin, "torso")
        return Piece(self.figure.z("pelvis") - 0.12, [seat])

    def piece(self) -> Piece:
        """Skin, neck, clothes and their decoration."""
        figure, outfit = self.figure, self.figure.outfit
        neck = figure.px("neck") * min(0.030 * figure.plan.girth, 0.42 * figure.plan.head)
        towards = figure.at["head"] + (figure.at["head"] - figure.at["neck"]) * 0.4
        shapes = [
            Shape(limb_outline(figure.at["neck"], towards, ((0.0, 1.15), (0.4, 0.95), (1.0, 1.0)), neck),
                  mix(outfit.skin, (60, 30, 30), 0.12), "neck"),
            Shape(self.cut(2, 8), outfit.skin, "torso"),
        ]  # fmt: skip
        if outfit.sleeve > 0 or outfit.leg > 0.5:
            low = 1.7 if outfit.belt else 1.1
            shapes.append(Shape(self.cut(low, 7.7 if outfit.sleeve > 0.2 else 5.4), outfit.top, "torso"))
        piece = Piece(self.depth, self._shoulders() + shapes)
        self._decorate(piece)
        return piece

    def _shoulders(self) -> list[Shape]:
        """The shoulders' roundness: arms start without a contour of their own."""
        figure, outfit = self.figure, self.figure.outfit
        sleeved = outfit.sleeve > 0.02
        radius = _UPPER_ARM[0][1] * figure.plan.girth * (outfit.loose if sleeved else 1.0)
        colour = outfit.top if sleeved else outfit.skin
        return [Shape(disc(figure.at[f"{side}_shoulder"], radius * figure.px(f"{side}_shoulder")), colour,
                      f"{side}_upper_arm") for side in SIDES]  # fmt: skip

    def _decorate(self, piece: Piece) -> None:
        """Adds belt, pattern and collar."""
        outfit = self.figure.outfit
        if self.figure.px("mid") * self.figure.plan.torso < 12 or self.end_on:
            return
        if outfit.pattern in ("stripes", "checks"):
            for level in (2.1, 3.0, 3.9, 4.8, 5.7):
                piece.shapes.append(Shape(self.cut(level, level + 0.34), outfit.accent, "torso", edge=False))
        if outfit.pattern == "band":
            piece.shapes.append(Shape(self.cut(3.7, 4.7), outfit.accent, "torso", edge=False))
        if outfit.belt:
            piece.shapes.append(Shape(self.cut(1.6, 1.95), mix(outfit.accent, (20, 15, 10), 0.5), "torso", edge=False))
        self._marks(piece)

    def _marks(self, piece: Piece) -> None:
        """Buttons, zips, dots, emblems and collars: things that sit on the front of the trunk."""
        outfit, unit = self.figure.outfit, self.figure.px("mid") * self.figure.plan.chest
        if outfit.pattern in ("zip", "buttons"):
            line = [self.on_front(0.0, level) for level in np.linspace(1.8, 6.9, 6)]
            if line[3][1] > 0.15:
                piece.strokes.append(Stroke(np.stack([point for point, _ in line]), None, 0.7))
                if outfit.pattern == "buttons":
                    for point, _ in line[1:]:
                        piece.shapes.append(Shape(disc(point, 0.07 * unit, 8), outfit.accent, "torso", edge=False))
        spots = {"dots": [(x, y) for x in (-0.75, -0.35, 0.05, 0.45, 0.85) for y in (2.4, 3.4, 4.4, 5.3)],
                 "emblem": [(0.0, 4.4)]}  # fmt: skip
        for across, level in spots.get(outfit.pattern, []):
            point, facing = self.on_front(across, level)
            if facing > 0.3:
                size = (0.34 if outfit.pattern == "emblem" else 0.11) * unit
                count = 3 + outfit.seed % 6 if outfit.pattern == "emblem" else 9
                piece.shapes.append(Shape(disc(point, size, count), outfit.accent, "torso", edge=False))
        self._collar(piece)

    def _collar(self, piece: Piece) -> None:
        """A neckline or scarf."""
        outfit = self.figure.outfit
        left, right = self.on_front(0.55, 7.5), self.on_front(-0.55, 7.5)
        if outfit.collar in ("v", "shirt") and min(left[1], right[1]) > -0.2:
            tip, _ = self.on_front(0.0, 5.0 if outfit.collar == "v" else 5.6)
            colour = outfit.skin if outfit.collar == "v" else (245, 245, 240)
            piece.shapes.append(Shape(np.stack((left[0], tip, right[0])), colour, "torso", edge=False))
            piece.strokes.append(Stroke(np.stack((left[0], tip, right[0])), None, 0.7))
        if outfit.collar in ("scarf", "hood"):
            colour = outfit.accent if outfit.collar == "scarf" else mix(outfit.top, (0, 0, 0), 0.18)
            size = self.figure.px("neck") * self.figure.plan.shoulder
            axes = self.figure.axes("chest", (0.52, 0.3, 0.44), size)
            piece.shapes.append(Shape(ellipsoid_outline(self.figure.at["neck"], axes), colour, "torso", edge=False))


def _covered(outline: Array, colour: Colour, part: str, strokes: list[Stroke], cuff: bool) -> Shape:
    """A sleeve or trouser leg; with a line across its open end when `cuff`."""
    if cuff:
        strokes.append(Stroke(outline[[6, 12]], None, 0.7))
    return Shape(outline, colour, part)


def _limb(
    figure: Figure, names: tuple[str, str], part: str, knots: Knots, cover: float, colour: Colour
) -> tuple[list[Shape], list[Stroke]]:
    """One limb segment with its cloth.

    Args:
        figure: The person.
        names: Joints at both ends.
        part: Name of the part.
        knots: Radius profile, body heights.
        cover: Share of the segment under cloth.
        colour: The cloth's.
    """
    a, b = figure.at[names[0]], figure.at[names[1]]
    scale = 0.5 * (figure.px(names[0]) + figure.px(names[1])) * figure.plan.girth
    begin = _OPEN.get(part.split("_", 1)[1], 0.0)
    if float(np.hypot(*(b - a))) < 3.0 * knots[0][1] * scale:
        begin = 0.0  # seen end on, the near end is the whole contour
    bare = limb_outline(a, b, knots, scale, (begin, 1.0), (0.0, 1.0)) if begin else None
    shapes = [Shape(limb_outline(a, b, knots, scale), figure.outfit.skin, part, contour=bare)]
    strokes: list[Stroke] = []
    if cover > 0.02:
        ends = (1.0, 1.0 if cover >= 1 else 0.25)
        outline = limb_outline(a, b, knots, scale * figure.outfit.loose, (0.0, min(cover, 1.0)), ends)
        shapes.append(_covered(outline, colour, part, strokes, cover < 1))
        if begin:
            span = (min(begin, 0.8 * cover), min(cover, 1.0))
            shapes[-1].contour = limb_outline(a, b, knots, scale * figure.outfit.loose, span, (0.0, ends[1]))
    return shapes, strokes


def _arm(figure: Figure, side: str, trunk: float) -> list[Piece]:
    """One arm as one piece, or as two when the trunk lies between upper arm and forearm."""
    outfit = figure.outfit
    shoulder, elbow, wrist = (figure.z(f"{side}_{name}") for name in ("shoulder", "elbow", "wrist"))
    upper = Piece(
        0.35 * shoulder + 0.65 * elbow + 0.012,
        *_limb(
            figure, (f"{side}_shoulder", f"{side}_elbow"), f"{side}_upper_arm", _UPPER_ARM, outfit.sleeve, outfit.top
        ),
    )
    lower = Piece(
        0.35 * elbow + 0.65 * wrist + 0.012,
        *_limb(
            figure, (f"{side}_elbow", f"{side}_wrist"), f"{side}_forearm", _FOREARM, outfit.sleeve - 1.0, outfit.top
        ),
    )
    lower.shapes = _hand(figure, side) + lower.shapes
    return _joined(upper, lower, trunk)


def _joined(upper: Piece, lower: Piece, trunk: float) -> list[Piece]:
    """Two segments as one piece with a common contour, unless the trunk has to be painted between them."""
    if (upper.depth - trunk) * (lower.depth - trunk) < 0 and abs(upper.depth - lower.depth) > 0.06:
        return [upper, lower]
    back, front = sorted((upper, lower), key=lambda piece: piece.depth)
    crease = front.shapes[-1].points
    strokes = back.strokes + front.strokes + [Stroke(crease[:7], None, 0.7), Stroke(crease[12:19], None, 0.7)]
    depth = 0.35 * upper.depth + 0.65 * lower.depth
    return [Piece(depth, back.shapes + front.shapes, strokes)]


def _hand(figure: Figure, side: str) -> list[Shape]:
    """Palm, thumb and fingers; a mitten when it is only a few pixels large."""
    plan, outfit = figure.plan, figure.outfit
    frame, wrist = figure.body.frames[f"{side}_hand"], figure.body.joints[f"{side}_wrist"]
    size, part = plan.hand, f"{side}_hand"
    colour = outfit.accent if outfit.gloves else outfit.skin
    inward = -1.0 if side == "left" else 1.0
    scale = figure.px(f"{side}_wrist") * size
    centre = figure.lens.project(wrist + frame @ np.array((0.0, -0.40, 0.0)) * size)
    palm = hull(ellipsoid_outline(centre, figure.axes(part, (0.15, 0.32, 0.25), scale), 14),
                disc(figure.at[f"{side}_wrist"], 0.016 * plan.girth * figure.px(f"{side}_wrist"), 8))  # fmt: skip
    curl = (0.25, 0.7, 1.5, 2.3)[(outfit.seed >> (3 if side == "left" else 5)) % 4]
    if outfit.prop != "none":
        curl = 2.3
    spread = 0.5 if curl < 0.5 else 0.0
    fingers = []
    for z, length in ((0.16, 0.42), (0.055, 0.47), (-0.05, 0.44), (-0.15, 0.36)):
        base = np.array((0.0, -0.58, z))
        tip = base + length * np.array((inward * math.sin(curl), -math.cos(curl), spread * z * 1.6))
        fingers.append((base, tip, 0.062))
    fingers.append((np.array((0.0, -0.22, 0.16)), np.array((0.1 * inward, -0.52, 0.34)), 0.075))
    if scale < 7:
        fingers = [(np.array((0.0, -0.5, 0.0)), fingers[1][1], 0.2), fingers[-1]]
    ends = figure.lens.project(wrist + np.stack([p for f in fingers for p in f[:2]]) @ frame.T * size)
    shapes = [
        Shape(limb_outline(ends[2 * i], ends[2 * i + 1], ((0.0, f[2]), (1.0, f[2] * 0.75)), scale), colour, part)
        for i, f in enumerate(fingers)
    ]
    return [*shapes, Shape(palm, colour, part)]


def _leg(figure: Figure, side: str, trunk: float) -> list[Piece]:
    """One leg with its foot."""
    outfit = figure.outfit
    hip, knee, ankle = (figure.z(f"{side}_{name}") for name in ("hip", "knee", "ankle"))
    upper = Piece(
        0.4 * hip + 0.6 * knee - 0.06,
        *_limb(figure, (f"{side}_hip", f"{side}_knee"), f"{side}_thigh", _THIGH, outfit.leg, outfit.bottom),
    )
    lower = Piece(
        0.4 * knee + 0.6 * ankle - 0.06,
        *_limb(figure, (f"{side}_knee", f"{side}_ankle"), f"{side}_shin", _SHIN, outfit.leg - 1.0, outfit.bottom),
    )
    at, scale = figure.at, figure.px(f"{side}_ankle") * figure.plan.girth
    if outfit.socks > 0 and outfit.leg < 1.5:
        sock = limb_outline(at[f"{side}_knee"], at[f"{side}_ankle"], _SHIN, scale * 1.04, (1 - outfit.socks, 1.0),
                            (0.2, 1.0))  # fmt: skip
        lower.shapes.append(Shape(sock, outfit.accent, f"{side}_shin"))
    lower.shapes = _foot(figure, side) + lower.shapes
    return _joined(upper, lower, trunk)


def _foot(figure: Figure, side: str) -> list[Shape]:
    """A shoe with its sole, or a bare foot."""
    plan, outfit, part = figure.plan, figure.outfit, f"{side}_foot"
    frame, ankle = figure.body.frames[part], figure.body.joints[f"{side}_ankle"]
    scale = figure.px(f"{side}_ankle")
    f, h, w = plan.foot, plan.ankle, 0.20 * plan.foot * math.sqrt(plan.girth)
    local = np.array((
        (0, -0.45 * h, -0.17 * f), (0.7 * w, -0.55 * h, 0.40 * f), (-0.7 * w, -0.55 * h, 0.40 * f),
        (0, -0.60 * h, 0.62 * f), (0, 0.1 * h, 0.02 * f),
        (0.6 * w, -h, -0.22 * f), (-0.6 * w, -h, -0.22 * f), (w, -h, 0.42 * f), (-w, -h, 0.42 * f), (0, -h, 0.74 * f),
    ))  # fmt: skip
    points = figure.lens.project(ankle + local @ frame.T)
    radii = (0.55 * h, 0.40 * h, 0.40 * h, 0.34 * h, 0.0195 * plan.girth)
    upper = hull(*(disc(p, r * scale) for p, r in zip(points, radii, strict=False)))
    bare = outfit.seed % 11 == 0
    sole = hull(*(disc(p, 0.12 * h * scale, 6) for p in points[5:]))
    colours = (outfit.skin, outfit.skin) if bare else (outfit.sole, outfit.shoe)
    return [Shape(sole, colours[0], part), Shape(upper, colours[1], part)]


def _skirt(figure: Figure, trunk: Trunk, depth: float) -> Piece:
    """A skirt or coat tail hung around both thighs, pleated."""
    outfit, plan = figure.outfit, figure.plan
    hem = []
    for side in SIDES:
        chain = [f"{side}_hip", f"{side}_knee", f"{side}_ankle"]
        index = min(int(outfit.skirt), 1)
        share = outfit.skirt - index
        a, b = chain[index], chain[index + 1]
        place = figure.at[a] * (1 - share) + figure.at[b] * share
        wide = (0.042 * plan.girth * outfit.loose + 0.09 * outfit.flare * min(outfit.skirt, 1.0)) * figure.px(b)
        hem.append(
            disc(
                place,
                wide,
            )
        )
        if index == 1:
            hem.append(disc(figure.at[a], 0.04 * plan.girth * figure.px(a)))
        hem.append(disc(figure.at[chain[0]], 0.05 * plan.girth * figure.px(chain[0])))
    waist = trunk.cut(1.6, 2.4)
    outline = hull(waist, *hem)
    colour = outfit.top if outfit.leg > 1.5 else outfit.bottom
    return Piece(depth, [Shape(outline, colour, "skirt")], _pleats(outline, waist.mean(axis=0)))


def _pleats(outline: Array, top: Array) -> list[Stroke]:
    """Lines that fan out from the waist towards the hem."""
    fall = outline.mean(axis=0) - top
    length = float(np.hypot(*fall))
    if length < 4.0:
        return []
    along = fall / length
    aside = np.array((-along[1], along[0]))
    reach, width = (outline - top) @ along, (outline - top) @ aside
    low, high, wide = float(reach.max()), float(width.max()), float(width.min())
    ends = [high * k if k > 0 else -wide * k for k in (-0.7, -0.25, 0.25, 0.7)]
    return [
        Stroke(
            np.stack((top + along * low * 0.35 + aside * end * 0.6, top + along * low * 0.9 + aside * end)), None, 0.6
        )
        for end in ends
    ]
