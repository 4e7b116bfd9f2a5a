"""People: bodies, sides, and what can be seen of them, on scenes arranged by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpose.synthetic.anatomy import PLAN_KINDS, sample_plan
from sdpose.synthetic.clothing import sample_outfit
from sdpose.synthetic.figure import figure_pieces
from sdpose.synthetic.heads import Face
from sdpose.synthetic.kinematics import ANGLES, INDEX, camera, mirrored, solve
from sdpose.synthetic.looks import LOOKS
from sdpose.synthetic.motion import POSE_NAMES, sample_pose
from sdpose.synthetic.painters import FOREGROUND, Manner, Painter, code
from sdpose.synthetic.pieces import Figure, Lens
from sdpose.synthetic.truth import label
from sdpose.topology import COCO17

SIZE = 256
LEFT = [index for index, name in enumerate(COCO17.keypoints) if name.startswith("left")]
RIGHT = [index + 1 for index in LEFT]


def person(yaw=0.0, pose=None, x=128.0, plan_kind="man", pitch=0.0, **clothes):
    """One plainly dressed person, 200 pixels high, standing in the middle unless told otherwise."""
    rng = np.random.default_rng(5)
    plan = replace(sample_plan(rng, plan_kind), anime=False)
    plain = {"prop": "none", "hat": "none", "hairdo": "crop", "fringe": "back", "skirt": 0.0, "sleeve": 0.5, "leg": 1.9}
    outfit = replace(sample_outfit(rng, False), **(plain | clothes))
    angles = np.zeros(len(ANGLES))
    for side in ("left", "right"):
        angles[INDEX[f"{side}_arm_lift"]] = 30.0
    for name, value in (pose or {}).items():
        angles[INDEX[name]] = value
    body = solve(plan, angles, camera(yaw, pitch, 0.0))
    return Figure.seen(plan, outfit, body, Lens(200.0, (x, 125.0), 0.1))


def paint(*figures, covers=()):
    """Paints figures in order and reads off the truth: (poses, visibility, part buffer)."""
    painter = Painter(
        np.zeros((SIZE, SIZE, 3), np.uint8),
        LOOKS["flat"],
        Manner((255, 255, 255), True, True, 1.0),
        np.random.default_rng(0),
    )
    for index, figure in enumerate(figures):
        painter.paint(figure_pieces(figure), index, figure.lens.scale)
    for cover in covers:
        painter.cover(np.array(cover, dtype=float), (9, 9, 9))
    return (*label(figures, painter.parts), painter.parts)


def named(visibility, name):
    return int(visibility[COCO17.index(name)])


@pytest.mark.parametrize(("yaw", "sign"), [(0, 1), (35, 1), (-35, 1), (180, -1), (145, -1), (215, -1)])
def test_left_is_the_subjects_left(yaw, sign):
    poses, _, _ = paint(person(yaw))
    difference = poses.points[0, LEFT, 0] - poses.points[0, RIGHT, 0]
    # Seen from the front the subject's left is on the picture's right; from behind it is the other way round.
    assert (difference[2:] * sign > 0).all()


def test_side_views_show_the_near_side():
    for yaw, near, far in ((90, "left", "right"), (-90, "right", "left")):
        poses, visibility, _ = paint(person(yaw, {"left_arm_lift": 5.0, "right_arm_lift": 5.0}))
        assert named(visibility[0], f"{near}_shoulder") == 2
        assert named(visibility[0], f"{near}_ear") == 2
        assert named(visibility[0], f"{far}_shoulder") == 1
        assert named(visibility[0], f"{far}_hip") == 1
        assert named(visibility[0], f"{far}_eye") < 2
        nose, ear = poses.points[0, 0, 0], poses.points[0, COCO17.index(f"{near}_ear"), 0]
        # Seen from its left the subject faces the picture's left.
        assert (nose < ear) == (near == "left")


def test_front_view_shows_everything():
    _, visibility, _ = paint(person(0))
    assert (visibility[0] == 2).sum() >= 15


def test_back_view_hides_the_face_and_does_not_label_it():
    _, visibility, _ = paint(person(180))
    for name in ("nose", "left_eye", "right_eye"):
        assert named(visibility[0], name) == 0
    for name in ("left_shoulder", "right_shoulder", "left_knee", "right_ankle"):
        assert named(visibility[0], name) == 2


def test_own_body_hides():
    bend = {"arm_swing": -30.0, "arm_lift": 4.0, "arm_twist": -75.0, "elbow": 75.0}
    behind = {f"{side}_{name}": value for side in ("left", "right") for name, value in bend.items()}
    _, front, _ = paint(person(0, behind))
    _, back, _ = paint(person(180, behind))
    for name in ("left_wrist", "right_wrist"):
        assert named(front[0], name) == 1
        assert named(back[0], name) == 2


def test_clothes_show_hips_but_skirts_hide_knees():
    _, visibility, _ = paint(person(0, skirt=1.7, leg=0.3))
    assert named(visibility[0], "left_hip") == 2
    assert named(visibility[0], "left_knee") == 1
    assert named(visibility[0], "left_ankle") == 2


def test_people_in_front_hide_people_behind():
    figures = person(0, x=118.0), person(0, x=138.0)
    poses, visibility, parts = paint(*figures)
    front = [code(1, part) for part in ("torso", "head", "left_thigh", "right_thigh", "right_shin", "right_upper_arm")]
    hidden = 0
    for index, (x, y) in enumerate(np.rint(poses.points[0]).astype(int)):
        if parts[y, x] in front and np.isin(parts[y - 1 : y + 2, x - 1 : x + 2], front).all():
            assert visibility[0, index] == 1
            hidden += 1
    assert hidden >= 3
    alone, _, _ = paint(figures[0])
    assert np.array_equal(alone.points[0], poses.points[0])


def test_things_in_front_hide_and_what_is_outside_is_not_labelled():
    bar = [(0, 155), (256, 155), (256, 256), (0, 256)]
    _, visibility, parts = paint(person(0), covers=[bar])
    assert (parts[200:, :] == FOREGROUND).all()
    assert named(visibility[0], "left_knee") == named(visibility[0], "right_ankle") == 1
    poses, cut, _ = paint(person(0, x=30.0))
    outside = (poses.points[0, :, 0] < -0.5) | (poses.points[0, :, 0] > SIZE - 0.5)
    assert outside.any() and (cut[0][outside] == 0).all()
    assert poses.boxes[0, 0] == 0


def test_boxes_are_tight_and_leave_props_out():
    bare, _, parts = paint(person(0))
    rows, columns = np.nonzero(parts)
    assert bare.boxes[0].tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    armed, _, _ = paint(person(0, prop="staff"))
    assert np.abs(armed.boxes[0] - bare.boxes[0]).max() <= 6


def test_people_who_cannot_be_recognised_are_left_out():
    poses, visibility, _ = paint(person(0), covers=[[(0, 0), (256, 0), (256, 256), (0, 256)]])
    assert len(poses) == 0 and visibility.shape == (0, 17)


def test_keypoints_sit_on_the_parts_they_name():
    carriers = {"nose": "head", "left_eye": "head", "right_eye": "head", "left_elbow": "left_", "right_wrist": "right_",
                "left_knee": "left_", "right_ankle": "right_"}  # fmt: skip
    values = {code(0, part): part for part in ("head", "left_upper_arm", "left_forearm", "right_forearm", "right_hand",
                                               "left_thigh", "left_shin", "right_shin", "right_foot")}  # fmt: skip
    for kind in PLAN_KINDS:
        poses, _, parts = paint(person(0, plan_kind=kind))
        for name, part in carriers.items():
            x, y = np.rint(poses.points[0, COCO17.index(name)]).astype(int)
            assert values.get(int(parts[y, x]), "").startswith(part), (kind, name)


def test_bones_keep_their_length_in_every_pose():
    rng = np.random.default_rng(0)
    for name in POSE_NAMES:
        plan = sample_plan(rng)
        joints = solve(plan, sample_pose(rng, name)[0], camera(*rng.uniform(-180, 180, 3))).joints
        for side in ("left", "right"):
            for a, b, length in (("shoulder", "elbow", plan.upper_arm), ("elbow", "wrist", plan.forearm),
                                 ("hip", "knee", plan.thigh), ("knee", "ankle", plan.shin)):  # fmt: skip
                bone = joints[f"{side}_{b}"] - joints[f"{side}_{a}"]
                assert np.linalg.norm(bone) == pytest.approx(length)


def test_mirrored_poses_mirror_the_body():
    rng = np.random.default_rng(1)
    plan = sample_plan(rng)
    angles = rng.normal(0, 30, len(ANGLES))
    plain, turned = solve(plan, angles, np.eye(3)).joints, solve(plan, mirrored(angles), np.eye(3)).joints
    for name, place in plain.items():
        other = name.replace("left", "?").replace("right", "left").replace("?", "right")
        assert np.allclose(turned[other], place * np.array((-1, 1, 1)), atol=0.02), name


def test_faces_are_symmetric_and_ordered():
    for kind in PLAN_KINDS:
        nose, left_eye, right_eye, left_ear, right_ear = Face.of(
            sample_plan(np.random.default_rng(2), kind)
        ).keypoints()
        assert np.allclose(left_eye * (-1, 1, 1), right_eye) and np.allclose(left_ear * (-1, 1, 1), right_ear)
        assert left_ear[0] > left_eye[0] > 0
        assert nose[2] > left_eye[2] > left_ear[2] and nose[1] < left_eye[1]
