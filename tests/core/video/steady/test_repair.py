"""Gaps, outliers and exchanged sides: what is repaired, up to where, and what is no mistake at all."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.poses import FloatArray, Poses
from sdpose.topology import get
from sdpose.video import Steadiness, steady

from .clips import COCO17, TORSO, all_points, all_scores, clip, still, trembling

ONLY_REPAIRS = Steadiness(strength=0.0)
LEFT, RIGHT = COCO17.index("left_ankle"), COCO17.index("right_ankle")


def walking(count: int) -> FloatArray:
    """Everything goes right evenly; the ankles pass each other fast, a torso apart at most."""
    points = still(count) + np.arange(count)[:, None, None] * np.array([1.0, 0.0])
    swing = 0.5 * TORSO * np.sin(2 * np.pi * 1.5 * np.arange(count) / 24)
    points[:, RIGHT] = points[:, LEFT]
    points[:, LEFT, 0] += swing
    points[:, RIGHT, 0] -= swing
    return points


@pytest.mark.parametrize("gap", [1, 4, 8])
@pytest.mark.parametrize("score", [0.0, 0.15])
def test_gaps_up_to_the_limit_are_filled_with_lower_scores(gap: int, score: float) -> None:
    truth, scores = walking(40), np.full((40, 17), 0.9)
    points = truth.copy()
    missing = slice(15, 15 + gap)
    points[missing, 3], scores[missing, 3], scores[14, 3] = 0.0, score, 0.6
    found = steady(clip(points, scores), ONLY_REPAIRS)
    np.testing.assert_allclose(all_points(found), truth, atol=1e-6)
    np.testing.assert_allclose(all_scores(found)[missing, 3], 0.3)
    assert all_scores(found)[14, 3] == 0.6


def test_longer_gaps_stay() -> None:
    points, scores = still(40), np.full((40, 17), 0.9)
    points[15:24, 3], scores[15:24, 3] = 5.0, 0.0
    found = steady(clip(points, scores), ONLY_REPAIRS)
    np.testing.assert_array_equal(all_points(found), points)
    np.testing.assert_array_equal(all_scores(found), scores)
    filled = steady(clip(points, scores), Steadiness(strength=0.0, max_gap=9))
    assert (all_scores(filled) > 0).all()


def test_gaps_at_the_ends_stay() -> None:
    scores = np.full((40, 17), 0.9)
    scores[:3, 3] = scores[-3:, 4] = 0.0
    np.testing.assert_array_equal(all_scores(steady(clip(still(40), scores))), scores)


def test_somebody_missing_for_a_moment_is_filled_in() -> None:
    truth = clip(walking(40))
    nobody = Poses.empty(COCO17, (200, 220))
    frames = [nobody if 15 <= t < 23 else frame for t, frame in enumerate(truth)]
    found = steady(frames, ONLY_REPAIRS)
    assert [len(frame) for frame in found] == [1] * 40
    for frame, true in zip(found[15:23], truth[15:23], strict=True):
        assert frame.track_ids is not None and frame.track_ids.tolist() == [7]
        np.testing.assert_allclose(frame.scores, 0.45)
        np.testing.assert_allclose(frame.box_scores, 0.4)
        # The ankles swing on while nobody sees them; all else goes on evenly.
        np.testing.assert_allclose(frame.points[0, : min(LEFT, RIGHT)], true.points[0, : min(LEFT, RIGHT)], atol=1e-6)
        np.testing.assert_allclose(frame.boxes, true.boxes, atol=0.5 * TORSO)


def test_somebody_missing_for_longer_stays_missing() -> None:
    nobody = Poses.empty(COCO17, (200, 220))
    frames = [nobody if 15 <= t < 24 else frame for t, frame in enumerate(clip(still(40)))]
    assert [len(frame) for frame in steady(frames)] == [len(frame) for frame in frames]


def test_gaps_are_not_filled_across_cuts_and_holds() -> None:
    scores = np.full((40, 17), 0.9)
    scores[15:18, 3] = 0.0
    for options in ({"cuts": [16]}, {"repeats": [17]}):
        found = steady(clip(still(40), scores), ONLY_REPAIRS, **options)  # type: ignore[arg-type]
        np.testing.assert_array_equal(all_scores(found), scores)


def test_people_of_whom_only_boxes_are_known_are_filled_in() -> None:
    frames = clip(walking(20), np.zeros((20, 17)))
    frames[10] = Poses.empty(COCO17, (200, 220))
    (person,) = steady(frames)[10]
    assert person.boxes is not None and not person.scores.any()
    np.testing.assert_allclose(person.boxes[0, :2], (frames[9].boxes[0, :2] + frames[11].boxes[0, :2]) / 2, atol=2)


def test_boxes_of_others_are_not_lost_where_one_is_unknown() -> None:
    frames = [frame.replace(boxes=None, box_scores=None) for frame in clip(still(20))]
    other = clip(still(20, seed=1))[10].replace(track_ids=np.array([3]))
    frames[10] = other
    found = steady(frames)[10]
    assert found.track_ids is not None and found.track_ids.tolist() == [3, 7]
    assert found.boxes is not None
    np.testing.assert_array_equal(found.boxes[0], other.boxes[0])
    np.testing.assert_allclose(found.boxes[1], [*still(1)[0].min(axis=0), *still(1)[0].max(axis=0)], atol=1e-6)


@pytest.mark.parametrize("count", [1, 2])
def test_outliers_are_taken_out(count: int) -> None:
    truth = trembling(walking(60), 0.02 * TORSO)
    points = truth.copy()
    points[30 : 30 + count, 4] += (0.5 * TORSO, -0.5 * TORSO)
    found = steady(clip(points), ONLY_REPAIRS)
    assert np.linalg.norm(all_points(found) - truth, axis=-1).max() < 0.2 * TORSO
    lowered = np.argwhere(all_scores(found) < 0.9)
    np.testing.assert_array_equal(lowered, [(30 + k, 4) for k in range(count)])
    kept = steady(clip(points), Steadiness(strength=0.0, outliers=False))
    np.testing.assert_array_equal(all_points(kept), points)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_motion_is_no_outlier(noise: float) -> None:
    count = 96
    points = trembling(walking(count), noise * TORSO)
    points[:, 9, 1] += TORSO * np.sin(2 * np.pi * 2 * np.arange(count) / 24)
    points[40:, 10] += TORSO  # a step
    points[:, 8, 0] += 10 * np.abs(np.arange(count) % 20 - 10)  # to and fro
    found = steady(clip(points), ONLY_REPAIRS)
    assert (all_scores(found) < 0.9).mean() < 0.003


@pytest.mark.parametrize("run", [1, 3, 8])
@pytest.mark.parametrize("name", ["coco17", "openpose134"])
def test_exchanged_sides_are_put_back(run: int, name: str) -> None:
    skeleton = get(name)
    truth = trembling(still(60, skeleton), 0.01 * TORSO)
    scores = np.random.default_rng(2).uniform(0.5, 0.9, truth.shape[:2])
    points, mixed = truth.copy(), scores.copy()
    flip = list(skeleton.flip_indices)
    points[30 : 30 + run], mixed[30 : 30 + run] = points[30 : 30 + run, flip], mixed[30 : 30 + run, flip]
    found = steady(clip(points, mixed), ONLY_REPAIRS)
    np.testing.assert_array_equal(all_points(found), truth)
    np.testing.assert_array_equal(all_scores(found), scores)


def test_legs_alone_may_be_exchanged() -> None:
    truth = trembling(walking(60), 0.01 * TORSO)
    points = truth.copy()
    points[26:29, [LEFT, RIGHT]] = points[26:29, [RIGHT, LEFT]]
    assert np.abs(points - truth).max() > 0.5 * TORSO
    np.testing.assert_array_equal(all_points(steady(clip(points), ONLY_REPAIRS)), truth)
    kept = steady(clip(points), Steadiness(strength=0.0, swaps=False, outliers=False))
    np.testing.assert_array_equal(all_points(kept), points)


def test_legs_that_pass_each_other_are_not_exchanged() -> None:
    points = trembling(walking(96), 0.02 * TORSO)
    found = steady(clip(points), Steadiness(strength=0.0, outliers=False))
    np.testing.assert_array_equal(all_points(found), points)


@pytest.mark.parametrize("frames", [slice(30, 39), slice(30, None), slice(0, 3)])
def test_sides_exchanged_for_long_or_at_the_ends_stay(frames: slice) -> None:
    points = trembling(still(60), 0.01 * TORSO)
    points[frames] = points[frames][:, list(COCO17.flip_indices)]
    found = steady(clip(points), Steadiness(strength=0.0, outliers=False))
    np.testing.assert_array_equal(all_points(found), points)
