"""The frames between edited ones: through the edits, or shifted with them; never who or what is not in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose.editing.between import blended, interpolated
from sdpose.errors import BadKeypoints
from sdpose.poses import Poses
from sdpose.topology import get

K = len(get("coco17"))
WAYS: list[Callable[..., dict[int, Poses]]] = [interpolated, blended]


def frame(seed: int, count: int = 2, ids: Any = "own", canvas_wh: tuple[int, int] = (640, 480)) -> Poses:
    rng = np.random.default_rng(seed)
    points, scores = rng.uniform(10, 400, (count, K, 2)), rng.uniform(0.3, 0.9, (count, K))
    return Poses(points, scores, get("coco17"), canvas_wh, track_ids=np.arange(count) if ids == "own" else ids)


def moved(poses: Poses, by: Any) -> Poses:
    return poses.replace(points=poses.points + by)


def without(poses: Poses, keypoint: int, person: int = 0) -> Poses:
    scores = poses.scores.copy()
    scores[person, keypoint] = 0
    return poses.replace(scores=scores)


CLIP = [frame(seed) for seed in range(9)]

seeds = st.integers(0, 10_000)
places = st.lists(st.integers(0, 8), min_size=2, max_size=4, unique=True).map(sorted)


@settings(max_examples=60)
@given(seed=seeds, at=places, ids=st.sampled_from(["own", None]))
def test_a_curve_stays_between_the_edits_and_goes_through_them(seed: int, at: list[int], ids: Any) -> None:
    clip = [frame(seed + i, ids=ids) for i in range(9)]
    edits = {i: frame(seed + 100 + i, ids=ids) for i in at}
    found = interpolated(clip, edits)
    assert sorted(found) == [i for i in range(at[0], at[-1]) if i not in at]
    for i, poses in found.items():
        before, after = (edits[max(k for k in at if k < i)], edits[min(k for k in at if k > i)])
        low, high = np.minimum(before.points, after.points), np.maximum(before.points, after.points)
        assert (poses.points >= low - 1e-9).all() and (poses.points <= high + 1e-9).all()
        np.testing.assert_array_equal(poses.scores, np.minimum(before.scores, after.scores))
        assert (poses.track_ids is None) == (ids is None)


def test_two_edits_are_joined_by_a_straight_line_and_three_by_a_smooth_one() -> None:
    still = [frame(0)] * 9
    edits = {0: still[0], 4: moved(still[0], 8.0)}
    found = interpolated(still, edits)
    for i in (1, 2, 3):
        np.testing.assert_allclose(found[i].points, still[0].points + 2.0 * i)
    found = interpolated(still, edits | {8: still[0]})
    steps = [float((found[i].points - still[0].points).mean()) if i in found else 8.0 for i in range(1, 8)]
    np.testing.assert_allclose(steps, steps[::-1])
    assert steps[2] > 6.0  # it slows down before the turn


@settings(max_examples=60)
@given(seed=seeds, at=places, by=st.tuples(st.floats(-50, 50), st.floats(-50, 50)))
def test_one_shift_at_all_edits_shifts_everything_between(seed: int, at: list[int], by: tuple[float, float]) -> None:
    clip = [frame(seed + i) for i in range(9)]
    found = blended(clip, {i: moved(clip[i], by) for i in at})
    for i in range(at[0] + 1, at[-1]):
        if i in found:
            np.testing.assert_allclose(found[i].points, clip[i].points + by, atol=1e-9)
            np.testing.assert_array_equal(found[i].scores, clip[i].scores)
    if max(map(abs, by)) > 1e-6:
        assert sorted(found) == [i for i in range(at[0], at[-1]) if i not in at]


def test_edits_that_changed_nothing_blend_to_nothing() -> None:
    assert blended(CLIP, {2: CLIP[2], 6: CLIP[6]}) == {}


@pytest.mark.parametrize("between", WAYS)
def test_one_edit_has_nothing_between(between: Any) -> None:
    assert between(CLIP, {4: moved(CLIP[4], 9.0)}) == {}


@pytest.mark.parametrize("between", WAYS)
def test_a_point_that_one_edit_lacks_stays_as_it_was(between: Any) -> None:
    found = between(CLIP, {2: without(moved(CLIP[2], 5.0), 7), 6: moved(CLIP[6], 5.0)})
    for i in (3, 4, 5):
        np.testing.assert_array_equal(found[i].points[0, 7], CLIP[i].points[0, 7])
        assert found[i].scores[0, 7] == CLIP[i].scores[0, 7]
        assert (found[i].points[0, 6] != CLIP[i].points[0, 6]).any()


@pytest.mark.parametrize("between", WAYS)
def test_a_point_that_both_edits_removed_is_removed(between: Any) -> None:
    found = between(CLIP, {2: without(CLIP[2], 7), 6: without(CLIP[6], 7)})
    for i in (3, 4, 5):
        assert found[i].scores[0, 7] == 0 and not found[i].points[0, 7].any()


@pytest.mark.parametrize("between", WAYS)
def test_a_point_that_was_never_there_is_not_taken_away(between: Any) -> None:
    clip = [without(poses, 7) if i in (2, 6) else poses for i, poses in enumerate(CLIP)]
    found = between(clip, {2: moved(clip[2], 5.0), 6: moved(clip[6], 5.0)})
    assert all(found[i].scores[0, 7] == CLIP[i].scores[0, 7] > 0 for i in (3, 4, 5))


def test_a_point_that_both_edits_added_is_interpolated_and_not_blended() -> None:
    clip = [without(poses, 7) for poses in CLIP]
    edits = {2: moved(CLIP[2], 5.0), 6: moved(CLIP[6], 5.0)}
    assert all(interpolated(clip, edits)[i].scores[0, 7] > 0 for i in (3, 4, 5))
    assert all(blended(clip, edits)[i].scores[0, 7] == 0 for i in (3, 4, 5))


def test_a_missing_person_is_put_in_behind_the_others_and_only_by_interpolating() -> None:
    boxed = [poses.replace(boxes=np.tile([1.0, 2, 300, 400], (2, 1)), track_ids=np.array([5, 3])) for poses in CLIP]
    clip = [poses[[0]] if i == 4 else poses for i, poses in enumerate(boxed)]
    edits = {2: moved(clip[2], 5.0), 6: moved(clip[6], 5.0)}
    found = interpolated(clip, edits)
    assert [found[i].ids.tolist() for i in (3, 4, 5)] == [[5, 3]] * 3
    x1, y1, x2, y2 = found[4].boxes[1]
    inside = found[4].points[1]
    assert (inside >= [x1, y1]).all() and (inside <= [x2, y2]).all()
    assert blended(clip, edits)[4].ids.tolist() == [5]


def test_who_is_in_one_edit_only_stays_as_he_is() -> None:
    found = interpolated(CLIP, {2: moved(CLIP[2], 5.0)[[1]], 6: moved(CLIP[6], 5.0)})
    for i in (3, 4, 5):
        np.testing.assert_array_equal(found[i].points[0], CLIP[i].points[0])
        assert (found[i].points[1] != CLIP[i].points[1]).all()


@pytest.mark.parametrize("between", WAYS)
def test_nobody_says_who_is_who(between: Any) -> None:
    clip = [frame(i, count=2 + (i == 4), ids=None) for i in range(9)]
    with pytest.raises(BadKeypoints, match=r"from frame 2 to 6 there are 2 to 3 people .* track the people first"):
        between(clip, {2: clip[2], 6: clip[6]})


@pytest.mark.parametrize("between", WAYS)
def test_frames_keep_their_own_canvas(between: Any) -> None:
    clip = [poses.scaled((320, 240)) if i == 4 else poses for i, poses in enumerate(CLIP)]
    edits = {2: moved(CLIP[2], 6.0), 6: moved(CLIP[6], 6.0)}
    found, expected = between(clip, edits), between(CLIP, edits)
    assert found[4].canvas_wh == (320, 240)
    np.testing.assert_allclose(found[4].points * 2, expected[4].points)


@pytest.mark.parametrize("between", WAYS)
def test_nobody_anywhere(between: Any) -> None:
    empty = [frame(0, count=0)] * 4
    assert between(empty, {0: empty[0], 3: empty[3]}) == {}
