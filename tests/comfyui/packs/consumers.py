"""The nodes of other packs that take poses from ours: how each is connected, and what it has to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sdpose import Poses, formats
from sdpose.topology import get

from ..prompts import node
from ..server import Server
from .graphs import Link, Nodes, convert, defaults, one_frame, one_person, pictures, preview, show, shown, skeleton
from .people import CANVAS
from .placed import BODY, HANDS, NOBODY, Drawn, due, misplaced

WIDTH, HEIGHT = CANVAS
EVERYTHING = Drawn()
HEAD = ("nose", "right_eye", "left_eye", "right_ear", "left_ear")
FACE_WITHOUT_JAW_AND_NOSE = tuple(f"face-{number}" for number in (*range(17, 27), *range(36, 68)))

COLOURED = tuple(f"face-{number}" for number in range(68) if number not in (17, 18, 56, 57, 58))
"""The landmarks that controlnet_aux's facial parts go through."""


@dataclass(frozen=True)
class Consumer:
    """One node of another pack.

    Attributes:
        pack: whose it is.
        kind: its class.
        title: what it is called.
        inputs: the poses' input, and others that are not as they come.
        profile: how our poses are written for it: a profile of Convert Poses, or one of its other outputs
            (`pose_data`, `dw_poses`, `json`); None when they are connected as they are.
        output: which of its outputs is looked at.
        gives: what that is: a picture of skeletons, poses, or boxes around faces.
        drawn: what has to be in the picture.
        frames: how many frames it takes; None for a clip.
        people: how many people it takes a frame; None for any number.
        options: of Convert Poses.
        around: other nodes that it needs.
        sizeless: whether the poses that it gives do not say how large their canvas is.
    """

    pack: str
    kind: str
    title: str
    inputs: Callable[[Link], dict[str, Any]]
    profile: str | None = None
    output: int = 0
    gives: str = "picture"
    drawn: Drawn = EVERYTHING
    frames: int | None = None
    people: int | None = None
    options: tuple[tuple[str, Any], ...] = ()
    around: Callable[[Link], Nodes] = lambda link: {}
    sizeless: bool = False

    @property
    def through(self) -> str:
        """How to connect it, in words."""
        steps = ["Select People"] * (self.people == 1) + ["Pick Frame"] * (self.frames == 1)
        asked = "".join(f", `{name}` {value}" for name, value in self.options)
        if self.profile in _OUTPUTS:
            steps.append(f"Convert Poses{asked}, its `{self.profile}`")
        elif self.profile:
            steps.append(f"Convert Poses, `profile` {self.profile}{asked}")
        return ", ".join(steps) or "as it is"

    @property
    def frames_wanted(self) -> bool:
        """Whether it takes POSE_KEYPOINT, so that it can be connected to our nodes without Convert Poses."""
        return self.profile not in _OUTPUTS


_OUTPUTS = {"pose_data": 1, "dw_poses": 2, "json": 3}
# The outputs of Convert Poses that are no POSE_KEYPOINT -> which they are.


def given(consumer: Consumer, link: Link) -> tuple[Nodes, Link, Link]:
    """What comes before it: the nodes, the poses it is to show, and those poses as it wants them."""
    nodes: Nodes = {}
    if consumer.people == 1:
        nodes["one person"], link = one_person(link), ["one person", 0]
    if consumer.frames == 1:
        nodes["one frame"], link = one_frame(link), ["one frame", 0]
    if consumer.profile is None:
        return nodes, link, link
    profile = "core" if consumer.profile in _OUTPUTS else consumer.profile
    nodes["convert"] = convert(link, profile, **dict(consumer.options))
    return nodes, link, ["convert", _OUTPUTS.get(consumer.profile, 0)]


def asked(server: Server, consumer: Consumer, link: Link, direct: bool = False) -> Nodes:
    """The graph that shows poses by this node, and the poses that it is given as `given`.

    Args:
        server: a ComfyUI with its pack.
        consumer: the node.
        link: where the poses come out.
        direct: connect them as they are, whatever it wants.
    """
    nodes, poses, ready = ({}, link, link) if direct else given(consumer, link)
    nodes = nodes | consumer.around(ready)
    nodes |= {"theirs": defaults(server, consumer.kind, **consumer.inputs(ready)), "given": show(poses)}
    found: Link = ["theirs", consumer.output]
    if consumer.gives == "poses":
        nodes["skeleton"] = skeleton(found, CANVAS if consumer.sizeless else (0, 0))
        found = ["skeleton", 0]
    return nodes | {"seen": show(found) if consumer.gives == "boxes" else preview(found)}


def faults(server: Server, consumer: Consumer, outputs: dict[str, Any]) -> list[str]:
    """What is wrong with what it showed; nothing, when it is right, and `NOBODY` when nothing was there to be shown."""
    people = formats.read(shown(outputs, "given"), "openpose")
    if consumer.gives == "boxes":
        return off_faces(shown(outputs, "seen"), people)
    seen = pictures(server, outputs, "seen")
    if len(seen) != (consumer.frames or len(people)):
        return [f"{len(seen)} pictures of {len(people)} frames"]
    frames = people[: len(seen)]
    if not any(due(frame, consumer.drawn) for frame in frames):
        return [NOBODY]
    wrong = [misplaced(image, frame, consumer.drawn) for image, frame in zip(seen, frames, strict=True)]
    return [f"frame {index}: {fault}" for index, each in enumerate(wrong) for fault in each if fault != NOBODY]


