"""PoseTrack's files as one dialect of poses among others: no regions, heads or names of pictures, only people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import BadKeypoints
from ...poses import Poses
from ...topology import get
from ..canvas import needed, size
from ..tables import keypoint_names
from .clip import Clip, Frame
from .coco import EXTRAPOLATED, from_coco
from .reading import from_json
from .writing import to_json

__all__ = ["fits", "read_poses", "write_poses"]

_NAME = "images/val/000001_sdpose/{:06d}.jpg"
"""A frame's made-up name, of the kind from which PoseTrack's tool reads the clip's number and the frame's."""


def fits(payload: Any) -> bool:
    """Whether a payload looks like a PoseTrack file: 2017's list, or tables of people with a `head_bottom`."""
    return (isinstance(payload, Mapping) and "annolist" in payload) or "head_bottom" in (keypoint_names(payload) or ())


def read_poses(payload: Any, canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """The people of a parsed file, 15 keypoints (2017) or 17, frame by frame.

    Args:
        payload: see the package.
        canvas_wh: width and height in pixels of the pictures, of which PoseTrack's own files say nothing.

    Raises:
        BadKeypoints: see `from_json`; or the file does not say the size and nor does `canvas_wh`.
    """
    clip = from_json(payload, canvas_wh, "PoseTrack file")
    if "annolist" in payload:
        wh = needed(canvas_wh, "PoseTrack file")
        return [frame.poses.replace(canvas_wh=wh) for frame in clip.frames]
    images = enumerate(payload["images"])
    sizes = [size(image.get, ("width", "height"), f"frame {i}", canvas_wh) for i, image in images]
    return [frame.poses.replace(canvas_wh=wh) for frame, wh in zip(clip.frames, sizes, strict=True)]


def write_poses(people: Iterable[Poses]) -> dict[str, Any]:
    """A clip as results of 2018's kind, with made-up names; the pictures have their size beside them.

    Points that are there and their scores are read back the same, bit by bit. Of OpenPose's keypoints the neck is
    taken as it is; of COCO's it is worked out, and so is the head's top, as the file says (see `from_coco`).

    Args:
        people: one Poses per frame, in any skeleton.

    Raises:
        BadKeypoints: there is no frame, or somebody has no track id, or one that another has too.
    """
    clip = list(people)
    if not clip:
        raise BadKeypoints("a PoseTrack file holds at least one frame, got none")
    known = any("neck" in poses.skeleton for poses in clip)
    converted = [poses.to(get("posetrack17")) if known else from_coco(poses) for poses in clip]
    frames = tuple(Frame.found(_NAME.format(i), poses, i) for i, poses in enumerate(converted))
    data = to_json(Clip(frames, () if known else EXTRAPOLATED))
    for image, poses in zip(data["images"], clip, strict=True):
        image["width"], image["height"] = poses.canvas_wh
    return data
