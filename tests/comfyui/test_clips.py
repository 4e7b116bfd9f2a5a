"""Clips on a real ComfyUI: who is who, whom to keep, and no jitter; in one batch and in pieces."""

from __future__ import annotations

import json

import pytest

from .prompts import DIFFPOSE, LOOK, MODEL, POSE, SIZE, VIDEO, drawn, node

FRAMES = 8
CLIP = drawn(16, frames=FRAMES, animate=True, side=128)
"""Three people."""

TRACK = {"fps": 24.0, "fill_absent": False}


def shown(**values):
    """Nodes that show values as JSON, by the name of the value."""
    return {f"show {name}": node("SDPoseKitProbe_ShowValue", value=link) for name, link in values.items()}


def pieces(link, length=5):
    return node("SDPoseKitProbe_Pieces", frames=link, length=length)


def values(outputs, name):
    """What was shown, one value for each piece."""
    return [json.loads(text) for text in outputs[f"show {name}"]["json"]]


def ids(frames):
    return [[person["track_id"] for person in frame["people"]] for frame in frames]


@pytest.fixture(scope="module")
def poses(server):
    """What Estimate Pose finds in the clip; without identities."""
    prompt = {
        "drawn": CLIP,
        "model": MODEL,
        "pose": node("SDPoseKit_EstimatePose", **POSE, boxes=["drawn", 1]),
        **shown(poses=["pose", 0]),
    }
    (found,) = values(server.run(prompt), "poses")
    return node("SDPoseKitProbe_Value", text=json.dumps(found))


def test_a_clip_in_pieces_has_the_identities_of_the_whole(server, poses):
    whole = {
        "drawn": CLIP,
        "poses": poses,
        "track": node("SDPoseKit_TrackPeople", poses=["poses", 0], image=["drawn", 0], **TRACK),
        **shown(poses=["track", 0], boxes=["track", 1], report=["track", 2]),
    }
    outputs = server.run(whole)
    (found,), (boxes,) = values(outputs, "poses"), values(outputs, "boxes")
    assert ids(found) == [[0, 1, 2]] * FRAMES == [[box["track_id"] for box in frame] for frame in boxes]
    parts = whole | {
        "frames": pieces(["drawn", 0]),
        "people": pieces(["poses", 0]),
        "track": node("SDPoseKit_TrackPeople", poses=["people", 0], image=["frames", 0], **TRACK),
    }
    outputs, report = server.run(parts), values(outputs, "report")
    assert values(outputs, "poses") == [found[:5], found[5:]]
    assert values(outputs, "boxes") == [boxes[:5], boxes[5:]]
    assert values(outputs, "report") == report == ["3 people in 8 frames: 0 (8 frames), 1 (8 frames), 2 (8 frames)"]


