"""Drawing: what each option does, and that no input breaks it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sdpose.errors import BadImage, BadOption
from sdpose.poses import Poses
from sdpose.render import STYLES, draw, overlay
from sdpose.topology import get

WHOLE = get("openpose134")
BODY, FEET, FACE = (WHOLE.indices(part) for part in ("body", "feet", "face"))
HANDS = WHOLE.indices("left_hand") + WHOLE.indices("right_hand")


def person(size_wh: tuple[int, int] = (512, 512), score: float = 0.9, seed: int = 0) -> Poses:
    """One person with every keypoint somewhere well inside the canvas."""
    points = np.random.default_rng(seed).uniform(0.2, 0.8, (1, len(WHOLE), 2)) * size_wh
    return Poses(points, np.full((1, len(WHOLE)), score), WHOLE, size_wh)


def without(poses: Poses, keypoints: tuple[int, ...]) -> Poses:
    scores = poses.scores.copy()
    scores[:, list(keypoints)] = 0
    return poses.replace(scores=scores)


def only(poses: Poses, *names: str) -> Poses:
    kept = {WHOLE.index(name) for name in names}
    return without(poses, tuple(k for k in range(len(WHOLE)) if k not in kept))


coordinates = st.floats(-1e300, 1e300) | st.floats(-100, 1000) | st.floats(-2, 2)


@st.composite
def crowds(draw_: st.DrawFn) -> Poses:
    """0 to 20 people of any skeleton, anywhere, on any canvas."""
    skeleton = get(draw_(st.sampled_from(("coco17", "openpose18", "coco_wholebody133", "openpose134"))))
    people = draw_(st.integers(0, 20))
    size = people, len(skeleton)
    return Poses(
        points=draw_(hnp.arrays(np.float64, (*size, 2), elements=coordinates)),
        scores=draw_(hnp.arrays(np.float64, size, elements=st.floats(-1, 2))),
        skeleton=skeleton,
        canvas_wh=draw_(st.tuples(st.integers(1, 130), st.integers(1, 130))),
    )


options = st.fixed_dictionaries(
    {"style": st.sampled_from(sorted(STYLES)), "threshold": st.floats(-1, 1)},
    optional={
        "canvas_wh": st.tuples(st.integers(1, 130), st.integers(1, 130)),
        "body": st.booleans(),
        "head": st.booleans(),
        "feet": st.sampled_from((False, True, None, "off", "dots", "bones")),
        "hands": st.booleans(),
        "face": st.booleans(),
        "stick_width": st.integers(1, 20),
        "face_point_size": st.integers(1, 20),
        "scale": st.floats(0.01, 50) | st.just("auto"),
    },
)


@settings(deadline=None, max_examples=150)
@given(crowds(), options)
def test_anything_can_be_drawn(poses: Poses, chosen: dict[str, Any]) -> None:
    picture = draw(poses, **chosen)
    width, height = chosen.get("canvas_wh", poses.canvas_wh)
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8


@settings(deadline=None, max_examples=60)
@given(crowds(), options, st.integers(0, 2**32 - 1))
def test_points_under_the_threshold_leave_no_trace(poses: Poses, chosen: dict[str, Any], seed: int) -> None:
    poses = poses.to(get("openpose134"))  # so that no other point is made from a moved one
    hidden = (poses.scores < chosen["threshold"]) | (poses.scores <= 0)
    moved = poses.points.copy()
    moved[hidden] = np.random.default_rng(seed).uniform(0, 130, (hidden.sum(), 2))
    np.testing.assert_array_equal(draw(poses, **chosen), draw(poses.replace(points=moved), **chosen))


@pytest.mark.parametrize("style", STYLES)
def test_a_score_at_the_threshold_shows_and_one_below_does_not(style: str) -> None:
    assert draw(person(score=0.5), style, threshold=0.5).any()
    assert not draw(person(score=0.4999), style, threshold=0.5).any()


@pytest.mark.parametrize("style", STYLES)
def test_absent_points_stay_absent_at_threshold_zero(style: str) -> None:
    assert not draw(person(score=0.0), style, threshold=0).any()


@pytest.mark.parametrize(
    ("option", "hidden"), [("hands", HANDS), ("face", FACE), ("body", BODY)], ids=["hands", "face", "body"]
)
def test_a_part_switched_off_is_as_if_absent(option: str, hidden: tuple[int, ...]) -> None:
    expected = draw(without(person(), hidden), "openpose")
    np.testing.assert_array_equal(draw(person(), "openpose", **{option: False}), expected)
    if option != "body":
        np.testing.assert_array_equal(draw(person(), "openpose", threshold={option: 2}), expected)


def test_the_threshold_of_a_part_leaves_the_others_at_the_default() -> None:
    poses = person(score=0.35)
    np.testing.assert_array_equal(draw(poses, threshold={"hands": 0.2}), draw(poses))
    np.testing.assert_array_equal(draw(poses, threshold={"hands": 0.4}), draw(poses, hands=False))


def test_the_head_alone_and_the_body_without_it() -> None:
    head = ("nose", "right_eye", "left_eye", "right_ear", "left_ear")
    poses = person()
    expected = draw(only(poses, *head, "neck"), "openpose")
    shown = draw(poses, "openpose", body=False, head=True, hands=False, face=False)
    np.testing.assert_array_equal(shown, expected)
    headless = without(poses, tuple(WHOLE.index(name) for name in head))
    np.testing.assert_array_equal(draw(poses, "openpose", head=False), draw(headless, "openpose"))


def test_feet_are_off_or_dots_or_bones() -> None:
    poses = only(person(), "left_ankle", "left_big_toe", "left_heel", "right_heel")
    off, dots, bones = (draw(poses, feet=mode) for mode in ("off", "dots", "bones"))
    np.testing.assert_array_equal(off, draw(poses))
    np.testing.assert_array_equal(dots, draw(poses, feet=True))
    x, y = poses.points[0, WHOLE.index("left_big_toe")].astype(int)
    assert (off[y, x] == 0).all()
    assert dots[y, x].any()
    ankle = poses.points[0, WHOLE.index("left_ankle")]
    x, y = ((poses.points[0, WHOLE.index("left_heel")] + ankle) / 2).astype(int)
    assert (dots[y, x] == 0).all()
    assert bones[y, x].any()


def test_another_canvas_moves_points_and_keeps_strokes() -> None:
    poses = person((100, 200))
    np.testing.assert_array_equal(draw(poses, canvas_wh=(300, 250)), draw(poses.scaled((300, 250))))


def test_points_in_fractions_of_the_canvas_are_understood_by_the_style_that_does() -> None:
    poses = person((300, 200))
    fractions = poses.replace(points=poses.points / (300, 200))
    np.testing.assert_array_equal(draw(fractions), draw(poses))
    np.testing.assert_array_equal(draw(fractions, canvas_wh=(30, 80)), draw(poses, canvas_wh=(30, 80)))
    assert not np.array_equal(draw(fractions, "openpose"), draw(poses, "openpose"))


@pytest.mark.parametrize(("source", "target"), [("coco17", "openpose18"), ("coco_wholebody133", "openpose134")])
def test_any_skeleton_is_drawn_as_openpose(source: str, target: str) -> None:
    skeleton = get(source)
    points = np.random.default_rng(1).uniform(0, 200, (2, len(skeleton), 2))
    poses = Poses(points, np.full((2, len(skeleton)), 0.8), skeleton, (200, 200))
    picture = draw(poses, feet="bones")
    assert picture.any()
    np.testing.assert_array_equal(picture, draw(poses.to(get(target)), feet="bones"))


@pytest.mark.parametrize("half", [1, 6, 10])
def test_stick_width_is_half_the_thickness_of_a_limb(half: int) -> None:
    poses = only(person(), "right_hip", "right_knee")
    points = poses.points.copy()
    points[0, WHOLE.index("right_hip")] = 100, 256
    points[0, WHOLE.index("right_knee")] = 400, 256
    column = draw(poses.replace(points=points), stick_width=half)[:, 250].any(axis=1)
    assert column.sum() == 2 * half + 1


@pytest.mark.parametrize("size", [1, 3, 8])
def test_face_point_size_is_a_radius(size: int) -> None:
    poses = only(person(), "face-0")
    _, y = poses.points[0, WHOLE.index("face-0")].astype(int)
    assert draw(poses, face_point_size=size)[y].any(axis=1).sum() == 2 * size + 1


def test_xinsr_thickens_limbs_with_the_canvas_but_not_joints() -> None:
    limb, joint = only(person(), "neck", "nose"), only(person(), "neck")
    np.testing.assert_array_equal(draw(joint, "xinsr"), draw(joint, "dwpose"))
    for side, times in ((499, 1), (500, 2), (1000, 3), (2100, 4)):
        expected = draw(limb, "dwpose", canvas_wh=(side, 100), stick_width=4 * times)
        np.testing.assert_array_equal(draw(limb, "xinsr", canvas_wh=(side, 100)), expected)


def test_automatic_scale_keeps_the_look_of_a_512_pixel_picture() -> None:
    poses = person()
    np.testing.assert_array_equal(draw(poses, scale="auto"), draw(poses))
    large = draw(poses, canvas_wh=(1536, 1024), scale="auto")
    np.testing.assert_array_equal(large, draw(poses, canvas_wh=(1536, 1024), scale=2))
    covered = [draw(poses, canvas_wh=(side, side), scale="auto").any(axis=2).mean() for side in (512, 2048)]
    assert covered[0] == pytest.approx(covered[1], rel=0.2)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"style": "crayon"}, "dwpose, openpose, xinsr"),
        ({"feet": "shoes"}, "off, dots or bones"),
        ({"threshold": {"tail": 0.3}}, "tail"),
        ({"canvas_wh": (0, 10)}, "0 by 10"),
        ({"stick_width": 0}, "stick_width"),
        ({"face_point_size": -1}, "face_point_size"),
        ({"scale": 0}, "scale"),
        ({"scale": float("nan")}, "scale"),
        ({"scale": "huge"}, "auto"),
    ],
)
def test_options_that_do_not_exist(chosen: dict[str, Any], said: str) -> None:
    with pytest.raises(BadOption, match=said):
        draw(person(), **chosen)


def test_overlay_changes_the_picture_only_where_the_skeleton_is() -> None:
    image = np.random.default_rng(2).integers(0, 256, (64, 80, 3), np.uint8)
    before = image.copy()
    skeleton = draw(person((80, 64)))
    drawn = skeleton.any(axis=2)
    blend = overlay(image, skeleton, 0.5)
    np.testing.assert_array_equal(blend[~drawn], image[~drawn])
    np.testing.assert_allclose(blend[drawn], (image[drawn].astype(float) + skeleton[drawn]) / 2, atol=0.5)
    np.testing.assert_array_equal(overlay(image, skeleton, 0), image)
    np.testing.assert_array_equal(overlay(image, skeleton, 1)[drawn], skeleton[drawn])
    np.testing.assert_array_equal(image, before)


def test_overlay_draws_poses_at_the_size_of_the_picture() -> None:
    image = np.full((64, 80, 3), 50, np.uint8)
    poses = person((160, 128))
    expected = overlay(image, draw(poses, "openpose", canvas_wh=(80, 64), feet=True))
    np.testing.assert_array_equal(overlay(image, poses, style="openpose", feet=True), expected)


def test_overlay_refuses_what_does_not_fit() -> None:
    image = np.zeros((64, 80, 3), np.uint8)
    with pytest.raises(BadImage, match="one size"):
        overlay(image, draw(person()))
    with pytest.raises(BadImage, match=r"picture must be .* got \(64, 80, 1\) uint8"):
        overlay(image[..., :1], person())
    with pytest.raises(BadImage, match=r"skeleton must be .* float64"):
        overlay(image, image / 255)
    with pytest.raises(BadOption, match="opacity"):
        overlay(image, image, 60)
