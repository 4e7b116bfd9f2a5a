"""Poses follow their pictures: drawing what was transformed is transforming what was drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose import Poses, draw
from sdpose.editing import cropped, flipped, inside, padded, resized, resized_by, shifted, turned
from sdpose.errors import BadOption
from sdpose.topology import NAMES, get

from ..regions.people import BODY, details

WHOLE = get("openpose134")
PLACES = BODY | {"neck": (100, 60)} | details()
STANDING = np.array([PLACES[name] for name in WHOLE.keypoints], np.float64) - (100, 130)
"""A person of 200 pixels with fingers and face, about the origin."""

Image = npt.NDArray[Any]
ToPoses = Callable[[Poses], Poses]
ToPicture = Callable[[Image], Image]
Case = tuple[ToPoses, ToPicture]


def turned_picture(quarters: int) -> ToPicture:
    """As Rotate Image does it, with its own call."""
    return lambda picture: torch.rot90(torch.from_numpy(picture.copy())[None], k=quarters, dims=[2, 1])[0].numpy()


def resized_picture(picture: Image, width: int, height: int) -> Image:
    """As Upscale Image does it with the method nearest-exact."""
    channels = torch.from_numpy(picture.copy()).movedim(-1, 0)[None].float()
    smooth = torch.nn.functional.interpolate(channels, size=(height, width), mode="nearest-exact")
    return smooth[0].movedim(0, -1).numpy().astype(np.uint8)


def cropped_picture(picture: Image, x: int, y: int, width: int, height: int) -> Image:
    """As Crop Image does it."""
    x, y = min(x, picture.shape[1] - 1), min(y, picture.shape[0] - 1)
    return picture[y : height + y, x : width + x]


def padded_picture(picture: Image, left: int, top: int, right: int, bottom: int) -> Image:
    return np.pad(picture, ((top, bottom), (left, right), (0, 0)))


def mirrors(sides: str) -> st.SearchStrategy[Case]:
    cases: list[Case] = [
        (lambda poses: flipped(poses, "horizontal", sides), lambda picture: picture[:, ::-1]),
        (lambda poses: flipped(poses, "vertical", sides), lambda picture: picture[::-1]),
    ]
    return st.sampled_from(cases)


def turns() -> st.SearchStrategy[Case]:
    return st.integers(0, 3).map(lambda k: (lambda poses: turned(poses, k), turned_picture(k)))


def pads() -> st.SearchStrategy[Case]:
    return st.tuples(*[st.integers(0, 40)] * 4).map(
        lambda sides: (lambda poses: padded(poses, *sides), lambda picture: padded_picture(picture, *sides))
    )


def crops(furthest: int = 400) -> st.SearchStrategy[Case]:
    corner, side = st.integers(0, furthest), st.integers(1, 400)
    return st.tuples(corner, corner, side, side).map(
        lambda box: (lambda poses: cropped(poses, *box), lambda picture: cropped_picture(picture, *box))
    )


@st.composite
def clear_people(draw_: st.DrawFn, step: float = 0.125, margin: int = 8) -> Poses:
    """One to three whole people of any size, turned anyhow, well on the canvas; every coordinate is so many steps."""
    width, height = draw_(st.tuples(st.integers(90, 300), st.integers(90, 300)))
    people = []
    for _ in range(draw_(st.integers(1, 3))):
        angle, share = draw_(st.floats(-3.2, 3.2)), draw_(st.floats(0.3, 1))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        size = share * (min(width, height) / 2 - margin) / np.abs(np.linalg.norm(STANDING, axis=1)).max()
        person = STANDING @ turn * size
        room = np.array((width, height)) / 2 - margin - np.abs(person).max(axis=0)
        person += np.array((width, height)) / 2 + room * draw_(st.tuples(*[st.floats(-0.9, 0.9)] * 2))
        people.append(np.round(person / step) * step)
    points = np.stack(people)
    chance = np.random.default_rng(draw_(st.integers(0, 999))).random(points.shape[:2])
    scores = np.where(chance < 0.2, 0.0, 0.9)
    return Poses(points, scores, WHOLE, (width, height))


def sticks(poses: Poses, width: float = 2.37) -> npt.NDArray[np.bool_]:
    """(H, W) the pixels whose middle is nearer than that to a bone: a drawing that rounds nothing."""
    columns, rows = np.meshgrid(*(np.arange(side, dtype=np.float64) for side in poses.canvas_wh))
    lit = np.zeros(columns.shape, np.bool_)
    for points, scores in zip(poses.points, poses.scores, strict=True):
        for a, b in poses.skeleton.link_indices[:17]:
            if scores[a] > 0 and scores[b] > 0:
                (ax, ay), (dx, dy) = points[a], points[b] - points[a]
                along = ((columns - ax) * dx + (rows - ay) * dy) / max(dx * dx + dy * dy, 1e-9)
                along = along.clip(0, 1)
                lit |= np.hypot(columns - ax - along * dx, rows - ay - along * dy) < width
    return lit


def unlike(one: Image, other: Image, pixels: int) -> int:
    """How many lit pixels of either picture are further than that from a lit pixel of the other."""
    masks = [np.asarray(picture.any(axis=2), np.uint8) for picture in (one, other)]
    around = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return sum(int((a & (1 - cv2.dilate(b, around))).sum()) for a, b in (masks, masks[::-1]))


@settings(max_examples=40)
@given(clear_people(), mirrors("keep") | mirrors("swap") | turns() | pads() | crops())
def test_a_drawing_that_rounds_nothing_is_the_same_to_the_pixel(poses: Poses, case: Case) -> None:
    to_poses, to_picture = case
    np.testing.assert_array_equal(sticks(to_poses(poses)), to_picture(sticks(poses)[..., None])[..., 0])


@settings(max_examples=40)
@given(clear_people(step=2), mirrors("keep") | mirrors("swap") | turns(), st.sampled_from(["dwpose", "openpose"]))
def test_skeletons_are_mirrored_and_turned_to_a_pixel(poses: Poses, case: Case, style: str) -> None:
    """Where the middles of limbs are whole pixels: the styles cut off what is left, and whole degrees too."""
    to_poses, to_picture = case
    assert unlike(draw(to_poses(poses), style), to_picture(draw(poses, style)), pixels=1) == 0


@settings(max_examples=40)
@given(clear_people(), mirrors("keep") | mirrors("swap") | turns(), st.sampled_from(["dwpose", "openpose"]))
def test_skeletons_between_pixels_are_too_but_for_what_the_style_cuts_off(poses: Poses, case: Case, style: str) -> None:
    to_poses, to_picture = case
    drawn, picture = draw(to_poses(poses), style), to_picture(draw(poses, style))
    assert unlike(drawn, picture, pixels=1) <= 0.05 * drawn.any(axis=2).sum()
    assert unlike(drawn, picture, pixels=2) == 0


@settings(max_examples=40)
@given(clear_people(), pads(), st.sampled_from(["dwpose", "openpose"]))
def test_skeletons_are_padded_exactly(poses: Poses, case: Case, style: str) -> None:
    to_poses, to_picture = case
    np.testing.assert_array_equal(draw(to_poses(poses), style), to_picture(draw(poses, style)))


@settings(max_examples=40)
@given(clear_people(step=2), crops(100))
def test_skeletons_are_cropped_exactly(poses: Poses, case: Case) -> None:
    """Of the body: fingers and landmarks in the first row and column, or beyond, are not drawn by the styles."""
    to_poses, to_picture = case
    np.testing.assert_array_equal(
        draw(to_poses(poses), hands=False, face=False), to_picture(draw(poses, hands=False, face=False))
    )


def enlarged(poses: Poses, wish: float) -> tuple[Poses, float, int]:
    """The poses about so many times larger, how many times it became, and how many pixels are one of the coarser."""
    to = resized(poses, round(poses.canvas_wh[0] * wish), 0)
    factor = float(np.mean(np.divide(to.canvas_wh, poses.canvas_wh)))
    return to, factor, int(np.ceil(max(1.0, factor)))


@settings(max_examples=40)
@given(clear_people(), st.floats(0.4, 3))
def test_a_drawing_that_rounds_nothing_is_resized_to_a_pixel(poses: Poses, wish: float) -> None:
    """Of the coarser of the two pictures: a pixel of the smaller is several of the larger."""
    to, factor, coarse = enlarged(poses, wish)
    picture = resized_picture(np.uint8(sticks(poses, 3.0)[..., None]), *to.canvas_wh)
    assert unlike(sticks(to, 3.0 * factor)[..., None], picture, coarse) == 0


@settings(max_examples=40)
@given(clear_people(step=2), st.floats(0.6, 3))
def test_skeletons_are_resized_to_a_pixel_but_for_what_the_style_cuts_off(poses: Poses, wish: float) -> None:
    """With sticks that thicken alike, which the style does in whole pixels; small skeletons may differ by a few."""
    to, factor, coarse = enlarged(poses, wish)
    thick = {"stick_width": 8, "hands": False, "face": False}
    drawn, picture = draw(to, **thick, scale=factor), resized_picture(draw(poses, **thick), *to.canvas_wh)
    assert unlike(drawn, picture, coarse + 1) <= max(4, 0.01 * drawn.any(axis=2).sum())


sides = st.tuples(st.integers(80, 120), st.integers(80, 120))


@settings(max_examples=40)
@given(sides, st.floats(0.3, 0.7), st.floats(0.3, 0.7), st.integers(40, 400), st.integers(40, 400))
def test_a_spot_in_the_picture_stays_under_its_keypoint(
    size_wh: tuple[int, int], right: float, down: float, width: int, height: int
) -> None:
    """Whatever the shapes: the middle of a blurred spot, once it is resized, is where the keypoint goes."""
    point = np.multiply((right, down), size_wh)
    columns, rows = np.meshgrid(*(np.arange(side) for side in size_wh))
    spot = np.exp(-((columns - point[0]) ** 2 + (rows - point[1]) ** 2) / (2 * 4.0**2))
    picture = torch.nn.functional.interpolate(
        torch.from_numpy(spot)[None, None], (height, width), mode="bilinear", antialias=True
    )[0, 0].numpy()
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    middle = np.array([(picture * columns).sum(), (picture * rows).sum()]) / picture.sum()
    moved = resized(Poses(np.full((1, 17, 2), point), np.ones((1, 17)), get("coco17"), size_wh), width, height)
    assert moved.canvas_wh == (width, height)
    np.testing.assert_allclose(moved.points[0, 0], middle, atol=0.05)


def someone(canvas_wh: tuple[int, int] = (100, 60), **extra: Any) -> Poses:
    """Two people of COCO's keypoints, the second only partly seen, with boxes, scores and ids."""
    points = np.random.default_rng(4).uniform(0, 60, (2, 17, 2)).round(2)
    scores = np.full((2, 17), 0.5)
    points[1, 3:], scores[1, 3:] = 0, 0
    known = {"boxes": [[0, 1, 30, 50], [20, 5, 100, 60]], "box_scores": [0.9, 0.8], "track_ids": [7, 3]} | extra
    return Poses(points, scores, get("coco17"), canvas_wh, **known)


