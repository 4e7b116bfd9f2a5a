"""Draw poses as a skeleton picture, on black for a ControlNet or over the picture they came from."""

from __future__ import annotations

from typing import Any

import comfy.utils
import numpy as np
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.poses import Poses
from ..sdpose.render.styles import STYLES
from .sockets import both_sides, chosen_wh, frames_from_image, image_from_frames, poses_from_socket, poses_input
from .words import words

__all__ = ["RenderSkeleton", "fitted", "nobody"]

FEET = ["off", "dots", "bones"]
_NOTHING_WH = (64, 64)  # the size that ComfyUI's own drawing node gives an empty list of frames


class RenderSkeleton(io.ComfyNode):
    """Poses in, ControlNet-ready pictures out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_RenderSkeleton")
        tip = text.inputs
        share = {"min": 0, "max": 1, "step": 0.01, "display_mode": io.NumberDisplay.slider}
        side = {"default": 0, "min": 0, "max": 16384}
        return io.Schema(
            node_id="SDPoseKit_RenderSkeleton",
            display_name="Render Skeleton",
            category="SDPose Kit/render",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Combo.Input("style", list(STYLES), default="dwpose", tooltip=tip["style"]),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **share),
                io.Boolean.Input("body", default=True, tooltip=tip["body"]),
                io.Combo.Input("feet", FEET, default="off", tooltip=tip["feet"]),
                io.Boolean.Input("hands", default=True, tooltip=tip["hands"]),
                io.Boolean.Input("face", default=True, tooltip=tip["face"]),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
                io.Int.Input("stick_width", default=0, min=0, max=64, tooltip=tip["stick_width"], advanced=True),
                io.Float.Input("scale", default=1, min=0, max=16, step=0.1, tooltip=tip["scale"], advanced=True),
                io.Image.Input("background", optional=True, tooltip=tip["background"]),
                io.Float.Input("opacity", default=0.6, tooltip=tip["opacity"], advanced=True, **share),
            ],
            outputs=[io.Image.Output("skeleton", tooltip=text.outputs["skeleton"])],
        )

    @classmethod
    @override
    def execute(
        cls,
        poses: Any,
        width: int,
        height: int,
        stick_width: int,
        scale: float,
        opacity: float,
        background: torch.Tensor | None = None,
        **look: Any,
    ) -> io.NodeOutput:
        behind_wh = None if background is None else (background.shape[2], background.shape[1])
        clip = poses_from_socket(poses, canvas_wh=behind_wh or both_sides(width, height)) or [nobody()]
        canvas_wh = chosen_wh(width, height, behind_wh or clip[0].canvas_wh)
        look |= {"canvas_wh": canvas_wh, "stick_width": stick_width or None, "scale": scale or "auto"}
        sdpose.media.check_room(len(clip) * canvas_wh[0] * canvas_wh[1])
        pictures = [sdpose.draw(frame, **look) for frame in clip]
        if background is not None:
            behind = fitted(background, canvas_wh, len(pictures))
            pictures = [sdpose.overlay(*pair, opacity) for pair in zip(behind, pictures, strict=True)]
        return io.NodeOutput(image_from_frames(pictures))


def nobody() -> Poses:
    """The frame that is drawn when there is none."""
    return Poses.empty(sdpose.topology.get("openpose18"), _NOTHING_WH)


def fitted(background: torch.Tensor, canvas_wh: tuple[int, int], frames: int) -> list[np.ndarray]:
    """The background as `frames` frames of the canvas' size; its last picture serves all that are missing."""
    pictures = background[:frames]
    if (pictures.shape[2], pictures.shape[1]) != canvas_wh:
        resized = comfy.utils.common_upscale(pictures.movedim(-1, 1), *canvas_wh, "bicubic", "disabled")
        pictures = resized.movedim(1, -1)
    whole = list(frames_from_image(pictures))
    return whole + whole[-1:] * (frames - len(whole))