def test_a_clip_in_pieces_is_steadied_as_a_whole(server, poses):
    """Tracked on the way, with the drawings held on twos."""
    options = {"method": "smooth", "strength": 0.5, "body": 1.0, "hands": 1.0, "face": 1.0, "feet": 1.0, "fps": 24.0}
    options |= {"max_gap": 8, "gate": 0.05, "outliers": True, "swaps": True}
    twos = {"upto 0": node("ImageFromBatch", image=["drawn", 0], batch_index=0, length=1)}
    for index in range(1, FRAMES):
        one = node("ImageFromBatch", image=["drawn", 0], batch_index=index // 2 * 2, length=1)
        both = node("ImageBatch", image1=[f"upto {index - 1}", 0], image2=[f"one {index}", 0])
        twos |= {f"one {index}": one, f"upto {index}": both}
    held = [f"upto {FRAMES - 1}", 0]
    whole = {
        "drawn": CLIP,
        **twos,
        "poses": poses,
        "steady": node("SDPoseKit_SteadyPoses", poses=["poses", 0], image=held, **options),
        **shown(poses=["steady", 0], report=["steady", 1]),
    }
    outputs = server.run(whole)
    (found,), (report,) = values(outputs, "poses"), values(outputs, "report")
    assert report == f"24 poses in {FRAMES} frames, tracked first, 0 cuts, 4 held frames"
    points = [[person["pose_keypoints_2d"][:2] for person in frame["people"]] for frame in found]
    assert points[0::2] == points[1::2] and points[0] != points[2]
    parts = whole | {
        "frames": pieces(held),
        "people": pieces(["poses", 0]),
        "steady": node("SDPoseKit_SteadyPoses", poses=["people", 0], image=["frames", 0], **options),
    }
    outputs = server.run(parts)
    assert values(outputs, "poses") == [found[:5], found[5:]] and values(outputs, "report") == [report]


def test_boxes_are_tracked_before_poses_are_estimated(server):
    """The people of Estimate Pose in Video are those of Track People, whichever way they come; so in Estimate Pose."""
    prompt = {
        "drawn": CLIP,
        "track": node("SDPoseKit_TrackPeople", boxes=["drawn", 1], image=["drawn", 0], **TRACK),
        "model": DIFFPOSE,
        "by tracks": node("SDPoseKit_EstimateVideoPose", **VIDEO, tracks=["track", 0]),
        "by boxes": node("SDPoseKit_EstimateVideoPose", **VIDEO, boxes=["track", 1]),
        "single": MODEL,
        "each": node("SDPoseKit_EstimatePose", **POSE | {"model": ["single", 0]}, boxes=["track", 1]),
        **shown(track=["track", 0], tracks=["by tracks", 0], boxes=["by boxes", 0], each=["each", 0]),
    }
    outputs = server.run(prompt)
    tracked, tracks, boxes, each = (values(outputs, name)[0] for name in ("track", "tracks", "boxes", "each"))
    assert ids(tracked) == [[0, 1, 2]] * FRAMES == ids(each)
    assert tracks == boxes and ids(tracks) == ids(tracked)
    assert any(person["pose_keypoints_2d"][2] for frame in tracks for person in frame["people"])


@pytest.mark.parametrize(
    ("rule", "asked", "kept"),
    [
        ("track id", {"ids": "1"}, [1]),
        ("longest lived", {"count": 2}, [0, 1]),
        ("left to right", {"places": "0, 2"}, [0, 2]),
        ("mask", {"mask": ["everything", 0], "inside": 1.0}, [0, 1, 2]),
        ("nearest pose", {"reference": ["one", 0]}, [1]),
    ],
)
def test_the_chosen_are_drawn_by_core(server, poses, rule, asked, kept):
    """By ComfyUI's own node too, from each rule's own inputs."""
    rules = {"rule": rule, **{f"rule.{name}": value for name, value in asked.items()}}
    core = {"draw_body": True, "draw_hands": True, "draw_face": True, "draw_feet": False, "draw_head": True}
    core |= {"stick_width": 4, "face_point_size": 3, "score_threshold": 0.3}
    prompt = {
        "drawn": CLIP,
        "poses": poses,
        "track": node("SDPoseKit_TrackPeople", poses=["poses", 0], image=["drawn", 0], **TRACK),
        "one": node("SDPoseKit_SelectPeople", poses=["track", 0], **{"rule": "track id", "rule.ids": "1"}),
        "everything": node("SolidMask", value=1.0, width=128, height=128),
        "select": node("SDPoseKit_SelectPeople", poses=["track", 0], **rules),
        "core": node("SDPoseDrawKeypoints", keypoints=["select", 0], **core),
        "kit": node("SDPoseKit_RenderSkeleton", poses=["select", 0], **LOOK | {"style": "openpose"}, **SIZE),
        "by core": node("PreviewImage", images=["core", 0]),
        "by kit": node("PreviewImage", images=["kit", 0]),
        **shown(poses=["select", 0]),
    }
    outputs = server.run(prompt)
    assert ids(values(outputs, "poses")[0]) == [kept] * FRAMES
    for one, other in zip(outputs["by core"]["images"], outputs["by kit"]["images"], strict=True):
        assert server.image(one) == server.image(other)
