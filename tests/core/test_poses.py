"""The container: validation, slicing, canvases, conversion between skeletons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sdpose import topology
from sdpose.errors import BadKeypoints
from sdpose.poses import Poses


def make_poses(people: int = 2, name: str = "coco17", seed: int = 0, **extra: Any) -> Poses:
    rng = np.random.default_rng(seed)
    skeleton = topology.get(name)
    points = rng.uniform(0, 100, (people, len(skeleton), 2))
    return Poses(points, rng.uniform(0.1, 1, points.shape[:2]), skeleton, (200, 100), **extra)


def test_an_index_keeps_one_person_and_a_mask_several() -> None:
    poses = make_poses(3, boxes=np.zeros((3, 4)), track_ids=np.array([5, 6, 7]))
    assert len(poses[1]) == 1
    assert poses[-1].track_ids.tolist() == [7]
    assert poses[np.array([True, False, True])].track_ids.tolist() == [5, 7]
    assert [person.track_ids[0] for person in poses] == [5, 6, 7]


def test_nobody_is_an_empty_frame() -> None:
    empty = Poses.empty(topology.COCO17, (10, 20))
    assert len(empty) == 0
    assert empty.to(topology.OPENPOSE134).points.shape == (0, 134, 2)
    assert len(empty.scaled((5, 5))) == 0
    assert list(empty) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": np.zeros((2, 16, 2))}, r"points must have shape \(2, 17, 2\)"),
        ({"scores": np.zeros((1, 17))}, "scores must have shape"),
        ({"boxes": np.zeros((1, 4))}, "boxes must have shape"),
        ({"points": np.full((2, 17, 2), np.nan)}, "points must be finite"),
        ({"canvas_wh": (0, 10)}, "at least 1 by 1"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadKeypoints, match=message):
        make_poses().replace(**changes)


def test_another_canvas_moves_points_and_boxes_axis_by_axis() -> None:
    poses = make_poses(1, boxes=np.array([[10.0, 10, 20, 20]])).scaled((400, 50))
    original = make_poses(1)
    np.testing.assert_allclose(poses.points, original.points * [2, 0.5])
    assert poses.boxes is not None
    np.testing.assert_allclose(poses.boxes, [[20, 5, 40, 10]])
    assert poses.canvas_wh == (400, 50)


def test_the_neck_is_between_the_shoulders_with_the_lower_score() -> None:
    poses = make_poses(1)
    neck = poses.to(topology.OPENPOSE18)
    left, right = (poses.skeleton.index(f"{side}_shoulder") for side in ("left", "right"))
    at = neck.skeleton.index("neck")
    np.testing.assert_allclose(neck.points[0, at], poses.points[0, [left, right]].mean(axis=0))
    assert neck.scores[0, at] == poses.scores[0, [left, right]].min()


def test_conversion_goes_by_name_and_back_without_loss() -> None:
    poses = make_poses(3, "coco_wholebody133")
    there = poses.to(topology.OPENPOSE134)
    index = there.skeleton.index("right_pinky_finger4")
    np.testing.assert_array_equal(there.points[:, index], poses.points[:, -1])
    back = there.to(topology.COCO_WHOLEBODY133)
    np.testing.assert_array_equal(back.points, poses.points)
    np.testing.assert_array_equal(back.scores, poses.scores)


def test_keypoints_that_a_source_lacks_are_absent() -> None:
    whole = make_poses(1, "coco17").to(topology.OPENPOSE134)
    assert (whole.scores[:, list(whole.skeleton.indices("left_hand"))] == 0).all()


def test_what_lies_between_an_absent_keypoint_and_another_is_absent() -> None:
    poses = make_poses(2, "coco17")
    points, scores = poses.points.copy(), poses.scores.copy()
    shoulder, hip = poses.skeleton.index("left_shoulder"), poses.skeleton.index("left_hip")
    points[0, [shoulder, hip]], scores[0, [shoulder, hip]] = 0, 0
    whole = poses.replace(points=points, scores=scores).to(topology.OPENPOSE137)
    between = [whole.skeleton.index("neck"), whole.skeleton.index("mid_hip")]
    assert not whole.points[0, between].any() and not whole.scores[0, between].any()
    np.testing.assert_array_equal(whole.points[1, between[1]], poses.points[1, [hip, hip + 1]].mean(axis=0))


def test_ids_are_those_of_the_tracks_and_none_where_they_are_unknown() -> None:
    assert make_poses(2, track_ids=[7, 3]).ids.tolist() == [7, 3]
    assert make_poses(2).ids.tolist() == [] and make_poses(2).ids.dtype == np.int64


def test_people_are_numbered_when_each_has_an_id_of_their_own():
    people = Poses(np.zeros((2, 17, 2)), np.ones((2, 17)), topology.get("coco17"), (9, 9))
    assert not people.numbered and not people.replace(track_ids=[3, 3]).numbered
    assert people.replace(track_ids=[3, 1]).numbered and Poses.empty(topology.get("coco17"), (9, 9)).numbered
