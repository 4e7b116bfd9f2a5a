"""Wardrobes: what a figure wears, in which colours and patterns."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from .chance import pick, pick_weighted

Colour = tuple[int, int, int]

_SKINS: tuple[Colour, ...] = (
    (255, 228, 208), (250, 214, 188), (241, 194, 158), (226, 176, 138), (198, 142, 104), (158, 106, 74),
    (122, 80, 56), (88, 58, 44), (255, 236, 224), (214, 160, 126),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (28, 24, 26), (52, 36, 30), (92, 60, 40), (138, 92, 52), (196, 150, 84), (236, 206, 130), (150, 60, 36),
    (216, 216, 222), (130, 132, 140), (64, 76, 120),
)  # fmt: skip


@dataclass(frozen=True)
class Outfit:
    """Clothes, hair and colours of one figure. Lengths are fractions of the limb they cover.

    Attributes:
        skin, hair, eyes, top, bottom, shoe, sole, accent: Colours, RGB 0..255.
        sleeve: Covered part of the arm, 0..2: up to 1 the upper arm, above it the forearm as well.
        leg: Covered part of the leg by trousers, 0..2 likewise; 0 for none.
        skirt: Length of a skirt or coat tail, 0..2 likewise; 0 for none.
        flare: How wide a skirt opens.
        loose: How far cloth stands off the limb, as a factor on its radius.
        pattern: A name from `PATTERNS`.
        collar: "round", "v", "shirt", "hood", "scarf" or "none".
        socks: Covered part of the shin, counted from the ankle, 0..1.
        gloves, belt: Whether they are worn.
        hairdo: A name from `HAIRDOS`. fringe: a name from `FRINGES`.
        hat: A name from `HATS`.
        prop: A name from `PROPS`.
        seed: Fixes the small variations of this figure from frame to frame.
    """

    skin: Colour
    hair: Colour
    eyes: Colour
    top: Colour
    bottom: Colour
    shoe: Colour
    sole: Colour
    accent: Colour
    sleeve: float
    leg: float
    skirt: float
    flare: float
    loose: float
    pattern: str
    collar: str
    socks: float
    gloves: bool
    belt: bool
    hairdo: str
    fringe: str
    hat: str
    prop: str
    seed: int


PATTERNS = {"plain": 5.0, "stripes": 1.2, "band": 0.8, "dots": 0.6, "buttons": 1.0, "emblem": 1.0, "zip": 0.8,
            "checks": 0.5}  # fmt: skip
HAIRDOS = {"short": 3.0, "crop": 1.0, "spiky": 1.6, "bob": 1.8, "long": 2.4, "ponytail": 1.3, "twin_tails": 1.2,
           "bun": 0.8, "curly": 0.9, "bald": 0.4, "braid": 0.6}  # fmt: skip
FRINGES = {"straight": 1.5, "parted": 1.5, "swept": 2.0, "spikes": 1.8, "back": 1.0}
HATS = {"none": 9.0, "cap": 0.8, "beanie": 0.6, "wide": 0.7, "witch": 0.4, "helmet": 0.4, "ears": 0.6, "bow": 0.6}
PROPS = {"none": 9.0, "sword": 0.9, "staff": 0.7, "bag": 0.7, "umbrella": 0.6, "ball": 0.5, "book": 0.4, "shield": 0.5,
         "guitar": 0.4, "flag": 0.3}  # fmt: skip
_COLLARS = {"round": 3.0, "v": 1.5, "shirt": 1.6, "hood": 0.8, "scarf": 0.7, "none": 1.0}

# name: (weight, sleeve range, trouser range, skirt range, flare range, looseness range)
_CUTS: dict[str, tuple[float, tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float],
                       tuple[float, float]]] = {
    "shirt_trousers": (3.0, (0.4, 2.0), (1.85, 2.0), (0, 0), (0, 0), (1.1, 1.35)),
    "shirt_shorts": (1.4, (0.3, 1.0), (0.4, 0.95), (0, 0), (0, 0), (1.1, 1.4)),
    "suit": (1.0, (1.95, 2.0), (1.92, 2.0), (0.15, 0.3), (0.02, 0.08), (1.15, 1.3)),
    "skirt": (1.8, (0.3, 2.0), (0.2, 0.3), (0.35, 0.95), (0.1, 0.5), (1.05, 1.25)),
    "dress": (1.4, (0.0, 2.0), (0.2, 0.3), (0.6, 1.9), (0.1, 0.6), (1.05, 1.25)),
    "coat": (1.0, (1.9, 2.0), (1.9, 2.0), (0.7, 1.6), (0.05, 0.3), (1.25, 1.5)),
    "robe": (0.6, (1.7, 2.0), (0.2, 0.3), (1.5, 1.95), (0.1, 0.5), (1.4, 1.8)),
    "swim": (0.7, (0.0, 0.0), (0.12, 0.4), (0, 0), (0, 0), (1.02, 1.08)),
    "bodysuit": (0.9, (1.9, 2.0), (1.95, 2.0), (0, 0), (0, 0), (1.02, 1.06)),
    "baggy": (1.0, (1.0, 2.0), (1.7, 2.0), (0, 0), (0, 0), (1.5, 1.9)),
}  # fmt: skip


def _vivid(rng: np.random.Generator) -> Colour:
    """A cloth colour: a random hue at the saturations and values that clothes have."""
    kind = rng.random()
    hue = float(rng.random())
    if kind < 0.22:
        saturation, value = float(rng.uniform(0.0, 0.12)), float(rng.uniform(0.08, 0.98))
    elif kind < 0.5:
        saturation, value = float(rng.uniform(0.6, 0.95)), float(rng.uniform(0.5, 0.95))
    else:
        saturation, value = float(rng.uniform(0.2, 0.6)), float(rng.uniform(0.22, 0.92))
    return rgb(hue, saturation, value)


def rgb(hue: float, saturation: float, value: float) -> Colour:
    """HSV, each 0..1, as RGB 0..255."""
    r, g, b = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(r * 255), round(g * 255), round(b * 255)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` moved towards `b` by `share` 0..1."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def _nudged(rng: np.random.Generator, colour: Colour, spread: float = 9.0) -> Colour:
    """The colour with a little noise in each channel."""
    r, g, b = np.clip(np.array(colour) + rng.normal(0, spread, 3), 0, 255).astype(int).tolist()
    return r, g, b


def sample_outfit(rng: np.random.Generator, anime: bool) -> Outfit:
    """Draws clothes, hair, hat and prop.

    Args:
        rng: The stream to draw from.
        anime: Whether hair and eyes may have any colour.
    """
    _, sleeve, leg, skirt, flare, loose = _CUTS[pick_weighted(rng, {name: row[0] for name, row in _CUTS.items()})]
    top = _vivid(rng)
    bottom = top if rng.random() < 0.25 else _vivid(rng)
    wild = anime and rng.random() < 0.5
    shoe = _vivid(rng)
    return Outfit(
        skin=_nudged(rng, pick(rng, _SKINS)),
        hair=rgb(float(rng.random()), float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.4, 0.95)))
        if wild
        else _nudged(rng, pick(rng, _HAIRS)),
        eyes=rgb(float(rng.random()), 0.65, 0.6) if anime else mix((60, 40, 30), (90, 130, 170), float(rng.random())),
        top=top,
        bottom=bottom,
        shoe=shoe,
        sole=(240, 240, 236) if rng.random() < 0.4 else mix(shoe, (0, 0, 0), 0.5),
        accent=_vivid(rng),
        sleeve=float(rng.uniform(*sleeve)),
        leg=float(rng.uniform(*leg)),
        skirt=float(rng.uniform(*skirt)),
        flare=float(rng.uniform(*flare)),
        loose=float(rng.uniform(*loose)),
        pattern=pick_weighted(rng, PATTERNS),
        collar=pick_weighted(rng, _COLLARS),
        socks=float(rng.uniform(0.15, 1.0)) if rng.random() < 0.4 else 0.0,
        gloves=bool(rng.random() < 0.12),
        belt=bool(rng.random() < 0.4),
        hairdo=pick_weighted(rng, HAIRDOS),
        fringe=pick_weighted(rng, FRINGES),
        hat=pick_weighted(rng, HATS),
        prop=pick_weighted(rng, PROPS),
        seed=int(rng.integers(1 << 31)),
    )
