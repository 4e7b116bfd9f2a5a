"""Lag: the whole frames by which a known motion was delayed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.evaluation.lag import REACH, correlations, lag
from sdpose.poses import Poses
from sdpose.topology import COCO17


def wander(seed, frames=60):
    """Keypoints (T, 17, 2) that wander about."""
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(0, 3, (frames, 17, 2)), axis=0) + rng.uniform(0, 100, (17, 2))


def clip(points, scores=None):
    scores = np.ones(points.shape[:2]) if scores is None else scores
    box, ids = np.array([[0.0, 0, 100, 100]]), np.array([4])
    return [Poses(p[None], s[None], COCO17, (200, 200), boxes=box, track_ids=ids)
            for p, s in zip(points, scores, strict=True)]  # fmt: skip


@given(st.integers(-REACH, REACH), st.integers(0, 99))
def test_a_delay_is_found(late, seed):
    walk = wander(seed)
    assert lag(correlations(clip(np.roll(walk, late, axis=0)), clip(walk))) == late


def test_noise_at_the_ends_does_not_shift_it():
    t = np.arange(40.0)
    slow = np.repeat(np.stack((30 * np.sin(t / 6), 20 * np.cos(t / 6)), axis=1)[:, None], 17, axis=1)
    slow = slow + np.random.default_rng(0).uniform(0, 100, (17, 2))
    found = slow.copy()
    found[:3], found[-3:] = found[3], found[-4]
    assert lag(correlations(clip(found), clip(slow))) == 0


def test_absent_keypoints_do_not_count_and_clips_add_up():
    walk, other = wander(0), wander(1)
    wild, scores = np.roll(walk, 2, axis=0), np.ones((60, 17))
    wild[20:25, 3] = 1000.0
    scores[20:25, 3] = 0.0
    parts = [correlations(clip(wild, scores), clip(walk)), correlations(clip(np.roll(other, 2, axis=0)), clip(other))]
    assert lag(parts[0]) == 2 and lag(sum(parts)) == 2
    assert not np.allclose(parts[0], correlations(clip(wild), clip(walk)))


@pytest.mark.parametrize("points", [np.tile(wander(0)[:1], (30, 1, 1)), wander(0, frames=5)])
def test_without_motion_or_time_there_is_none(points):
    assert lag(correlations(clip(points), clip(points))) is None