def off_faces(boxes: list[list[dict[str, float]]], people: list[Poses]) -> list[str]:
    """What is wrong with boxes around the faces of every frame: each face is in one of its own, with little around."""
    wrong, seen = [], 0
    for index, (frame, poses) in enumerate(zip(boxes, people, strict=True)):
        whole = poses.to(get("openpose134"))
        face = list(whole.skeleton.indices("face"))
        faces = [points[face] for points, scores in zip(whole.points, whole.scores, strict=True) if scores[face].all()]
        if len(frame) != len(faces):
            wrong.append(f"frame {index}: {len(frame)} boxes for {len(faces)} faces")
            continue
        seen += len(faces)
        for box, points in zip(frame, faces, strict=True):
            corner, size = np.array([box["x"], box["y"]]), np.array([box["width"], box["height"]])
            held = (points >= corner - 1).all() and (points <= corner + size + 1).all()
            if not held or (size > 3 * np.ptp(points, axis=0)).any():
                wrong.append(f"frame {index}: the box {box} is not around a face")
    return wrong or ([] if seen else [NOBODY])


def _nlf(link: Link) -> Nodes:
    """Bodies for SCAIL's renderer, as its NLF model finds them: here nobody's, so that hands and faces are left."""
    return {"nlf": node("SDPoseKitProbe_NLFPoses", poses=link)}


CONSUMERS = (
    Consumer("core", "SDPoseDrawKeypoints", "SDPose Draw Keypoints", lambda link: {"keypoints": link}),
    Consumer(
        *("core", "SDPoseFaceBBoxes", "SDPose Face Bounding Boxes", lambda link: {"keypoints": link}), gives="boxes"
    ),
    Consumer(
        *("comfyui_controlnet_aux", "RenderPeopleKps", "Render Pose JSON (Human)", lambda link: {"kps": link}),
        profile="aux",
        frames=1,
    ),
    Consumer(
        *("comfyui_controlnet_aux", "FacialPartColoringFromPoseKps", "Colorize Facial Parts from PoseKPS"),
        lambda link: {"pose_kps": link, "mode": "point"},
        drawn=Drawn(COLOURED),
    ),
    Consumer(
        *("ComfyUI-WanAnimatePreprocess", "DrawViTPose", "Draw ViT Pose"),
        lambda link: {"pose_data": link, "width": WIDTH, "height": HEIGHT},
        profile="pose_data",
        people=1,
        drawn=Drawn((*BODY, *HANDS), above=0.51, below=0.49),
    ),
    Consumer(
        *("ComfyUI-SCAIL-Pose2", "ConvertOpenPoseKeypointsToDWPose", "Convert OpenPose Keypoints To DWPose"),
        lambda link: {"keypoints": link},
        profile="scail",
        gives="poses",
        sizeless=True,
    ),
    Consumer(
        *("ComfyUI-SCAIL-Pose2", "RenderNLFPoses", "Render NLF Poses"),
        lambda link: {
            **{"nlf_poses": ["nlf", 0], "dw_poses": link, "render_width": 2 * WIDTH, "render_height": 2 * HEIGHT},
            **{"render_backend": "torch", "render_device": "cpu"},
        },
        profile="dw_poses",
        drawn=Drawn((*HEAD, *FACE_WITHOUT_JAW_AND_NOSE, *HANDS)),
        options=(("threshold", 0.3),),
        around=_nlf,
    ),
    Consumer(
        *("ComfyUI-OpenPose-Studio", "OpenPoseStudio", "OpenPose Studio", lambda link: {"pose_keypoint": link}),
        profile="studio",
        frames=1,
    ),
    Consumer(
        *("ComfyUI-openpose-editor", "huchenlei.LoadOpenposeJSON", "Load Openpose JSON"),
        lambda link: {"json_str": link},
        profile="json",
        gives="poses",
    ),
    Consumer(
        *("ComfyUI-ultimate-openpose-editor", "OpenposeEditorNode", "Openpose Editor Node"),
        lambda link: {"POSE_KEYPOINT": link, "POSE_JSON": ""},
        profile="editor",
    ),
    Consumer(
        *("ComfyUI-ultimate-openpose-editor", "AppendageEditorNode", "Appendage Editor"),
        lambda link: {"POSE_KEYPOINT": link},
        profile="editor",
        gives="poses",
    ),
    Consumer(
        *("ComfyUI-Magos-Nodes", "DWPoseTERenderer", "DWPose Temporal Renderer"),
        lambda link: {"pose_data": link, "draw_face_on_pose": True},
        profile="pose_data",
        people=1,
        drawn=Drawn(above=0.31, below=0.15),
    ),
    Consumer(
        *("ComfyUI-Magos-Nodes", "MagosPoseRetargeter", "Magos Pose Retargeter", lambda link: {"pose_data": link}),
        profile="pose_data",
        people=1,
        gives="poses",
    ),
    Consumer(
        *("ComfyUI-ProportionChanger", "ProportionChangerDWPoseRender", "ProportionChanger DWPose Render"),
        lambda link: {"pose_keypoint": link, "show_face": True},
        profile="editor",
    ),
    Consumer(
        *("ComfyUI-ProportionChanger", "ProportionChangerParams", "ProportionChanger Params"),
        lambda link: {"pose_keypoint": link},
        profile="editor",
        gives="poses",
    ),
    Consumer(
        *("ComfyUI-ProportionChanger", "PoseKeypointResize", "pose_keypoint resize"),
        lambda link: {"pose_keypoint": link, "width": WIDTH, "height": HEIGHT},
        profile="core",
        gives="poses",
    ),
)
"""Every one that can be run without a model of its own."""
