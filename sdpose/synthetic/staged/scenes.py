"""What happens in each kind of film: who is there, where they go, how they are filmed.

A scene is a table of performers and numbers; `KINDS` names the functions that draw one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..anatomy import sample_plan
from ..chance import pick, pick_weighted
from ..clothing import sample_outfit
from ..effects import Effects, Spells
from ..geometry import Array
from ..motion import SEATED, UPRIGHT, Motion, sample_motion, sample_pose
from ..performers import SPEED, Path, Performer, staying
from .paths import keeping_still, orbiting

__all__ = ["KINDS", "Scene"]

_ROOM = 0.62  # adult heights from one person to the next
_AT_EASE = {"dance": 3.0, "poses": 3.0, "wave": 1.0, "squat": 1.0}
_STILL = (*(name for name in UPRIGHT if name not in {"walk", "lunge", "kick"}), "sit", "kneel", "squat", "seiza")


@dataclass(frozen=True)
class Scene:
    """What the frames between two cuts show.

    Attributes:
        people: Everybody.
        width: What the picture has to hold from left to right, adult heights.
        depth: What it has to hold from front to back.
        pitch: How far the camera looks down, degrees.
        yaw: From which side it looks, degrees.
        sway: How far it sways, degrees.
        effects: What the film does.
        exposures: How long each drawing is shown, in frames, and how likely; None draws every frame anew.
        grain: The least noise of the film, 0..255 scale.
        stop: The frame at which another scene begins, if one does.
    """

    people: Sequence[Performer]
    width: float
    depth: float = 0.6
    pitch: float = 6.0
    yaw: float = 0.0
    sway: float = 4.0
    effects: Effects = field(default_factory=Effects)
    exposures: Mapping[int, float] | None = None
    grain: float = 0.0
    stop: int | None = None


def _performer(rng: np.random.Generator, path: Path, motion: Motion, phase: float | None = None) -> Performer:
    """Somebody of any build and in any clothes."""
    plan = sample_plan(rng)
    outfit = sample_outfit(rng, plan.anime)
    return Performer(plan, outfit, motion, path, float(rng.uniform(0, 2 * math.pi)) if phase is None else phase)


def _row(rng: np.random.Generator, count: int, room: float = _ROOM) -> list[tuple[float, float]]:
    """Places (x, z) side by side, in any order."""
    return [
        ((place - (count - 1) / 2) * room + float(rng.normal(0, 0.05)), float(rng.normal(0, 0.15)))
        for place in rng.permutation(count).tolist()
    ]


def _bystander(rng: np.random.Generator, home: tuple[float, float]) -> Performer:
    """Somebody who moves but stays in place."""
    phase = float(rng.uniform(0, 2 * math.pi))
    motion = sample_motion(rng, pick_weighted(rng, _AT_EASE))[0]
    return _performer(rng, staying(home, float(rng.normal(0, 40)), phase), motion, phase)


def _walker(
    rng: np.random.Generator, home: tuple[float, float], reach: tuple[float, float], meets: float, way: int, pace: float
) -> Performer:
    """Somebody who goes to and fro, walking or running.

    Args:
        rng: The stream to draw from.
        home: (x, z) of the middle.
        reach: How far to the side and to the front.
        meets: When the middle is passed, seconds.
        way: 1 to the right at that time, -1 to the left.
        pace: Adult heights a second, about.
    """
    rate = way * pace * float(rng.uniform(0.8, 1.25)) / max(reach)
    gait = sample_motion(rng, "walk" if rng.random() < 0.7 else "run")[0]
    turn = 1 if rng.random() < 0.5 else -1  # before or behind the middle
    phase = -turn * rate * meets + (0.0 if turn > 0 else math.pi)
    return _performer(rng, orbiting(home, reach, turn * rate, phase), gait)


def _either(rng: np.random.Generator) -> int:
    """1 or -1."""
    return 1 if rng.random() < 0.5 else -1


def _crossing(rng: np.random.Generator, _: float) -> list[Scene]:
    """Two or three people go through each other's paths, one before the other."""
    count = pick_weighted(rng, {2: 2.0, 3: 1.0})
    reach, way = float(rng.uniform(0.5, 0.75)), _either(rng)
    meets = float(rng.uniform(0.7, 1.3))
    # Each has a lane of its own, so that they meet one before the other; neighbours come from opposite sides.
    people = [
        _walker(rng, (float(rng.normal(0, 0.04)), 0.3 * lane), (reach, 0.1), meets, way * (-1) ** index, 0.8)
        for index, lane in enumerate(rng.permutation(count).tolist())
    ]
    if rng.random() < 0.4:
        people[0] = _bystander(rng, (float(rng.normal(0, 0.1)), 0.15))
    return [Scene(people, 2 * reach + 0.5, depth=1.0, pitch=float(abs(rng.normal(5, 4))))]


