"""Backgrounds: a ground, then clutter on it; and things that stand in front."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .chance import pick, pick_weighted
from .clothing import Colour, mix, rgb
from .finishes import clouds
from .geometry import Array, disc, limb_outline
from .looks import Look
from .painters import Image, fill, line

_GROUNDS = {"plain": 1.5, "gradient": 2.0, "clouds": 1.5, "room": 2.0, "outdoors": 2.0, "tiles": 0.7, "blur": 1.0}
_CLUTTER = {"boxes": 2.0, "discs": 1.0, "lines": 1.2, "foliage": 1.6, "writing": 1.0, "furniture": 1.8,
            "polygons": 1.0, "figures": 1.0}  # fmt: skip


def background(rng: np.random.Generator, size_wh: tuple[int, int], look: Look, paper: Colour) -> Image:
    """A background (H, W, 3) RGB.

    Args:
        rng: The scenery stream.
        size_wh: Pixels.
        look: The style; looks without fill get an almost empty page with line clutter.
        paper: Colour of the page.
    """
    width, height = size_wh
    bare = look.fill == "paper" or (look.name in ("cel", "flat", "greyscale", "watercolour") and rng.random() < 0.25)
    image: Image = np.empty((height, width, 3), np.uint8)
    image[:] = paper
    if not bare:
        _ground(image, rng)
    # In line looks clutter is outlined paper, like the figures.
    count = int(rng.integers(0, 7)) if bare else int(rng.integers(1, 12))
    for _ in range(count if rng.random() < 0.8 else 0):
        _clutter(image, rng, paper if look.fill == "paper" else None, look.line > 0 and rng.random() < 0.6)
    return image


def any_colour(rng: np.random.Generator) -> Colour:
    """Any colour, mostly muted."""
    return rgb(float(rng.random()), float(rng.beta(1.3, 2.5)), float(rng.uniform(0.15, 1.0)))


def _ground(image: Image, rng: np.random.Generator) -> None:
    """Fills the whole picture."""
    height, width = image.shape[:2]
    name = pick_weighted(rng, _GROUNDS)
    a, b = np.array(any_colour(rng), np.float32), np.array(any_colour(rng), np.float32)
    if name in ("plain", "tiles"):
        image[:] = a.astype(np.uint8)
    elif name == "gradient":
        angle = float(rng.uniform(0, 2 * np.pi))
        x = np.linspace(-0.7, 0.7, width, dtype=np.float32)[None] * np.float32(np.cos(angle))
        y = np.linspace(-0.7, 0.7, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
        _blend(image, np.clip(x + y + 0.5, 0, 1), a, b)
    elif name in ("clouds", "blur"):
        cell = max(width, height) / float(rng.uniform(2, 14))
        _blend(image, np.clip(clouds(rng, (width, height), cell) * 0.35 + 0.5, 0, 1), a, b)
    else:
        _horizon(image, rng, a, b, name == "outdoors")
    if name == "tiles":
        step = max(int(max(width, height) * float(rng.uniform(0.04, 0.2))), 3)
        for place in range(0, max(width, height), step):
            cv2.line(image, (place, 0), (place, height), b.tolist(), max(step // 12, 1))
            cv2.line(image, (0, place), (width, place), b.tolist(), max(step // 12, 1))
    if name == "blur":
        for _ in range(int(rng.integers(4, 14))):
            centre = rng.uniform(0, 1, 2) * (width, height)
            fill(image, disc(centre, float(rng.uniform(0.03, 0.2)) * max(width, height)), any_colour(rng))
        image[:] = cv2.blur(image, (max(width // 16, 1), max(height // 16, 1)))


def _blend(image: Image, share: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Mixes two colours by a map (H, W) of 0..1, through a table of 256 steps."""
    steps = (a + np.linspace(0, 1, 256, dtype=np.float32)[:, None] * (b - a)).astype(np.uint8)
    index = (share * 255).astype(np.uint8)
    cv2.LUT(cv2.merge((index, index, index)), steps.reshape(1, 256, 3), dst=image)


def _horizon(image: Image, rng: np.random.Generator, a: np.ndarray, b: np.ndarray, outdoors: bool) -> None:
    """A wall and a floor, or a sky, hills and a field."""
    height, width = image.shape[:2]
    line_y = int(height * float(rng.uniform(0.35, 0.85)))
    if outdoors:
        a = np.array(rgb(float(rng.uniform(0.5, 0.68)), float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.5, 1.0))))
        b = np.array(rgb(float(rng.uniform(0.08, 0.4)), float(rng.uniform(0.1, 0.6)), float(rng.uniform(0.3, 0.8))))
    fade = np.linspace(1.0, float(rng.uniform(0.6, 1.25)), height, dtype=np.float32)[:, None, None]
    image[:] = np.clip(a.astype(np.float32) * fade, 0, 255)
    if outdoors:
        for _ in range(int(rng.integers(0, 3))):
            x = np.linspace(0, width, 12)
            bumps = line_y - np.abs(rng.normal(0, 0.12, 12)) * height
            hill = np.concatenate((np.stack((x, bumps), axis=1), ((width, height), (0, height))))
            fill(image, hill, mix((int(b[0]), int(b[1]), int(b[2])), (120, 150, 190), float(rng.uniform(0, 0.6))))
    image[line_y:] = np.clip(b.astype(np.float32) * fade[line_y:], 0, 255)