ALL: dict[str, ToPoses] = {
    "crop": lambda poses: cropped(poses, 10, 20, 50, 500),
    "resize": lambda poses: resized(poses, 31, 77),
    "resize to a shape": lambda poses: resized(poses, 31, 77, "center"),
    "scale": lambda poses: resized_by(poses, 1.5),
    "pad": lambda poses: padded(poses, 1, 2, 3, 4),
    "flip": lambda poses: flipped(poses),
    "turn": lambda poses: turned(poses),
    "shift": lambda poses: shifted(poses, -4.5, 7),
}


@pytest.mark.parametrize("change", ALL.values(), ids=ALL)
def test_what_is_unknown_stays_unknown_and_the_rest_is_carried_along(change: ToPoses) -> None:
    poses = someone(boxes=[[0, 0, 0, 0], [20, 5, 100, 60]])
    moved = change(poses)
    unknown = moved.scores == 0
    assert unknown.sum() == 14 and not moved.points[unknown].any()
    assert moved.boxes is not None and not moved.boxes[0].any() and (moved.boxes[1, 2:] > moved.boxes[1, :2]).all()
    assert moved.box_scores is not None and moved.box_scores.tolist() == [0.9, 0.8] and moved.ids.tolist() == [7, 3]
    nobody = change(Poses.empty(get("openpose134"), (100, 60)))
    assert len(nobody) == 0 and nobody.canvas_wh == moved.canvas_wh


