"""The people of a film: who they are, how they move, and where they stand before a camera at a given time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
STATURE = {"child": 0.68, "toddler": 0.5, "teen": 0.88, "chibi": 0.6, "mascot": 0.55}
SPEED = {"walk": 0.55, "run": 1.2}  # adult heights a second
_SOFT = 0.015  # body heights over which the weight moves from foot to foot


@dataclass(frozen=True)
class Spot:
    """Where somebody stands: x to the right and z to the front, in adult heights, and the direction faced, degrees.

    A yaw of 0 looks to the front, where the camera is, and one of 90 to the right.
    """

    x: float
    z: float
    yaw: float


Path = Callable[[float], Spot]
"""From seconds to where somebody stands."""


@dataclass(frozen=True)
class Performer:
    """One person of a clip.

    Attributes:
        plan: Proportions.
        outfit: Clothes.
        motion: Seconds to joint angles.
        path: Seconds to the place on the ground.
        phase: Seconds into the motion at which the clip begins.
        seated: Whether there is a chair below.
    """

    plan: BodyPlan
    outfit: Outfit
    motion: Motion
    path: Path
    phase: float
    seated: bool = False


def circling(home: tuple[float, float], radius: float, speed: float, phase: float) -> Path:
    """Walks round a circle.

    Args:
        home: (x, z) of its centre, adult heights.
        radius: Adult heights.
        speed: Adult heights a second.
        phase: Where on the circle it begins, radians.
    """

    def path(seconds: float) -> Spot:
        """Facing the way it goes."""
        around = phase + speed / radius * seconds
        x, z = home[0] + radius * math.sin(around), home[1] + radius * math.cos(around)
        return Spot(x, z, math.degrees(around) + 90.0)

    return path


def staying(home: tuple[float, float], heading: float, phase: float) -> Path:
    """Stays at (x, z) and turns to and fro a little about a heading in degrees, beginning at a phase in radians."""
    return lambda seconds: Spot(*home, heading + 25.0 * math.sin(0.5 * seconds + phase))


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
        stature = STATURE.get(plan.kind, 1.0)
        outfit = sample_outfit(rng, plan.anime)
        home = ((place - (count - 1) / 2) * 0.62 + float(rng.normal(0, 0.06)), float(rng.normal(0, 0.2)))
        radius = float(rng.uniform(0.3, 0.5)) * (1.4 if name == "run" else 1.0) * stature
        phase = float(rng.uniform(0, 2 * math.pi))
        heading = float(rng.normal(0, 50) + (180 if rng.random() < 0.2 else 0))
        speed = SPEED.get(name, 0.0) * stature
        path = circling(home, radius, speed, phase) if speed else staying(home, heading, phase)
        people.append(Performer(plan, outfit, motion, path, phase))
    return people


def sample_camera(rng: np.random.Generator, size_wh: tuple[int, int], people: Sequence[Performer]) -> Camera:
    """A camera that holds everybody; sometimes it stands closer."""
    width, height = size_wh
    tallest = max(STATURE.get(person.plan.kind, 1.0) for person in people)
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
    spot = person.path(seconds)
    angles[INDEX["yaw"]] += spot.yaw
    body = solve(person.plan, angles, view)
    stature = STATURE.get(person.plan.kind, 1.0)
    ground = view @ np.array((spot.x, 0.0, spot.z))
    root = ground - body.down * (_clearance(body) * stature)
    factor = lens.factor(float(root[2]))
    ox, oy = lens.project(root).tolist()
    seen = Lens(factor * stature, (ox, oy), lens.closeness * stature)
    return Actor(person.plan, person.outfit, body, seen, person.seated), float(ground[2])


def _clearance(body: Body) -> float:
    """Height of the pelvis above the lower foot, in body heights: a smooth maximum over toes and heels."""
    depths = [float(body.joints[f"{side}_{end}"] @ body.down) for side in SIDES for end in ("heel", "toe")]
    top = max(depths)
    return top + _SOFT * math.log(sum(math.exp((depth - top) / _SOFT) for depth in depths))
