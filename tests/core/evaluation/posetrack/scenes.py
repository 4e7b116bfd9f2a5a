"""Drawn-up annotation and result files of PoseTrack, the same from the same name everywhere.

A scene is a few clips, each a list of frames; a frame has true people, found people and ignore regions. `files` writes
it down as files of 2017 or 2018. `random_scene` makes one from a seed; `QUIRKS` are small ones, each for one rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

JOINTS = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "head_bottom", "nose", "head_top",
)  # fmt: skip
SEVENTEEN = (
    "nose", "head_bottom", "head_top", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
K = len(JOINTS)
RANDOM = 40


@dataclass(frozen=True)
class Person:
    """Fifteen points of somebody; `listed` is False for a 2017 entry without a list of points."""

    track_id: int
    points: Any
    given: Any = field(default_factory=lambda: np.ones(K, bool))
    flags: Any = field(default_factory=lambda: np.ones(K, int))
    scores: Any = None
    head: tuple[float, float, float, float] = (0.0, 0.0, 30.0, 40.0)
    listed: bool = True


@dataclass(frozen=True)
class Moment:
    """A frame."""

    true: tuple[Person, ...] = ()
    found: tuple[Person, ...] = ()
    regions: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Scene:
    """Clips of moments, and the years of the files that annotations and results are written to."""

    clips: tuple[tuple[Moment, ...], ...]
    years: tuple[int, int] = (2018, 2018)
    names: tuple[str, ...] = SEVENTEEN


def files(scene: Scene) -> Iterator[tuple[str, Any, Any]]:
    """Of each clip: the name of its two files, and what is in them."""
    for number, clip in enumerate(scene.clips):
        folder = f"{number + 1:06d}_mpii_test"
        sides = [[replace(m, found=()) for m in clip], [Moment(true=m.found) for m in clip]]
        write = {2017: _annolist, 2018: _images}
        true, found = (write[year](side, folder, scene.names) for year, side in zip(scene.years, sides, strict=True))
        yield f"{folder}.json", true, found


def _plain(values: Any) -> Any:
    return np.asarray(values).round(3).tolist()


def _annolist(moments: list[Moment], folder: str, _: Any) -> Any:
    annolist = []
    for i, moment in enumerate(moments):
        regions = [{"point": [{"x": [x], "y": [y]} for x, y in _plain(r)]} for r in moment.regions]
        image = {"image": [{"name": f"images/val/{folder}/{i:06d}.jpg"}], "imgnum": [i + 1]}
        image["annorect"] = [_rect(person) for person in moment.true]
        annolist.append({**image, "is_labeled": [int(bool(moment.true))], "ignore_regions": regions})
    return {"annolist": annolist}


def _rect(person: Person) -> Any:
    rect: dict[str, Any] = {"track_id": [person.track_id]}
    rect |= {key: [value] for key, value in zip(("x1", "y1", "x2", "y2"), _plain(person.head), strict=True)}
    points = []
    for joint in np.flatnonzero(person.given):
        x, y = _plain(person.points[joint])
        point = {"id": [int(joint)], "x": [x], "y": [y], "is_visible": [int(person.flags[joint])]}
        points.append(point if person.scores is None else {**point, "score": [float(person.scores[joint])]})
    return {**rect, "annopoints": [{"point": points}] if person.listed else []}


def _images(moments: list[Moment], folder: str, names: tuple[str, ...]) -> Any:
    images, annotations = [], []
    for i, moment in enumerate(moments):
        image = {"id": 100 + i, "frame_id": 100 + i, "file_name": f"images/val/{folder}/{i:06d}.jpg"}
        image |= {"nframes": len(moments), "is_labeled": bool(moment.true)}
        for axis, key in enumerate(("ignore_regions_x", "ignore_regions_y")):
            image[key] = [_plain(np.asarray(region)[:, axis]) for region in moment.regions]
        images.append(image)
        for n, person in enumerate(moment.true):
            annotations.append({"id": 1000 * i + n, "image_id": 100 + i, "category_id": 1, **_row(person, names)})
    category = {"id": 1, "name": "person", "supercategory": "person", "keypoints": list(names)}
    return {"images": images, "annotations": annotations, "categories": [category]}


def _row(person: Person, names: tuple[str, ...]) -> Any:
    table, scores = np.zeros((len(names), 3)), np.zeros(len(names))
    for place, name in enumerate(names):
        if name in JOINTS and person.given[JOINTS.index(name)]:
            joint = JOINTS.index(name)
            table[place] = (*person.points[joint], person.flags[joint])
            scores[place] = 0 if person.scores is None else person.scores[joint]
    x1, y1, x2, y2 = person.head
    row = {
        "track_id": person.track_id,
        "keypoints": _plain(table.ravel()),
        "bbox_head": _plain((x1, y1, x2 - x1, y2 - y1)),
    }
    return row if person.scores is None else {**row, "scores": scores.tolist()}


# At random.


class _Chance:
    """Everything random about one scene; scores are all different, since the order of equal ones is nobody's rule."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 2018])
        self.pool = iter(self.rng.permutation(20_000) / 20_000)
        self.noise = self.rng.uniform(0.05, 0.3)
        self.drops, self.swaps, self.doubles, self.strangers, self.empties = self.rng.uniform(0, 0.2, 5)
        self.unscored = bool(self.rng.random() < 0.4)

    def happens(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def scores(self) -> Any:
        return np.array([next(self.pool) for _ in range(K)])


def random_scene(seed: int) -> Scene:
    """A scene with noise, drops, swaps, doubles, strangers, regions, gaps and oddities, more or less of each."""
    chance = _Chance(seed)
    years = [(2017, 2017), (2018, 2018), (2018, 2018), (2017, 2018), (2018, 2017)][seed % 5]
    return Scene(tuple(_random_clip(chance) for _ in range(1 + seed % 3)), years)


def _random_clip(chance: _Chance) -> tuple[Moment, ...]:
    rng = chance.rng
    people = int(rng.integers(1, 5))
    bodies = rng.uniform(60, 600, (people, 1, 2)) + rng.normal(0, 60, (people, K, 2))
    heads = rng.uniform(15, 50, people)
    identities = rng.permutation(people) + 3
    moments: list[Moment] = []
    for _ in range(int(rng.integers(4, 9))):
        bodies = bodies + rng.normal(0, 4, (people, 1, 2)) + rng.normal(0, 2, bodies.shape)
        if chance.happens(chance.swaps):
            identities = rng.permutation(identities)
        true = tuple(_true(chance, i, bodies[i], heads[i]) for i in range(people) if not chance.happens(0.15))
        found = _found(chance, bodies, heads, identities)
        if len(moments) > 2 and chance.happens(0.2):
            true = ()
        regions = tuple(_region(chance) for _ in range(int(rng.integers(0, 3)))) if chance.happens(0.4) else ()
        moments.append(
            Moment(true or ((_true(chance, 0, bodies[0], heads[0]),) if len(moments) < 2 else ()), found, regions)
        )
    return tuple(moments)


def _true(chance: _Chance, i: int, body: Any, head: float) -> Person:
    given = chance.rng.random(K) > 0.15
    if chance.happens(0.05):
        given[:] = False
    x, y = body[14]
    box = (x - head / 2, y - head / 2, x + head / 2, y + head * 0.7)
    flags = (chance.rng.random(K) > 0.2).astype(int)
    return Person(i, body, given, flags, None, box, listed=not chance.happens(0.05))


def _found(chance: _Chance, bodies: Any, heads: Any, identities: Any) -> tuple[Person, ...]:
    if chance.happens(chance.empties):
        return ()
    found = []
    for i in chance.rng.permutation(len(bodies)):
        if not chance.happens(chance.drops):
            found.append(_guess(chance, int(identities[i]), bodies[i], heads[i]))
        if chance.happens(chance.doubles):
            found.append(_guess(chance, 20 + int(i), bodies[i] + chance.rng.normal(0, 3, (1, 2)), heads[i]))
    if chance.happens(chance.strangers):
        found.append(_guess(chance, 40, chance.rng.uniform(0, 700, (K, 2)), 30.0))
    if chance.unscored and found:
        chance.unscored = False
        found[0] = replace(found[0], scores=None)
    return tuple(found)


def _guess(chance: _Chance, identity: int, body: Any, head: float) -> Person:
    points = body + chance.rng.normal(0, chance.noise * head, (K, 2))
    given = chance.rng.random(K) > 0.1
    flags = (chance.rng.random(K) > 0.3).astype(int)
    if chance.happens(0.1):
        points[chance.rng.integers(K)] = 0
    if chance.happens(0.03):
        given[:] = False
    return Person(identity, points, given, flags, chance.scores(), listed=not chance.happens(0.03))


def _region(chance: _Chance) -> Any:
    """A star-shaped polygon."""
    angles = np.sort(chance.rng.uniform(0, 2 * np.pi, int(chance.rng.integers(3, 8))))
    radii = chance.rng.uniform(40, 200, len(angles))
    centre = chance.rng.uniform(50, 650, 2)
    return centre + radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])


