"""Clips: the same people, clothes and stage in every frame, moving smoothly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import BadOption
from .chance import streams
from .performers import Camera, Performer, gathered, sample_camera, sample_performers
from .scene import checked_size, choose_look
from .stage import Drawing, Stage, perform, sample_stage

CLIP = 1 << 20  # clips and drawings of one seed have nothing in common
_REDRAWN = 3  # wavering lines and brush strokes are drawn anew every so many frames


def clip(
    seed: int,
    frames: int,
    size_wh: tuple[int, int] = (512, 512),
    split: str = "train",
    style: str | None = None,
    fps: float = 24.0,
) -> Iterator[Drawing]:
    """Draws a clip of one to three people, frame by frame.

    Args:
        seed: A whole number >= 0.
        frames: How many; the first frames of a longer clip are the same.
        size_wh: Width and height in pixels, 8 to 8192 each.
        split: "train" or "test", which never share a random stream.
        style: A name from `STYLES`; None picks one.
        fps: Frames a second.

    Yields:
        Drawings whose poses carry track ids; a person who is hidden in a frame is missing from it and keeps
        the same id afterwards.

    Raises:
        BadOption: On an unknown split or style, a negative seed or count, or a size that cannot be drawn.
    """
    size_wh = checked_size(size_wh)
    if frames < 0 or fps <= 0:
        raise BadOption(f"expected frames >= 0 and fps > 0, got {frames} and {fps}; choose other numbers")
    rng, scenery = streams(seed, split, 2, attempt=CLIP)
    look = choose_look(scenery, style)
    stage = sample_stage(scenery, look, size_wh)
    people = sample_performers(rng)
    eye = sample_camera(rng, size_wh, people)
    return (_frame(seed, split, index, index / fps, stage, people, eye) for index in range(frames))


def _frame(
    seed: int, split: str, index: int, seconds: float, stage: Stage, people: list[Performer], eye: Camera
) -> Drawing:
    """One frame of a clip."""
    actors, order = gathered(people, eye, seconds)
    texture, noise = pixel_streams(seed, split, index)
    return perform(stage, actors, texture, noise, track_ids=order)


def pixel_streams(seed: int, split: str, index: int) -> tuple[np.random.Generator, np.random.Generator]:
    """The streams of one frame's pixels: texture, which several frames share, and noise."""
    texture = streams(seed, split, 1, attempt=CLIP + 1 + index // _REDRAWN)[0]
    noise = streams(seed, split, 2, attempt=CLIP + 1 + index)[1]
    return texture, noise
