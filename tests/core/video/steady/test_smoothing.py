"""What trembles is calmed; what moves is left alone, and comes neither early nor late."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.poses import FloatArray
from sdpose.topology import get
from sdpose.video import Steadiness, steady

from .clips import COCO17, TORSO, all_points, all_scores, clip, still, trembling

NOISE = 0.02 * TORSO


def acceleration(points: FloatArray) -> float:
    return float(np.linalg.norm(np.diff(points, n=2, axis=0), axis=-1).mean())


def right(points: FloatArray, truth: FloatArray) -> float:
    """Share of the keypoints within 0.05 torsos."""
    return float((np.linalg.norm(points - truth, axis=-1) <= 0.05 * TORSO).mean())


def waving(count: int, hertz: float = 2.0, amplitude: float = TORSO) -> FloatArray:
    """Wrists and elbows swing at 24 frames a second."""
    points = still(count)
    for phase, name in enumerate(("left_wrist", "right_wrist", "left_elbow", "right_elbow")):
        points[:, COCO17.index(name), 0] += amplitude * np.sin(2 * np.pi * hertz * np.arange(count) / 24 + phase)
    return points


@pytest.mark.parametrize(("method", "left"), [("smooth", 0.1), ("one_euro", 0.5)])
@pytest.mark.parametrize("name", ["coco17", "openpose134"])
def test_who_stands_still_stands_still(method: str, left: float, name: str) -> None:
    truth = still(72, get(name))
    found = trembling(truth, NOISE)
    steadied = all_points(steady(clip(found), Steadiness(method)))  # type: ignore[arg-type]
    assert acceleration(steadied) < left * acceleration(found)


@pytest.mark.parametrize(("hertz", "torsos"), [(1.0, 1.0), (2.0, 1.0), (3.0, 0.5)])
def test_fast_motion_gets_better_not_worse(hertz: float, torsos: float) -> None:
    truth = waving(96, hertz, torsos * TORSO)
    found = trembling(truth, NOISE)
    steadied = all_points(steady(clip(found)))
    swings = [COCO17.index(name) for name in ("left_wrist", "right_wrist", "left_elbow", "right_elbow")]
    assert right(steadied[:, swings], truth[:, swings]) >= right(found[:, swings], truth[:, swings])
    assert acceleration((steadied - truth)[:, swings]) < 0.6 * acceleration((found - truth)[:, swings])


def test_there_is_no_lag() -> None:
    truth = waving(96)[:, COCO17.index("left_wrist"), 0]
    steadied = all_points(steady(clip(trembling(waving(96), NOISE))))[:, COCO17.index("left_wrist"), 0]
    fits = {
        late: np.corrcoef(np.diff(truth)[8:-8], np.roll(np.diff(steadied), -late)[8:-8])[0, 1] for late in range(-4, 5)
    }
    assert max(fits, key=fits.__getitem__) == 0


def test_one_euro_only_looks_back() -> None:
    points = trembling(still(40), NOISE)
    steadiness = Steadiness("one_euro", max_gap=0, outliers=False, swaps=False)
    early = all_points(steady(clip(points[:30]), steadiness))
    np.testing.assert_array_equal(early, all_points(steady(clip(points), steadiness))[:30])


def test_time_has_no_direction() -> None:
    points = trembling(waving(60), NOISE)
    back = all_points(steady(clip(points[::-1])))[::-1]
    np.testing.assert_allclose(back, all_points(steady(clip(points))), atol=1e-9)


def test_even_motion_stays_as_it_is() -> None:
    points = still(60) + np.arange(60)[:, None, None] * np.array([3.0, -1.0])
    np.testing.assert_allclose(all_points(steady(clip(points))), points, atol=1e-6)


def test_clean_motion_stays_as_it_is() -> None:
    points = waving(60, 0.5, 0.5 * TORSO)
    np.testing.assert_allclose(all_points(steady(clip(points))), points, atol=0.002 * TORSO)


def test_a_step_stays_a_step() -> None:
    truth = still(60)
    truth[30:] += 0.5 * TORSO
    steadied = all_points(steady(clip(trembling(truth, NOISE))))
    assert np.abs(steadied - truth).max() < 0.15 * TORSO


def test_scores_stay_as_they_are() -> None:
    scores = np.random.default_rng(0).uniform(0.3, 1.0, (40, 17))
    np.testing.assert_array_equal(all_scores(steady(clip(trembling(still(40), NOISE), scores))), scores)


def test_strength_says_how_much() -> None:
    found = trembling(still(72), NOISE)
    left = [acceleration(all_points(steady(clip(found), Steadiness(strength=strength)))) for strength in (0, 0.2, 0.5)]
    assert left[0] == acceleration(found)
    assert left[0] > left[1] > left[2]


@pytest.mark.parametrize("method", ["smooth", "one_euro"])
def test_a_part_may_be_left_alone(method: str) -> None:
    skeleton = get("openpose134")
    found = trembling(still(40, skeleton), NOISE)
    steadiness = Steadiness(method, parts={"hands": 0.0})  # type: ignore[arg-type]
    steadied = all_points(steady(clip(found), steadiness))
    changed = np.any(steadied != found, axis=(0, 2))
    hands = [*skeleton.indices("left_hand"), *skeleton.indices("right_hand")]
    assert not changed[hands].any()
    assert np.delete(changed, hands).all()


def test_each_part_has_its_own_noise() -> None:
    skeleton = get("openpose134")
    body, hand = list(skeleton.indices("body")), list(skeleton.indices("left_hand"))
    truth = still(60, skeleton)
    truth[:, body] += 2 * np.sin(2 * np.pi * 3 * np.arange(60) / 24)[:, None, None]  # as little as the hand trembles
    found = truth.copy()
    found[:, hand] = trembling(truth[:, hand], 3.0)
    steadied = all_points(steady(clip(found)))
    np.testing.assert_allclose(steadied[:, body], truth[:, body], atol=0.2)
    assert acceleration(steadied[:, hand]) < 0.2 * acceleration(found[:, hand])


def test_people_who_come_for_a_moment_are_calmed_too() -> None:
    truth = still(6)
    found = trembling(truth, NOISE)
    assert acceleration(all_points(steady(clip(found)))) < 0.7 * acceleration(found)


def test_what_is_not_seen_stays_as_it_came() -> None:
    points, scores = trembling(still(40), NOISE), np.full((40, 17), 0.9)
    scores[:, 5] = 0.1
    found = steady(clip(points, scores))
    np.testing.assert_array_equal(all_points(found)[:, 5], points[:, 5])
    np.testing.assert_array_equal(all_scores(found), scores)
