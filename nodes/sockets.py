"""What travels between nodes: pictures, boxes and poses. Tolerant in, exact out.

The library works on uint8 RGB frames, float64 boxes as x1, y1, x2, y2 and `Poses`; the wires of ComfyUI carry
float IMAGE batches, BOUNDING_BOX dictionaries and POSE_KEYPOINT frames. Only this file knows both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import comfy.model_management
import numpy as np
import torch
from comfy_api.latest import io
from comfy_execution.graph import ExecutionBlocker

from .. import sdpose
from ..sdpose.errors import BadKeypoints, SDPoseError, Undecided
from ..sdpose.formats.boxes import Boxes, canvas_of, read_boxes, to_bounding_boxes
from ..sdpose.video.identity.sightings import body_boxes

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = [
    "BBoxSocket",
    "ClipSocket",
    "DWPosesSocket",
    "DetectorSocket",
    "DiffPoseSocket",
    "ModelSocket",
    "PoseDataSocket",
    "PosesSocket",
    "SegsSocket",
    "advised",
    "both_sides",
    "boxes_from_socket",
    "boxes_input",
    "boxes_of_people",
    "boxes_to_socket",
    "chosen_wh",
    "frames_from_image",
    "image_from_frames",
    "or_blocked",
    "people_from_boxes",
    "people_in",
    "poses_from_socket",
    "poses_input",
    "poses_to_socket",
    "why_blocked",
]

PosesSocket = io.Custom("POSE_KEYPOINT")

PoseDataSocket = io.Custom("POSEDATA")
DWPosesSocket = io.Custom("DWPOSES")
ClipSocket = io.Custom("POSE_KEYPOINT,POSEDATA,DWPOSES")
"""An output that keeps the dialect of the clip that came in."""

POSES_KINDS = ("POSE_KEYPOINT", "POSEDATA", "DWPOSES", "STRING", "JSON", "DICT")
"""What other packs call their wires with poses."""

BOXES_KINDS = ("BOUNDING_BOX", "BBOX", "SEGS", "MASK", "JSON", "STRING", "DICT")
"""And those with boxes."""

ModelSocket = io.Custom("SDPOSEKIT_MODEL")
DiffPoseSocket = io.Custom("SDPOSEKIT_DIFFPOSE")
DetectorSocket = io.Custom("SDPOSEKIT_DETECTOR")
BBoxSocket = io.Custom("BBOX")
SegsSocket = io.Custom("SEGS")


def frames_from_image(image: torch.Tensor) -> Iterator[np.ndarray]:
    """The pictures of an IMAGE batch (B, H, W, C), one at a time, as uint8 (H, W, 3) RGB."""
    return (sdpose.media.to_rgb8(picture.float().cpu().numpy()) for picture in image)


def image_from_frames(frames: Sequence[np.ndarray]) -> torch.Tensor:
    """uint8 (H, W, 3) frames of one size -> an IMAGE batch (B, H, W, 3) in 0..1 where ComfyUI keeps such things."""
    management = comfy.model_management
    batch = torch.from_numpy(np.stack(frames)).to(management.intermediate_device(), management.intermediate_dtype())
    return batch.div_(255.0)


def poses_input(name: str, **about: Any) -> io.Input:
    """An input for poses in every dialect: what `poses_from_socket` reads, under every name it has on a wire.

    Args:
        name: id of the input.
        about: `tooltip`, `optional`, ...
    """
    return io.MultiType.Input(name, [io.Custom(kind) for kind in POSES_KINDS], **about)


def or_blocked(make: Callable[..., Any], *of: Any, **how: Any) -> Any:
    """What `make` gives for an output, or else what stops whoever is connected there, and tells why."""
    try:
        return make(*of, **how)
    except SDPoseError as error:
        return ExecutionBlocker(str(error))


def why_blocked(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Output -> a line such as `bbox: nothing, because ...`, for each that `or_blocked` stopped, wholly or in part."""
    said = {}
    for name, made in outputs.items():
        parts = made if isinstance(made, list) else [made]
        stopped = [part.message for part in parts if isinstance(part, ExecutionBlocker)]
        if stopped:
            said[name] = f"{name}: nothing, because {stopped[0]}"
    return said


def both_sides(width: int, height: int) -> tuple[int, int] | None:
    """Width and height of two widgets in which 0 leaves it open; None unless both are set."""
    return (width, height) if width and height else None


