"""Drawn film: repeatable, its truth exact, its effects real."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.synthetic import clip
from sdpose.synthetic.effects import Effects, Spells
from sdpose.synthetic.footage import filmed, footage

SIZE = (96, 96)
SEEDS = range(6)
FRAMES = 30


def film(seed, frames, effects, split="train", style="flat", size_wh=SIZE):
    return list(filmed(seed, frames, size_wh, split, style, 24.0, effects))


def spells(strength, gap=(4, 6), length=(8, 10), seed=0):
    return Spells(np.random.default_rng(seed), gap, length, (strength, strength))


@pytest.fixture(scope="module")
def films():
    return {seed: list(footage(seed, FRAMES, SIZE)) for seed in SEEDS}


def test_films_are_repeatable_and_start_alike(films):
    for seed in (0, 3):
        for first, second in zip(footage(seed, 12, SIZE), films[seed], strict=False):
            assert first.image.tobytes() == second.image.tobytes()
            assert np.array_equal(first.poses.points, second.poses.points)
            assert np.array_equal(first.hard, second.hard) and first.cut == second.cut


def test_splits_share_nothing(films):
    for seed in SEEDS:
        other = next(footage(seed, 1, SIZE, "test"))
        assert other.image.tobytes() not in {frame.image.tobytes() for frame in films[seed]}


def test_every_frame_is_complete(films):
    for frames in films.values():
        assert len(frames) == FRAMES and len({frame.style for frame in frames}) == 1
        assert not frames[0].cut
        for frame in frames:
            n = len(frame.poses)
            assert frame.image.shape == (96, 96, 3) and frame.image.dtype == np.uint8
            assert frame.visibility.shape == (n, 17) and frame.head_boxes.shape == (n, 4)
            assert frame.hard.shape == (n,) and (frame.hard == (frame.occluded | frame.blurred)).all()
            assert len(set(frame.poses.track_ids.tolist())) == n
            assert np.array_equal(frame.poses.scores > 0, frame.visibility > 0)
            assert (frame.visibility > 0).any(axis=1).all()


def test_without_effects_a_film_shows_what_its_clip_shows():
    for seed in SEEDS:
        for frame, drawing in zip(film(seed, 6, Effects()), clip(seed, 6, SIZE, style="flat"), strict=True):
            rows = [frame.poses.track_ids.tolist().index(who) for who in drawing.poses.track_ids.tolist()]
            assert np.array_equal(frame.poses.points[rows], drawing.poses.points)
            assert np.array_equal(frame.visibility[rows], drawing.visibility)
            assert not frame.blurred.any()