# One for each rule.


def _body(i: int) -> Any:
    """Person i's joints, far from everybody else's and from one another."""
    return np.column_stack([np.arange(K) * 60.0 + 30, np.full(K, 100.0 + 200 * i)])


def _pair(at: int, place: Callable[[int], Any] = _body, **changes: Any) -> Moment:
    """Two people, found where `place` says; a head size of theirs is 30 px, so that 15 px are in reach."""
    ramp = np.linspace(0.9, 0.5, K)
    true = tuple(Person(i, _body(i)) for i in range(2))
    made = tuple(Person(i, place(i), scores=ramp - 0.001 * (2 * at + i)) for i in range(2))
    return replace(Moment(true, made), **changes)


def _clip(length: int = 8, at: int = 3, odd: Moment | None = None) -> tuple[Moment, ...]:
    """Frames of `_pair`; frame `at` may be an odd one."""
    return tuple(odd if odd is not None and i == at else _pair(i) for i in range(length))


def _odd(moment: Moment, year: int = 2018, at: int = 3) -> Scene:
    """Eight frames, of which one is odd."""
    return Scene((_clip(8, at, moment),), (year, year))


def _swapped(at: int) -> Moment:
    moment = _pair(at)
    return replace(moment, found=tuple(replace(p, track_id=1 - p.track_id) for p in moment.found))


