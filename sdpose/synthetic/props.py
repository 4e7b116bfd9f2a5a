"""Things that are held, worn on the back or sat on."""

from __future__ import annotations

import numpy as np

from .clothing import mix
from .geometry import Array, disc, ellipsoid_outline, hull, limb_outline
from .pieces import Figure, Piece, Shape, Stroke

_STEEL = (206, 212, 222)
_WOOD = (124, 84, 52)
_CORNERS = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])


def prop_pieces(figure: Figure) -> list[Piece]:
    """What this figure holds and sits on, or nothing."""
    seat = _seat(figure) if figure.seated else []
    return seat + _held(figure)


def _seat(figure: Figure) -> list[Piece]:
    """A stool or a chair with a back, under the seat."""
    plan, frame = figure.plan, figure.body.frames["pelvis"]
    wide, deep, thick = plan.seat * 1.5, plan.thigh * 0.55, 0.05
    colour = mix(figure.outfit.accent, _WOOD, 0.6)
    low = plan.shin + plan.ankle
    parts = [((0.0, -plan.seat * 0.9, 0.3 * deep), (wide, thick / 2, deep))]
    parts += [((x, -plan.seat * 0.9 - low / 2, 0.3 * deep + z), (0.012, low / 2, 0.012))
              for x in (-0.9 * wide, 0.9 * wide) for z in (-0.9 * deep, 0.9 * deep)]  # fmt: skip
    if figure.outfit.seed % 3:
        parts.append(((0.0, 0.22 * plan.torso, -0.75 * deep), (wide, 0.45 * plan.torso, 0.012)))
    pieces = []
    for centre, half in parts:
        corners = np.array(centre) + _CORNERS * np.array(half)
        world = corners @ frame.T
        depth = float(world[:, 2].mean()) - (0.10 if centre[1] < 0 else 0.0)
        pieces.append(Piece(depth, [Shape(hull(figure.lens.project(world)), colour, "prop")]))
    return pieces


def _held(figure: Figure) -> list[Piece]:
    """What is in the hand."""
    name = figure.outfit.prop
    if name == "none":
        return []
    side = "left" if figure.outfit.seed % 2 else "right"
    frame = figure.body.frames[f"{side}_hand"]
    grip = figure.body.joints[f"{side}_wrist"] - frame[:, 1] * figure.plan.hand * 0.5
    depth = float(grip[2]) + 0.02
    if name in ("sword", "staff", "flag"):
        return [_pole(figure, name, grip, frame[:, 2], depth)]
    if name == "umbrella":
        return [_umbrella(figure, grip, depth)]
    if name == "shield":
        centre = figure.lens.project(grip)
        axes = figure.axes(f"{side}_hand", (0.03, 0.17, 0.14), figure.px(f"{side}_wrist"))
        inner = ellipsoid_outline(centre, axes * 0.45)
        shapes = [Shape(ellipsoid_outline(centre, axes), figure.outfit.accent, "prop"), Shape(inner, _STEEL, "prop")]
        return [Piece(depth + 0.03, shapes)]
    if name == "guitar":
        return [_guitar(figure)]
    return [_carried(figure, name, grip, side, depth)]


def _pole(figure: Figure, name: str, grip: Array, along: Array, depth: float) -> Piece:
    """Swords, staffs and flags stand out of the fist on the thumb's side."""
    ends = {"sword": (-0.07, 0.55), "staff": (-0.55, 0.6), "flag": (-0.3, 0.8)}[name]
    a, b, guard = figure.lens.project(grip + np.outer((ends[0], ends[1], 0.06), along))
    unit, outfit = figure.lens.scale, figure.outfit
    if name == "sword":
        cross = np.array((-(b - a)[1], (b - a)[0])) * 0.1
        return Piece(depth, [
            Shape(limb_outline(guard, b, ((0.0, 0.016), (0.85, 0.013), (1.0, 0.001)), unit), _STEEL, "prop"),
            Shape(limb_outline(a, guard, ((0.0, 0.012), (1.0, 0.012)), unit), _WOOD, "prop"),
            Shape(limb_outline(guard - cross, guard + cross, ((0.0, 0.01), (1.0, 0.01)), unit), outfit.accent, "prop"),
        ], [Stroke(np.stack((guard, b)), (240, 244, 250), 0.6)])  # fmt: skip
    shapes = [Shape(limb_outline(a, b, ((0.0, 0.011), (1.0, 0.011)), unit), _WOOD, "prop")]
    if name == "staff":
        shapes.append(Shape(disc(b, 0.045 * unit), outfit.accent, "prop"))
    else:
        side = np.array((0.32, 0.06)) * unit
        cloth = np.stack((b, b + side, b + side + (a - b) * 0.26, b + (a - b) * 0.24))
        shapes.append(Shape(cloth, outfit.accent, "prop"))
    return Piece(depth, shapes)


