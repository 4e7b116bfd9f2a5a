"""The nodes of other packs that give poses to ours: what they were given themselves, and what we have to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sdpose import Poses, formats
from sdpose.topology import get

from ..prompts import node
from ..server import Server
from .consumers import EVERYTHING
from .graphs import Nodes, convert, defaults, pictures, preview, run, show, shown, skeleton, value
from .people import CANVAS, clip
from .placed import BODY, FACE, HANDS, Drawn, misplaced

WIDTH, HEIGHT = CANVAS
FRAMES = 2
SURE = 0.3
MODEL_INPUT = (768, 1024)
WITHOUT_WEIGHTS = "given keypoints in place of its model's"


@dataclass(frozen=True)
class Producer:
    """One node of another pack.

    Attributes:
        pack: whose it is.
        kind: its class.
        title: what it is called, and what of it is taken.
        nodes: what it is given; its own node is `theirs`.
        fed_by: the pack whose node feeds it.
        output: which of its outputs is taken.
        frames, people: how many it can give.
        parts: what it can give.
        labelled: whether its left and right hands are called what they are.
        near: how far a keypoint may be off, in pixels: some round to whole ones.
        sizeless: whether it does not say how large the canvas is.
        note: what else to know.
        broken: why what it gives cannot be read right; empty when it can.
    """

    pack: str
    kind: str
    title: str
    nodes: Callable[[Server], Nodes]
    output: int = 0
    frames: int = FRAMES
    people: int = 2
    parts: tuple[str, ...] = (*BODY, *HANDS, *FACE)
    labelled: bool = True
    near: float = 1e-3
    sizeless: bool = False
    note: str = ""
    broken: str = ""
    fed_by: str = "core"

    @property
    def through(self) -> str:
        """How to connect it, in words."""
        return "Convert Poses, told `width` and `height`" if self.sizeless else "as it is"


def faults(server: Server, producer: Producer) -> list[str]:
    """What is wrong with the poses that ours read from it, in numbers and in a picture; nothing, when they are right.

    Raises:
        Failed: a node ended with an error.
    """
    size = {"width": WIDTH, "height": HEIGHT} if producer.sizeless else {}
    prompt = producer.nodes(server)
    prompt["ours"] = convert(["theirs", producer.output], **size)
    prompt["skeleton"] = skeleton(["theirs", producer.output], CANVAS if producer.sizeless else (0, 0))
    prompt |= {"read": show(["ours", 0]), "seen": preview(["skeleton", 0])}
    outputs = run(server, prompt)
    due = [frame[list(range(producer.people))] for frame in _given()[: producer.frames]]
    read = formats.read(shown(outputs, "read"), "openpose")
    wrong = unlike(read, due if producer.labelled else [_other_handed(frame) for frame in due], producer)
    drawn = Drawn(producer.parts) if producer.parts != EVERYTHING.parts else EVERYTHING
    for index, (image, frame) in enumerate(zip(pictures(server, outputs, "seen"), due, strict=True)):
        wrong += [f"frame {index}: {fault}" for fault in misplaced(image, frame, drawn)]
    return wrong


def unlike(found: Sequence[Poses], due: Sequence[Poses], producer: Producer) -> list[str]:
    """Where poses are not those that there have to be, keypoint by keypoint of the same name."""
    if [len(frame) for frame in found] != [len(frame) for frame in due]:
        return [f"{[len(frame) for frame in found]} people a frame, not {[len(frame) for frame in due]}"]
    table = get("openpose134")
    columns = [index for part in producer.parts for index in table.indices(part)]
    wrong = []
    for index, (one, other) in enumerate(zip(found, due, strict=True)):
        if one.canvas_wh != CANVAS:
            wrong.append(f"frame {index}: a canvas of {one.canvas_wh}")
        one, other = one.to(table), other.to(table)
        sure = other.scores > SURE
        lost = sure & (one.scores <= SURE)
        gone = sure & (np.abs(one.points - other.points).max(axis=2) > producer.near)
        for what, where in (("is lost", lost), ("is elsewhere", gone)):
            if names := [table.keypoints[k] for k in columns if where[:, k].any()]:
                wrong.append(f"frame {index}: {', '.join(names)} {what}")
    return wrong


def _other_handed(poses: Poses) -> Poses:
    """Everybody with the left hand called the right one."""
    table = poses.skeleton
    order = np.arange(len(table))
    left, right = list(table.indices("left_hand")), list(table.indices("right_hand"))
    order[left], order[right] = right, left
    return poses.replace(points=poses.points[:, order], scores=poses.scores[:, order])


def _given() -> list[Poses]:
    """The clip, with necks where tables of 133 keypoints have them."""
    return [frame.to(get("coco_wholebody133")).to(get("openpose134")) for frame in clip(FRAMES)]


def _payload(profile: str, frames: int = FRAMES) -> Any:
    return formats.write(_given()[:frames], profile)


def _triplets(size_wh: tuple[int, int] = CANVAS, keypoints: int = 133) -> str:
    """The first person of every frame as lists of x, y and score in a model's order and input size, as JSON."""
    table = get("coco_wholebody133")
    people = [frame[[0]].to(table).scaled(size_wh) for frame in clip(FRAMES)]
    rows = [np.concatenate([frame.points[0], frame.scores[0][:, None]], axis=1) for frame in people]
    return json.dumps([row[:keypoints].tolist() for row in rows])


