"""A stage: everything about a picture except the people on it; and how people are painted on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..poses import Poses
from . import shading
from .anatomy import BodyPlan
from .clothing import Colour, Outfit
from .figure import figure_pieces
from .finishes import Development, develop, finish, sample_development
from .kinematics import Body
from .looks import HARD_STYLES, Look
from .painters import Image, Manner, Painter, sample_manner
from .pieces import Figure, Lens
from .scenery import Cover, background, foreground
from .truth import label


@dataclass(frozen=True)
class Drawing:
    """A drawn picture and what is true about it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        poses: COCO-17 poses of everybody who can be recognised: points are exact even where hidden, scores are 1
            where a keypoint is labelled and 0 where it is not, boxes are tight around what is seen of body and
            clothes. Pixel centres have whole coordinates.
        visibility: (N, 17) int8: 2 visible, 1 hidden (behind oneself, others or things), 0 not labelled (outside
            the picture, or a face feature turned well away).
        style: A name from `STYLES`.
        hard: Whether the style is one of `HARD_STYLES` or three or more people share the picture.
    """

    image: Image
    poses: Poses
    visibility: NDArray[np.int8]
    style: str
    hard: bool


@dataclass(frozen=True)
class Actor:
    """One person of a scene."""

    plan: BodyPlan
    outfit: Outfit
    body: Body
    lens: Lens
    seated: bool = False


@dataclass(frozen=True)
class Stage:
    """What a picture, or every frame of a clip, has in common.

    Attributes:
        look: The style.
        manner: How this picture's hand draws.
        backdrop: (H, W, 3) background, never painted on.
        covers: Things in front of everybody.
        light: Direction towards the light in the picture, unit length.
        strength: How dark shadows are.
        development: What happens to the picture after painting.
    """

    look: Look
    manner: Manner
    backdrop: Image
    covers: tuple[Cover, ...]
    light: tuple[float, float]
    strength: float
    development: Development


def sample_stage(rng: np.random.Generator, look: Look, size_wh: tuple[int, int]) -> Stage:
    """Draws a stage for a look and a size in pixels."""
    paper = _paper(rng)
    manner = sample_manner(rng, paper)
    angle = float(rng.uniform(-2.6, -0.5))
    strength = float(rng.uniform(0.25, 0.6))
    development = sample_development(rng)
    covers = foreground(rng, size_wh, paper if look.fill == "paper" else None) if rng.random() < 0.15 else []
    backdrop = background(rng, size_wh, look, paper)
    light = (float(np.cos(angle)), float(np.sin(angle)))
    return Stage(look, manner, backdrop, tuple(covers), light, strength, development)


def _paper(rng: np.random.Generator) -> Colour:
    """White or tinted paper."""
    r, g, b = (255 - rng.integers(0, 34, 3) * (rng.random() < 0.6)).astype(int).tolist()
    return r, g, b


def perform(
    stage: Stage,
    actors: Sequence[Actor],
    texture: np.random.Generator,
    noise: np.random.Generator,
    track_ids: Sequence[int] | None = None,
) -> Drawing:
    """Paints actors on a stage and reads off what can be seen.

    Args:
        stage: Where.
        actors: The farthest first.
        texture: The stream for wavering lines, grain and brush strokes.
        noise: The stream for noise.
        track_ids: One identity per actor, for clips.
    """
    painted = paint(stage, actors, texture)
    image = develop(finish(painted.image, stage.look.finish, texture, painted.scale), stage.development, noise)
    poses, visibility = label(painted.figures, painted.parts, track_ids)
    return Drawing(image, poses, visibility, stage.look.name, stage.look.name in HARD_STYLES or len(actors) >= 3)


@dataclass(frozen=True)
class Painted:
    """Actors painted on a stage, before the look's finish.

    Attributes:
        image: (H, W, 3) RGB.
        parts: (H, W) who and what covers each pixel, as `painters.code` says.
        figures: In the order of their person index in `parts`.
        scale: Their mean size, pixels per body height.
    """

    image: Image
    parts: Image
    figures: tuple[Figure, ...]
    scale: float


def paint(stage: Stage, actors: Sequence[Actor], texture: np.random.Generator) -> Painted:
    """Paints and shades actors on a stage; the arguments are those of `perform`."""
    painter = Painter(stage.backdrop.copy(), stage.look, stage.manner, texture)
    figures = [Figure.seen(actor.plan, actor.outfit, actor.body, actor.lens, actor.seated) for actor in actors]
    for person, figure in enumerate(figures):
        painter.paint(figure_pieces(figure), person, figure.lens.scale)
    for cover in stage.covers:
        painter.cover(cover.points, cover.colour)
    scale = float(np.mean([figure.lens.scale for figure in figures]))
    if stage.look.shade == "cel":
        shading.cel(painter.image, painter.parts, stage.light, scale, stage.strength)
    elif stage.look.shade == "soft":
        shading.soft(painter.image, painter.parts, stage.light, scale, 0.8 * stage.strength + 0.1)
    return Painted(painter.image, painter.parts, tuple(figures), scale)
