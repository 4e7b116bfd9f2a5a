"""Composes still pictures: who is there, in which pose, seen from where, how large and in which place."""

from __future__ import annotations

import numpy as np

from ..errors import BadOption
from .anatomy import BodyPlan, sample_plan
from .chance import pick_weighted, streams
from .clothing import sample_outfit
from .geometry import Array
from .kinematics import Body, camera, solve
from .looks import LOOKS, STYLES, Look
from .motion import SEATED, sample_pose
from .pieces import Lens
from .stage import Actor, Drawing, perform, sample_stage

_ATTEMPTS = 8  # compositions tried until somebody can be recognised
_PEOPLE = {1: 11.0, 2: 5.0, 3: 2.4, 4: 1.0, 5: 0.6}


def drawing(
    seed: int, size_wh: tuple[int, int] = (512, 512), split: str = "train", style: str | None = None
) -> Drawing:
    """Draws one picture of one to five people.

    The scene depends on seed and split alone; size and style only change how it is shown (except in the rare
    scene in which nobody can be recognised, which is composed anew).

    Args:
        seed: A whole number >= 0.
        size_wh: Width and height in pixels, 8 to 8192 each.
        split: "train" or "test", which never share a random stream.
        style: A name from `STYLES`; None picks one.

    Raises:
        BadOption: On an unknown split or style, a negative seed or a size that cannot be drawn.
    """
    size_wh = checked_size(size_wh)
    for attempt in range(_ATTEMPTS):
        rng, scenery, texture, noise = streams(seed, split, 4, attempt)
        look = choose_look(scenery, style)
        actors = _cast(rng, size_wh)
        result = perform(sample_stage(scenery, look, size_wh), actors, texture, noise)
        if len(result.poses):
            break
    return result


def checked_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """The size as two ints; raises BadOption below 8 or above 8192 pixels."""
    width, height = (int(side) for side in size_wh)
    if not (8 <= width <= 8192 and 8 <= height <= 8192):
        raise BadOption(f"expected a size of 8 to 8192 pixels a side, got {width} by {height}; choose another size")
    return width, height


def choose_look(rng: np.random.Generator, style: str | None) -> Look:
    """The look of that name, or a random one; the stream moves on equally in both cases."""
    chosen = STYLES[int(rng.integers(len(STYLES)))]
    name = chosen if style is None else style
    if name not in LOOKS:
        raise BadOption(f"expected a style out of {', '.join(STYLES)}, got {name!r}; pass one of them or None")
    return LOOKS[name]


def _view(rng: np.random.Generator) -> tuple[float, float, float]:
    """Camera yaw, pitch and roll in degrees: front, three-quarter, side and back views."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    kind = pick_weighted(rng, {"front": 0.34, "quarter": 0.26, "side": 0.18, "back": 0.22})
    yaw = {"front": rng.normal(0, 14), "quarter": side * rng.uniform(25, 65), "side": side * rng.uniform(65, 115),
           "back": 180 + rng.normal(0, 32)}[kind]  # fmt: skip
    pitch = rng.uniform(30, 65) if rng.random() < 0.06 else rng.normal(4, 11)
    return float(yaw), float(pitch), float(rng.normal(0, 4))


def _cast(rng: np.random.Generator, size_wh: tuple[int, int]) -> list[Actor]:
    """Everybody in the picture, the farthest first."""
    count = pick_weighted(rng, _PEOPLE)
    closeness = float(rng.uniform(0.0, 0.35))
    order = rng.permutation(count)
    actors = []
    for index in range(count):
        plan = sample_plan(rng)
        outfit = sample_outfit(rng, plan.anime)
        angles, pose = sample_pose(rng)
        seated = pose in SEATED and rng.random() < 0.8
        body = solve(plan, angles, camera(*_view(rng)))
        slot = ((float(order[index]) + 0.5) / count, count)
        actors.append(Actor(plan, outfit, body, _frame(rng, plan, body, closeness, size_wh, slot), seated))
    return sorted(actors, key=lambda actor: actor.lens.scale)


def extent(plan: BodyPlan, body: Body, lens: Lens) -> tuple[Array, Array]:
    """Lower and upper corner (2,) in pixels around all joints and the head."""
    head = body.joints["head"] + body.frames["head"][:, 1] * plan.head * 0.5
    ends = [head + np.array(d) * plan.head * 0.5 for d in ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0))]
    points = lens.project(np.stack([*body.joints.values(), *ends]))
    return points.min(axis=0), points.max(axis=0)


def _frame(
    rng: np.random.Generator,
    plan: BodyPlan,
    body: Body,
    closeness: float,
    size_wh: tuple[int, int],
    slot: tuple[float, int],
) -> Lens:
    """Chooses size and place in the picture; sometimes close up, cut off by the edges.

    Args:
        rng: The scene stream.
        plan: The person's proportions.
        body: The posed person.
        closeness: `Lens.closeness`, shared by everybody.
        size_wh: Pixels.
        slot: The person's place from left (0) to right (1), and how many people share the picture.
    """
    size = np.array(size_wh, dtype=np.float64)
    low, high = extent(plan, body, Lens(1.0, (0.0, 0.0), closeness))
    span = np.maximum(high - low, 0.05)
    place, count = slot
    roomy = np.array((size[0] / count**0.6, size[1]))
    close = rng.random() < (0.22 if count == 1 else 0.12)
    share = rng.uniform(1.15, 1.9) if close else rng.uniform(0.45, 0.97)
    scale = share * float((roomy / span).min())
    drift = rng.normal(0, 1, 2) * (0.10, 0.05)
    centre = size * (np.array((place, 0.5)) + drift)
    middle = (low + high) / 2
    if close:
        # Close-ups look at the upper body more often than not.
        focus = body.joints["neck" if rng.random() < 0.7 else "pelvis"]
        middle = Lens(1.0, (0.0, 0.0), closeness).project(focus)
    elif rng.random() < 0.85:
        half = np.minimum(span * scale / 2, size / 2)
        centre = np.clip(centre, half, size - half)
    offset = centre - middle * scale
    return Lens(scale, (float(offset[0]), float(offset[1])), closeness)
