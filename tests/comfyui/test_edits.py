"""Frames that leave a clip for an editor and come back, in graphs of a real ComfyUI."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sdpose

from .prompts import LOOK, SIZE, drawn, node, picture

FRAMES = 8
CLIP = drawn(16, frames=FRAMES, animate=True, side=128)
"""Three people."""

CORE = {"draw_body": True, "draw_hands": True, "draw_face": True, "draw_feet": False, "draw_head": True}
CORE |= {"stick_width": 4, "face_point_size": 3, "score_threshold": 0.3}
AS_IS = {"dialect": "auto", "width": 0, "height": 0}
CONVERT = {**AS_IS, "scores": "as the profile does", "threshold": -1.0}


def shown(**values):
    return {f"show {name}": node("SDPoseKitProbe_ShowValue", value=link) for name, link in values.items()}


def values(outputs, name):
    return [json.loads(text) for text in outputs[f"show {name}"]["json"]]


@pytest.fixture(scope="module")
def truth(server):
    outputs = server.run({"drawn": CLIP, **shown(poses=["drawn", 2])})
    return values(outputs, "poses")[0]


def edited(frame, by):
    """What an editor of still poses makes of a frame: points only, in a bare dict, everybody moved to the right."""
    bodies = [np.reshape(person["pose_keypoints_2d"], (18, 3)) for person in frame["people"]]
    people = [{"pose_keypoints_2d": (body + np.array([by, 0, 0])).ravel().tolist()} for body in bodies]
    return node("SDPoseKitProbe_Value", text=json.dumps(frame | {"people": people}))


def put_back(poses, *frames, **options):
    links = {f"edited.edited{i}": [name, 0] for i, name in enumerate(frames)}
    return node("SDPoseKit_PutFrameBack", poses=poses, **AS_IS, **links, **options)


def test_a_frame_is_picked_edited_and_put_back(server, truth):
    """Core draws the clip with it, and so do we; in pieces it comes out in pieces."""
    prompt = {
        "drawn": CLIP,
        "pick": node("SDPoseKit_PickFrame", poses=["drawn", 2], index=-6),
        "studio": node("SDPoseKit_ConvertPoses", poses=["pick", 0], profile="studio", **CONVERT),
        "edit": edited(truth[2], 9.0),
        "back": put_back(["drawn", 2], "edit", indices="2", between="leave"),
        "pieces": node("SDPoseKitProbe_Pieces", frames=["drawn", 2], length=5),
        "parts": put_back(["pieces", 0], "edit", indices="2", between="leave"),
        "core": node("SDPoseDrawKeypoints", keypoints=["back", 0], **CORE),
        "kit": node("SDPoseKit_RenderSkeleton", poses=["back", 0], **LOOK | {"style": "openpose"}, **SIZE),
        "by core": node("PreviewImage", images=["core", 0]),
        "by kit": node("PreviewImage", images=["kit", 0]),
        **shown(picked=["pick", 0], width=["pick", 1], frames=["pick", 3], studio=["studio", 0]),
        **shown(back=["back", 0], report=["back", 1], parts=["parts", 0]),
    }
    outputs = server.run(prompt)
    assert values(outputs, "picked") == [[truth[2]]]
    assert (values(outputs, "width"), values(outputs, "frames")) == ([128], [FRAMES])
    assert values(outputs, "studio")[0]["people"][0]["hand_left_keypoints_2d"] is None
    (back,) = values(outputs, "back")
    assert [one == other for one, other in zip(back, truth, strict=True)] == [i != 2 for i in range(FRAMES)]
    assert values(outputs, "parts") == [back[:5], back[5:]] and values(outputs, "report") == ["1 frame put back"]
    drawings = [[picture(server, one) for one in outputs[name]["images"]] for name in ("by core", "by kit")]
    np.testing.assert_array_equal(*drawings)
    was, now = (sdpose.draw(sdpose.formats.read(frames)[2], style="openpose") for frames in (truth, back))
    np.testing.assert_array_equal(drawings[1][2], now)
    assert (was != now).any()


def test_the_frames_between_follow_the_edits(server, truth):
    edits = {"first": edited(truth[1], 6.0), "second": edited(truth[5], 14.0)}
    prompt = {
        "drawn": CLIP,
        **edits,
        "back": put_back(["drawn", 2], "first", "second", indices="1, 5", between="blend the edits"),
        **shown(back=["back", 0], report=["back", 1]),
    }
    outputs = server.run(prompt)
    found, was = (sdpose.formats.read(frames) for frames in (values(outputs, "back")[0], truth))
    there = np.all([frame.scores > 0 for frame in was], axis=0)
    for now, old, step in zip(found, was, [0, 6, 8, 10, 12, 14, 0, 0], strict=True):
        np.testing.assert_allclose((now.points - old.points)[there], [[step, 0]] * int(there.sum()), atol=1e-9)
    assert values(outputs, "report") == ["2 frames put back, 3 frames between changed"]


def test_every_wire_is_drawn_alike(server, truth):
    """Poses of one person as text, DWPOSES, POSEDATA and in shares: each can be connected, and all are one picture."""
    one = [frame | {"people": frame["people"][:1]} for frame in truth]
    wires = {"frames": ["one", 0], "posedata": ["core", 1], "dwposes": ["core", 2], "text": ["core", 3],
             "shares": ["shares", 0]}  # fmt: skip
    prompt = {
        "one": node("SDPoseKitProbe_Value", text=json.dumps(one)),
        "core": node("SDPoseKit_ConvertPoses", poses=["one", 0], profile="core", **CONVERT),
        "shares": node("SDPoseKit_ConvertPoses", poses=["one", 0], profile="normalised", **CONVERT),
    }
    for name, wire in wires.items():
        prompt[f"draw {name}"] = node(
            "SDPoseKit_RenderSkeleton", poses=wire, **LOOK, **SIZE | {"width": 128, "height": 128}
        )
        prompt[f"see {name}"] = node("PreviewImage", images=[f"draw {name}", 0])
    outputs = server.run(prompt)
    drawings = {name: [picture(server, image) for image in outputs[f"see {name}"]["images"]] for name in wires}
    for name in wires:
        np.testing.assert_array_equal(drawings[name], drawings["frames"], err_msg=name)
    assert np.any(drawings["frames"])


def test_what_is_no_dialect_is_said_on_the_node(server):
    prompt = {
        "junk": node("SDPoseKitProbe_Value", text='{"points": [1, 2]}'),
        "convert": node("SDPoseKit_ConvertPoses", poses=["junk", 0], profile="core", **CONVERT),
        **shown(poses=["convert", 0]),
    }
    entry = server.wait(server.queue(prompt))
    message = entry["status"]["messages"][-1][1]["exception_message"]
    assert "known dialect" in message and "points" in message