def _umbrella(figure: Figure, grip: Array, depth: float) -> Piece:
    """An open umbrella held upright."""
    up = -figure.body.down
    low, high = figure.lens.project(grip + np.outer((-0.1, 0.42), up))
    unit = figure.lens.scale
    angle = np.linspace(0.0, np.pi, 15)
    dome = np.stack((np.cos(angle) * 0.3, -np.sin(angle) * 0.18), axis=1) * unit + high + (low - high) * 0.3
    rim = np.stack((np.linspace(-0.3, 0.3, 9), -0.03 * np.abs(np.sin(np.linspace(0, 4 * np.pi, 9)))), axis=1)
    shaft = limb_outline(low, high, ((0.0, 0.008), (1.0, 0.008)), unit)
    canopy = np.concatenate((dome, rim * unit + high + (low - high) * 0.3))
    ribs = [Stroke(np.stack((high, canopy[k])), None, 0.6) for k in (4, 10)]
    return Piece(depth, [Shape(shaft, _STEEL, "prop"), Shape(canopy, figure.outfit.accent, "prop")], ribs)


def _guitar(figure: Figure) -> Piece:
    """A guitar across the belly, or on the back when the front is turned away."""
    chest = figure.body.frames["chest"]
    belly = figure.body.joints["mid"] + chest[:, 2] * (figure.plan.waist + 0.03)
    head = belly + chest[:, 0] * 0.36 + chest[:, 1] * 0.16
    away = belly - chest[:, 0] * 0.10 - chest[:, 1] * 0.03
    a, b, c = figure.lens.project(np.stack((belly, head, away)))
    unit = figure.lens.scale
    body = hull(ellipsoid_outline(a, figure.axes("chest", (0.08, 0.075, 0.02), unit)),
                ellipsoid_outline(c, figure.axes("chest", (0.10, 0.10, 0.02), unit)))  # fmt: skip
    neck = limb_outline(a, b, ((0.0, 0.014), (1.0, 0.012)), unit)
    shapes = [Shape(body, figure.outfit.accent, "prop"), Shape(neck, _WOOD, "prop"),
              Shape(disc(a, 0.026 * unit), (40, 30, 26), "prop")]  # fmt: skip
    return Piece(float(belly[2]) + 0.01, shapes)


def _carried(figure: Figure, name: str, grip: Array, side: str, depth: float) -> Piece:
    """Bags hang from the hand; balls and books are held."""
    unit, outfit = figure.px(f"{side}_wrist"), figure.outfit
    hand = figure.lens.project(grip)
    if name == "ball":
        return Piece(depth + 0.02, [Shape(disc(hand, 0.075 * unit, 20), outfit.accent, "prop")],
                     [Stroke(hand + np.array(((-0.07, 0.0), (0.0, 0.02), (0.07, 0.0))) * unit)])  # fmt: skip
    if name == "book":
        frame = figure.axes(f"{side}_hand", (0.02, 0.08, 0.06), unit)
        corners = np.stack([hand + sy * frame[1] + sz * frame[2] for sy, sz in ((-1, -1), (-1, 1), (1, 1), (1, -1))])
        return Piece(depth + 0.01, [Shape(corners, outfit.accent, "prop")])
    bag = hand + np.array(((-0.09, 0.1), (0.09, 0.1), (0.11, 0.26), (-0.11, 0.26))) * unit
    flap = np.stack((bag[0], bag[1], (bag[1] + bag[2]) / 2, (bag[0] + bag[3]) / 2))
    handle = [Stroke(np.stack((bag[0], hand, bag[1])), mix(outfit.accent, (0, 0, 0), 0.4), 1.6)]
    colour = outfit.accent
    return Piece(depth, [Shape(bag, colour, "prop"), Shape(flap, mix(colour, (0, 0, 0), 0.25), "prop")], handle)
