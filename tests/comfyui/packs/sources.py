"""Every node of ours that gives poses, each with a clip of its own on the same canvas."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sdpose import Poses, formats

from ..prompts import DIFFPOSE, MODEL, node
from ..server import Server
from .graphs import Link, Nodes, convert, defaults, one_frame, one_person, poses_of
from .people import CANVAS, clip

Source = tuple[Nodes, Link]

FRAMES = 2
DRAWN = {
    "seed": 5,
    "frames": FRAMES,
    "animate": True,
    "width": CANVAS[0],
    "height": CANVAS[1],
    "style": "any",
}


def _made_up(server: Server, kind: str, **given: Any) -> Source:
    """A node of ours that takes poses, with people who have faces and hands."""
    made_up = poses_of(clip(FRAMES))
    return {"made up": made_up, "ours": defaults(server, kind, poses=["made up", 0], **given)}, ["ours", 0]


def _seen(server: Server, kind: str, model: dict[str, Any], output: int = 0, **given: Any) -> Source:
    """A node of ours that looks at pictures; it finds what the model in the pack knows: bodies."""
    drawn = {"drawn": node("SDPoseKit_DrawnCharacters", **DRAWN), "model": model}
    return drawn | {"ours": defaults(server, kind, model=["model", 0], **given)}, ["ours", output]


def _film(server: Server) -> Source:
    nodes, link = _seen(server, "SDPoseKit_PoseVideo", MODEL, 2, video=["video", 0], boxes=["drawn", 1], overlay=False)
    return nodes | {"video": node("CreateVideo", images=["drawn", 0], fps=24.0)}, link


def _loaded(server: Server) -> Source:
    path = server.base / "input" / "made_up.json"
    if not path.exists():
        path.write_text(json.dumps(formats.write(clip(FRAMES))), encoding="utf-8")
    return {"ours": node("SDPoseKit_LoadPoses", file=path.name)}, ["ours", 0]


def _put_back(server: Server) -> Source:
    made_up = {"made up": poses_of(clip(FRAMES)), "picked": one_frame(["made up", 0])}
    chosen = {"indices": "1", "between": "leave", "dialect": "auto", "width": 0, "height": 0}
    back = node("SDPoseKit_PutFrameBack", poses=["made up", 0], **{"edited.edited0": ["picked", 0]}, **chosen)
    return made_up | {"ours": back}, ["ours", 0]


def _together(server: Server, kind: str) -> Source:
    """A node of ours that makes one clip of two."""
    one, other = (poses_of([frame[[person]] for frame in clip(FRAMES)]) for person in (0, 1))
    both = {"poses.poses0": ["one", 0], "poses.poses1": ["other", 0]}
    return {"one": one, "other": other, "ours": defaults(server, kind, **both)}, ["ours", 0]


SOURCES: dict[str, Callable[[Server], Source]] = {
    "Drawn Characters": lambda server: ({"ours": node("SDPoseKit_DrawnCharacters", **DRAWN)}, ["ours", 2]),
    "Estimate Pose": lambda server: _seen(
        server, "SDPoseKit_EstimatePose", MODEL, image=["drawn", 0], boxes=["drawn", 1]
    ),
    "Estimate Pose in Video (DiffPose)": lambda server: _seen(
        server, "SDPoseKit_EstimateVideoPose", DIFFPOSE, image=["drawn", 0], boxes=["drawn", 1], steps=1, noises=1
    ),
    "Pose Video (any length)": _film,
    "Track People": lambda server: _made_up(server, "SDPoseKit_TrackPeople"),
    "Select People": lambda server: (
        {"made up": poses_of(clip(FRAMES)), "ours": one_person(["made up", 0])},
        ["ours", 0],
    ),
    "Steady Poses": lambda server: _made_up(server, "SDPoseKit_SteadyPoses", gate=0.2),
    "Load Poses (JSON)": _loaded,
    "Convert Poses": lambda server: ({"made up": poses_of(clip(FRAMES)), "ours": convert(["made up", 0])}, ["ours", 0]),
    "Pick Frame": lambda server: ({"made up": poses_of(clip(FRAMES)), "ours": one_frame(["made up", 0])}, ["ours", 0]),
    "Put Frame Back": _put_back,
    "Transform Poses": lambda server: _made_up(
        server,
        "SDPoseKit_TransformPoses",
        **{"operation": "flip", "operation.direction": "horizontal", "operation.sides": "swap"},
    ),
    "Merge Poses": lambda server: _together(server, "SDPoseKit_MergePoses"),
    "Concatenate Poses": lambda server: _together(server, "SDPoseKit_ConcatenatePoses"),
    "Filter Poses": lambda server: _made_up(server, "SDPoseKit_FilterPoses"),
}
"""Title of the node -> the nodes of its graph, and where its poses come out."""


def _without(poses: Poses, *parts: str) -> Poses:
    """All but the first person lose parts."""
    scores, points = poses.scores.copy(), poses.points.copy()
    lost = [index for part in parts for index in poses.skeleton.indices(part)]
    scores[1:, lost], points[1:, lost] = 0, 0
    return poses.replace(scores=scores, points=points)


def _case(frames: list[Poses]) -> Callable[[Server], Source]:
    return lambda server: ({"ours": poses_of(frames)}, ["ours", 0])


_CLIP = clip(3)
CASES: dict[str, Callable[[Server], Source]] = {
    "nobody in between": _case([_CLIP[0], _CLIP[1][:0], _CLIP[2]]),
    "nobody at first": _case([_CLIP[0][:0], _CLIP[1], _CLIP[2]]),
    "nobody at all": _case([frame[:0] for frame in _CLIP]),
    "somebody without a hand": _case([_without(frame, "left_hand") for frame in _CLIP]),
    "somebody without hands and face": _case(
        [_without(frame, "left_hand", "right_hand", "face") for frame in _CLIP],
    ),
}
"""Who comes and goes -> the same for poses in which they do."""