def _each(side: str, moment: Moment | None = None, **changes: Any) -> Moment:
    """Everybody on one side of a frame changed."""
    moment = moment or _pair(3)
    return replace(moment, **{side: tuple(replace(p, **changes) for p in getattr(moment, side))})


def _moved(x: float, y: float = 0.0) -> Callable[[int], Any]:
    return lambda i: _body(i) + np.array([x, y])


def _doubled(offset: float, first: bool = False) -> Scene:
    """Everybody found twice, the second time some px away with lower or higher scores than any first time."""
    moments = []
    for moment in _clip(4):
        doubles = tuple(
            replace(p, track_id=p.track_id + 10, points=p.points + 3.0, scores=p.scores + offset) for p in moment.found
        )
        moments.append(replace(moment, found=doubles + moment.found if first else moment.found + doubles))
    return Scene((tuple(moments),))


def _point_at_zero(flag: int) -> Moment:
    first, second = _pair(3).found
    points, flags = _body(0), np.ones(K, int)
    points[0], flags[0] = 0, flag
    return replace(_pair(3), found=(replace(first, points=points, flags=flags), second))


def _without(joint: int, *sides: str) -> Scene:
    given = np.arange(K) != joint
    moments = _clip(4)
    for side in sides:
        moments = tuple(_each(side, moment, given=given) for moment in moments)
    return Scene((moments,))


def _unscored(year: int) -> Scene:
    return Scene((tuple(_each("found", moment, scores=None) for moment in _clip()),), (year, year))


def _box(x1: float, y1: float, x2: float, y2: float) -> Any:
    return np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])


_NO_JOINTS = np.zeros(K, bool)
_FIRST, _FIRST_ON_EDGE, _EVERYBODY = _box(0, 0, 2000, 200), _box(0, 100, 2000, 200), _box(0, 0, 2000, 2000)
_NOBODY_FOUND = replace(_pair(3), found=())

QUIRKS = {
    "perfect": Scene((_clip(),)),
    "perfect, 2017": Scene((_clip(),), (2017, 2017)),
    "swap in the middle": Scene((tuple(_pair(i) if i < 4 else _swapped(i) for i in range(8)),)),
    "swap in the last frame": _odd(_swapped(7), at=7),
    "nobody found in a frame": _odd(_NOBODY_FOUND),
    "nobody found in the last frame": _odd(_NOBODY_FOUND, at=7),
    "nobody annotated in a frame": _odd(replace(_pair(3), true=())),
    "doubles with low scores": _doubled(-0.5),
    "doubles with high scores": _doubled(0.5),
    "doubles with high scores, listed first": _doubled(0.5, first=True),
    "hidden joints count": _odd(_each("true", _NOBODY_FOUND, flags=np.zeros(K, int))),
    "found at zero, flagged visible": _odd(_point_at_zero(1)),
    "found at zero, flagged hidden": _odd(_point_at_zero(0)),
    "found at zero, 2017": _odd(_point_at_zero(0), 2017),
    "no scores": _unscored(2018),
    "no scores, 2017": _unscored(2017),
    "one ignored": _odd(_pair(3, lambda i: _body(i) + 50.0 * (i == 0), regions=(_FIRST,))),
    "all ignored": _odd(_pair(3, regions=(_EVERYBODY,))),
    "true ones ignored, found ones beside": _odd(_pair(3, _moved(3000, 3000), regions=(_EVERYBODY,))),
    "on the edge of a region": _odd(_pair(3, regions=(_FIRST_ON_EDGE,))),
    "listed without points, 2017": _odd(_each("true", listed=False), 2017),
    "listed with no points, 2017": _odd(_each("true", given=_NO_JOINTS), 2017),
    "annotated without joints": _odd(_each("true", given=_NO_JOINTS)),
    "found without points, 2017": _odd(_each("found", listed=False), 2017),
    "found without joints": _odd(_each("found", given=_NO_JOINTS)),
    "joint never annotated": _without(7, "true"),
    "joint never found": _without(7, "found"),
    "joint neither annotated nor found": _without(7, "true", "found"),
    "just in reach": _odd(_pair(3, _moved(15))),
    "just out of reach": _odd(_pair(3, _moved(15.01))),
    "head without size": _odd(_each("true", _pair(3, _moved(1, 1)), head=(5.0, 5.0, 5.0, 5.0))),
    "fifteen keypoints in another order": replace(_odd(_swapped(3)), names=JOINTS[::-1]),
    "several clips": Scene((_clip(4, 1, _swapped(1)), _clip(5, 4, _swapped(4)), _clip(3, 1, _NOBODY_FOUND))),
}
"""Name -> scene."""


def scenes() -> dict[str, Scene]:
    """All of them, by name."""
    return QUIRKS | {f"random {seed}": random_scene(seed) for seed in range(RANDOM)}
