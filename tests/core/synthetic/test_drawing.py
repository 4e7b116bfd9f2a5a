"""Drawings: what is promised about every picture, whatever is on it."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.errors import BadOption
from sdpose.synthetic import HARD_STYLES, STYLES, Drawing, drawing
from sdpose.topology import COCO17

SEEDS = range(24)


@pytest.fixture(scope="module")
def drawings() -> list[Drawing]:
    return [drawing(seed, (160, 128)) for seed in SEEDS]


def test_same_arguments_same_bytes():
    for seed, style in ((3, None), (4, "sketch"), (5, "painterly"), (6, "photo")):
        first, second = (drawing(seed, (96, 80), "test", style) for _ in range(2))
        assert first.image.tobytes() == second.image.tobytes()
        assert first.poses.points.tobytes() == second.poses.points.tobytes()
        assert first.visibility.tobytes() == second.visibility.tobytes()


def test_splits_never_show_the_same_scene():
    scenes = [drawing(seed, (64, 64), split, "flat") for split in ("train", "test") for seed in range(12)]
    firsts = {scene.poses.points[0].tobytes() for scene in scenes}
    assert len(firsts) == 24


def test_style_changes_the_picture_and_not_the_scene():
    scenes = [drawing(1, (96, 96), "train", style) for style in STYLES]
    assert len({scene.image.tobytes() for scene in scenes}) == len(STYLES)
    for scene in scenes:
        assert np.array_equal(scene.poses.points, scenes[0].poses.points)


def test_points_scale_with_the_picture():
    small, large = drawing(2, (100, 100), style="flat"), drawing(2, (300, 300), style="flat")
    assert np.allclose(small.poses.points * 3, large.poses.points)


def test_shapes_and_types(drawings):
    for result in drawings:
        people = len(result.poses)
        assert result.image.shape == (128, 160, 3) and result.image.dtype == np.uint8
        assert result.image.flags.c_contiguous
        assert result.poses.skeleton is COCO17 and result.poses.canvas_wh == (160, 128)
        assert result.visibility.shape == (people, 17) and result.visibility.dtype == np.int8
        assert 1 <= people <= 5
        assert result.style in STYLES
        assert result.hard or result.style not in HARD_STYLES


def test_scores_say_what_is_labelled(drawings):
    for result in drawings:
        assert np.array_equal(result.poses.scores, (result.visibility > 0).astype(float))
        assert set(np.unique(result.visibility)) <= {0, 1, 2}


def test_labelled_points_lie_in_the_picture(drawings):
    for result in drawings:
        labelled = result.poses.points[result.visibility > 0]
        assert (labelled >= -0.5).all() and (labelled <= np.array((159.5, 127.5))).all()


def test_boxes_lie_in_the_picture_and_hold_what_is_seen(drawings):
    for result in drawings:
        for box, points, visible in zip(result.poses.boxes, result.poses.points, result.visibility, strict=True):
            assert (box[:2] >= 0).all() and box[2] <= 160 and box[3] <= 128 and (box[2:] > box[:2]).all()
            seen = points[visible == 2]
            # Two pixels: a keypoint counts as seen when its part is painted next to it.
            assert (seen >= box[:2] - 2).all() and (seen <= box[2:] + 2).all()


@pytest.mark.parametrize("style", STYLES)
def test_every_style_draws_a_picture(style):
    result = drawing(9, (128, 128), style=style)
    assert result.style == style
    assert result.image.std() > 5


def test_greyscale_is_grey():
    def colourfulness(style):
        images = [drawing(seed, (64, 64), style=style).image.astype(int) for seed in range(8)]
        return np.median([np.ptp(image, axis=2).mean() for image in images])

    assert colourfulness("greyscale") < 0.5 * colourfulness("flat")


@pytest.mark.parametrize("size_wh", [(8, 8), (16, 200), (400, 24), (33, 47), (640, 360)])
def test_any_size(size_wh):
    for seed in range(3):
        result = drawing(seed, size_wh)
        assert result.image.shape == (size_wh[1], size_wh[0], 3)
        assert np.isfinite(result.poses.points).all()


@pytest.mark.parametrize(
    "arguments",
    [
        {"seed": -1},
        {"seed": 0, "split": "validation"},
        {"seed": 0, "style": "oil"},
        {"seed": 0, "size_wh": (7, 100)},
        {"seed": 0, "size_wh": (100, 9000)},
    ],
)
def test_wrong_arguments_are_named(arguments):
    with pytest.raises(BadOption, match="expected"):
        drawing(**arguments)


def test_pictures_vary(drawings):
    counts = {len(result.poses) for result in drawings}
    assert len(counts) >= 3
    assert len({result.style for result in drawings}) >= 6
    levels = np.concatenate([result.visibility.ravel() for result in drawings])
    assert all(np.mean(levels == level) > 0.05 for level in (0, 1, 2))
