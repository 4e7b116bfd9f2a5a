"""Body plans: how long and how thick everything is, from adults through children to chibi.

All lengths are fractions of the figure's nominal height.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .chance import pick_weighted


@dataclass(frozen=True)
class BodyPlan:
    """Proportions of one figure, in body heights; widths are half widths.

    `girth` multiplies every limb radius. `anime` chooses how the face is drawn.
    """

    head: float
    neck: float
    torso: float
    upper_arm: float
    forearm: float
    hand: float
    thigh: float
    shin: float
    foot: float
    ankle: float
    shoulder: float
    hip: float
    girth: float
    chest: float
    waist: float
    seat: float
    head_width: float
    anime: bool = False
    bust: float = 0.0
    kind: str = "man"


_COLUMNS = tuple(field.name for field in fields(BodyPlan))[:17]

# kind: (weight, chance of an anime face, bust, the columns of BodyPlan in order)
_PLANS: dict[str, tuple[float, float, float, tuple[float, ...]]] = {
    #                     head neck torso upper fore hand thigh shin foot ankle shoul hip girth chest waist seat headw
    "man": (3.0, 0.3, 0.0, (
        .130, .036, .300, .172, .148, .092, .245, .232, .142, .042, .112, .056, 1.00, .096, .080, .086, .74)),
    "woman": (3.0, 0.4, 0.8, (
        .134, .040, .282, .163, .142, .086, .252, .235, .132, .040, .095, .058, 0.86, .082, .063, .092, .74)),
    "heavy": (1.0, 0.2, 0.3, (
        .134, .026, .310, .165, .142, .092, .230, .215, .142, .044, .122, .068, 1.45, .130, .138, .132, .82)),
    "heroic": (1.0, 0.5, 0.0, (
        .115, .034, .300, .178, .155, .096, .262, .250, .140, .042, .135, .055, 1.22, .118, .078, .078, .74)),
    "slender": (1.0, 0.7, 0.3, (
        .128, .045, .270, .172, .152, .088, .270, .262, .132, .040, .092, .048, 0.70, .074, .055, .070, .74)),
    "anime_girl": (3.0, 1.0, 0.9, (
        .162, .032, .250, .150, .135, .075, .255, .245, .118, .036, .082, .052, 0.78, .070, .050, .080, .86)),
    "anime_boy": (2.0, 1.0, 0.0, (
        .158, .030, .262, .158, .140, .082, .248, .240, .130, .038, .100, .050, 0.88, .080, .064, .070, .84)),
    "teen": (1.5, 0.5, 0.4, (
        .148, .034, .280, .160, .140, .086, .240, .230, .140, .040, .092, .052, 0.84, .078, .066, .076, .78)),
    "child": (1.5, 0.5, 0.0, (
        .190, .028, .285, .145, .125, .076, .210, .200, .125, .036, .088, .050, 0.95, .080, .076, .078, .86)),
    "toddler": (0.8, 0.5, 0.0, (
        .250, .016, .300, .125, .105, .066, .165, .150, .110, .034, .088, .052, 1.20, .094, .098, .094, .94)),
    "chibi": (1.6, 1.0, 0.0, (
        .360, .008, .235, .115, .100, .060, .150, .135, .100, .034, .080, .050, 1.12, .082, .082, .094, 1.02)),
    "mascot": (1.0, 1.0, 0.0, (
        .450, .004, .210, .095, .080, .062, .115, .105, .100, .034, .082, .050, 1.35, .092, .104, .112, 1.06)),
}  # fmt: skip

PLAN_KINDS = tuple(_PLANS)


def sample_plan(rng: np.random.Generator, kind: str | None = None) -> BodyPlan:
    """Draws a body plan: a kind from the table, each measure varied by a few per cent.

    Args:
        rng: The stream to draw from.
        kind: A name from `PLAN_KINDS`, or None for a random one.
    """
    kind = kind or pick_weighted(rng, {name: row[0] for name, row in _PLANS.items()})
    _, anime, bust, means = _PLANS[kind]
    varied = np.array(means) * np.clip(rng.normal(1.0, 0.05, len(means)), 0.87, 1.13)
    return BodyPlan(
        **dict(zip(_COLUMNS, varied.tolist(), strict=True)),
        anime=bool(rng.random() < anime),
        bust=bust * float(rng.uniform(0.4, 1.2)),
        kind=kind,
    )
