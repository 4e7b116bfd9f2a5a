"""What travels between nodes: pictures, boxes and poses. Tolerant in, exact out.

The library works on uint8 RGB frames, float64 boxes as x1, y1, x2, y2 and `Poses`; the wires of ComfyUI carry
float IMAGE batches, BOUNDING_BOX dictionaries and POSE_KEYPOINT frames. Only this file knows both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import comfy.model_management
import numpy as np
import torch
from comfy_api.latest import io

from .. import sdpose
from ..sdpose.errors import BadBoxes

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = [
    "DetectorSocket",
    "DiffPoseSocket",
    "ModelSocket",
    "PosesSocket",
    "boxes_from_socket",
    "boxes_to_socket",
    "frames_from_image",
    "image_from_frames",
    "poses_from_socket",
    "poses_to_socket",
]

PosesSocket = io.Custom("POSE_KEYPOINT")
ModelSocket = io.Custom("SDPOSEKIT_MODEL")
DiffPoseSocket = io.Custom("SDPOSEKIT_DIFFPOSE")
DetectorSocket = io.Custom("SDPOSEKIT_DETECTOR")


def frames_from_image(image: torch.Tensor) -> Iterator[np.ndarray]:
    """The pictures of an IMAGE batch (B, H, W, C), one at a time, as uint8 (H, W, 3) RGB."""
    return (sdpose.media.to_rgb8(picture.float().cpu().numpy()) for picture in image)


def image_from_frames(frames: Sequence[np.ndarray]) -> torch.Tensor:
    """uint8 (H, W, 3) frames of one size -> an IMAGE batch (B, H, W, 3) in 0..1 where ComfyUI keeps such things."""
    management = comfy.model_management
    batch = torch.from_numpy(np.stack(frames)).to(management.intermediate_device(), management.intermediate_dtype())
    return batch.div_(255.0)


def poses_from_socket(poses: Any) -> list[Poses]:
    """POSE_KEYPOINT in any known dialect -> one `Poses` per frame."""
    return sdpose.formats.openpose.from_frames(poses)


def poses_to_socket(poses: Sequence[Poses]) -> list[dict[str, Any]]:
    """One `Poses` per frame -> POSE_KEYPOINT exactly as ComfyUI's own SDPose nodes write it."""
    return sdpose.formats.openpose.to_frames(list(poses))


def boxes_from_socket(boxes: Any, frames: int) -> list[np.ndarray]:
    """BOUNDING_BOX in any of its shapes -> one float64 (N, 4) array of x1, y1, x2, y2 per frame.

    Nested lists are frames of people; fewer lists than frames repeat the last one, as ComfyUI's own nodes do. A
    flat list, or a single box, holds the people of every frame. An empty list is a frame with nobody in it.

    Raises:
        BadBoxes: something in there is not a box, or there are more lists than frames.
    """
    if isinstance(boxes, dict):
        boxes = [boxes]
    if not isinstance(boxes, (list, tuple)):
        raise BadBoxes(f"boxes must be BOUNDING_BOX dictionaries or lists of them; got {boxes!r:.80}")
    if not boxes or isinstance(boxes[0], dict):
        boxes = [boxes]
    if len(boxes) > frames:
        raise BadBoxes(
            f"expected one list of boxes per frame; got {len(boxes)} lists for {frames} frame(s): "
            "detect people in the same pictures that the poses are estimated in"
        )
    arrays = [np.array([_corners(box) for box in people], np.float64).reshape(-1, 4) for people in boxes]
    return arrays + arrays[-1:] * (frames - len(arrays))


def _corners(box: Any) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = (float(box[key]) for key in ("x", "y", "width", "height"))
    except (TypeError, KeyError, ValueError) as error:
        raise BadBoxes(
            f"a box must be a dictionary of numbers x, y, width, height; got {box!r:.80}: "
            "connect an output of type BOUNDING_BOX"
        ) from error
    return x, y, x + width, y + height


def boxes_to_socket(boxes: np.ndarray, scores: np.ndarray | None = None) -> list[dict[str, Any]]:
    """The boxes (N, 4) of one frame -> BOUNDING_BOX dictionaries; a batch is a list of these, one per frame."""
    people = [
        {"x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1, "label": "person"} for x1, y1, x2, y2 in boxes.tolist()
    ]
    if scores is not None:
        for person, score in zip(people, scores.tolist(), strict=True):
            person["score"] = score
    return people
