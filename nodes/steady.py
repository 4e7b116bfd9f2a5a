"""Take the jitter out of the poses of a clip."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.video.steady import METHODS, PARTS, Steadiness
from ..sdpose.video.steady.options import LONGEST_GAP
from .people import FPS
from .pieces import joined_poses, parted, settings, watched
from .progress import count_of, report, summary
from .sockets import PosesSocket, poses_input, poses_to_socket
from .words import words

__all__ = ["SteadyPoses"]


class SteadyPoses(io.ComfyNode):
    """The poses of a clip in, the same poses without jitter out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_SteadyPoses")
        tip = text.inputs
        share = {"min": 0, "max": 1, "step": 0.01, "display_mode": io.NumberDisplay.slider}
        part = {"default": 1, "min": 0, "max": 4, "step": 0.05, "advanced": True}
        return io.Schema(
            node_id="SDPoseKit_SteadyPoses",
            display_name="Steady Poses",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Image.Input("image", optional=True, tooltip=tip["image"]),
                io.Combo.Input("method", list(METHODS), default=METHODS[0], tooltip=tip["method"]),
                io.Float.Input("strength", default=Steadiness.strength, tooltip=tip["strength"], **share),
                *(io.Float.Input(name, tooltip=tip[name], **part) for name in PARTS),
                io.Int.Input("max_gap", default=Steadiness.max_gap, min=0, max=LONGEST_GAP, tooltip=tip["max_gap"]),
                io.Float.Input("gate", default=Steadiness.gate, tooltip=tip["gate"], advanced=True, **share),
                io.Boolean.Input("outliers", default=True, tooltip=tip["outliers"], advanced=True),
                io.Boolean.Input("swaps", default=True, tooltip=tip["swaps"], advanced=True),
                io.Float.Input("fps", tooltip=tip["fps"], **FPS),
            ],
            outputs=[
                PosesSocket.Output("poses", tooltip=text.outputs["poses"], is_output_list=True),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, poses: list[Any], image: list[torch.Tensor] | None = None, **widgets: list[Any]) -> io.NodeOutput:
        chosen = settings(widgets)
        fps, parts = chosen.pop("fps"), {name: chosen.pop(name) for name in PARTS}
        steadiness = Steadiness(**chosen, parts=parts)
        clip, lengths = joined_poses(poses, image)
        cuts, holds = sdpose.video.Shots(), sdpose.video.Holds()
        frames = None if image is None else cuts.watch(holds.watch(watched(image, len(clip))))
        found = []
        if any(frame.track_ids is None for frame in clip if len(frame)):
            clip = sdpose.video.track(clip, frames=frames, cuts=cuts, fps=fps)
            found.append("tracked first")
        for _ in frames or ():  # unless tracking looked at them: what is seen stays in `cuts` and `holds`
            pass
        if image is not None:
            found.append(count_of(len(list(cuts)), "cut", "cuts"))
            found.append(count_of(len(list(holds)), "held frame", "held frames"))
        steadied = sdpose.video.steady(clip, steadiness, cuts=set(cuts), repeats=set(holds), fps=fps)
        text = ", ".join([summary(steadied), *found])
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(parted(poses_to_socket(steadied), lengths), text)
