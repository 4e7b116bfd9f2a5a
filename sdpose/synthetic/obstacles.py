"""Things that pass in front of people, or stay before a part of them for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .chance import pick, pick_weighted
from .clothing import Colour, mix
from .effects import Spell
from .finishes import out_of_focus
from .geometry import Array, disc
from .painters import FOREGROUND, Image, fill
from .scenery import THINGS, Cover, any_colour

_KINDS = {"post": 2.0, "board": 3.0, "crate": 2.0, "wheel": 1.0, "fence": 1.0, "foliage": 2.0, "things": 1.5}
_WAYS = {"pass": 3.0, "stay": 2.0, "cling": 1.5}


@dataclass(frozen=True)
class Obstacle:
    """One thing in front of everybody during a spell.

    Attributes:
        spell: When.
        things: Its outlines about the origin in pixels, back to front.
        way: "pass" crosses the picture; "stay" comes in, stays and leaves; "cling" goes along with a keypoint.
        origin: (2,) pixels where it comes from; for "cling", how far from its place.
        target: (2,) pixels where it goes to; for "cling", from the keypoint.
        person: For "cling": which person it goes along with,
        keypoint: and which of its keypoints.
        softness: Deviation in pixels of a thing near the lens, out of focus; 0 for a sharp one.
    """

    spell: Spell
    things: tuple[Cover, ...]
    way: str
    origin: Array
    target: Array
    person: int
    keypoint: int
    softness: float

    def at(self, frame: float, people: Sequence[Array]) -> list[Cover]:
        """The thing at a frame.

        Args:
            frame: Fractions of a frame are allowed.
            people: (17, 2) keypoints in pixels of everybody, by identity.
        """
        if self.way == "pass":
            share = (frame - self.spell.start) / (self.spell.stop - self.spell.start)
            place = self.origin + (self.target - self.origin) * share
        elif self.way == "stay":
            place = self.origin + (self.target - self.origin) * self.spell.level(frame)
        else:
            near = people[self.person][self.keypoint] + self.target
            place = near + self.origin * (1.0 - self.spell.level(frame))
        return [Cover(cover.points + place, cover.colour) for cover in self.things]


def sample_obstacle(
    spell: Spell, size_wh: tuple[int, int], scale: float, paper: Colour | None, people: Sequence[Array]
) -> Obstacle:
    """Draws the thing of a spell.

    Args:
        spell: When; its seed decides everything.
        size_wh: Pixels.
        scale: Pixels per adult height.
        paper: Its colour in looks without fill, else None.
        people: (17, 2) keypoints in pixels of everybody, by identity, at the moment the spell begins.
    """
    rng = np.random.default_rng(spell.seed)
    size = np.array(size_wh, np.float64)
    way = pick_weighted(rng, _WAYS)
    soft = bool(rng.random() < 0.25)
    unit = scale * float(rng.uniform(0.8, 1.3)) * (1.1 if soft else 1.0) * (0.7 if way == "cling" else 1.0)
    things = _things(rng, unit, size_wh, paper)
    reach = max(float(np.abs(cover.points[:, 0]).max()) for cover in things)
    person, keypoint = int(rng.integers(len(people))), int(rng.integers(17))
    aim = people[person][keypoint] + rng.normal(0.0, 0.04 * scale, 2)
    side = 1.0 if rng.random() < 0.5 else -1.0
    outside = np.array((size[0] / 2 + side * (size[0] / 2 + reach), aim[1]))
    if way == "pass":
        target = np.array((size[0] - outside[0], aim[1] + rng.normal(0.0, 0.1 * scale)))
    elif way == "stay":
        target = aim
    else:
        outside, target = np.array((side * (size[0] + reach), 0.0)), aim - people[person][keypoint]
    softness = scale * float(rng.uniform(0.015, 0.05)) if soft else 0.0
    return Obstacle(spell, tuple(things), way, outside, target, person, keypoint, softness)


def _things(rng: np.random.Generator, unit: float, size_wh: tuple[int, int], paper: Colour | None) -> list[Cover]:
    """Outlines about the origin, back to front; `unit` is a body height in pixels."""
    kind = pick_weighted(rng, _KINDS)
    colour = paper or any_colour(rng)
    mark = mix(colour, (20, 18, 22) if rng.random() < 0.6 else (250, 250, 245), float(rng.uniform(0.2, 0.8)))
    if kind == "post":
        wide = unit * float(rng.uniform(0.05, 0.16))
        return [Cover(shape, tone) for shape, tone in _marked(rng, (wide, 2.0 * max(size_wh)), colour, mark, 0.3)]
    if kind in ("board", "crate"):
        wide = unit * float(rng.uniform(0.12, 0.27))
        half = (wide, wide * float(rng.uniform(0.45, 1.4) if kind == "board" else rng.uniform(0.85, 1.1)))
        lean = float(rng.normal(0.0, 0.25)) if kind == "board" else 0.0
        return [Cover(_turned(shape, lean), tone) for shape, tone in _marked(rng, half, colour, mark, 0.8)]
    if kind == "wheel":
        radius = unit * float(rng.uniform(0.12, 0.26))
        rings = (1.0, 0.8, 0.25) if rng.random() < 0.6 else (1.0,)
        return [Cover(disc(np.zeros(2), radius * ring), (colour, mark, colour)[k]) for k, ring in enumerate(rings)]
    if kind == "fence":
        gap, wide = unit * float(rng.uniform(0.12, 0.25)), unit * float(rng.uniform(0.02, 0.05))
        bars = [_rectangle((wide, 0.45 * unit), x=gap * k) for k in range(-3, 4)]
        rails = [_rectangle((3.4 * gap, wide), y=y * unit) for y in (-0.25, 0.25)]
        return [Cover(shape, colour) for shape in bars] + [Cover(shape, mark) for shape in rails]
    reach = unit * float(rng.uniform(0.22, 0.4))
    name = "foliage" if kind == "foliage" else pick(rng, ("furniture", "polygons", "figures", "boxes", "discs"))
    shapes = [shape for _ in range(3 if kind == "foliage" else 1) for shape in THINGS[name](rng, np.zeros(2), reach)]
    return [Cover(shape, mix(colour, mark, 0.25 * (index % 4))) for index, shape in enumerate(shapes)]


def _rectangle(half: tuple[float, float], x: float = 0.0, y: float = 0.0) -> Array:
    """Corners (4, 2) of an upright rectangle about a place."""
    corners = np.array(((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)))
    return np.asarray(corners * half + (x, y))


def _turned(points: Array, angle: float) -> Array:
    """Points (n, 2) turned about the origin, radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array(((c, s), (-s, c))))


