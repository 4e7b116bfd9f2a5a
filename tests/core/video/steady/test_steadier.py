"""Frames in are frames out, people stay who they are, and nothing is mixed that does not belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose.errors import BadKeypoints, BadOption
from sdpose.poses import Poses
from sdpose.topology import get
from sdpose.video import Steadier, Steadiness, placed, steady

from .clips import COCO17, TORSO, all_points, body, clip, same, still, together, trembling


def film(seed: int, count: int, people: int = 2, lost: float = 0.1) -> list[Poses]:
    """People who sway and tremble, with keypoints and whole people missing here and there."""
    rng = np.random.default_rng(seed)
    found = []
    for t in range(count):
        points = np.stack([body(seed=person) + 20 * np.sin(0.3 * t + person) for person in range(people)])
        points = points + rng.normal(0, 1.0, points.shape)
        scores = np.where(rng.random(points.shape[:2]) < lost, 0.0, 0.9)
        boxes = np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1)
        frame = Poses(points, scores, COCO17, (200, 220), boxes=boxes, track_ids=np.arange(people))
        found.append(frame[rng.random(people) > lost])
    return found


def pushed(
    frames: list[Poses], steadiness: Steadiness, cuts: set[int], repeats: set[int], **options: Any
) -> list[Poses]:
    """Frame by frame; nothing is held back for longer than it says."""
    steadier, found = Steadier(steadiness, **options), []
    for t, frame in enumerate(frames):
        found += steadier.add(frame, cut=t in cuts, repeat=t in repeats)
        assert t + 1 - len(found) <= Steadier.LOOK_AHEAD
    return found + steadier.finish()


@pytest.mark.parametrize("options", [{}, {"method": "one_euro"}, {"max_gap": 24}, {"swaps": False, "outliers": False}])
def test_a_clip_gives_the_same_bits_whole_in_blocks_and_frame_by_frame(options: dict[str, Any]) -> None:
    frames, steadiness = film(0, 130, people=1), Steadiness(**options)
    cuts, repeats = {85}, {5, 6, 90, *range(95, 120)}
    whole = steady(frames, steadiness, cuts=cuts, repeats=repeats)
    assert all(same(whole, pushed(frames, steadiness, cuts, repeats)))
    assert all(same(whole, pushed(frames, steadiness, cuts, repeats, block=9)))
    assert not all(same(whole, frames))


@pytest.mark.parametrize("method", ["smooth", "one_euro"])
def test_a_clip_in_pieces_gives_what_the_whole_gives_away_from_the_seam(method: Any) -> None:
    frames, steadiness = film(1, 200, people=1), Steadiness(method)
    whole = same(steady(frames, steadiness)[100:], steady(frames[100:], steadiness))
    assert all(whole[Steadier.LOOK_AHEAD :])
    assert not all(whole)
    early = same(steady(frames, steadiness)[:100], steady(frames[:100], steadiness))
    assert all(early[: 100 - Steadier.LOOK_AHEAD])


def test_nothing_passes_a_cut() -> None:
    frames = film(2, 60)
    apart = steady(frames[:25]) + steady(frames[25:])
    assert all(same(steady(frames, cuts=[25]), apart))
    assert not all(same(steady(frames), apart))


def test_a_hold_has_one_pose_and_shares_it_with_nobody() -> None:
    frames = film(3, 40)
    found = steady(frames, repeats=[16, 17])
    assert all(same(found[15:17], found[16:18]))
    assert all(same(found[:15], steady(frames[:15])))
    assert all(same(found[18:], steady(frames[18:])))


def test_the_pose_of_a_hold_is_the_average_by_score() -> None:
    points = np.stack([body(), body() + np.array([4.0, 0.0])])
    scores = np.full((2, 17), 0.9)
    scores[1] = 0.3
    scores[1, 3] = 0.0  # not seen: what was seen serves both frames
    found = steady(clip(points, scores), repeats=[1])
    expected = body() + np.array([1.0, 0.0])
    expected[3] = body()[3]
    np.testing.assert_allclose(all_points(found), [expected, expected])
    assert found[1].scores[0, 3] == pytest.approx(0.9)


def test_the_pose_of_a_hold_leaves_out_what_lies_elsewhere_once() -> None:
    points = trembling(still(3), 0.01)
    points[1, 3] += TORSO
    np.testing.assert_allclose(all_points(steady(clip(points), repeats=[1, 2])), still(3), atol=0.1)
    with_it = all_points(steady(clip(points), Steadiness(outliers=False), repeats=[1, 2]))
    np.testing.assert_allclose(with_it[:, 3], still(3)[:, 3] + TORSO / 3, atol=0.1)


def test_somebody_found_in_one_frame_of_a_hold_is_in_all_of_it() -> None:
    frames = together(clip(still(3)), clip(still(3, seed=1)))
    frames[1] = frames[1][[1]]
    frames[2] = frames[2][[0]]
    assert [len(frame) for frame in steady(frames, repeats=[1, 2])] == [2, 2, 2]


def test_a_long_hold_stays_still_and_gains_people() -> None:
    frames = together(clip(trembling(still(60), 1.0)), clip(trembling(still(60, seed=1), 1.0)))
    frames[:30] = [frame[[0]] for frame in frames[:30]]
    found = steady(frames, repeats=range(1, 60))
    assert len({frame.points[0].tobytes() for frame in found}) == 1
    assert len({frame.points[1].tobytes() for frame in found if len(frame) == 2}) == 1
    assert len(found[-1]) == 2


def test_a_repeat_of_nothing_is_a_frame_like_any() -> None:
    frames = film(4, 30)
    assert all(same(steady(frames, repeats=[0]), steady(frames)))
    assert all(same(steady(frames, cuts=[10], repeats=[10]), steady(frames, cuts=[10])))


def test_nothing_passes_between_people() -> None:
    one, other = clip(trembling(still(30), 1.0)), clip(trembling(still(30, seed=1), 5.0))
    found = steady(together(one, other))
    np.testing.assert_array_equal([frame.points[0] for frame in found], all_points(steady(one)))
    np.testing.assert_array_equal([frame.points[1] for frame in found], all_points(steady(other)))


def test_identities_may_come_in_any_order() -> None:
    frames = film(5, 20, lost=0.0)
    mixed = [frame[[1, 0]] if t % 2 else frame for t, frame in enumerate(frames)]
    assert all(same(steady(mixed), steady(frames)))


def test_off_changes_nothing_at_all() -> None:
    frames = [frame.replace(track_ids=None) for frame in film(6, 20)]
    found = steady(frames, Steadiness("off"), cuts=[3], repeats=[5, 6])
    assert all(a is b for a, b in zip(found, frames, strict=True))


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_short_clips_pass(count: int) -> None:
    frames = clip(trembling(still(count), 1.0))
    assert all(same(steady(frames), frames))


def test_frames_without_people_pass() -> None:
    nobody = [Poses.empty(COCO17, (200, 220))] * 30
    assert all(same(steady(nobody), nobody))
    alone = [*nobody, *clip(still(1)), *nobody]
    assert all(same(steady(alone), alone))
    assert [len(frame) for frame in steady(alone, repeats=range(20, 40))] == [0] * 19 + [1] * 12 + [1] * 9 + [0] * 21


def test_frames_of_another_size_are_steadied_and_keep_it() -> None:
    frames = clip(trembling(still(40), 0.8))
    found = steady([frame.scaled((400, 440)) if t % 2 else frame for t, frame in enumerate(frames)])
    assert [frame.canvas_wh for frame in found] == [(400, 440) if t % 2 else (200, 220) for t in range(40)]
    expected = steady(frames)
    np.testing.assert_allclose(all_points([frame.scaled((200, 220)) for frame in found]), all_points(expected))


def test_poses_without_track_ids_are_refused() -> None:
    with pytest.raises(BadKeypoints, match="track them first"):
        steady([frame.replace(track_ids=None) for frame in clip(still(2))])


def test_two_people_of_one_id_are_refused() -> None:
    with pytest.raises(BadKeypoints, match="same track id"):
        steady([frame[[0, 0]] for frame in clip(still(2))])


def test_a_change_of_skeleton_is_refused() -> None:
    with pytest.raises(BadKeypoints, match="one skeleton"):
        steady([*clip(still(2)), *clip(still(2, get("openpose134")))])


@pytest.mark.parametrize("options", [{"fps": 0.0}, {"block": 0}, {"fps": float("nan")}])
def test_impossible_rates_and_blocks_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadOption, match="above 0"):
        Steadier(**options)


def test_a_steadier_serves_another_clip_once_finished() -> None:
    steadier, frames = Steadier(), film(7, 30)
    first = [done for frame in frames for done in steadier.add(frame)] + steadier.finish()
    again = [done for frame in frames for done in steadier.add(frame)] + steadier.finish()
    assert all(same(first, again))
    assert steadier.finish() == []


some_clips = st.builds(
    film, st.integers(0, 99), st.integers(0, 40), st.integers(1, 3), st.sampled_from([0.0, 0.1, 0.5])
)
some_frames = st.sets(st.integers(0, 40), max_size=8)


@settings(max_examples=12)
@given(some_clips, some_frames, some_frames, st.sampled_from(["smooth", "one_euro"]))
def test_frames_and_people_stay(frames: list[Poses], cuts: set[int], repeats: set[int], method: Any) -> None:
    found = steady(frames, Steadiness(method), cuts=cuts, repeats=repeats)
    assert len(found) == len(frames)
    for before, after in zip(frames, found, strict=True):
        assert set(before.track_ids.tolist()) <= set(after.track_ids.tolist())
        assert after.track_ids.tolist() == sorted(after.track_ids.tolist())
        assert after.boxes is not None and np.isfinite(after.points).all()


@settings(max_examples=8)
@given(
    st.integers(0, 99),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    st.floats(0.1, 10.0),
    st.sampled_from(["smooth", "one_euro"]),
)
def test_where_and_how_large_people_are_does_not_matter(
    seed: int, offset: tuple[float, float], scale: float, method: Any
) -> None:
    frames = film(seed, 30)
    moved = [frame.replace(points=scale * frame.points + offset) for frame in frames]
    for before, after in zip(steady(frames, Steadiness(method)), steady(moved, Steadiness(method)), strict=True):
        shown = before.scores > 0
        np.testing.assert_allclose((after.points - offset)[shown] / scale, before.points[shown], atol=1e-6 * TORSO)


@pytest.mark.parametrize("repeats", [(), (6, 7)], ids=["gap", "hold"])
def test_people_who_only_keep_a_place_are_steadied_as_if_they_were_not_there(repeats: tuple[int, ...]) -> None:
    moving = clip(body() + np.arange(14)[:, None, None] * np.array((1.0, 0.5)))
    gaps = [poses[:0] if t in (6, 7) else poses for t, poses in enumerate(moving)]
    plain, kept = steady(gaps, repeats=repeats), steady(placed(gaps), repeats=repeats)
    assert len(plain[6]) == 1
    for one, other in zip(plain, kept, strict=True):
        assert all_points([one]).tolist() == all_points([other]).tolist()
        assert one.boxes is not None and other.boxes is not None
        np.testing.assert_allclose(one.boxes, other.boxes)