def _occlusion(rng: np.random.Generator, _: float) -> list[Scene]:
    """Things pass before people or stay there for up to a second; often somebody walks past in front, too."""
    count = pick_weighted(rng, {2: 2.0, 3: 1.0})
    people = [_bystander(rng, home) for home in _row(rng, count, room=0.7)]
    if rng.random() < 0.5:
        people.append(
            _walker(rng, (0.0, 0.65), (0.35 * count + 0.2, 0.05), float(rng.uniform(0.6, 1.4)), _either(rng), 0.8)
        )
    things = Spells(rng, (4, 20), (20, 38), (1.0, 1.0))
    return [Scene(people, 0.7 * count + 0.5, depth=1.0, effects=Effects(obstacles=(things,)))]


def _fast(rng: np.random.Generator, _: float) -> list[Scene]:
    """Somebody crosses the picture quickly, others gesture fast."""
    count = pick_weighted(rng, {2: 2.0, 3: 1.0})
    people = [_hasty(rng, home) for home in _row(rng, count - 1, room=0.8)]
    reach, speed = float(rng.uniform(0.7, 0.95)), float(rng.uniform(1.4, 2.2))
    rate, run = speed / reach, sample_motion(rng, "run")[0]
    phase = float(rng.uniform(0, 2 * math.pi))
    runner = _performer(rng, orbiting((0.0, 0.45), (reach, 0.25), rate, phase), _quickened(run, 1.2))
    return [Scene([*people, runner], 2 * reach + 0.5, depth=0.9, effects=Effects(shutter=float(rng.uniform(0.0, 0.5))))]


def _hasty(rng: np.random.Generator, home: tuple[float, float]) -> Performer:
    """Somebody who gestures fast on the spot."""
    motion, name = sample_motion(rng, pick_weighted(rng, {"wave": 1.5, "dance": 2.0, "run": 1.0, "poses": 1.0}))
    pace = float(rng.uniform(1.3, 1.7) if name in SPEED or name == "wave" else rng.uniform(1.7, 2.4))
    phase = float(rng.uniform(0, 2 * math.pi))
    return _performer(rng, staying(home, float(rng.normal(0, 40)), phase), _quickened(motion, pace), phase)


def _quickened(motion: Motion, pace: float) -> Motion:
    """The motion in faster time."""
    return lambda seconds: motion(seconds * pace)


def _cut(rng: np.random.Generator, _: float) -> list[Scene]:
    """Two or three scenes; after a cut there are other people, or the same from another side."""
    scenes = [_gathering(rng)]
    for _number in range(pick_weighted(rng, {1: 1.0, 2: 1.0})):
        before = scenes[-1].stop or 0
        fresh = _gathering(rng)
        if rng.random() < 0.4:
            fresh = replace(scenes[-1], yaw=scenes[-1].yaw + float(rng.uniform(40, 140)), stop=fresh.stop)
        scenes.append(replace(fresh, stop=before + (fresh.stop or 0)))
    return [*scenes[:-1], replace(scenes[-1], stop=None)]


def _gathering(rng: np.random.Generator) -> Scene:
    """People of whom some move about, for a while."""
    count = pick_weighted(rng, {2: 2.0, 3: 1.0})
    people = [_bystander(rng, home) for home in _row(rng, count)]
    if rng.random() < 0.5:
        people[-1] = _walker(rng, (0.0, 0.4), (0.4 * count, 0.1), float(rng.uniform(0.0, 2.0)), _either(rng), 0.8)
    return Scene(people, 0.8 * count + 0.4, pitch=float(rng.uniform(0, 12)), stop=int(rng.integers(14, 22)))


