"""Boxes out: what other nodes take, and that nothing is lost on the way there and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.errors import BadBoxes, BadOption
from sdpose.formats.boxes import (
    BBOX_FORMS,
    CROP_FACTOR,
    Boxes,
    Seg,
    read_boxes,
    to_bbox,
    to_bounding_boxes,
    to_masks,
    to_segs,
)

WH = (64, 96)
PLACE = st.integers(-1000, 4000) | st.floats(-1e4, 1e4, allow_nan=False)
SIDE = st.floats(0.5, 1e4)
CORNERS = st.tuples(PLACE, PLACE, SIDE, SIDE).map(lambda b: [float(b[0]), float(b[1]), b[0] + b[2], b[1] + b[3]])


def boxes_of(corners: Any, **known: Any) -> Boxes:
    return Boxes(np.reshape(np.array(corners, np.float64), (-1, 4)), **known)


@st.composite
def clips(draw: st.DrawFn, most: int = 20) -> list[Boxes]:
    """Frames of 0 to 20 boxes, with scores and ids for all of them or none."""
    counts = draw(st.lists(st.integers(0, most), min_size=1, max_size=4))
    scored, tracked = draw(st.booleans()), draw(st.booleans())
    frames = []
    for count in counts:
        corners = draw(st.lists(CORNERS, min_size=count, max_size=count))
        scores = np.array(draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))) if scored else None
        ids = np.array(draw(st.lists(st.integers(0, 2**40), min_size=count, max_size=count)), np.int64)
        frames.append(boxes_of(corners, scores=scores, track_ids=ids if tracked else None))
    return frames


def same(found: list[Boxes], sent: list[Boxes], atol: float = 0.0) -> None:
    for one, other in zip(found, sent, strict=True):
        np.testing.assert_allclose(one.corners, other.corners, rtol=0, atol=atol)


@given(clips())
def test_bounding_boxes_there_and_back(clip: list[Boxes]) -> None:
    sent = to_bounding_boxes(clip)
    back = read_boxes(json.loads(json.dumps(sent)))
    same(back, clip, atol=1e-8)  # width is a difference
    for one, other in zip(back, clip, strict=True):
        if sum(map(len, clip)):
            np.testing.assert_array_equal(one.scores, other.scores)
            np.testing.assert_array_equal(one.track_ids, other.track_ids)


@given(clips(), st.sampled_from(BBOX_FORMS))
def test_bbox_there_and_back(clip: list[Boxes], form: str) -> None:
    sent = to_bbox(clip, form)
    same(read_boxes(sent, form="xywh" if form == "xywh" else "auto"), clip, atol=1e-8)


@given(clips(most=1), st.sampled_from(BBOX_FORMS))
def test_one_box_per_frame_in_one_list(clip: list[Boxes], form: str) -> None:
    sent = to_bbox(clip, form, flat=True)
    back = read_boxes(sent, form="xywh" if form == "xywh" else "auto", flat="one per frame")
    nothing = len(clip) == 1 and not len(clip[0])  # an empty list is no frame then
    same(back, [] if nothing else clip, atol=1e-8)


def test_bounding_boxes_say_what_is_known() -> None:
    boxes = boxes_of([[1, 2, 4, 6], [0, 0, 1, 1]], scores=[0.5, 1], track_ids=[3, 4], labels=("face", ""))
    assert to_bounding_boxes([boxes, boxes_of([])]) == [
        [
            {"x": 1, "y": 2, "width": 3, "height": 4, "label": "face", "score": 0.5, "track_id": 3},
            {"x": 0, "y": 0, "width": 1, "height": 1, "score": 1, "track_id": 4},
        ],
        [],
    ]


def test_bbox_in_the_forms_of_its_takers() -> None:
    two, nobody = boxes_of([[1, 2, 4, 6], [0, 0, 1, 1]]), boxes_of([])
    assert to_bbox([two, nobody]) == [[(1, 2, 4, 6), (0, 0, 1, 1)], []]
    assert to_bbox([two], flat=True) == [(1, 2, 4, 6), (0, 0, 1, 1)]
    assert to_bbox([boxes_of([[1, 2, 4, 6]]), nobody], "xywh", flat=True) == [(1, 2, 3, 4), (0, 0, 0, 0)]
    assert to_bbox([boxes_of([[1, 2, 4, 6]])], "startX") == [[{"startX": 1, "startY": 2, "endX": 4, "endY": 6}]]
    with pytest.raises(BadBoxes, match="frame 0 has 2 boxes, and one list for 2 frames"):
        to_bbox([two, nobody], flat=True)
    with pytest.raises(BadOption, match="form is one of xyxy, xywh, startX"):
        to_bbox([two], "cxcywh")


def test_segs_have_the_fields_that_impact_reads() -> None:
    boxes = boxes_of([[10, 20, 30, 60]], scores=[0.75], canvas_wh=WH)
    shape, (seg,) = to_segs(boxes, label="hands")
    assert shape == (96, 64)
    assert Seg._fields == (
        "cropped_image", "cropped_mask", "confidence", "crop_region", "bbox", "label", "control_net_wrapper",
    )  # fmt: skip
    assert (seg.confidence, seg.bbox, seg.label) == (0.75, [10, 20, 30, 60], "hands")
    assert seg.crop_region == [0, 0, 60, 96] and CROP_FACTOR == 3.0
    assert seg.cropped_mask.shape == (96, 60) and seg.cropped_mask.dtype == np.float32
    assert seg.cropped_mask.sum() == 20 * 40 and seg.cropped_mask[20:60, 10:30].all()
    assert seg.cropped_image is None and seg.control_net_wrapper is None


@given(st.lists(CORNERS, max_size=5), st.integers(1, 300), st.integers(1, 300), st.floats(1, 6))
def test_crops_lie_inside_the_picture_and_hold_their_box(
    corners: list[list[float]], width: int, height: int, factor: float
) -> None:
    shape, segs = to_segs(boxes_of(corners, canvas_wh=(width, height)), crop_factor=factor)
    assert shape == (height, width)
    seen = [box for box in corners if box[0] < width and box[1] < height and box[2] > 0 and box[3] > 0]
    assert len(segs) == len(seen)
    for seg, box in zip(segs, seen, strict=True):
        x1, y1, x2, y2 = seg.crop_region
        assert 0 <= x1 <= seg.bbox[0] < seg.bbox[2] <= x2 <= width
        assert 0 <= y1 <= seg.bbox[1] < seg.bbox[3] <= y2 <= height
        assert seg.cropped_mask.shape == (y2 - y1, x2 - x1)
        np.testing.assert_allclose(seg.bbox, np.clip(box, 0, [width, height] * 2), atol=1)
    (back,) = read_boxes((shape, segs))
    assert back.corners.tolist() == [seg.bbox for seg in segs] and back.canvas_wh == (width, height)


def test_segs_of_masks() -> None:
    boxes = boxes_of([[10, 20, 30, 60], [0, 0, 8, 8]], canvas_wh=WH, labels=("left", ""))
    masks = np.zeros((2, 96, 64), np.float32)
    masks[0, 30:50, 15:25] = 0.5
    _, (left, other) = to_segs(boxes, masks, crop_factor=1)
    assert left.crop_region == [10, 20, 30, 60] and left.cropped_mask.sum() == 20 * 10 * 0.5
    assert (left.label, other.label) == ("left", "person") and not other.cropped_mask.any()
    with pytest.raises(BadBoxes, match=r"a mask .96, 64. for each of the 2 boxes"):
        to_segs(boxes, masks[:1])
    wrong: list[Any] = [0.5, -1, "3", None, float("nan"), float("inf"), 10**401, [2], True]
    for factor in wrong:
        with pytest.raises(BadOption, match="crop_factor is a number from 1"):
            to_segs(boxes, crop_factor=factor)
    with pytest.raises(BadBoxes, match="do not say how large their picture is"):
        to_segs(boxes_of([[1, 2, 3, 4]]))


def test_masks_there_and_back() -> None:
    clip = [boxes_of([[3, 4, 20, 30]], canvas_wh=WH), boxes_of([], canvas_wh=WH)]
    masks = to_masks(clip)
    assert masks.shape == (2, 96, 64) and masks.dtype == np.float32 and masks.sum() == 17 * 26
    same(read_boxes(masks, 2), clip)
    both = to_masks([boxes_of([[3, 4, 20, 30], [40, 50, 64, 96.0]], canvas_wh=WH)])
    assert read_boxes(both, form="blobs")[0].corners.tolist() == [[3, 4, 20, 30], [40, 50, 64, 96]]
    assert to_masks([boxes_of([[-5, -5, 0.5, 0.5]], canvas_wh=WH)]).sum() == 1
    for unknown in ([], [boxes_of([[1, 2, 3, 4]])], [clip[0], boxes_of([], canvas_wh=(4, 4))]):
        with pytest.raises(BadBoxes, match="one known size"):
            to_masks(unknown)


def test_boxes_are_checked() -> None:
    with pytest.raises(BadBoxes, match="corners must be finite"):
        Boxes(np.full((1, 4), np.nan))
    with pytest.raises(BadBoxes, match="corners must be finite"):
        Boxes(np.zeros((2, 3)))
    with pytest.raises(BadBoxes, match="put them in order"):
        boxes_of([[5, 0, 1, 2]])
    with pytest.raises(BadBoxes, match="1 boxes and 2 labels"):
        boxes_of([[0, 0, 1, 2]], labels=("a", "b"))
    with pytest.raises(BadBoxes, match="scores must be finite"):
        boxes_of([[0, 0, 1, 2]], scores=[1, 2])
    with pytest.raises(BadBoxes, match="finite"):
        boxes_of([[0, 0, 1e308, 2]], canvas_wh=(1, 1)).on((100, 100))
