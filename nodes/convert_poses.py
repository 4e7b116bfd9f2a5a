"""Poses of any dialect as those of any consumer."""

from __future__ import annotations

import json
from typing import Any

from comfy_api.latest import io
from comfy_execution.graph import ExecutionBlocker
from typing_extensions import override

from ..sdpose.editing.transforms import resized_wh
from ..sdpose.formats import DIALECTS, PROFILES, is_animals, profile_of, recognise, write
from ..sdpose.formats.dialects import unpacked
from ..sdpose.formats.losses import written_for
from .progress import report, summary
from .sockets import (
    DWPosesSocket,
    PoseDataSocket,
    PosesSocket,
    both_sides,
    or_blocked,
    poses_from_socket,
    poses_input,
    why_blocked,
)
from .words import words

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
        found = unpacked(poses)
        clip = poses_from_socket(found, dialect, both_sides(width, height))
        if width or height:
            clip = [frame.scaled(resized_wh(frame.canvas_wh, width, height)) for frame in clip]
        options: dict[str, Any] = {"scores": SCORES[scores], "threshold": None if threshold < 0 else threshold}
        profiles = {"poses": profile, "pose_data": "posedata", "dw_poses": "dwposes"}
        made = {output: or_blocked(write, clip, name, **options) for output, name in profiles.items()}
        stopped = why_blocked(made)
        lines = [
            stopped.get(output) or f"{output}: {written_for(clip, name, **options)}"
            for output, name in profiles.items()
        ]
        text = "\n".join([f"{_came(found, dialect)}: {summary(clip)}", *lines])
        report(cls.hidden.unique_id, text)
        written = made["poses"]
        as_text = written if "poses" in stopped else json.dumps(written)
        return io.NodeOutput(*made.values(), as_text, text)


def _came(found: Any, dialect: str) -> str:
    """What the poses were read as, such as `openpose (aux)`: the dialect, and the profile that writes it like that."""
    if dialect != "auto":
        return dialect
    name, profile = recognise(found), profile_of(found)
    return name if name == profile else f"{name} ({profile})"


def _animals(node_id: str | None, poses: Any) -> io.NodeOutput:
    """AP-10K's animals as they came; what follows on the outputs for people does not run."""
    text = "animals (AP-10K), passed on as they are"
    report(node_id, text)
    nobody = ExecutionBlocker("these poses are of animals (AP-10K): POSEDATA and DWPOSES hold people only")
    return io.NodeOutput(poses, nobody, nobody, poses if isinstance(poses, str) else json.dumps(poses), text)