def _hold(rng: np.random.Generator, _: float) -> list[Scene]:
    """Animation: each drawing is shown for two or three frames, now and then for much longer."""
    count = pick_weighted(rng, {2: 2.0, 3: 1.0})
    people = [_bystander(rng, home) for home in _row(rng, count)]
    people[0] = _walker(rng, (0.0, 0.4), (0.3 * count, 0.1), float(rng.uniform(0.0, 2.0)), _either(rng), 0.8)
    usual = 2 if rng.random() < 0.5 else 3
    return [Scene(people, 0.62 * count + 0.6, exposures={1: 0.5, usual: 6.0, 5 - usual: 1.0, 6: 0.5, 12: 0.5})]


def _return(rng: np.random.Generator, least: float) -> list[Scene]:
    """Somebody leaves the picture, sometimes one on either side, and is back half a second to one and a half later."""
    count = pick_weighted(rng, {2: 1.0, 3: 2.0})
    width = max(_ROOM * count + 0.5, least)
    homes = sorted(_row(rng, count))
    people = [_bystander(rng, home) for home in homes]
    sides = ((0, -1.0), (count - 1, 1.0))
    for place, side in sides if count > 2 and rng.random() < 0.3 else (pick(rng, sides),):
        people[place] = _leaver(rng, side * width / 2)
    return [Scene(people, width, sway=1.0)]


def _leaver(rng: np.random.Generator, edge: float) -> Performer:
    """Somebody who runs out of the picture, whose edge is at that x, and in again, to and fro."""
    reach, inside = float(rng.uniform(0.5, 0.7)), float(rng.uniform(0.0, 0.1))
    leaves, away = float(rng.uniform(0.25, 0.6)), float(rng.uniform(0.6, 1.0))
    # Seconds count while the middle of the body is beyond the edge by half its width.
    gone = math.asin((inside + 0.25) / reach)
    rate = (math.pi - 2 * gone) / away
    side = math.copysign(1.0, edge)
    path = orbiting((edge - side * inside, 0.2), (side * reach, 0.2), rate, gone - rate * leaves)
    return _performer(rng, path, sample_motion(rng, "run")[0])


def _crowd(rng: np.random.Generator, _: float) -> list[Scene]:
    """Five to twelve people in rows, seen from above; one to three of them walk along between the rows."""
    count = int(rng.integers(5, 13))
    rows = 2 if count < 8 else 3
    columns = math.ceil(count / rows)
    places = [(row, column) for row in range(rows) for column in range(columns)]
    people = []
    for index in rng.permutation(len(places))[:count].tolist():
        row, column = places[index]
        x = (column - (columns - 1) / 2 + 0.5 * (row % 2) - 0.25) * 0.68 + float(rng.normal(0, 0.04))
        people.append(_bystander(rng, (x, (row - (rows - 1) / 2) * 0.9 + float(rng.normal(0, 0.05)))))
    for index in range(int(rng.integers(1, 4))):
        lane = (index % rows - (rows - 1) / 2) * 0.9 + 0.45
        reach = (0.3 * columns, 0.05)
        people[index] = _walker(rng, (0.0, lane), reach, float(rng.uniform(0.0, 2.0)), _either(rng), 0.6)
    return [Scene(people, 0.68 * columns + 0.5, depth=0.9 * rows, pitch=float(rng.uniform(20, 30)), sway=2.0)]


def _static(rng: np.random.Generator, _: float) -> list[Scene]:
    """People who stand, sit or kneel and do not move at all, on film with grain."""
    people = []
    for home in _row(rng, pick_weighted(rng, {2: 2.0, 3: 1.0, 4: 0.5}), room=0.75):
        pose, name = sample_pose(rng, pick(rng, _STILL))
        person = _performer(rng, keeping_still(home, float(rng.normal(0, 40))), _constantly(pose))
        people.append(replace(person, seated=name in SEATED))
    return [Scene(people, 0.75 * len(people) + 0.4, sway=0.0, grain=4.0)]


def _constantly(pose: Array) -> Motion:
    """No motion at all."""
    return lambda seconds: pose


KINDS: dict[str, Callable[[np.random.Generator, float], list[Scene]]] = {
    "crossing": _crossing,
    "occlusion": _occlusion,
    "fast": _fast,
    "cut": _cut,
    "hold": _hold,
    "return": _return,
    "crowd": _crowd,
    "static": _static,
}
"""Kind of film -> what draws its scenes, one after the other, from a stream and the least width of the picture at which
somebody who stands fits into its height, in adult heights."""