def chosen_wh(width: int, height: int, natural_wh: tuple[int, int]) -> tuple[int, int]:
    """The size of pictures that are drawn: of each widget that is 0, the natural one."""
    return width or natural_wh[0], height or natural_wh[1]


@contextmanager
def advised() -> Iterator[None]:
    """What poses leave open is said with what to do about it in a graph."""
    try:
        yield
    except Undecided as error:
        raise BadKeypoints(f"{error.problem}: {_DECIDED[error.option]}") from error


_DECIDED = {
    "canvas_wh": "in a graph, Convert Poses with width and height first",
    "dialect": "choose the dialect, in a graph with Convert Poses first",
}


@advised()
def poses_from_socket(poses: Any, dialect: str = "auto", canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """Poses in any dialect -> one `Poses` per frame.

    Args:
        poses: what came.
        dialect: one of `sdpose.formats.DIALECTS`, or "auto".
        canvas_wh: width and height of the canvas in pixels, for poses that do not say it.

    Raises:
        BadKeypoints: something else than poses of people, or something that can be read in two ways.
    """
    return sdpose.formats.read(poses, dialect, canvas_wh)


def poses_to_socket(poses: Sequence[Poses]) -> list[dict[str, Any]]:
    """One `Poses` per frame -> POSE_KEYPOINT exactly as ComfyUI's own SDPose nodes write it."""
    return sdpose.formats.openpose.to_frames(list(poses))


def boxes_input(name: str, **about: Any) -> io.Input:
    """An input for boxes in every shape: what `sdpose.formats.boxes` reads, under every name it has on a wire.

    Args:
        name: id of the input.
        about: `tooltip`, `optional`, ...
    """
    return io.MultiType.Input(name, [io.Custom(kind) for kind in BOXES_KINDS], **about)


def boxes_from_socket(boxes: Any, frames: int | None = None) -> list[np.ndarray]:
    """Boxes in any shape -> one float64 (N, 4) array of x1, y1, x2, y2 per frame.

    Args:
        boxes: what came.
        frames: how many arrays are wanted; by default as many as there are lists, and 1 at least.

    Raises:
        BadBoxes: see `sdpose.formats.boxes.read_boxes`.
    """
    return [frame.corners for frame in read_boxes(boxes, frames)]


def people_from_boxes(boxes: Any, canvases_wh: Sequence[tuple[int, int]]) -> list[Poses]:
    """Boxes in any shape -> one `Poses` per frame, of people of whom only the box is known.

    They have scores, and track ids, when every box of the clip has one.

    Args:
        boxes: what came.
        canvases_wh: width and height of each frame's picture in pixels.

    Raises:
        BadBoxes: see `sdpose.formats.boxes.read_boxes`.
    """
    return people_in(read_boxes(boxes, images_wh=canvases_wh))


def people_in(frames: Sequence[Boxes]) -> list[Poses]:
    """One `Poses` per frame, of people of whom only the box is known, of boxes that know their pictures' size."""
    people = [sdpose.video.people_of_boxes(boxes.corners, canvas_of(boxes), boxes.scores) for boxes in frames]
    return [poses.replace(track_ids=boxes.track_ids) for poses, boxes in zip(people, frames, strict=True)]


def boxes_to_socket(
    boxes: np.ndarray, scores: np.ndarray | None = None, track_ids: np.ndarray | None = None, label: str = "person"
) -> list[dict[str, Any]]:
    """The boxes (N, 4) of one frame -> BOUNDING_BOX dictionaries; a batch is a list of these, one per frame.

    Args:
        boxes: x1, y1, x2, y2 in pixels.
        scores: (N,) how sure each is, as `score`.
        track_ids: (N,) who each is, as `track_id`.
        label: what is in each.
    """
    (people,) = to_bounding_boxes([Boxes(boxes, scores, track_ids, (label,) * len(boxes))])
    return people


def boxes_of_people(poses: Poses) -> list[dict[str, Any]]:
    """The boxes of one frame's people -> BOUNDING_BOX, around their keypoints where they have none.

    People of whom nothing is known, such as those who are absent, have no box there; the others' `track_id` says who
    is in which.
    """
    boxes = body_boxes(poses)
    known = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
    people = poses[known]
    return boxes_to_socket(boxes[known], people.box_scores, people.track_ids)
