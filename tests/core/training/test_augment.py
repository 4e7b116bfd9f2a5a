"""Augmentation moves points exactly with the pixels."""

import numpy as np
import pytest

from sdpose.boxes import Crop
from sdpose.topology import get
from sdpose.training.augment import View, augmented_view, cut, damage, half_body, mirror

BODY = get("coco17")
INPUT_WH = (96, 128)


def spot(point, size=200):
    """A picture with one soft white dot centred on a point."""
    y, x = np.mgrid[:size, :size]
    glow = np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / (2 * 2.5**2))
    return np.repeat((255 * glow).astype(np.uint8)[:, :, None], 3, axis=2)


def centre_of_light(crop):
    """Where the dot is on a crop, in codec units."""
    weight = crop[:, :, 0].astype(np.float64)
    y, x = np.mgrid[: crop.shape[0], : crop.shape[1]]
    index = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    return index * np.array(INPUT_WH) / (np.array(INPUT_WH) - 1)


def standing():
    """Points of a person standing between (60, 40) and (140, 180)."""
    across = np.array([0, 1, -1, 2, -2, 6, -6, 9, -9, 8, -8, 4, -4, 4, -4, 4, -4]) * 4.0
    down = np.array([2, 1, 1, 1.5, 1.5, 4, 4, 7, 7, 9, 9, 9, 9, 13, 13, 17, 17]) * 8.0
    return np.column_stack([100 + across, 40 + down])


@pytest.mark.parametrize("degrees", [0, 30, -60, 90])
@pytest.mark.parametrize("scale", [0.7, 1.0, 1.6])
def test_points_follow_the_pixels(degrees, scale):
    point = np.array([93.25, 104.5])
    view = View(np.array([100.0, 100.0]), np.array([96.0, 128.0]) * scale, degrees)
    crop, points = cut(spot(point), point[None], view, INPUT_WH)
    assert np.abs(centre_of_light(crop) - points[0]).max() < 0.2


def test_mirrored_points_follow_the_pixels():
    point = np.array([80.0, 90.0])
    points = np.zeros((17, 2))
    points[BODY.index("left_wrist")] = point
    view = View(np.array([100.0, 100.0]), np.array([96.0, 128.0]))
    crop, on_crop = cut(spot(point), points, view, INPUT_WH)
    visibility = np.zeros(17, np.int8)
    visibility[BODY.index("left_wrist")] = 2
    flipped, flipped_points, flipped_visibility = mirror(crop, on_crop, visibility, BODY)
    right = BODY.index("right_wrist")
    assert np.abs(centre_of_light(flipped) - flipped_points[right]).max() < 0.2
    assert flipped_visibility[right] == 2 and flipped_visibility.sum() == 2


def test_mirroring_twice_changes_nothing():
    rng = np.random.default_rng(0)
    crop = rng.integers(0, 256, (128, 96, 3), dtype=np.uint8)
    points, visibility = rng.uniform(0, 96, (17, 2)), rng.integers(0, 3, 17).astype(np.int8)
    again = mirror(*mirror(crop, points, visibility, BODY), BODY)
    assert (again[0] == crop).all() and np.allclose(again[1], points) and (again[2] == visibility).all()


def test_without_augmentation_the_crop_is_the_evaluation_crop():
    image = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    box, points = np.array([30.5, 20.0, 130.0, 190.0]), standing()
    crop, on_crop = cut(image, points, View.of_box(box, INPUT_WH), INPUT_WH)
    expected = Crop.padded(box, INPUT_WH)
    assert np.allclose(on_crop, expected.to_crop(points), atol=1e-3)
    # cv2 interpolates at 1/32 of a pixel, our warp exactly.
    assert np.abs(crop.astype(int) - expected.warp(image)).mean() < 3


def test_half_body_is_around_half_of_the_labelled_points():
    points, visibility = standing(), np.full(17, 2, np.int8)
    boxes = {tuple(half_body(np.random.default_rng(seed), points, visibility, BODY)) for seed in range(20)}
    upper = (*points[:11].min(axis=0), *points[:11].max(axis=0))
    lower = (*points[11:].min(axis=0), *points[11:].max(axis=0))
    assert boxes == {upper, lower}


def test_half_body_needs_enough_labelled_points():
    visibility = np.zeros(17, np.int8)
    visibility[:8] = 2
    assert half_body(np.random.default_rng(0), standing(), visibility, BODY) is None


def test_views_stay_within_their_limits():
    points, visibility, box = standing(), np.zeros(17, np.int8), np.array([60.0, 40, 140, 180])
    plain = View.of_box(box, INPUT_WH)
    views = [augmented_view(np.random.default_rng(i), box, points, visibility, BODY, INPUT_WH) for i in range(300)]
    scales = np.array([view.size[0] / plain.size[0] for view in views])
    assert 0.5 <= scales.min() < 0.7 and 1.3 < scales.max() <= 1.5
    assert 30 < max(abs(view.degrees) for view in views) <= 60
    assert all((np.abs(view.center - plain.center) <= 0.16 * plain.size + 1e-9).all() for view in views)


def test_strength_tames_every_limit():
    points, visibility, box = standing(), np.full(17, 2, np.int8), np.array([60.0, 40, 140, 180])
    plain = View.of_box(box, INPUT_WH)
    still, calm = (
        [augmented_view(np.random.default_rng(i), box, points, visibility, BODY, INPUT_WH, strength) for i in range(60)]
        for strength in (0.0, 0.2)
    )
    assert all(np.allclose([*view.center, *view.size, view.degrees], [*plain.center, *plain.size, 0]) for view in still)
    assert 0 < max(abs(view.degrees) for view in calm) <= 12
    crop = np.random.default_rng(2).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    assert all((damage(np.random.default_rng(seed), crop, 0.0) == crop).all() for seed in range(20))


def test_damage_is_seeded_and_keeps_the_shape():
    crop = np.random.default_rng(2).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    before = crop.copy()
    changed = 0
    for seed in range(60):
        once, twice = (damage(np.random.default_rng(seed), crop) for _ in range(2))
        assert once.shape == crop.shape and once.dtype == np.uint8 and (once == twice).all()
        changed += int((once != crop).any())
    assert (crop == before).all() and changed > 30