def _pictures() -> dict[str, Any]:
    return node("EmptyImage", width=WIDTH, height=HEIGHT, batch_size=FRAMES, color=0)


def detected(kind: str, model: str = "model") -> Callable[[Server], Nodes]:
    """A node that takes pictures and a ViTPose."""

    def nodes(server: Server) -> Nodes:
        given = {model: ["pose model", 0], "images": ["pictures", 0]}
        pose_model = node("SDPoseKitProbe_PoseModel", keypoints=_triplets())
        return {"pictures": _pictures(), "pose model": pose_model, "theirs": defaults(server, kind, **given)}

    return nodes


def _after_detection(kind: str, **given: Any) -> Callable[[Server], Nodes]:
    """A node that takes what kijai's detection gives."""

    def nodes(server: Server) -> Nodes:
        before = detected("PoseAndFaceDetection")(server)
        found = {"found": before.pop("theirs")}
        return before | found | {"theirs": defaults(server, kind, pose_data=["found", 0], **given)}

    return nodes


def _judian17(scheme: str, keypoints: int) -> Callable[[Server], Nodes]:
    def nodes(server: Server) -> Nodes:
        model = node("SDPoseKitProbe_SDPoseModel", keypoints=_triplets(MODEL_INPUT, keypoints), scheme=scheme)
        given = {"sdpose_model": ["model", 0], "images": ["pictures", 0]}
        return {
            "pictures": _pictures(),
            "model": model,
            "theirs": defaults(server, "SDPoseOODProcessor", **given),
        }

    return nodes


def _fed(kind: str, name: str, profile: str, frames: int = FRAMES, **given: Any) -> Callable[[Server], Nodes]:
    """A node that takes poses itself."""

    def nodes(server: Server) -> Nodes:
        fed = value(_payload(profile, frames))
        return {"fed": fed, "theirs": defaults(server, kind, **{name: ["fed", 0]}, **given)}

    return nodes


def _typed(kind: str, name: str, profile: str, frames: int = FRAMES) -> Callable[[Server], Nodes]:
    """A node that takes the text of poses."""
    return lambda server: {"theirs": defaults(server, kind, **{name: json.dumps(_payload(profile, frames))})}


_AUX, _ULTIMATE, _STUDIO = "comfyui_controlnet_aux", "ComfyUI-ultimate-openpose-editor", "ComfyUI-OpenPose-Studio"
_WAN = "ComfyUI-WanAnimatePreprocess"
_EDITOR = {"POSE_JSON": ""}

