"""Load a DiffPose model, and estimate the poses of the people in a clip with it: over time, not frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import tee
from typing import TYPE_CHECKING, Any

import comfy.model_management
import numpy as np
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.errors import BadOption
from ..sdpose.video.estimator import LAST_STEP, START_STEP
from ..sdpose.video.identity.sightings import body_boxes
from . import folders, residency
from .estimate import DTYPES
from .progress import followed, report, summary
from .sockets import (
    DiffPoseSocket,
    PosesSocket,
    boxes_input,
    frames_from_image,
    people_from_boxes,
    poses_from_socket,
    poses_input,
    poses_to_socket,
)
from .words import words

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = ["EstimateVideoPose", "LoadDiffPose"]


class LoadDiffPose(io.ComfyNode):
    """Name a model once; every loader of the same file and precision shares one copy."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_LoadDiffPose")
        tip = text.inputs
        options, default = list(folders.diffposes()), folders.BUNDLED_DIFFPOSE
        return io.Schema(
            node_id="SDPoseKit_LoadDiffPose",
            display_name="Load DiffPose Model",
            category="SDPose Kit/load",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                io.Combo.Input("model", options, default=default, tooltip=tip["model"]),
                io.Combo.Input("dtype", DTYPES, default="auto", tooltip=tip["dtype"], advanced=True),
            ],
            outputs=[DiffPoseSocket.Output("model", tooltip=text.outputs["model"])],
        )

    @classmethod
    @override
    def fingerprint_inputs(cls, model: str | None, dtype: str | None) -> Any:
        return None if model is None else folders.fingerprint(model)  # None while another node is still to say

    @classmethod
    @override
    def execute(cls, model: str, dtype: str) -> io.NodeOutput:
        return io.NodeOutput(residency.resident_diffpose(folders.diffpose_path(model), dtype))


class EstimateVideoPose(io.ComfyNode):
    """The frames of a clip and its people in, poses out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_EstimateVideoPose")
        tip = text.inputs
        seed = {"default": 0, "min": 0, "max": 0xFFFFFFFF, "control_after_generate": io.ControlAfterGenerate.fixed}
        start = {"default": START_STEP, "min": 0, "max": LAST_STEP, "advanced": True}
        return io.Schema(
            node_id="SDPoseKit_EstimateVideoPose",
            display_name="Estimate Pose in Video (DiffPose)",
            category="SDPose Kit/pose",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                DiffPoseSocket.Input("model", tooltip=tip["model"]),
                io.Image.Input("image", tooltip=tip["image"]),
                boxes_input("boxes", optional=True, tooltip=tip["boxes"]),
                poses_input("tracks", optional=True, tooltip=tip["tracks"]),
                poses_input("start_poses", optional=True, tooltip=tip["start_poses"]),
                io.Int.Input("steps", default=4, min=1, max=1000, tooltip=tip["steps"]),
                io.Int.Input("noises", default=10, min=1, max=1000, tooltip=tip["noises"]),
                io.Int.Input("delta", default=2, min=0, max=16, tooltip=tip["delta"]),
                io.Int.Input("seed", tooltip=tip["seed"], **seed),
                io.Boolean.Input("find_cuts", default=True, tooltip=tip["find_cuts"]),
                io.Int.Input("start_step", tooltip=tip["start_step"], **start),
                io.Int.Input("batch_size", default=0, min=0, max=256, tooltip=tip["batch_size"], advanced=True),
            ],
            outputs=[PosesSocket.Output("poses", tooltip=text.outputs["poses"])],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls,
        model: residency.ResidentDiffPose,
        image: torch.Tensor,
        delta: int,
        find_cuts: bool,
        batch_size: int,
        boxes: Any = None,
        tracks: Any = None,
        start_poses: Any = None,
        **options: int,
    ) -> io.NodeOutput:
        cancel = comfy.model_management.throw_exception_if_processing_interrupted
        estimator = sdpose.VideoEstimator(
            model, delta=min(delta, model.delta), **options, batch_size=batch_size or "auto", before_batch=cancel
        )
        start, followed_people = (_poses(given, image) for given in (start_poses, tracks))
        people = _people(image, boxes, start if tracks is None else followed_people, tracks is not None)
        frames, shown = tee(frames_from_image(image))
        cuts = sdpose.video.Shots()
        stream = estimator.stream(cuts.watch(frames) if find_cuts else frames, people, cuts, start)
        poses = list(followed(stream, shown, len(image)))
        report(cls.hidden.unique_id, summary(poses))
        return io.NodeOutput(poses_to_socket(poses))


def _poses(poses: Any, image: torch.Tensor) -> list[Poses] | None:
    """Poses of these pictures, where some are connected."""
    return None if poses is None else poses_from_socket(poses, canvas_wh=(image.shape[2], image.shape[1]))


def _boxed(poses: Poses) -> Poses:
    """Poses with boxes, around their keypoints where their tool wrote none."""
    return poses.replace(boxes=body_boxes(poses)) if poses.boxes is None else poses


def _people(image: torch.Tensor, boxes: Any, poses: Sequence[Poses] | None, tracked: bool) -> Sequence[Any]:
    """Where the people of each frame are: boxes, or else poses, or else whole frames.

    Raises:
        BadOption: there are both boxes and tracks.
        BadBoxes: something in `boxes` is not a box.
    """
    frames, height, width = image.shape[:3]
    if boxes is not None and tracked:
        raise BadOption("boxes and tracks both say where the people are: connect one of them")
    if boxes is not None:
        return people_from_boxes(boxes, [(width, height)] * frames)
    if poses is not None:
        return [_boxed(frame.scaled((width, height))) for frame in poses]
    return [np.array([[0, 0, width, height]], np.float64)] * frames
