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
from ..sdpose.video.identity.sightings import body_boxes

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = [
    "DetectorSocket",
    "DiffPoseSocket",
    "ModelSocket",
    "PosesSocket",
    "boxes_from_socket",
    "boxes_of_people",
    "boxes_to_socket",
    "frames_from_image",
    "image_from_frames",
    "people_from_boxes",
    "poses_from_socket",
    "poses_input",
    "poses_to_socket",
]

PosesSocket = io.Custom("POSE_KEYPOINT")

POSES_KINDS = ("POSE_KEYPOINT", "POSEDATA", "DWPOSES", "STRING", "JSON", "DICT")
"""What other packs call their wires with poses."""

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


def poses_input(name: str, **about: Any) -> io.Input:
    """An input for poses in every dialect: what `poses_from_socket` reads, under every name it has on a wire.

    Args:
        name: id of the input.
        about: `tooltip`, `optional`, ...
    """
    return io.MultiType.Input(name, [io.Custom(kind) for kind in POSES_KINDS], **about)


def poses_from_socket(poses: Any) -> list[Poses]:
    """POSE_KEYPOINT in any known dialect -> one `Poses` per frame."""
    return sdpose.formats.openpose.from_frames(poses)


def poses_to_socket(poses: Sequence[Poses]) -> list[dict[str, Any]]:
    """One `Poses` per frame -> POSE_KEYPOINT exactly as ComfyUI's own SDPose nodes write it."""
    return sdpose.formats.openpose.to_frames(list(poses))


def boxes_from_socket(boxes: Any, frames: int | None = None) -> list[np.ndarray]:
    """BOUNDING_BOX in any of its shapes -> one float64 (N, 4) array of x1, y1, x2, y2 per frame.

    Nested lists are frames of people; fewer lists than frames repeat the last one, as ComfyUI's own nodes do. A
    flat list, or a single box, holds the people of every frame. An empty list is a frame with nobody in it.

    Args:
        boxes: what came.
        frames: how many arrays are wanted; by default as many as there are lists, and 1 at least.

    Raises:
        BadBoxes: something in there is not a box, or there are more lists than frames.
    """
    return [_corners(people) for people in _per_frame(boxes, frames)]


def people_from_boxes(boxes: Any, canvases_wh: Sequence[tuple[int, int]]) -> list[Poses]:
    """BOUNDING_BOX -> one `Poses` per frame, of people of whom only the box is known.

    They have scores, and track ids, when every box of the clip has one.

    Args:
        boxes: as in `boxes_from_socket`.
        canvases_wh: width and height of each frame's picture in pixels.

    Raises:
        BadBoxes: see `boxes_from_socket`.
    """
    frames = _per_frame(boxes, len(canvases_wh))
    corners = [_corners(people) for people in frames]  # first: after it, everything is known to be a box
    scores, track_ids = _known(frames, "score"), _known(frames, "track_id")
    people = map(sdpose.video.people_of_boxes, corners, canvases_wh, scores)
    return [poses.replace(track_ids=ids) for poses, ids in zip(people, track_ids, strict=True)]


def _per_frame(boxes: Any, frames: int | None) -> list[list[Any]]:
    """The boxes of each frame, still as they came."""
    if isinstance(boxes, dict):
        boxes = [boxes]
    if not isinstance(boxes, (list, tuple)):
        raise BadBoxes(f"boxes must be BOUNDING_BOX dictionaries or lists of them; got {boxes!r:.80}")
    if not boxes or isinstance(boxes[0], dict):
        boxes = [boxes]
    frames = len(boxes) if frames is None else frames
    if len(boxes) > frames:
        raise BadBoxes(
            f"expected one list of boxes per frame; got {len(boxes)} lists for {frames} frame(s): "
            "detect people in the same pictures that the poses are estimated in"
        )
    return [*boxes, *boxes[-1:] * (frames - len(boxes))]


def _corners(people: list[Any]) -> np.ndarray:
    """The boxes of one frame as (N, 4) x1, y1, x2, y2."""
    sides = np.reshape([_numbers(box, "x", "y", "width", "height") for box in people], (-1, 4))
    return np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)


def _known(frames: list[list[Any]], key: str) -> list[np.ndarray] | list[None]:
    """A number (N,) per box of each frame, or None everywhere when some box has none."""
    if not all(key in box for people in frames for box in people):
        return [None] * len(frames)
    return [np.reshape([_numbers(box, key) for box in people], -1) for people in frames]


def _numbers(box: Any, *keys: str) -> list[float]:
    try:
        return [float(box[key]) for key in keys]
    except (TypeError, KeyError, ValueError) as error:
        raise BadBoxes(
            f"a box must be a dictionary of numbers {', '.join(keys)}; got {box!r:.80}: "
            "connect an output of type BOUNDING_BOX"
        ) from error


def boxes_to_socket(
    boxes: np.ndarray, scores: np.ndarray | None = None, track_ids: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """The boxes (N, 4) of one frame -> BOUNDING_BOX dictionaries; a batch is a list of these, one per frame.

    Args:
        boxes: x1, y1, x2, y2 in pixels.
        scores: (N,) how sure each is, as `score`.
        track_ids: (N,) who each is, as `track_id`.
    """
    people: list[dict[str, Any]] = [
        {"x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1, "label": "person"} for x1, y1, x2, y2 in boxes.tolist()
    ]
    for key, values in (("score", scores), ("track_id", track_ids)):
        if values is not None:
            for person, value in zip(people, values.tolist(), strict=True):
                person[key] = value
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
