"""Boxes and crops: against the published crops, and by property."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdpose.boxes import Crop, around, clip_boxes, frame_tensor, validate_boxes, warp_crops
from sdpose.errors import BadBoxes, BadImage

GOLDENS = Path(__file__).parents[1] / "goldens" / "affine"
PADDED = json.loads((GOLDENS / "affine.json").read_text())
STRETCHED = json.loads((GOLDENS / "crops.json").read_text())

finite = st.floats(-5000, 5000, allow_nan=False)
sides = st.floats(0.5, 5000, allow_nan=False)
sizes = st.sampled_from([(192, 256), (768, 1024), (96, 128), (64, 64)])
points = st.lists(st.tuples(finite, finite), min_size=0, max_size=20).map(lambda p: np.array(p).reshape(-1, 2))


def picture(path: str) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(GOLDENS / path))[:, :, ::-1])


@pytest.mark.parametrize("case", PADDED, ids=lambda c: f"{c['case']}-{c['output_size'][0]}")
def test_padded_crops_are_the_published_ones(case: dict[str, Any]) -> None:
    crop = Crop.padded(case["bbox_xyxy"], tuple(case["output_size"]), case["padding"])
    np.testing.assert_allclose(crop.matrix, case["warp"], atol=1e-4)
    np.testing.assert_allclose(crop.to_image(case["model_pts"]), case["image_pts"], atol=1e-4)
    if "png" in case:
        difference = crop.warp(picture("src.png")).astype(int) - picture(case["png"])
        assert np.abs(difference).max() <= 1  # rounding of a half level


@pytest.mark.parametrize("case", STRETCHED, ids=lambda c: str(c["case"]))
def test_stretched_crops_are_those_of_the_demo(case: dict[str, Any]) -> None:
    source = picture("src.png")
    size = (source.shape[1], source.shape[0])
    crop = Crop.stretched(case["bbox"] or [0, 0, *size], (192, 256), size)
    np.testing.assert_allclose(crop.to_image(case["orig"]["model_pts"]), case["orig"]["restored"], atol=1e-9)
    assert np.abs(crop.warp(source).astype(int) - picture(case["orig"]["png"])).max() <= 1


@given(finite, finite, sides, sides, sizes, points, st.booleans())
def test_a_crop_knows_its_inverse(
    x: float, y: float, w: float, h: float, input_wh: tuple[int, int], where: np.ndarray, stretch: bool
) -> None:
    box = [x, y, x + w, y + h]
    crop = Crop.stretched(box, input_wh, (640, 480)) if stretch else Crop.padded(box, input_wh)
    there = crop.to_crop(where)
    assert there.shape == where.shape
    np.testing.assert_allclose(crop.to_image(there), where, atol=1e-6)


@given(finite, finite, sides, sides, sizes)
def test_a_padded_crop_holds_its_box_and_keeps_the_aspect(
    x: float, y: float, w: float, h: float, input_wh: tuple[int, int]
) -> None:
    crop = Crop.padded([x, y, x + w, y + h], input_wh)
    assert crop.size[0] / crop.size[1] == pytest.approx(input_wh[0] / input_wh[1], rel=1e-4)
    corners = crop.to_crop([[x, y], [x + w, y + h]])
    assert (corners > 0).all()
    assert (corners < input_wh).all()


def test_a_stretched_crop_inside_its_picture_needs_no_size() -> None:
    image = np.random.default_rng(0).integers(0, 255, (50, 60, 3), dtype=np.uint8)
    given = Crop.stretched([10, 5, 40, 45], (48, 64), (60, 50))
    assert Crop.stretched([10, 5, 40, 45], (48, 64)) == given
    with pytest.raises(BadBoxes, match="give image_wh"):
        Crop.stretched([10, 5, 400, 45], (48, 64)).warp(image)
    with pytest.raises(BadBoxes, match="must have an area"):
        Crop.stretched([10.2, 5, 10.9, 45], (48, 64))


def test_what_a_warp_shows_is_where_its_points_say() -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    image[120:123, 210:213] = 255
    crop = Crop.padded([150, 60, 300, 260], (192, 256))
    seen = crop.warp(image)[..., 0].astype(float)
    rows, columns = np.indices(seen.shape)
    centre = np.array([(columns * seen).sum(), (rows * seen).sum()]) / seen.sum()
    # A pixel index i on the crop is the point i * input / (input - 1) in the codec's unit.
    found = crop.to_image(centre * [192 / 191, 256 / 255])
    np.testing.assert_allclose(found, [211, 121], atol=0.05)


def test_crops_of_one_frame_are_cut_together_as_alone() -> None:
    frame = frame_tensor(np.random.default_rng(0).integers(0, 255, (90, 70, 3), dtype=np.uint8))
    crops = [Crop.padded([0, 0, 30, 60], (48, 64)), Crop.stretched([5.5, 5, 60, 80], (48, 64), (70, 90))]
    together = warp_crops(frame, crops)
    assert together.shape == (2, 3, 64, 48)
    assert torch.equal(together[1:], warp_crops(frame, crops[1:]))


@pytest.mark.parametrize("shape", [(1, 1), (8000, 8000), (30, 500)])
def test_pictures_of_every_size_can_be_cut(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 200, np.uint8)
    box = [0, 0, shape[1], shape[0]]
    assert Crop.stretched(box, (96, 128), (shape[1], shape[0])).warp(image).min() == 200
    # A picture of one pixel is never hit exactly: what is seen is mixed with the black around it.
    assert Crop.padded(box, (96, 128)).warp(image).max() >= 190


@pytest.mark.parametrize("box", [[0, 0, 0, 10], [5, 5, 5, 5]])
def test_a_box_without_area_cannot_be_cropped(box: list[float]) -> None:
    with pytest.raises(BadBoxes, match="must have an area"):
        Crop.padded(box, (96, 128))


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([[0, 0, np.nan, 1]], "box 0 is"),
        ([[0, 0, 1]], r"shape \(N, 4\)"),
        ([["a", 0, 1, 1]], "must be numbers"),
        (np.zeros((2, 2, 4)), r"got \(2, 2, 4\)"),
    ],
)
def test_malformed_boxes_are_refused(boxes: Any, message: str) -> None:
    with pytest.raises(BadBoxes, match=message):
        validate_boxes(boxes)


def test_boxes_are_read_as_numbers_of_people() -> None:
    assert validate_boxes([]).shape == (0, 4)
    assert validate_boxes([1, 2, 3, 4]).shape == (1, 4)
    assert validate_boxes([[30, 40, 10, 20]]).tolist() == [[10, 20, 30, 40]]
    assert clip_boxes(validate_boxes([[-5, -5, 900, 20]]), (100, 50)).tolist() == [[0, 0, 100, 20]]


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_not_a_frame_is_refused(image: np.ndarray) -> None:
    with pytest.raises(BadImage, match=r"uint8 of shape \(height, width, 3\)"):
        Crop.padded([0, 0, 1, 1], (96, 128)).warp(image)


def test_boxes_around_points_that_count():
    points = np.array([[[1.0, 5], [3, 2], [9, 9]], [[1, 1], [2, 2], [3, 3]]])
    counted = np.array([[True, True, False], [False, False, False]])
    assert around(points, counted).tolist() == [[1, 2, 3, 5], [0, 0, 0, 0]]
    assert around(points[:0], counted[:0]).shape == (0, 4)