def _clutter(image: Image, rng: np.random.Generator, paper: Colour | None, outlined: bool) -> None:
    """One group of things somewhere in the picture."""
    height, width = image.shape[:2]
    size = max(width, height)
    centre = rng.uniform(-0.05, 1.05, 2) * (width, height)
    reach = size * float(rng.uniform(0.04, 0.3))
    colour = any_colour(rng)
    name = pick_weighted(rng, _CLUTTER)
    shapes = THINGS[name](rng, centre, reach)
    outline = mix(colour, (10, 10, 14), 0.8)
    for index, shape in enumerate(shapes):
        tone = mix(colour, (0, 0, 0) if index % 2 else (255, 255, 255), 0.1 * (index % 4))
        if paper is None:
            fill(image, shape, tone)
        if paper is not None or outlined:
            line(image, shape, outline, max(size / 300.0, 1.0), closed=True)


def _box(centre: Array, half: Array) -> Array:
    """An upright rectangle."""
    return centre + np.array(((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))) * half


def _boxes(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """A stack of boxes or a window."""
    return [_box(centre + rng.normal(0, 0.5, 2) * reach, reach * rng.uniform(0.15, 1.0, 2))
            for _ in range(int(rng.integers(1, 4)))]  # fmt: skip


def _discs(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """Balls, lamps, suns."""
    return [disc(centre + rng.normal(0, 0.7, 2) * reach, reach * float(rng.uniform(0.05, 0.5)))
            for _ in range(int(rng.integers(1, 5)))]  # fmt: skip


def _lines(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """Poles, cables, branches: limb-like, to be told apart from limbs."""
    out = []
    for _ in range(int(rng.integers(1, 5))):
        a, b = centre + rng.normal(0, 1.2, (2, 2)) * reach
        wide = reach * float(rng.uniform(0.02, 0.14))
        out.append(limb_outline(a, b, ((0.0, wide), (1.0, wide * float(rng.uniform(0.4, 1.0)))), 1.0))
    return out


def _foliage(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """Leaves or blades of grass."""
    out = []
    for _ in range(int(rng.integers(6, 18))):
        root = centre + rng.normal(0, 0.7, 2) * reach
        tip = root + np.array((float(rng.normal(0, 0.5)), -float(rng.uniform(0.2, 1.0)))) * reach * 0.6
        out.append(
            limb_outline(root, tip, ((0.0, 0.008), (0.25, 0.05), (0.5, 0.062), (0.75, 0.042), (1.0, 0.003)), reach)
        )
    return out


def _writing(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """Rows of marks like text."""
    step = reach * float(rng.uniform(0.08, 0.2))
    out = []
    for row in range(int(rng.integers(1, 4))):
        for column in range(int(rng.integers(2, 8))):
            place = centre + np.array((column * 1.1, row * 1.7)) * step
            out.append(_box(place, step * rng.uniform(0.08, 0.45, 2)))
    return out


def _furniture(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """A table, shelf or chair of bars."""
    wide, high = reach * float(rng.uniform(0.5, 1.4)), reach * float(rng.uniform(0.5, 1.2))
    bar = reach * float(rng.uniform(0.03, 0.12))
    legs = [_box(centre + np.array((side * (wide - bar), high)), np.array((bar, high))) for side in (-1.0, 1.0)]
    boards = [_box(centre + np.array((0.0, shift * high)), np.array((wide, bar))) for shift in (0.0, 0.9)]
    return [*legs, *boards[: int(rng.integers(1, 3))]]


def _polygons(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """Rocks, flags, shards."""
    out = []
    for _ in range(int(rng.integers(1, 4))):
        angle = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        radius = reach * rng.uniform(0.2, 0.8, len(angle))
        rim = np.stack((np.cos(angle), np.sin(angle)), axis=1) * radius[:, None]
        out.append(centre + rng.normal(0, 0.5, 2) * reach + rim)
    return out


def _figures(rng: np.random.Generator, centre: Array, reach: float) -> list[Array]:
    """Things a little like people that are none: vases, bottles, lamp posts."""
    foot, top = centre + np.array((0.0, reach)), centre - np.array((0.0, reach))
    knots = tuple((float(t), float(rng.uniform(0.05, 0.3))) for t in np.linspace(0, 1, 5))
    return [limb_outline(foot, top, knots, reach), disc(top, reach * float(rng.uniform(0.1, 0.3)))]


THINGS = {"boxes": _boxes, "discs": _discs, "lines": _lines, "foliage": _foliage, "writing": _writing,
           "furniture": _furniture, "polygons": _polygons, "figures": _figures}  # fmt: skip


@dataclass(frozen=True)
class Cover:
    """Something in front of everybody: (n, 2) pixels and its colour."""

    points: Array
    colour: Colour


def foreground(rng: np.random.Generator, size_wh: tuple[int, int], paper: Colour | None) -> list[Cover]:
    """One thing in front of everybody: a bar, a table's edge, leaves.

    Args:
        rng: The scenery stream.
        size_wh: Pixels.
        paper: Its colour in looks without fill, else None for a random one.
    """
    width, height = size_wh
    name = pick(rng, ("lines", "foliage", "boxes", "furniture"))
    centre = np.array((float(rng.uniform(0, 1)) * width, float(rng.uniform(0.5, 1.1)) * height))
    colour = any_colour(rng)
    shapes = THINGS[name](rng, centre, max(width, height) * float(rng.uniform(0.06, 0.2)))
    return [Cover(shape, paper or colour) for shape in shapes]
