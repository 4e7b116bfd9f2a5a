"""What travels between nodes: every shape that other nodes send, and exactly the shape they expect."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

BOX = {"x": 1, "y": 2, "width": 10, "height": 20}
OTHER = {"x": 5.5, "y": 0.0, "width": 4.0, "height": 8.0, "score": 0.9, "label": "person"}
CORNERS = [1, 2, 11, 22]
OTHER_CORNERS = [5.5, 0, 9.5, 8]


@pytest.fixture(scope="session")
def sockets(pack):
    return pack.part("nodes.sockets")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([[BOX], [OTHER]], [[CORNERS], [OTHER_CORNERS]]),
        ([[BOX, OTHER], []], [[CORNERS, OTHER_CORNERS], []]),
        ([[OTHER]], [[OTHER_CORNERS], [OTHER_CORNERS]]),
        ([BOX, OTHER], [[CORNERS, OTHER_CORNERS]] * 2),
        (BOX, [[CORNERS], [CORNERS]]),
        ([], [[], []]),
        ([[]], [[], []]),
    ],
    ids=["nested", "empty-frame", "one-for-all", "flat", "single", "empty", "nobody"],
)
def test_boxes_in_every_shape(sockets, value, expected):
    found = sockets.boxes_from_socket(value, 2)
    assert [boxes.shape[1] for boxes in found] == [4, 4]
    assert [boxes.tolist() for boxes in found] == expected


@pytest.mark.parametrize("value", [object(), 3, "box", [[{"x": 1}]], [[1, 2, 3]], [[{**BOX, "x": "left"}]]])
def test_what_is_no_box_is_named(sockets, pack, value):
    with pytest.raises(pack.part("sdpose.errors").BadBoxes, match="got"):
        sockets.boxes_from_socket(value, 1)


def test_boxes_of_more_frames_than_there_are_belong_to_other_pictures(sockets, pack):
    with pytest.raises(pack.part("sdpose.errors").BadBoxes, match=r"got 3 lists for 2 frame\(s\)"):
        sockets.boxes_from_socket([[BOX], [OTHER], [BOX]], 2)


def test_boxes_survive_the_wire(sockets):
    boxes = np.array([[1.25, 2.5, 11.75, 22.0], [0, 0, 3, 4]])
    sent = sockets.boxes_to_socket(boxes, np.array([0.75, 0.5]))
    assert sent[0] == {"x": 1.25, "y": 2.5, "width": 10.5, "height": 19.5, "label": "person", "score": 0.75}
    np.testing.assert_array_equal(sockets.boxes_from_socket(sent, 1)[0], boxes)


def test_boxes_say_who_is_in_them(sockets):
    boxes = np.array([[1.25, 2.5, 11.75, 22.0], [0, 0, 3, 4]])
    sent = sockets.boxes_to_socket(boxes, track_ids=np.array([7, 2]))
    assert [box["track_id"] for box in sent] == [7, 2] and "score" not in sent[0]
    json.dumps(sent)


def test_people_of_boxes_keep_ids_and_scores_that_all_of_them_have(sockets):
    boxes = np.array([[1.25, 2.5, 11.75, 22.0], [0, 0, 3, 4]])
    sent = sockets.boxes_to_socket(boxes, np.array([0.75, 0.5]), np.array([7, 2]))
    named, nobody = sockets.people_from_boxes([sent, []], [(20, 30), (40, 50)])
    np.testing.assert_array_equal(named.boxes, boxes)
    assert (named.track_ids.tolist(), named.box_scores.tolist(), named.canvas_wh) == ([7, 2], [0.75, 0.5], (20, 30))
    assert len(nobody) == 0 and nobody.canvas_wh == (40, 50)
    del sent[0]["track_id"]
    (nameless,) = sockets.people_from_boxes([sent], [(20, 30)])
    assert nameless.track_ids is None and nameless.box_scores is not None


def test_boxes_of_people_are_around_those_of_whom_something_is_known(sockets, pack):
    poses, skeleton = pack.part("sdpose.poses").Poses, pack.part("sdpose.topology").get("coco17")
    points, scores = np.zeros((2, 17, 2)), np.zeros((2, 17))
    points[1, :2], scores[1, :2] = [[10, 20], [50, 80]], 0.9
    people = poses(points, scores, skeleton, (100, 100), track_ids=[3, 5])
    (box,) = sockets.boxes_of_people(people)
    assert box["track_id"] == 5 and box["x"] < 10 and box["x"] + box["width"] > 50 and box["y"] + box["height"] > 80


def test_pictures_survive_the_wire(sockets):
    frames = [np.random.default_rng(i).integers(0, 256, (5, 7, 3), dtype=np.uint8) for i in range(2)]
    image = sockets.image_from_frames(frames)
    assert image.shape == (2, 5, 7, 3) and image.dtype == torch.float32 and image.max() <= 1
    for sent, back in zip(frames, sockets.frames_from_image(image), strict=True):
        np.testing.assert_array_equal(sent, back)


def test_grey_transparent_and_half_precision_pictures(sockets):
    grey = next(sockets.frames_from_image(torch.full((1, 2, 2, 1), 0.5)))
    assert grey.shape == (2, 2, 3) and (grey == 128).all()
    clear = next(sockets.frames_from_image(torch.zeros(1, 2, 2, 4, dtype=torch.float16)))
    assert clear.shape == (2, 2, 3)


def test_poses_are_plain_json(sockets, pack):
    poses, topology = pack.part("sdpose.poses"), pack.part("sdpose.topology")
    rng = np.random.default_rng(0)
    skeleton = topology.get("coco_wholebody133")
    people = poses.Poses(rng.random((2, 133, 2)) * 500, rng.random((2, 133)), skeleton, (640, 480))
    frames = sockets.poses_to_socket([people, poses.Poses.empty(skeleton, (640, 480))])
    assert json.loads(json.dumps(frames)) == frames
    assert [len(frame["people"]) for frame in frames] == [2, 0]
    assert sockets.poses_to_socket(sockets.poses_from_socket(frames)) == frames