def test_canvases_and_boxes_follow_the_edges_of_the_picture() -> None:
    poses = someone()
    expected = {
        "crop": ((50, 40), [-10, -19, 20, 30]),
        "resize": ((31, 77), [0, 77 / 60, 9.3, 77 * 50 / 60]),
        "resize to a shape": ((31, 77), [-38 * 31 / 24, 77 / 60, -8 * 31 / 24, 77 * 50 / 60]),
        "scale": ((150, 90), [0, 1.5, 45, 75]),
        "pad": ((104, 66), [1, 3, 31, 52]),
        "flip": ((100, 60), [70, 1, 100, 50]),
        "turn": ((60, 100), [10, 0, 59, 30]),
        "shift": ((100, 60), [-4.5, 8, 25.5, 57]),
    }
    for name, (canvas_wh, box) in expected.items():
        moved = ALL[name](poses)
        assert moved.boxes is not None and moved.canvas_wh == canvas_wh, name
        np.testing.assert_allclose(moved.boxes[0], box, err_msg=name)


@given(clear_people(), st.integers(-9, 9))
def test_what_is_done_can_be_undone(poses: Poses, k: int) -> None:
    poses = poses.replace(scores=np.maximum(poses.scores, 0.1))
    for direction in ("horizontal", "vertical"):
        np.testing.assert_allclose(flipped(flipped(poses, direction), direction).points, poses.points, atol=1e-9)
    np.testing.assert_allclose(turned(turned(poses, k), -k).points, poses.points, atol=1e-9)
    width, height = poses.canvas_wh
    np.testing.assert_array_equal(cropped(padded(poses, 3, 5, 7, 9), 3, 5, width, height).points, poses.points)
    np.testing.assert_allclose(resized(resized(poses, 37, 91), width, height).points, poses.points, atol=1e-9)
    np.testing.assert_allclose(turned(flipped(poses, "vertical"), 2).points, flipped(poses).points, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_mirrors_swap_the_sides_of_every_skeleton(name: str) -> None:
    skeleton = get(name)
    points = np.random.default_rng(1).uniform(1, 50, (1, len(skeleton), 2))
    poses = Poses(points, np.linspace(0.1, 1, len(skeleton))[None], skeleton, (64, 64))
    left, right = skeleton.index("left_wrist"), skeleton.index("right_wrist")
    swapped, kept = flipped(poses), flipped(poses, sides="keep")
    assert swapped.scores[0, left] == poses.scores[0, right] and kept.scores[0, left] == poses.scores[0, left]
    np.testing.assert_allclose(swapped.points[0, left], (63 - points[0, right, 0], points[0, right, 1]))
    assert sorted(swapped.scores[0]) == sorted(poses.scores[0])


def test_sizes_are_those_of_the_pictures() -> None:
    poses = someone((101, 67))
    assert resized(poses, 0, 0) is resized(poses, 101, 67, "center") is poses
    assert resized(poses, 50, 0).canvas_wh == (50, round(67 * 50 / 101))
    assert resized(poses, 0, 1).canvas_wh == (2, 1) and resized(poses, 1, 0).canvas_wh == (1, 1)
    assert resized_by(poses, 0.5).canvas_wh == (round(50.5), round(33.5)) == (50, 34)
    assert cropped(poses, 5000, 60, 30, 30).canvas_wh == (1, 7)
    assert turned(poses, 5).canvas_wh == (67, 101) and turned(poses, -2).canvas_wh == (101, 67)


def test_who_is_outside_can_be_dropped() -> None:
    poses = someone(track_ids=[0, 1])
    assert inside(poses).ids.tolist() == [0, 1]
    first = poses.points[0]
    beyond = poses.replace(points=np.stack([first + np.array((200, 0)), poses.points[1]]))
    assert inside(beyond).ids.tolist() == [1]
    edge = poses.replace(points=np.full((2, 17, 2), -0.5) - [[[0, 0]], [[0, 0.01]]])
    assert inside(edge).ids.tolist() == [0]
    only_boxes = poses.replace(points=np.zeros((2, 17, 2)), scores=np.zeros((2, 17)))
    assert inside(only_boxes).ids.tolist() == [0, 1]
    assert inside(only_boxes.replace(boxes=[[-9, 0, 0, 9], [0, 0, 0, 0]])).ids.tolist() == [1]
    assert len(inside(Poses.empty(get("coco17"), (8, 8)))) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda poses: cropped(poses, -1, 0, 5, 5),
        lambda poses: cropped(poses, 0, 0, 0, 5),
        lambda poses: cropped(poses, 0.5, 0, 5, 5),
        lambda poses: resized(poses, -5, 5),
        lambda poses: resized(poses, "5", 5),
        lambda poses: resized(poses, None, 5),
        lambda poses: resized(poses, 2**30, 5),
        lambda poses: resized(poses, 5, 5, "left"),
        lambda poses: resized(poses.replace(canvas_wh=(2, 400)), 4000, 1, "center"),
        lambda poses: resized(poses.replace(canvas_wh=(2, 2)), 100, 1, "center"),
        lambda poses: resized_by(poses, 0),
        lambda poses: resized_by(poses, "2"),
        lambda poses: resized_by(poses, None),
        lambda poses: resized_by(poses, float("nan")),
        lambda poses: resized_by(poses, float("inf")),
        lambda poses: padded(poses, left=-1),
        lambda poses: padded(poses, 2**24, 0, 2**24, 0),
        lambda poses: flipped(poses, "diagonal"),
        lambda poses: flipped(poses, "vertical", "lose"),
        lambda poses: turned(poses, 0.5),
        lambda poses: shifted(poses, float("inf"), 0),
        lambda poses: shifted(poses, "2", 0),
        lambda poses: shifted(poses, 0, None),
    ],
)
def test_nonsense_is_refused(wrong: ToPoses) -> None:
    with pytest.raises(BadOption, match=r"got|left of|cannot be resized"):
        wrong(someone())


@pytest.mark.parametrize(
    "change", [lambda p: padded(p, 9, 5), lambda p: resized(p, 32, 9), flipped, turned, lambda p: shifted(p, 3, 4)]
)
@pytest.mark.parametrize("nowhere", [0.0, -1.0])
def test_what_has_no_place_gets_none(change: ToPoses, nowhere: float) -> None:
    """ComfyUI's own nodes write -1, -1 and the score 0 for what they did not find."""
    skeleton = get("coco17")
    scores = np.ones((1, 17))
    scores[:, :5] = 0
    points = np.where(np.repeat(scores[..., None] > 0, 2, axis=-1), 20.0, nowhere)
    poses = Poses(points, scores, skeleton, (64, 48))
    found = change(poses)
    assert (found.points[found.scores <= 0] == nowhere).all() and (found.points[found.scores > 0] != nowhere).all()
