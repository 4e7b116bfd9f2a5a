"""Boxes from every kind of node, through a real ComfyUI: into our nodes, and converted for others."""

from __future__ import annotations

import json

import pytest

import sdpose

from .prompts import MODEL, POSE, drawn, node

CORNERS = [8, 8, 68, 88]
START = {"startX": 8, "startY": 88, "endX": 68, "endY": 8}
CONVERT = {
    "form": "auto", "flat": "auto", "bbox_form": "xyxy", "bbox_lists": "one per frame", "crop_factor": 3.0, "frames": 0,
    "width": 0, "height": 0,
}  # fmt: skip
REGION = {"region": "person", "shape": "limbs", "margin": 0.0, "crop_factor": 3.0, "threshold": 0.3}


def posed(**source):
    """A graph in which poses are estimated in the boxes of a node."""
    pose = node("SDPoseKit_EstimatePose", **POSE | {"boxes": ["boxes", 0]})
    made = {"drawn": drawn(9, frames=3, side=96), "model": MODEL, "pose": pose}
    return made | source | {"show": node("SDPoseKitProbe_ShowValue", value=["pose", 0])}


def people(outputs, name="show"):
    return [len(frame["people"]) for frame in json.loads(outputs[name]["json"][0])]


@pytest.mark.parametrize(
    ("boxes", "found"),
    [
        ([[CORNERS], [CORNERS, CORNERS], []], [1, 2, 0]),
        ([CORNERS], [1, 1, 1]),
        ([CORNERS, [0, 0, 0, 0], [CORNERS, CORNERS]], [1, 0, 2]),
        ([START, START], [2, 2, 2]),
        ([{"bboxes": [CORNERS], "labels": ["a person"]}], [1, 1, 1]),
        ([[CORNERS, CORNERS]], [2, 2, 2]),
        ([{"label": "exit", "box": [0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9]}], [1, 1, 1]),
    ],
    ids=["bbox", "one-bbox", "scail", "points-editor", "grounding", "detection", "words"],
)
def test_boxes_of_other_packs(server, boxes, found):
    """As values, and as the text that some nodes give."""
    text = json.dumps(boxes)
    assert people(server.run(posed(boxes=node("SDPoseKitProbe_Value", text=text)))) == found
    assert people(server.run(posed(boxes=node("PrimitiveString", value=text)))) == found


def test_a_mask_is_a_box(server):
    assert people(server.run(posed(boxes=node("SolidMask", value=1.0, width=96, height=96)))) == [1, 1, 1]


def test_two_readings_are_refused_with_the_way_out(server):
    text = json.dumps([CORNERS] * 3)
    with pytest.raises(AssertionError, match="one per frame"):
        server.run(posed(boxes=node("SDPoseKitProbe_Value", text=text)))
    convert = node("SDPoseKit_ConvertBoxes", **CONVERT | {"boxes": ["came", 0], "flat": "one per frame"})
    assert people(server.run(posed(came=node("SDPoseKitProbe_Value", text=text), boxes=convert))) == [1, 1, 1]


def test_segs_of_poses_are_boxes_again(server):
    segs = node("SDPoseKit_PosesToSegs", poses=["pose", 0], **REGION)
    convert = node("SDPoseKit_ConvertBoxes", boxes=["segs", 0], image=["drawn", 0], **CONVERT)
    made = {"drawn": drawn(9, frames=3, side=96), "model": MODEL, "segs": segs, "convert": convert}
    pose = POSE | {"boxes": ["drawn", 1]}
    graph = made | {
        "pose": node("SDPoseKit_EstimatePose", **pose),
        "again": node("SDPoseKit_EstimatePose", **POSE | {"boxes": ["convert", 0]}),
        "show": node("SDPoseKitProbe_ShowValue", value=["convert", 0]),
        "people": node("SDPoseKitProbe_ShowValue", value=["again", 0]),
        "masks": node("MaskToImage", mask=["convert", 3]),
        "seen": node("PreviewImage", images=["masks", 0]),
    }
    outputs = server.run(graph)
    boxes = sdpose.formats.read_boxes(json.loads(outputs["show"]["json"][0]))
    assert people(outputs, "people") == [len(frame) for frame in boxes] and sum(map(len, boxes))
    assert len(outputs["seen"]["images"]) == 3
