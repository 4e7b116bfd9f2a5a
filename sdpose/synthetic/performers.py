"""The people of a film: who they are, how they move, and where they stand before a camera at a given time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .anatomy import BodyPlan, sample_plan
from .chance import pick_weighted
from .clothing import Outfit, sample_outfit
from .geometry import Array
from .kinematics import INDEX, SIDES, Body, camera, solve
from .motion import Motion, sample_motion
from .pieces import Lens
from .stage import Actor

_PEOPLE = {1: 4.0, 2: 3.0, 3: 1.5}
# Standing height of the kinds whose proportions are not an adult's, in adult heights.
_STATURE = {"child": 0.68, "toddler": 0.5, "teen": 0.88, "chibi": 0.6, "mascot": 0.55}
_SPEED = {"walk": 0.55, "run": 1.2}  # adult heights a second
_SOFT = 0.015  # body heights over which the weight moves from foot to foot


@dataclass(frozen=True)
class Performer:
    """One person of a clip.

    Attributes:
        plan: Proportions.
        outfit: Clothes.
        motion: Seconds to joint angles.
        speed: Of walking round the circle, adult heights a second; 0 stays in place.
        home: (x, z) on the ground, in adult heights: the place, or the circle's centre.
        radius: Of the circle, adult heights.
        phase: Where on the circle, or in turning, the clip begins; radians.
        heading: Direction faced when not walking, degrees.
    """

    plan: BodyPlan
    outfit: Outfit
    motion: Motion
    speed: float
    home: tuple[float, float]
    radius: float
    phase: float
    heading: float


@dataclass(frozen=True)
class Camera:
    """A camera that drifts: rotation in degrees, lens in pixels per adult height, and how far it sways."""

    yaw: float
    pitch: float
    roll: float
    sway: float
    lens: Lens


def sample_performers(rng: np.random.Generator) -> list[Performer]:
    """Everybody in the clip, spread over the ground."""
    count = pick_weighted(rng, _PEOPLE)
    people = []
    for place in rng.permutation(count).tolist():
        plan = sample_plan(rng)
        motion, name = sample_motion(rng)
        stature = _STATURE.get(plan.kind, 1.0)
        people.append(Performer(
            plan=plan,
            outfit=sample_outfit(rng, plan.anime),
            motion=motion,
            speed=_SPEED.get(name, 0.0) * stature,
            home=((place - (count - 1) / 2) * 0.62 + float(rng.normal(0, 0.06)), float(rng.normal(0, 0.2))),
            radius=float(rng.uniform(0.3, 0.5)) * (1.4 if name == "run" else 1.0) * stature,
            phase=float(rng.uniform(0, 2 * math.pi)),
            heading=float(rng.normal(0, 50) + (180 if rng.random() < 0.2 else 0)),
        ))  # fmt: skip
    return people


def sample_camera(rng: np.random.Generator, size_wh: tuple[int, int], people: list[Performer]) -> Camera:
    """A camera that holds everybody; sometimes it stands closer."""
    width, height = size_wh
    tallest = max(_STATURE.get(person.plan.kind, 1.0) for person in people)
    wide = 1.3 * tallest + 0.62 * (len(people) - 1)
    scale = float(rng.uniform(0.68, 0.84)) * min(height / 1.1 / tallest, width / wide * 1.15)
    ground = 0.93 * height
    if rng.random() < 0.15:
        ground += 0.3 * scale
        scale *= 1.45
    lens = Lens(scale, (width / 2, ground), float(rng.uniform(0.05, 0.25)))
    return Camera(float(rng.normal(0, 15)), float(abs(rng.normal(6, 5))), float(rng.normal(0, 2)),
                  float(rng.uniform(0, 8)), lens)  # fmt: skip


def gathered(people: Sequence[Performer], eye: Camera, seconds: float) -> tuple[list[Actor], list[int]]:
    """Everybody at one moment, the farthest first.

    Returns:
        The actors, and which of the people each of them is.
    """
    view = camera(eye.yaw + eye.sway * math.sin(0.4 * seconds), eye.pitch, eye.roll)
    placed = [_place(person, seconds, view, eye.lens) for person in people]
    order = sorted(range(len(placed)), key=lambda person: placed[person][1])
    return [placed[person][0] for person in order], order


def _place(person: Performer, seconds: float, view: Array, lens: Lens) -> tuple[Actor, float]:
    """One person at one moment.

    Returns:
        The actor, and how near it stands.
    """
    angles = person.motion(seconds + person.phase).copy()
    x, z = person.home
    if person.speed:
        around = person.phase + person.speed / person.radius * seconds
        x, z = x + person.radius * math.sin(around), z + person.radius * math.cos(around)
        angles[INDEX["yaw"]] += math.degrees(around) + 90.0
    else:
        angles[INDEX["yaw"]] += person.heading + 25.0 * math.sin(0.5 * seconds + person.phase)
    body = solve(person.plan, angles, view)
    stature = _STATURE.get(person.plan.kind, 1.0)
    root = view @ np.array((x, 0.0, z)) - body.down * (_clearance(body) * stature)
    factor = lens.factor(float(root[2]))
    ox, oy = lens.project(root).tolist()
    return Actor(person.plan, person.outfit, body, Lens(factor * stature, (ox, oy), lens.closeness * stature)), float(
        (view @ np.array((x, 0.0, z)))[2]
    )


def _clearance(body: Body) -> float:
    """Height of the pelvis above the lower foot, in body heights: a smooth maximum over toes and heels."""
    depths = [float(body.joints[f"{side}_{end}"] @ body.down) for side in SIDES for end in ("heel", "toe")]
    top = max(depths)
    return top + _SOFT * math.log(sum(math.exp((depth - top) / _SOFT) for depth in depths))
