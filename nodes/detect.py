"""Find the people: a box around each, with any Ultralytics model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import comfy.model_management
import numpy as np
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.boxes import clip_boxes
from . import folders
from .progress import Progress, count_of, report
from .sockets import DetectorSocket, boxes_to_socket, frames_from_image
from .words import words

if TYPE_CHECKING:
    from ..sdpose.detect import Detector, Fallback

__all__ = ["DetectPeople", "LoadDetector", "make_detector"]

FALLBACKS: dict[str, Fallback] = {
    "lower the threshold": "lower",
    "leave the frame empty": "none",
    "lower it, then take the whole frame": "frame",
}

STAGES = {
    "detector": "found at once",
    "lower_threshold": "found at a lower threshold",
    "whole_frame": "taken whole",
    "nobody": "empty",
}

# Ultralytics keeps its weights outside ComfyUI's memory manager while it runs, so room is made beforehand.
_WORKING_BYTES = 1 << 30


class LoadDetector(io.ComfyNode):
    """Name a person detector."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_LoadDetector")
        options, tip = list(folders.detectors()), text.inputs["detector"]
        return io.Schema(
            node_id="SDPoseKit_LoadDetector",
            display_name="Load Person Detector",
            category="SDPose Kit/load",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[io.Combo.Input("detector", options, default=folders.DEFAULT_WEIGHTS, tooltip=tip)],
            outputs=[DetectorSocket.Output("detector", tooltip=text.outputs["detector"])],
        )

    @classmethod
    @override
    def execute(cls, detector: str) -> io.NodeOutput:
        return io.NodeOutput(folders.detector_path(detector))


class DetectPeople(io.ComfyNode):
    """Pictures in, boxes around people out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_DetectPeople")
        tip = text.inputs
        slider = io.NumberDisplay.slider
        return io.Schema(
            node_id="SDPoseKit_DetectPeople",
            display_name="Detect People",
            category="SDPose Kit/detect",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                DetectorSocket.Input("detector", tooltip=tip["detector"]),
                io.Image.Input("image", tooltip=tip["image"]),
                io.Float.Input(
                    "threshold", default=0.5, min=0.01, max=1, step=0.01, display_mode=slider, tooltip=tip["threshold"]
                ),
                io.Combo.Input("if_nobody", list(FALLBACKS), tooltip=tip["if_nobody"]),
                io.Int.Input("max_people", default=0, min=0, max=1000, tooltip=tip["max_people"]),
                io.Float.Input("margin", default=0, min=0, max=2, step=0.05, tooltip=tip["margin"], advanced=True),
            ],
            outputs=[
                io.BoundingBox.Output("boxes", tooltip=text.outputs["boxes"]),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls, detector: Path, image: torch.Tensor, threshold: float, if_nobody: str, max_people: int, margin: float
    ) -> io.NodeOutput:
        find = make_detector(detector, threshold, FALLBACKS[if_nobody])
        progress = Progress(len(image))
        boxes, stages = [], Counter[str]()
        for frame in frames_from_image(image):
            comfy.model_management.throw_exception_if_processing_interrupted()
            found = find(frame)
            kept = slice(max_people or None)
            wide = _widened(found.boxes[kept], margin, (frame.shape[1], frame.shape[0]))
            boxes.append(boxes_to_socket(wide, found.scores[kept]))
            stages[found.stage] += 1
            progress.advance()
        text = summary(sum(map(len, boxes)), stages)
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(boxes, text)


def make_detector(detector: Path, threshold: float, fallback: Fallback) -> Detector:
    """A detector where ComfyUI computes, for which room was made. Raises what `sdpose.Detector` raises."""
    device = comfy.model_management.get_torch_device()
    comfy.model_management.free_memory(_WORKING_BYTES, device)
    return sdpose.Detector(detector, threshold, device, fallback)


def _widened(boxes: np.ndarray, margin: float, image_wh: tuple[int, int]) -> np.ndarray:
    """Boxes (N, 4) grown about their centres by a share of their size, cut off at the picture's edges."""
    half = (boxes[:, 2:] - boxes[:, :2]) * margin / 2
    return clip_boxes(boxes + np.concatenate([-half, half], axis=1), image_wh)


def summary(people: int, stages: Counter[str]) -> str:
    """One line for the node, such as `5 people in 3 frames (2 found at once, 1 empty)`."""
    how = ", ".join(f"{stages[stage]} {STAGES[stage]}" for stage in STAGES if stages[stage])
    frames = sum(stages.values())
    return f"{count_of(people, 'person', 'people')} in {count_of(frames, 'frame', 'frames')} ({how})"