PRODUCERS = (
    Producer(
        *(
            _AUX,
            "SDPoseKitProbe_AuxEncoded",
            "DWPose Estimator, its encoder",
            _fed("SDPoseKitProbe_AuxEncoded", "poses", "aux"),
        ),
        note="its own encoder, without its models",
    ),
    Producer(
        *("ComfyUI-SDPose-OOD", "SDPoseOODProcessor", "Run SDPose Estimation (WholeBody)", _judian17("wholebody", 133)),
        output=1,
        people=1,
        labelled=False,
        note=f"{WITHOUT_WEIGHTS}; it calls the left hand right",
    ),
    Producer(
        *("ComfyUI-SDPose-OOD", "SDPoseOODProcessor", "Run SDPose Estimation (Body)", _judian17("body", 17)),
        output=1,
        people=1,
        parts=BODY,
        note=WITHOUT_WEIGHTS,
    ),
    Producer(
        *(_WAN, "PoseAndFaceDetection", "Pose and Face Detection"),
        detected("PoseAndFaceDetection"),
        people=1,
        note=WITHOUT_WEIGHTS,
    ),
    Producer(
        *("ComfyUI-SCAIL-Pose2", "PoseDetectionVitPoseToDWPose", "Pose Detection VitPose to DWPose"),
        detected("PoseDetectionVitPoseToDWPose", "vitpose_model"),
        people=1,
        sizeless=True,
        note=WITHOUT_WEIGHTS,
    ),
    Producer(
        *(_STUDIO, "OpenPoseStudio", "OpenPose Studio, KPS"),
        _fed("OpenPoseStudio", "pose_keypoint", "studio", 1),
        output=2,
        frames=1,
        near=0.51,
    ),
    Producer(
        *(_STUDIO, "OpenPoseStudio", "OpenPose Studio, JSON", _typed("OpenPoseStudio", "pose_json", "studio", 1)),
        output=1,
        frames=1,
    ),
    Producer(
        *("ComfyUI-openpose-editor", "huchenlei.LoadOpenposeJSON", "Load Openpose JSON (a list)"),
        _typed("huchenlei.LoadOpenposeJSON", "json_str", "core"),
    ),
    Producer(
        *("ComfyUI-openpose-editor", "huchenlei.LoadOpenposeJSON", "Load Openpose JSON (one frame)"),
        _typed("huchenlei.LoadOpenposeJSON", "json_str", "studio", 1),
        frames=1,
    ),
    Producer(
        *(_ULTIMATE, "OpenposeEditorNode", "Openpose Editor Node, POSE_KEYPOINT"),
        _fed("OpenposeEditorNode", "POSE_KEYPOINT", "editor", **_EDITOR),
        output=1,
    ),
    Producer(
        *(_ULTIMATE, "OpenposeEditorNode", "Openpose Editor Node, POSE_JSON"),
        _fed("OpenposeEditorNode", "POSE_KEYPOINT", "editor", **_EDITOR),
        output=2,
    ),
    Producer(
        *(_ULTIMATE, "AppendageEditorNode", "Appendage Editor"),
        _fed("AppendageEditorNode", "POSE_KEYPOINT", "editor"),
    ),
    Producer(
        *("ComfyUI-Magos-Nodes", "DWPoseTERenderer", "DWPose Temporal Renderer"),
        _after_detection("DWPoseTERenderer"),
        fed_by=_WAN,
        output=2,
        people=1,
        near=0.01,
    ),
    Producer(
        *(
            "ComfyUI-Magos-Nodes",
            "MagosPoseRetargeter",
            "Magos Pose Retargeter",
            _after_detection("MagosPoseRetargeter"),
        ),
        fed_by=_WAN,
        people=1,
        near=0.01,
    ),
    Producer(
        *("ComfyUI-ProportionChanger", "ProportionChangerParams", "ProportionChanger Params"),
        _fed("ProportionChangerParams", "pose_keypoint", "editor"),
    ),
    Producer(
        *("ComfyUI-ProportionChanger", "ProportionChangerInterpolator", "ProportionChanger Interpolator"),
        _fed("ProportionChangerInterpolator", "pose_keypoint", "editor"),
    ),
    Producer(
        *("ComfyUI-ProportionChanger", "PoseKeypointResize", "pose_keypoint resize"),
        _fed("PoseKeypointResize", "pose_keypoint", "core", width=WIDTH, height=HEIGHT),
    ),
    Producer(
        *("ComfyUI-ProportionChanger", "PoseDataToPoseKeypoint", "PoseData to pose_keypoint"),
        _after_detection("PoseDataToPoseKeypoint", width=WIDTH, height=HEIGHT),
        fed_by=_WAN,
        people=1,
        broken="its 25 points are not OpenPose's 25, and its faces begin with a heel: connect the POSEDATA itself",
    ),
)
"""Every one that can be run without a model of its own, or with keypoints in place of what the model finds."""
