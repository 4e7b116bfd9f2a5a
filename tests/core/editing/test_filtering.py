"""Less of poses: exactly what was asked for goes, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose import Poses
from sdpose.editing import filtered, without_people, without_points
from sdpose.editing.filtering import PARTS
from sdpose.errors import BadOption
from sdpose.formats.openpose import from_frames, to_frames
from sdpose.topology import get

WHOLE = get("openpose134")


@st.composite
def crowds(draw: st.DrawFn, skeletons: tuple[str, ...] = ("coco17", "coco_wholebody133", "openpose134")) -> Poses:
    skeleton = get(draw(st.sampled_from(skeletons)))
    size = draw(st.integers(0, 4)), len(skeleton)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    points = rng.uniform(-100, 1000, (*size, 2))
    scores = rng.choice([-0.1, 0.0, 0.2, 0.5, 0.8, 1.2], size)
    count = size[0]
    boxes = np.tile([1.0, 2, 3, 4], (count, 1))
    return Poses(points, scores, skeleton, (64, 48), boxes, np.full(count, 0.5), np.arange(count) + 3)


@given(crowds())
def test_by_default_nothing_goes(poses: Poses) -> None:
    same = filtered(poses)
    np.testing.assert_array_equal(same.points, poses.points)
    np.testing.assert_array_equal(same.scores, poses.scores)
    assert same.ids.tolist() == poses.ids.tolist()


@given(crowds(), st.sets(st.sampled_from(PARTS)), st.dictionaries(st.sampled_from(PARTS), st.sampled_from([0, 0.3, 2])))
def test_points_of_other_parts_and_low_scores_are_absent(
    poses: Poses, parts: set[str], thresholds: dict[str, float]
) -> None:
    rest = without_points(poses, parts, thresholds)
    for part in PARTS:
        limit = thresholds.get(part, 0)
        for k in poses.skeleton.indices(part):
            stays = (part in parts) & ((limit == 0) | (poses.scores[:, k] >= limit))
            np.testing.assert_array_equal(rest.scores[:, k], np.where(stays, poses.scores[:, k], 0))
            np.testing.assert_array_equal(rest.points[:, k], np.where(stays[:, None], poses.points[:, k], 0))
    assert rest.boxes is poses.boxes or np.array_equal(rest.boxes, poses.boxes)


@given(crowds(), st.sampled_from([0, 0.3, 0.6]), st.integers(0, 12))
def test_who_is_unsure_goes_or_leaves_an_empty_place(poses: Poses, mean: float, points: int) -> None:
    sure = []
    for person in poses:
        present = person.scores[person.scores > 0]
        sure.append(len(present) >= points and (not mean or (len(present) > 0 and present.mean() >= mean)))
    assert without_people(poses, mean, points).ids.tolist() == poses.ids[sure].tolist()
    kept = without_people(poses, mean, points, places=True)
    assert kept.ids.tolist() == poses.ids.tolist() and kept.boxes is not None and kept.box_scores is not None
    for row, stays in enumerate(sure):
        assert (kept[row].boxes.any() and kept.box_scores[row] == 0.5) == stays
        np.testing.assert_array_equal(kept.points[row], poses.points[row] * stays)


def test_what_goes_is_gone_from_the_data() -> None:
    """Not only from a picture: a body alone is read back as a body alone."""
    poses = Poses(np.full((1, 134, 2), 9.0), np.ones((1, 134)), WHOLE, (64, 48))
    (person,) = to_frames([filtered(poses, ("body",))])[0]["people"]
    assert not any(person["face_keypoints_2d"]) and not any(person["hand_left_keypoints_2d"])
    assert from_frames(to_frames([filtered(poses, ("body",))]))[0].skeleton.name == "openpose18"
    (person,) = to_frames([filtered(poses, ("face",))])[0]["people"]
    assert any(person["face_keypoints_2d"]) and not any(person["pose_keypoints_2d"])


def test_people_are_judged_by_what_is_left() -> None:
    poses = Poses(np.full((1, 134, 2), 9.0), np.ones((1, 134)), WHOLE, (64, 48))
    assert len(filtered(poses, points=18)) == len(filtered(poses, ("body",), points=18)) == 1
    assert len(filtered(poses, ("feet",), points=18)) == 0


@pytest.mark.parametrize(
    "options",
    [
        {"parts": ["hands"]},
        {"parts": None},
        {"parts": "body"},
        {"thresholds": "a"},
        {"thresholds": None},
        {"mean_score": "0.5"},
        {"points": True},
        {"thresholds": {"head": 0.5}},
        {"thresholds": -0.1},
        {"thresholds": float("nan")},
        {"mean_score": float("inf")},
        {"points": -1},
    ],
)
def test_nonsense_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadOption, match="got"):
        filtered(Poses.empty(WHOLE, (64, 48)), **options)  # type: ignore[arg-type]
