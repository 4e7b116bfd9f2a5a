"""Acceleration and jerk along tracks: exact on motions whose derivatives are known."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.evaluation.motion import differences, jitter, motion, tracks
from sdpose.poses import Poses
from sdpose.topology import COCO17

TORSO = 50.0
TRUNK = {"left_shoulder": (30, 0), "right_shoulder": (0, 0), "left_hip": (30, 40), "right_hip": (0, 40)}


def person(x, y):
    """A person whose torso, as PCK measures it, is 50 px, at (x, y)."""
    points = np.tile((x, y), (17, 1)).astype(np.float64)
    for name, place in TRUNK.items():
        points[COCO17.index(name)] += place
    return points


def clip(paths, missing=()):
    """One Poses per frame: `paths` is (x, y) per frame by identity, `missing` (identity, frame) pairs."""
    out = []
    for t in range(len(next(iter(paths.values())))):
        ids = [who for who in paths if (who, t) not in missing]
        points = np.array([person(*paths[who][t]) for who in ids]).reshape(-1, 17, 2)
        boxes = np.array([[0, 0, 60, 80]] * len(ids), np.float64).reshape(-1, 4)
        out.append(Poses(points, np.ones(points.shape[:2]), COCO17, (200, 200), boxes=boxes, track_ids=np.array(ids)))
    return out


def cubic(a, b, frames=8):
    """x = a t^2 + b t^3: acceleration 2a + 6bt, jerk 6b, per frame."""
    t = np.arange(frames, dtype=np.float64)
    return np.stack((a * t**2 + b * t**3, np.zeros(frames)), axis=1)


def test_constant_speed_has_no_acceleration_and_a_parabola_has_no_jerk():
    straight = jitter([motion(clip({1: np.outer(np.arange(8.0), (3, 4))}))])
    assert straight["accel"] == pytest.approx(0, abs=1e-12) and straight["jerk"] == pytest.approx(0, abs=1e-12)
    bent = jitter([motion(clip({1: cubic(5.0, 0.0)}))])
    assert bent["accel"] == pytest.approx(10 / TORSO) and bent["jerk"] == pytest.approx(0, abs=1e-12)


def test_units_are_torsos_per_frame_and_with_a_rate_per_second():
    numbers = jitter([motion(clip({1: cubic(0.0, 1.0)}))], fps=24.0)
    assert numbers["jerk"] == pytest.approx(6 / TORSO)
    assert numbers["accel"] == pytest.approx(np.mean(6.0 * np.arange(1, 7)) / TORSO)
    assert numbers["jerk_per_s3"] == pytest.approx(numbers["jerk"] * 24**3)
    assert numbers["accel_per_s2"] == pytest.approx(numbers["accel"] * 24**2)


def test_with_the_truth_acceleration_is_an_error():
    truth = clip({1: cubic(5.0, 0.0)})
    exact = jitter([motion(truth, (), truth)])
    assert exact["accel"] == 0 and exact["accel_true"] == pytest.approx(10 / TORSO)
    still = jitter([motion(clip({1: np.zeros((8, 2))}), (), truth)])
    assert still["accel"] == pytest.approx(10 / TORSO) and still["jerk"] == 0


def test_nothing_is_measured_across_a_cut_a_gap_or_a_change_of_identity():
    jump = np.concatenate((np.zeros((4, 2)), np.full((4, 2), 90.0)))
    assert jitter([motion(clip({1: jump}))])["accel"] > 0.1
    assert jitter([motion(clip({1: jump}), cuts={4})])["accel"] == 0
    two = clip({1: jump, 2: jump}, missing={(1, t) for t in range(4, 8)} | {(2, t) for t in range(4)})
    assert jitter([motion(two)])["accel"] == 0
    gap = motion(clip({1: jump}, missing={(1, 4)}))
    assert len(gap.accel) == (2 + 1) * 17 and gap.accel.max() == 0


def test_a_track_lasts_a_shot_and_knows_its_rows():
    people = clip({7: np.zeros((6, 2)), 3: np.zeros((6, 2))}, missing={(7, 0)})
    found = tracks(people, cuts=[2, 9])
    assert set(found) == {(0, 3), (0, 7), (2, 3), (2, 7)}
    assert found[0, 7].rows.tolist() == [-1, 0] and found[0, 3].rows.tolist() == [0, 1]
    assert found[2, 3].torso == pytest.approx(TORSO)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_differences_need_the_whole_stencil(order):
    points = np.random.default_rng(0).normal(size=(9, 2, 2))
    present = np.ones((9, 2), bool)
    present[4, 0] = False
    found = differences(points, present, order)
    assert found.shape == (9 - order, 2, 2)
    assert np.isnan(found[:, 0]).any(axis=1).sum() == order + 1 and np.isfinite(found[:, 1]).all()
    assert differences(points[:order], present[:order], order).shape == (0, 2, 2)


def test_no_people_and_too_few_frames_measure_nothing():
    nobody = [Poses.empty(COCO17, (9, 9))] * 5
    assert tracks(nobody) == {} and tracks([]) == {}
    assert set(jitter([motion(nobody), motion(clip({1: np.zeros((2, 2))}))]).values()) == {None}
    assert jitter([])["accel"] is None
