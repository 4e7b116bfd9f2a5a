"""Boxes of any kind through a node: in every other kind out, and SEGS of poses."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

BOX = {"x": 10, "y": 20, "width": 30, "height": 60, "label": "cat", "score": 0.5}
CORNERS = (10, 20, 40, 80)
OTHER = (50, 0, 60, 8)
WIDGETS = {
    "form": ["auto"], "flat": ["auto"], "bbox_form": ["xyxy"], "bbox_lists": ["one per frame"], "crop_factor": [1.5],
    "frames": [0], "width": [0], "height": [0],
}  # fmt: skip


@pytest.fixture
def convert(in_pieces):
    """Run Convert Boxes on pieces: boxes, bbox, segs, masks, report; of the first piece that comes out."""

    def run(*pieces, image=None, **widgets):
        boxes, bbox, segs, masks, text = in_pieces(*pieces, image=image, **widgets)
        return boxes[0], bbox[0], segs, masks[0], text

    return run


@pytest.fixture
def in_pieces(pack):
    """The same, with boxes, bbox and masks as lists of what is of each piece."""

    def run(*pieces, image=None, **widgets):
        sent = WIDGETS | {name: [value] for name, value in widgets.items()}
        return pack.run("SDPoseKit_ConvertBoxes", boxes=list(pieces), image=image, **sent)

    return run


def blocked(value):
    return getattr(value, "message", None)


def test_every_kind_out(convert):
    boxes, bbox, segs, masks, report = convert([[BOX], []], image=[torch.zeros(2, 96, 64, 3)])
    assert boxes == [[BOX], []] and bbox == [[CORNERS], []]
    ((shape, (seg,)), nobody) = segs
    assert shape == (96, 64) and nobody == ((96, 64), [])
    assert (seg.bbox, seg.confidence, seg.label) == (list(CORNERS), 0.5, "cat")
    assert seg.cropped_mask.shape == (90, 45) and seg.crop_region == [2, 5, 47, 95]
    assert masks.shape == (2, 96, 64) and masks.sum() == 30 * 60 and masks[0, 20:80, 10:40].all()
    assert report == "1 box in 2 frames, 1 of them empty"
    json.dumps(boxes)


@pytest.mark.parametrize(
    ("value", "widgets"),
    [
        ([CORNERS], {}),
        ([(10, 20, 30, 60)], {"form": "xywh"}),
        (json.dumps([{"bboxes": [CORNERS], "labels": ["cat"]}]), {}),
        (((96, 64), [SimpleNamespace(bbox=CORNERS)]), {}),
        ([{"startX": 40, "startY": 20, "endX": 10, "endY": 80}], {}),
    ],
    ids=["bbox", "xywh", "florence", "segs", "points-editor"],
)
def test_every_kind_in(convert, value, widgets):
    assert convert(value, **widgets)[1] == [[CORNERS]]
    assert convert(value, image=[torch.zeros(3, 96, 64, 3)], **widgets)[1] == [[CORNERS]] * 3


def test_masks_in_and_out(convert):
    masks = torch.zeros(2, 96, 64)
    masks[0, 20:80, 10:40] = 1
    masks[1, 0:8, 50:60] = 1
    _, bbox, segs, back, _ = convert(masks, frames=2)
    assert bbox == [[CORNERS], [OTHER]] and [shape for shape, _ in segs] == [(96, 64)] * 2
    assert torch.equal(back, masks)
    assert convert(masks.sum(0), form="blobs")[1] == [[OTHER, CORNERS]]


def test_the_form_that_others_take(convert):
    flat = {"bbox_lists": "one for all"}
    assert convert([CORNERS, OTHER], frames=1, **flat)[1] == [CORNERS, OTHER]
    assert convert([[CORNERS], []], bbox_form="xywh", **flat)[1] == [(10, 20, 30, 60), (0, 0, 0, 0)]


def test_two_readings_are_asked_about(convert, pack):
    with pytest.raises(pack.part("sdpose.errors").BadBoxes, match="Set flat to 'one per frame' or 'everybody'"):
        convert([CORNERS, OTHER], frames=2)
    assert convert([CORNERS, OTHER], frames=2, flat="one per frame")[1] == [[CORNERS], [OTHER]]
    assert convert([CORNERS, OTHER], frames=2, flat="everybody")[1] == [[CORNERS, OTHER]] * 2


def test_pieces_are_joined(convert, pack):
    segs = [((96, 64), [SimpleNamespace(bbox=CORNERS)]), ((96, 64), [])]
    assert convert(*segs)[1] == [[CORNERS], []] == convert(*segs, image=[torch.zeros(2, 96, 64, 3)])[1]
    assert convert([[BOX], []], BOX)[1] == [[CORNERS], [], [CORNERS]]
    with pytest.raises(pack.part("sdpose.errors").BadBoxes, match="boxes of 2 frames, and frames is 3"):
        convert(*segs, frames=3)


def test_without_a_size_only_what_needs_it_is_blocked(convert):
    boxes, _, segs, masks, text = convert([[BOX], []])
    assert boxes == [[BOX], []]
    assert [blocked(one) for one in (*segs, masks)] == [blocked(segs[0])] * 2 + [blocked(masks)]
    assert "width and height" in blocked(segs[0]) and "one known size" in blocked(masks)
    assert text.splitlines()[1:] == [
        f"segs: nothing, because {blocked(segs[0])}",
        f"masks: nothing, because {blocked(masks)}",
    ]
    *_, segs, masks, _ = convert([[BOX], []], width=64, height=96)
    assert masks.shape == (2, 96, 64) and len(segs) == 2


def test_pictures_in_pieces_give_pieces_back(in_pieces):
    pictures = [torch.zeros(2, 96, 64, 3), torch.zeros(1, 48, 32, 3)]
    boxes, bbox, segs, masks, text = in_pieces([[BOX], [], [BOX]], image=pictures)
    assert boxes == [[[BOX], []], [[BOX]]] and bbox == [[[CORNERS], []], [[CORNERS]]]
    assert [shape for shape, _ in segs] == [(96, 64), (96, 64), (48, 32)]
    assert [tuple(mask.shape) for mask in masks] == [(2, 96, 64), (1, 48, 32)]
    assert text == "2 boxes in 3 frames, 1 of them empty"
    assert in_pieces([], [[BOX]], image=pictures)[0] == [[[], []], [[BOX]]]


def test_what_one_output_cannot_hold_stops_only_that(in_pieces):
    pictures = [torch.zeros(2, 96, 64, 3), torch.zeros(2, 96, 64, 3)]
    two = [[CORNERS, OTHER], [CORNERS], [], [CORNERS]]
    boxes, bbox, segs, masks, text = in_pieces(two, image=pictures, bbox_lists="one for all")
    assert [len(frame) for piece in boxes for frame in piece] == [2, 1, 0, 1] and len(masks) == 2 and len(segs) == 4
    assert "frame 0 has 2 boxes" in blocked(bbox[0]) and bbox[1] == [(0, 0, 0, 0), CORNERS]
    assert text.splitlines() == [
        "4 boxes in 4 frames, 1 of them empty", f"bbox: nothing, because {blocked(bbox[0])}"
    ]  # fmt: skip


def test_one_side_keeps_the_shape(convert):
    segs = ((96, 64), [SimpleNamespace(bbox=CORNERS)])
    _, bbox, _, masks, _ = convert(segs, width=128)
    assert bbox == [[(20, 40, 80, 160)]] and masks.shape == (1, 192, 128)
    assert convert(segs, height=48)[1] == [[(5, 10, 20, 40)]]
    assert convert(segs, width=128, height=96)[1] == [[(20, 20, 80, 80)]]
    assert blocked(convert([[BOX]], width=128)[3])


def test_a_label_that_nobody_gave_is_not_made_up(convert):
    ((_, (seg,)),) = convert([[CORNERS]], width=64, height=96)[2]
    assert seg.label == ""


def test_an_hour_of_film_is_no_hour_of_work(convert, pack):
    (most,) = [one.max for one in pack.nodes["SDPoseKit_ConvertBoxes"].GET_SCHEMA().inputs if one.id == "frames"]
    boxes, _, segs, masks, text = convert([CORNERS], frames=most, flat="everybody", width=512, height=512)
    assert len(boxes) == len(segs) == most == 100_000 and segs[0] is segs[-1] and segs[0][0] == (512, 512)
    assert "pixels in all" in blocked(masks) and "masks: nothing" in text


def test_boxes_of_another_size_follow_the_picture(convert):
    segs = ((96, 64), [SimpleNamespace(bbox=CORNERS)])
    assert convert(segs, image=[torch.zeros(1, 192, 128, 3)])[1] == [[(20, 40, 80, 160)]]
    words = [{"label": "exit", "box": [0.25, 0.5, 0.5, 0.5, 0.5, 0.75, 0.25, 0.75]}]
    assert convert(words, frames=2, width=100, height=200)[1] == [[(25, 100, 50, 150)]] * 2


# --- SEGS of poses


@pytest.fixture(scope="module")
def poses(pack):
    """Two drawn people, and a frame with nobody; as on the wire."""
    frames = [drawing.poses for drawing in pack.part("sdpose.synthetic").clip(5, 2, size_wh=(160, 120), split="test")]
    empty = pack.part("sdpose.poses").Poses.empty(frames[0].skeleton, (160, 120))
    return pack.part("nodes.sockets").poses_to_socket([*frames, empty])


LOOK = {"region": "person", "shape": "box", "margin": 0.2, "crop_factor": 2.0, "threshold": 0.3}


def test_segs_are_the_boxes(pack, poses):
    (segs,) = pack.run("SDPoseKit_PosesToSegs", poses=poses, **LOOK)
    options = {name: LOOK[name] for name in ("region", "margin", "threshold")}
    (boxes,) = pack.run("SDPoseKit_PosesToBoxes", poses=poses, **options)
    assert len(segs) == len(boxes) == 3 and segs[2] == ((120, 160), [])
    assert len(segs[0][1]) == len(boxes[0]) > 0
    for (shape, regions), people in zip(segs, boxes, strict=True):
        assert shape == (120, 160)
        for seg, box in zip(regions, people, strict=True):
            edges = [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
            np.testing.assert_allclose(seg.bbox, edges, atol=1)
            x1, y1, x2, y2 = seg.crop_region
            assert seg.label == "person" and seg.cropped_mask.shape == (y2 - y1, x2 - x1)


def test_shapes_follow_the_body_and_pictures_the_size(pack, poses):
    pictures = torch.zeros(3, 240, 320, 3)
    (filled,) = pack.run("SDPoseKit_PosesToSegs", poses=poses, image=pictures, **LOOK)
    (limbs,) = pack.run("SDPoseKit_PosesToSegs", poses=poses, image=pictures, **LOOK | {"shape": "limbs"})
    for (shape, boxes), (_, bodies) in zip(filled, limbs, strict=True):
        assert shape == (240, 320)
        for box, body in zip(boxes, bodies, strict=True):
            assert box.crop_region == body.crop_region and box.bbox == body.bbox
            assert 0 < body.cropped_mask.sum() < box.cropped_mask.sum()
            assert set(np.unique(body.cropped_mask)) == {0, 1}


def test_what_does_not_fit_is_said(pack, poses):
    with pytest.raises(pack.part("sdpose.errors").BadImage, match="2 pictures for poses of 3 frames"):
        pack.run("SDPoseKit_PosesToSegs", poses=poses, image=torch.zeros(2, 120, 160, 3), **LOOK)
    assert pack.run("SDPoseKit_PosesToSegs", poses=[], **LOOK) == ([((64, 64), [])],)


def test_segs_of_faces_go_back_into_boxes(pack, poses, convert):
    (segs,) = pack.run("SDPoseKit_PosesToSegs", poses=poses, **LOOK | {"region": "head"})
    boxes, *_ = convert(*segs)
    assert [[box["label"] for box in people] for people in boxes] == [["head"] * len(regions) for _, regions in segs]
