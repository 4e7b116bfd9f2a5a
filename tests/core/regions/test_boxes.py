"""Boxes of regions: what they hold, whom they leave out, and that they move and grow with the people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sdpose.errors import BadOption
from sdpose.poses import Poses
from sdpose.regions import REGIONS, region_boxes
from sdpose.topology import get

from .people import BODY, Standing

COORDINATES = st.floats(-300, 600, width=16)


def poses_of(points: np.ndarray, scores: np.ndarray) -> Poses:
    return Poses(points, scores, get("coco17"), (203, 301))


def names_of(poses: Poses, *ends: str) -> np.ndarray:
    return poses.points[0][[poses.skeleton.index(name) for name in poses.skeleton.keypoints if name.endswith(ends)]]


def holds(box: np.ndarray, points: np.ndarray) -> bool:
    return bool((points >= box[:2] - 1e-9).all() and (points <= box[2:] + 1e-9).all())


@given(
    arrays.arrays(np.float64, (2, 17, 2), elements=COORDINATES),
    arrays.arrays(np.float64, (2, 17), elements=st.sampled_from([0.0, 0.2, 0.3, 1.0])),
)
def test_a_persons_box_holds_everything_seen_of_them(points: np.ndarray, scores: np.ndarray) -> None:
    found = region_boxes(poses_of(points, scores), "person")
    for n in range(2):
        seen = points[n][scores[n] >= 0.3]
        if found.found[n]:
            assert holds(found.boxes[n], seen)
        else:
            # The neck, which the shoulders make, may be the third.
            assert len(seen) < 3 and not found.boxes[n].any()


@given(
    region=st.sampled_from(list(REGIONS)),
    points=arrays.arrays(np.float64, (1, 17, 2), elements=COORDINATES),
    scores=arrays.arrays(np.float64, (1, 17), elements=st.sampled_from([0.0, 1.0])),
    shift=arrays.arrays(np.float64, 2, elements=st.floats(-100, 100, width=16)),
    factor=st.sampled_from([0.25, 0.5, 3.0]),
)
def test_boxes_move_and_grow_with_the_people(
    region: str, points: np.ndarray, scores: np.ndarray, shift: np.ndarray, factor: float
) -> None:
    before = region_boxes(poses_of(points, scores), region, margin=0.2)
    after = region_boxes(poses_of(points * factor + shift, scores), region, margin=0.2)
    assert after.found.tolist() == before.found.tolist()
    moved = np.where(before.found[:, None], before.boxes * factor + np.tile(shift, 2), 0)
    np.testing.assert_allclose(after.boxes, moved, atol=1e-6)


@pytest.mark.parametrize("name", ["coco17", "openpose18", "openpose134", "coco_wholebody133"])
def test_every_region_of_somebody_who_faces_us_is_where_it_is(standing: Standing, name: str) -> None:
    poses = standing(name)
    box = {region: region_boxes(poses, region).boxes[0] for region in REGIONS}
    height = 210 - 20
    assert holds(box["person"], poses.points[0])
    assert 200 < box["person"][3] - box["person"][1] < 1.3 * height
    assert box["upper_body"][3] < 165 and holds(box["upper_body"], names_of(poses, "shoulder", "wrist", "hip"))
    assert holds(box["head"], box["face"].reshape(2, 2)) and box["head"][3] < 60
    assert holds(box["face"], names_of(poses, "nose", "eye"))
    assert 15 < box["face"][2] - box["face"][0] < 35
    # Left is the person's own left: on the right in the picture.
    assert box["left_hand"][0] > 110 > 90 > box["right_hand"][2]
    assert box["left_foot"][0] > 90 and box["right_foot"][2] < 110
    for both, parts in (("hands", ("left_hand", "right_hand")), ("feet", ("left_foot", "right_foot"))):
        sides = np.stack([box[part] for part in parts])
        np.testing.assert_allclose(box[both], [*sides[:, :2].min(axis=0), *sides[:, 2:].max(axis=0)])


def test_hands_feet_and_faces_go_by_their_own_points_where_they_are_seen(standing: Standing) -> None:
    poses = standing("openpose134")
    fingers = poses.points[0][list(poses.skeleton.indices("left_hand"))]
    box = region_boxes(poses, "left_hand").boxes[0]
    assert holds(box, fingers)
    np.testing.assert_allclose(box[2:], fingers.max(axis=0), atol=0.06 * 70)
    face = region_boxes(poses, "face").boxes[0]
    landmarks = poses.points[0][list(poses.skeleton.indices("face"))]
    np.testing.assert_allclose(face[[0, 2, 3]], [*landmarks[:, 0].min(keepdims=True), landmarks[:, 0].max(), 50])
    assert 16 < face[1] < 31, "the forehead is above the brows"
    toes = names_of(poses, "toe", "heel")
    assert holds(region_boxes(poses, "feet").boxes[0], toes)


def test_a_hand_without_points_is_beyond_the_wrist(standing: Standing) -> None:
    elbow, wrist = np.array(BODY["left_elbow"]), np.array(BODY["left_wrist"])
    box = region_boxes(standing(), "left_hand").boxes[0]
    centre = (box[:2] + box[2:]) / 2
    assert (centre - wrist) @ (wrist - elbow) > 0
    assert holds(box, wrist)
    assert not region_boxes(standing(hidden=("left_elbow",)), "left_hand").found[0]


def test_who_is_not_seen_has_no_box(standing: Standing) -> None:
    poses = standing()
    two = Poses(
        np.concatenate([poses.points, poses.points]),
        np.concatenate([poses.scores, np.full_like(poses.scores, 0.2)]),
        poses.skeleton,
        poses.canvas_wh,
    )
    for region in REGIONS:
        found = region_boxes(two, region)
        assert found.found.tolist() == [True, False]
        assert np.isfinite(found.boxes).all() and not found.boxes[1].any()
        assert region_boxes(two, region, threshold=0.1).found.all()
        assert region_boxes(two[:0], region).boxes.shape == (0, 4)


@pytest.mark.parametrize(
    "hidden",
    [("nose",), ("left_eye", "right_eye"), ("nose", "left_eye", "right_eye")],
    ids=["no-nose", "no-eyes", "back"],
)
def test_a_face_that_is_not_seen_has_no_box_and_its_head_has(standing: Standing, hidden: tuple[str, ...]) -> None:
    poses = standing(hidden=hidden)
    assert not region_boxes(poses, "face").found[0]
    assert region_boxes(poses, "head").found[0]


def test_a_face_is_none_when_left_and_right_are_those_of_a_back(standing: Standing) -> None:
    poses = standing()
    swapped = poses.points.copy()
    ears = [poses.skeleton.index("left_ear"), poses.skeleton.index("right_ear")]
    swapped[:, ears] = swapped[:, ears[::-1]]
    assert not region_boxes(poses.replace(points=swapped), "face").found[0]
    # Upside down, left is on the other side of the picture.
    turned = poses.replace(points=np.array(poses.canvas_wh) - poses.points)
    assert region_boxes(turned, "face").found[0]


def test_a_profile_is_a_face(standing: Standing) -> None:
    poses = standing(hidden=("right_eye", "right_ear"))
    box = region_boxes(poses, "face").boxes[0]
    assert holds(box, names_of(poses, "nose", "left_eye", "left_ear"))


def test_a_head_of_which_nothing_is_seen_is_above_the_neck(standing: Standing) -> None:
    hidden = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    box = region_boxes(standing(hidden=hidden), "head").boxes[0]
    assert holds(box, np.array([BODY["nose"]]))
    assert box[3] < BODY["left_shoulder"][1] + 10


def test_a_skeleton_without_eyes_has_faces(standing: Standing) -> None:
    box = region_boxes(standing("posetrack15"), "face").boxes[0]
    assert holds(box, np.array([BODY["nose"]]))


def test_landmarks_alone_are_a_face(standing: Standing) -> None:
    poses = standing("openpose134")
    scores = np.zeros_like(poses.scores)
    scores[:, list(poses.skeleton.indices("face"))] = 0.9
    found = region_boxes(poses.replace(scores=scores), "face")
    np.testing.assert_allclose(found.boxes, region_boxes(poses, "face").boxes)


def test_a_margin_widens_about_the_centre(standing: Standing) -> None:
    tight, wide = (region_boxes(standing(), "face", margin=margin).boxes[0] for margin in (0.0, 0.5))
    np.testing.assert_allclose(wide[:2] + wide[2:], tight[:2] + tight[2:])
    np.testing.assert_allclose(wide[2:] - wide[:2], 1.5 * (tight[2:] - tight[:2]))


def test_an_unknown_region_is_refused(standing: Standing) -> None:
    with pytest.raises(BadOption, match="a region is one of person"):
        region_boxes(standing(), "tail")
