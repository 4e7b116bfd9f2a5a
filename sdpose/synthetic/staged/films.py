"""Plays the scenes: chooses the camera, the look and the times, and numbers the people."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from ...errors import BadOption
from ..chance import pick_weighted, streams
from ..clothing import Colour
from ..effects import Effects, Spell, Tick, ticks
from ..footage import Film, Footage, Shot, played
from ..geometry import Array
from ..obstacles import Obstacle
from ..performers import Camera
from ..pieces import Lens
from ..scene import checked_size, choose_look
from ..scenery import Cover, any_colour
from ..stage import sample_stage
from .scenes import KINDS, Scene

__all__ = ["staged"]

_STAGED = 1 << 22  # staged films have nothing in common with the footage and the clips of the same seed
_TALL = 1.3  # adult heights: what the picture holds from top to bottom, if all stand side by side


def staged(
    seed: int,
    frames: int,
    size_wh: tuple[int, int] = (256, 256),
    split: str = "test",
    kind: str | None = None,
    fps: float = 24.0,
) -> Iterator[Footage]:
    """Draws a film of one kind.

    Args:
        seed: A whole number >= 0.
        frames: How many; the first frames of a longer film are the same.
        size_wh: Width and height in pixels, 8 to 8192 each.
        split: "train" or "test", which never share a random stream.
        kind: A name from `KINDS`; None takes them in turn, seed by seed.
        fps: Frames a second.

    Yields:
        Frames, as `footage` does. A person who is wholly outside the picture is missing and has the same track id
        afterwards; behind a cut everybody has a new one.

    Raises:
        BadOption: On an unknown split or kind, a negative seed or count, or a size that cannot be drawn.
    """
    size_wh = checked_size(size_wh)
    if frames < 0 or fps <= 0:
        raise BadOption(f"expected frames >= 0 and fps > 0, got {frames} and {fps}; choose other numbers")
    if kind is not None and kind not in KINDS:
        raise BadOption(f"expected a kind out of {', '.join(KINDS)}, got {kind!r}; pass one of them or None")
    rng, scenery = streams(seed, split, 2, attempt=_STAGED)
    scenes = KINDS[kind or tuple(KINDS)[seed % len(KINDS)]](rng, _TALL * size_wh[0] / size_wh[1])
    return islice(_played(rng, scenery, scenes, Film(seed, split, (), Effects(), fps, _screen), size_wh), frames)


def _played(
    rng: np.random.Generator,
    scenery: np.random.Generator,
    scenes: Sequence[Scene],
    film: Film,
    size_wh: tuple[int, int],
) -> Iterator[Footage]:
    """The frames of all scenes, one scene after the other, in one look."""
    look = choose_look(scenery, None)
    start = known = 0
    for scene in scenes:
        stage = sample_stage(scenery, look, size_wh)
        grain = max(stage.development.noise, scene.grain)
        stage = replace(stage, covers=(), development=replace(stage.development, noise=grain))
        shot = Shot(stage, _camera(rng, scene, size_wh))
        playing = replace(film, people=scene.people, effects=scene.effects)
        times = islice(ticks(scene.effects, scene.stop or sys.maxsize, film.fps), start, None)
        for number, frame in enumerate(played(playing, shot, _exposed(times, scene.exposures, rng))):
            ids = None if frame.poses.track_ids is None else frame.poses.track_ids + known
            yield replace(frame, poses=frame.poses.replace(track_ids=ids), cut=number == 0 < start)
        start, known = scene.stop or start, known + len(scene.people)


def _camera(rng: np.random.Generator, scene: Scene, size_wh: tuple[int, int]) -> Camera:
    """A camera that holds the whole scene."""
    width, height = size_wh
    tilt = scene.depth * math.sin(math.radians(scene.pitch))
    scale = min(width / scene.width, height / (_TALL + tilt))
    lens = Lens(scale, (width / 2, 0.95 * height - 0.5 * tilt * scale), float(rng.uniform(0.05, 0.15)))
    return Camera(scene.yaw + float(rng.normal(0, 8)), scene.pitch, float(rng.normal(0, 1)), scene.sway, lens)


def _exposed(times: Iterator[Tick], exposures: Mapping[int, float] | None, rng: np.random.Generator) -> Iterator[Tick]:
    """Each drawing shown for as many frames as an exposure sheet says."""
    left = 0
    for tick in times:
        held = left > 0
        if exposures is not None and not held:
            left = pick_weighted(rng, exposures)
        left = max(left - 1, 0)
        yield replace(tick, held=held)


def _screen(
    spell: Spell, size_wh: tuple[int, int], scale: float, paper: Colour | None, people: Sequence[Array]
) -> Obstacle:
    """A thing that hides a person from head to foot: it passes by, or it comes, stays and goes."""
    rng = np.random.default_rng(spell.seed)
    half = np.array((float(rng.uniform(0.22, 0.32)), 1.0)) * scale
    corners = np.array(((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)))
    person = int(rng.integers(len(people)))
    aim = people[person].mean(axis=0)
    side = 1.0 if rng.random() < 0.5 else -1.0
    outside = np.array((size_wh[0] / 2 + side * (size_wh[0] / 2 + half[0]), aim[1]))
    way = "pass" if rng.random() < 0.5 else "stay"
    target = np.array((size_wh[0] - outside[0], aim[1])) if way == "pass" else aim
    thing = Cover(corners * half, paper or any_colour(rng))
    return Obstacle(spell, (thing,), way, outside, target, person, 0, 0.0)