def _marked(
    rng: np.random.Generator, half: tuple[float, float], colour: Colour, mark: Colour, chance: float
) -> list[tuple[Array, Colour]]:
    """A rectangle with planks, stripes or dots on it."""
    out = [(_rectangle(half), colour)]
    if rng.random() > chance:
        return out
    pattern, count = pick(rng, ("planks", "stripes", "dots", "frame")), int(rng.integers(2, 6))
    wide, high = half
    steps = (np.arange(count) + 0.5) / count * 2.0 - 1.0
    if pattern == "planks":
        out += [(_rectangle((wide * 0.98, high / count * 0.4), y=step * high), mark) for step in steps]
    elif pattern == "stripes":
        out += [(_rectangle((wide / count * 0.45, high), x=step * wide), mark) for step in steps]
    elif pattern == "dots":
        radius = 0.5 * min(wide, high) / count
        out += [(disc(np.array((x * wide, y * high)), radius, 10), mark) for x in steps for y in steps]
    else:
        out += [(_rectangle((wide * 0.8, high * 0.8)), mark)]
    return out


def blend(image: Image, parts: Image, things: Sequence[Cover], softness: float) -> None:
    """Puts a thing that is out of focus in front, in place.

    Args:
        image: (H, W, 3) RGB.
        parts: (H, W) part buffer; it belongs to the thing where that hides more than half.
        things: Back to front.
        softness: Deviation in pixels.
    """
    layer, share = image.copy(), np.zeros(parts.shape, np.uint8)
    for thing in things:
        fill(layer, thing.points, thing.colour)
        fill(share, thing.points, (255, 255, 255))
    share, layer = out_of_focus(share, softness), out_of_focus(layer, softness)
    alpha = cv2.merge((share, share, share)).astype(np.float32) / 255.0
    image[:] = np.rint(image + (layer - image.astype(np.float32)) * alpha)
    parts[share > 127] = FOREGROUND
