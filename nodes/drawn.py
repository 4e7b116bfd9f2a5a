"""Drawn characters: something to try the pack on before any picture or model has been found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import comfy.model_management
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.synthetic import STYLES
from .progress import Progress
from .sockets import PosesSocket, boxes_to_socket, image_from_frames, poses_to_socket
from .words import words

if TYPE_CHECKING:
    from ..sdpose.synthetic import Drawing
    from ..sdpose.synthetic.footage import Footage

__all__ = ["DrawnCharacters"]

ANY_STYLE = "any"


class DrawnCharacters(io.ComfyNode):
    """Pictures of made-up people, with the truth about their poses."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_DrawnCharacters")
        tip = text.inputs
        seed = {"default": 1, "min": 0, "max": 0xFFFFFFFF, "control_after_generate": io.ControlAfterGenerate.fixed}
        side = {"default": 512, "min": 64, "max": 4096, "step": 8}
        return io.Schema(
            node_id="SDPoseKit_DrawnCharacters",
            display_name="Drawn Characters",
            category="SDPose Kit/load",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                io.Int.Input("seed", tooltip=tip["seed"], **seed),
                io.Int.Input("frames", default=1, min=1, max=4096, tooltip=tip["frames"]),
                io.Boolean.Input("animate", default=False, tooltip=tip["animate"]),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
                io.Combo.Input("style", [ANY_STYLE, *STYLES], default=ANY_STYLE, tooltip=tip["style"]),
                io.Boolean.Input("film", default=False, optional=True, tooltip=tip["film"]),
            ],
            outputs=[
                io.Image.Output("image", tooltip=text.outputs["image"]),
                io.BoundingBox.Output("boxes", tooltip=text.outputs["boxes"]),
                PosesSocket.Output("poses", tooltip=text.outputs["poses"]),
            ],
        )

    @classmethod
    @override
    def execute(
        cls, seed: int, frames: int, animate: bool, width: int, height: int, style: str, film: bool = False
    ) -> io.NodeOutput:
        progress = Progress(frames)
        drawings = []
        scene = {"size_wh": (width, height), "style": None if style == ANY_STYLE else style}
        for drawing in _drawings(seed, frames, animate, film, scene):
            comfy.model_management.throw_exception_if_processing_interrupted()
            drawings.append(drawing)
            progress.advance()
        boxes = [boxes_to_socket(drawing.poses.boxes) for drawing in drawings]
        truth = poses_to_socket([drawing.poses for drawing in drawings])
        return io.NodeOutput(image_from_frames([drawing.image for drawing in drawings]), boxes, truth)


def _drawings(
    seed: int, frames: int, animate: bool, film: bool, scene: dict[str, Any]
) -> Iterator[Drawing] | Iterator[Footage]:
    """Drawings of the held-out split: none of them was ever trained on."""
    if animate and film:
        from ..sdpose.synthetic.footage import footage  # loads OpenCV

        return footage(seed, frames, split="test", **scene)
    if animate:
        return sdpose.synthetic.clip(seed, frames, split="test", **scene)
    return (sdpose.synthetic.drawing(seed + i, split="test", **scene) for i in range(frames))
