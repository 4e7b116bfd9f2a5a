"""Drawn Characters: pictures with the truth about them, the same for the same seed."""

from __future__ import annotations

import pytest
import torch

ASKED = {"seed": 7, "frames": 3, "animate": False, "width": 128, "height": 96, "style": "any"}


@pytest.mark.parametrize("animate", [False, True])
def test_pictures_boxes_and_poses_belong_together(pack, animate):
    image, boxes, poses = pack.run("SDPoseKit_DrawnCharacters", **ASKED | {"animate": animate})
    assert image.shape == (3, 96, 128, 3) and image.dtype == torch.float32
    assert len(boxes) == len(poses) == 3
    for frame_boxes, frame in zip(boxes, poses, strict=True):
        assert (frame["canvas_width"], frame["canvas_height"]) == (128, 96)
        assert len(frame_boxes) == len(frame["people"]) > 0
    again = pack.run("SDPoseKit_DrawnCharacters", **ASKED | {"animate": animate})
    assert torch.equal(again[0], image) and again[1:] == (boxes, poses)


def test_only_a_moving_scene_keeps_its_people(pack):
    _, _, still = pack.run("SDPoseKit_DrawnCharacters", **ASKED)
    _, _, moving = pack.run("SDPoseKit_DrawnCharacters", **ASKED | {"animate": True})
    assert all("track_id" in person for frame in moving for person in frame["people"])
    assert all("track_id" not in person for frame in still for person in frame["people"])


def test_pictures_are_those_the_model_never_saw(pack):
    synthetic, sockets = pack.part("sdpose").synthetic, pack.part("nodes.sockets")
    image, _, _ = pack.run("SDPoseKit_DrawnCharacters", **ASKED | {"frames": 1, "style": "cel"})
    drawing = synthetic.drawing(7, size_wh=(128, 96), split="test", style="cel")
    assert (next(sockets.frames_from_image(image)) == drawing.image).all()


def test_a_film_is_what_a_camera_takes(pack):
    from sdpose.synthetic.footage import footage

    image, boxes, poses = pack.run("SDPoseKit_DrawnCharacters", **ASKED | {"animate": True, "film": True})
    frames = pack.part("nodes.sockets").frames_from_image(image)
    for frame, shot, people in zip(frames, footage(7, 3, size_wh=(128, 96), split="test"), poses, strict=True):
        assert (frame == shot.image).all()
        assert [person["track_id"] for person in people["people"]] == shot.poses.track_ids.tolist()
    assert [len(people) for people in boxes] == [len(frame["people"]) for frame in poses]
    still = pack.run("SDPoseKit_DrawnCharacters", **ASKED | {"film": True})
    assert torch.equal(still[0], pack.run("SDPoseKit_DrawnCharacters", **ASKED)[0])
