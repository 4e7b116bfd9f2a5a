"""Load an SDPose model, and estimate the poses of the people in pictures with it."""

from __future__ import annotations

from itertools import tee
from typing import TYPE_CHECKING, Any

import comfy.model_management
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.topdown import boxes_inside
from . import folders, residency
from .progress import followed, report, summary
from .sockets import ModelSocket, PosesSocket, boxes_input, frames_from_image, people_from_boxes, poses_to_socket
from .words import words

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = ["EstimatePose", "LoadModel"]

DTYPES = ["auto", "float32", "float16", "bfloat16"]
CROPS = ["padded", "stretched"]


class LoadModel(io.ComfyNode):
    """Name a model once; every loader of the same file and precision shares one copy."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_LoadModel")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_LoadModel",
            display_name="Load SDPose Model",
            category="SDPose Kit/load",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                io.Combo.Input("model", list(folders.models()), default=folders.BUNDLED, tooltip=tip["model"]),
                io.Combo.Input("dtype", DTYPES, default="auto", tooltip=tip["dtype"], advanced=True),
            ],
            outputs=[ModelSocket.Output("model", tooltip=text.outputs["model"])],
        )

    @classmethod
    @override
    def fingerprint_inputs(cls, model: str | None, dtype: str | None) -> Any:
        return None if model is None else folders.fingerprint(model)  # None while another node is still to say

    @classmethod
    @override
    def execute(cls, model: str, dtype: str) -> io.NodeOutput:
        return io.NodeOutput(residency.resident(folders.model_path(model), dtype))


class EstimatePose(io.ComfyNode):
    """Pictures and boxes in, poses out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_EstimatePose")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_EstimatePose",
            display_name="Estimate Pose",
            category="SDPose Kit/pose",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                ModelSocket.Input("model", tooltip=tip["model"]),
                io.Image.Input("image", tooltip=tip["image"]),
                boxes_input("boxes", optional=True, tooltip=tip["boxes"]),
                io.Combo.Input("crop", CROPS, default="padded", tooltip=tip["crop"], advanced=True),
                io.Boolean.Input("flip_test", default=False, tooltip=tip["flip_test"]),
                io.Int.Input("batch_size", default=0, min=0, max=256, tooltip=tip["batch_size"], advanced=True),
            ],
            outputs=[PosesSocket.Output("poses", tooltip=text.outputs["poses"])],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls,
        model: residency.ResidentModel,
        image: torch.Tensor,
        crop: str,
        flip_test: bool,
        batch_size: int,
        boxes: Any = None,
    ) -> io.NodeOutput:
        cancel = comfy.model_management.throw_exception_if_processing_interrupted
        estimator = sdpose.Estimator(model, crop, flip_test, batch_size or "auto", before_batch=cancel)
        canvas_wh = image.shape[2], image.shape[1]
        people = None if boxes is None else people_from_boxes(boxes, [canvas_wh] * len(image))
        places = None if people is None else [frame.boxes for frame in people]
        frames, shown = tee(frames_from_image(image))
        poses = list(followed(estimator.stream(frames, places), shown, len(image)))
        if people is not None:
            poses = [_named(*pair) for pair in zip(poses, people, strict=True)]
        report(cls.hidden.unique_id, summary(poses))
        return io.NodeOutput(poses_to_socket(poses))


def _named(poses: Poses, people: Poses) -> Poses:
    """The poses that were found in people's boxes, with the track ids of those people if they have any."""
    if people.track_ids is None:
        return poses
    _, inside = boxes_inside(people.boxes, people.canvas_wh)  # the others gave no pose
    return poses.replace(track_ids=people.track_ids[inside])
