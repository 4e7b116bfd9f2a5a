"""Poses of any dialect as those of any consumer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io
from comfy_execution.graph import ExecutionBlocker
from typing_extensions import override

from ..sdpose.formats import DIALECTS, PROFILES, is_animals, openpose, read, recognise, write
from ..sdpose.formats.losses import losses
from .progress import report, summary
from .sockets import DWPosesSocket, PoseDataSocket, PosesSocket, both_sides, or_blocked, poses_from_socket, poses_input
from .words import words

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = ["ConvertPoses"]

FRAMES = [name for name, profile in PROFILES.items() if profile.kind == "POSE_KEYPOINT"]
SCORES = {"as the profile does": None, "raw": "raw", "0 or 1": "binary"}
OWN_THRESHOLD = -1.0


class ConvertPoses(io.ComfyNode):
    """Whatever poses came in, the same poses as each consumer wants them out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_ConvertPoses")
        tip, out = text.inputs, text.outputs
        side = {"default": 0, "min": 0, "max": 16384}
        threshold = {"default": OWN_THRESHOLD, "min": OWN_THRESHOLD, "max": 1, "step": 0.01}
        return io.Schema(
            node_id="SDPoseKit_ConvertPoses",
            display_name="Convert Poses",
            category="SDPose Kit/convert",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Combo.Input("profile", FRAMES, default="core", tooltip=tip["profile"]),
                io.Combo.Input("dialect", ["auto", *DIALECTS], default="auto", tooltip=tip["dialect"]),
                io.Combo.Input("scores", list(SCORES), tooltip=tip["scores"]),
                io.Float.Input("threshold", tooltip=tip["threshold"], **threshold),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
            ],
            outputs=[
                PosesSocket.Output("poses", tooltip=out["poses"]),
                PoseDataSocket.Output("pose_data", tooltip=out["pose_data"]),
                DWPosesSocket.Output("dw_poses", tooltip=out["dw_poses"]),
                io.String.Output("json", tooltip=out["json"]),
                io.String.Output("report", tooltip=out["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls, poses: Any, profile: str, dialect: str, scores: str, threshold: float, width: int, height: int
    ) -> io.NodeOutput:
        if is_animals(poses):
            return _animals(cls.hidden.unique_id, poses)
        clip = poses_from_socket(poses, dialect, both_sides(width, height))
        if clip and (width or height):
            canvas_wh = width or clip[0].canvas_wh[0], height or clip[0].canvas_wh[1]
            clip = [frame.scaled(canvas_wh) for frame in clip]
        options = {"scores": SCORES[scores], "threshold": None if threshold < 0 else threshold}
        written = write(clip, profile, **options)
        others = [or_blocked(write, clip, name, **options) for name in ("posedata", "dwposes")]
        came = recognise(poses) if dialect == "auto" else dialect
        text = f"{came}: {summary(clip)}\n{_said(clip, profile, written)}"
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(written, *others, json.dumps(written), text)


def _animals(node_id: str | None, poses: Any) -> io.NodeOutput:
    """AP-10K's animals as they came; what follows on the outputs for people does not run."""
    text = "animals (AP-10K), passed on as they are"
    report(node_id, text)
    nobody = ExecutionBlocker("these poses are of animals (AP-10K): POSEDATA and DWPOSES hold people only")
    return io.NodeOutput(poses, nobody, nobody, poses if isinstance(poses, str) else json.dumps(poses), text)


def _said(clip: Sequence[Poses], profile: str, written: Any) -> str:
    """What was written, and what of the poses is not in it, such as `written for aux, without feet, raw scores`."""
    shares = openpose.variants()[profile].units == "shares"
    back = read(written, "normalised" if shares else "openpose", clip[0].canvas_wh if clip else None)
    lost = losses(clip, back)
    return f"written for {profile}" + (f", without {', '.join(lost)}" if lost else "")
