"""From keypoints to regions: boxes and masks of parts of people, and a steady crop of each face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import comfy.model_management
import numpy as np
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.boxes import clip_boxes
from ..sdpose.errors import BadOption
from ..sdpose.formats.boxes import CROP_FACTOR, Boxes, to_bounding_boxes, to_segs
from ..sdpose.regions import (
    REGIONS,
    SHAPES,
    FaceTrack,
    face_crops,
    face_tracks,
    identities,
    mask,
    region_boxes,
)
from .pieces import as_many, watched
from .progress import count_of, report
from .sockets import (
    SegsSocket,
    both_sides,
    boxes_to_socket,
    chosen_wh,
    image_from_frames,
    poses_from_socket,
    poses_input,
)
from .words import words

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = ["FaceCrops", "PosesToBoxes", "PosesToMasks", "PosesToSegs"]

BOX = "box"
PEOPLE = ["together", "one by one"]
EVERYBODY = -1
_NOTHING_HW = (64, 64)  # as the nodes that draw poses have it for an empty list of frames
_SHARE = {"min": 0.0, "max": 1.0, "step": 0.01, "display_mode": io.NumberDisplay.slider}


class PosesToBoxes(io.ComfyNode):
    """Poses in, the boxes of a part of each person out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_PosesToBoxes")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_PosesToBoxes",
            display_name="Poses to Boxes",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Combo.Input("region", list(REGIONS), default="person", tooltip=tip["region"]),
                io.Float.Input("margin", default=0.2, min=0, max=4, step=0.05, tooltip=tip["margin"]),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **_SHARE),
            ],
            outputs=[io.BoundingBox.Output("boxes", tooltip=text.outputs["boxes"])],
        )

    @classmethod
    @override
    def execute(cls, poses: Any, region: str, margin: float, threshold: float) -> io.NodeOutput:
        places = [_places(frame, region, margin, threshold)[0] for frame in poses_from_socket(poses)]
        return io.NodeOutput(to_bounding_boxes(places))


class PosesToSegs(io.ComfyNode):
    """Poses in, Impact Pack's SEGS of a part of each person out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_PosesToSegs")
        tip = text.inputs
        crop = {"default": CROP_FACTOR, "min": 1, "max": 100, "step": 0.1}
        return io.Schema(
            node_id="SDPoseKit_PosesToSegs",
            display_name="Poses to SEGS",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Image.Input("image", optional=True, tooltip=tip["image"]),
                io.Combo.Input("region", list(REGIONS), default="face", tooltip=tip["region"]),
                io.Combo.Input("shape", [BOX, *SHAPES], default=BOX, tooltip=tip["shape"]),
                io.Float.Input("margin", default=0.2, min=0, max=4, step=0.05, tooltip=tip["margin"]),
                io.Float.Input("crop_factor", tooltip=tip["crop_factor"], **crop),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **_SHARE),
            ],
            outputs=[SegsSocket.Output("segs", tooltip=text.outputs["segs"], is_output_list=True)],
        )

    @classmethod
    @override
    def execute(cls, poses: Any, image: torch.Tensor | None = None, **look: Any) -> io.NodeOutput:
        clip = poses_from_socket(poses, canvas_wh=None if image is None else (image.shape[2], image.shape[1]))
        if image is not None:
            as_many([image], len(clip))
            clip = [frame.scaled((image.shape[2], image.shape[1])) for frame in clip]
        sdpose.media.check_room(sum(_cropped(frame, **look) for frame in clip))
        return io.NodeOutput([_segs(frame, **look) for frame in clip] or [(_NOTHING_HW, [])])


class PosesToMasks(io.ComfyNode):
    """Poses in, a mask of a part of the people in each frame out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_PosesToMasks")
        tip = text.inputs
        pixels = {"default": 0, "min": 0, "max": 1024}
        side = {"default": 0, "min": 0, "max": 16384, "advanced": True}
        return io.Schema(
            node_id="SDPoseKit_PosesToMasks",
            display_name="Poses to Masks",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Combo.Input("region", list(REGIONS), default="person", tooltip=tip["region"]),
                io.Combo.Input("shape", list(SHAPES), default="limbs", tooltip=tip["shape"]),
                io.Combo.Input("people", PEOPLE, default=PEOPLE[0], tooltip=tip["people"]),
                io.Int.Input("grow", tooltip=tip["grow"], **pixels),
                io.Int.Input("feather", tooltip=tip["feather"], **pixels),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **_SHARE),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
            ],
            outputs=[io.Mask.Output("masks", tooltip=text.outputs["masks"], is_output_list=True)],
        )

    @classmethod
    @override
    def execute(cls, poses: Any, people: str, width: int, height: int, **look: Any) -> io.NodeOutput:
        clip = poses_from_socket(poses, canvas_wh=both_sides(width, height))
        if not clip:
            return io.NodeOutput([_mask_from_frames([np.zeros(_NOTHING_HW, np.uint8)])])
        canvas_wh = chosen_wh(width, height, clip[0].canvas_wh)
        clip = [frame.scaled(canvas_wh) for frame in clip]
        groups = [clip] if people == PEOPLE[0] else _one_by_one(clip)
        sdpose.media.check_room(len(groups) * len(clip) * canvas_wh[0] * canvas_wh[1])
        return io.NodeOutput([_mask_from_frames([mask(frame, **look) for frame in group]) for group in groups])


class FaceCrops(io.ComfyNode):
    """Tracked poses and their pictures in, a steady crop of each face out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_FaceCrops")
        tip = text.inputs
        out = text.outputs
        return io.Schema(
            node_id="SDPoseKit_FaceCrops",
            display_name="Face Crops",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Image.Input("image", tooltip=tip["image"]),
                io.Int.Input("track_id", default=EVERYBODY, min=EVERYBODY, max=0x7FFFFFFF, tooltip=tip["track_id"]),
                io.Int.Input("size", default=512, min=16, max=4096, step=8, tooltip=tip["size"]),
                io.Float.Input("margin", default=0.5, min=0, max=4, step=0.05, tooltip=tip["margin"]),
                io.Float.Input("threshold", default=0.3, tooltip=tip["threshold"], **_SHARE),
                io.Boolean.Input("find_cuts", default=True, tooltip=tip["find_cuts"]),
            ],
            outputs=[
                io.Image.Output("crops", tooltip=out["crops"], is_output_list=True),
                io.BoundingBox.Output("boxes", tooltip=out["boxes"], is_output_list=True),
                io.Mask.Output("seen", tooltip=out["seen"], is_output_list=True),
                io.String.Output("report", tooltip=out["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls, poses: Any, image: torch.Tensor, track_id: int, size: int, find_cuts: bool, **options: float
    ) -> io.NodeOutput:
        canvas_wh = image.shape[2], image.shape[1]
        clip = [frame.scaled(canvas_wh) for frame in poses_from_socket(poses, canvas_wh=canvas_wh)]
        cuts = sdpose.video.Shots()
        for _ in cuts.watch(watched([image], len(clip))) if find_cuts else ():
            pass
        tracks = face_tracks(clip, cuts=list(cuts), **options)
        chosen = _chosen(tracks, track_id, len(clip))
        crops = [
            image_from_frames(list(face_crops(watched([image], len(clip)), track, size))) for track in chosen.values()
        ]
        boxes = [_boxes(who, track) for who, track in chosen.items()]
        flags = [torch.from_numpy(track.seen).float()[:, None, None].repeat(1, size, size) for track in chosen.values()]
        text = summary(tracks)
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(crops, boxes, flags, text)


def _mask_from_frames(frames: Sequence[np.ndarray]) -> torch.Tensor:
    """uint8 (H, W) masks of one size -> a MASK batch (B, H, W) in 0..1."""
    return torch.from_numpy(np.stack(frames)).to(comfy.model_management.intermediate_device()).float().div_(255.0)


def _one_by_one(clip: Sequence[Poses]) -> list[list[Poses]]:
    """The clip of each person alone, in the order of their track ids; a clip of nobody where there is nobody.

    Raises:
        BadKeypoints: there are several people in a frame and no track ids.
    """
    ids = [identities(frame, index) for index, frame in enumerate(clip)]
    everybody = sorted({who for here in ids for who in here})
    alone = [
        [
            frame[[row for row, here in enumerate(present) if here == who]]
            for frame, present in zip(clip, ids, strict=True)
        ]
        for who in everybody
    ]
    return alone or [list(clip)]


def _chosen(tracks: dict[int, FaceTrack], track_id: int, frames: int) -> dict[int, FaceTrack]:
    """One person's track, or the tracks of all whose face is ever seen; never none, because a graph stops at nothing.

    Raises:
        BadOption: nobody has that id.
    """
    nobody = FaceTrack(np.zeros((frames, 4)), np.zeros(frames, np.bool_), np.zeros(frames, np.bool_))
    if track_id == EVERYBODY:
        return {who: track for who, track in tracks.items() if track.seen.any()} or {EVERYBODY: nobody}
    if tracks and track_id not in tracks:
        there = ", ".join(map(str, tracks))
        raise BadOption(f"nobody has track id {track_id}: there are {there}; -1 takes everybody")
    return {track_id: tracks.get(track_id, nobody)}


def _boxes(who: int, track: FaceTrack) -> list[list[dict[str, Any]]]:
    """BOUNDING_BOX of one face: a list of one box per frame, or of none where there is not even one to hold."""
    ids = np.array([who])
    pairs = zip(track.boxes, track.known, strict=True)
    return [_labelled(box[None], "face", ids) if known else [] for box, known in pairs]


def _places(frame: Poses, region: str, margin: float, threshold: float) -> tuple[Boxes, np.ndarray]:
    """The boxes of a region, cut off at the picture's edges, and which of the people they are of."""
    around = region_boxes(frame, region, threshold=threshold, margin=margin)
    inside = clip_boxes(around.boxes, frame.canvas_wh)
    kept = np.flatnonzero(around.found & (inside[:, 2:] > inside[:, :2]).all(axis=1))
    who = None if frame.track_ids is None else frame.track_ids[kept]
    return Boxes(inside[kept], track_ids=who, labels=(region,) * len(kept), canvas_wh=frame.canvas_wh), kept


def _cropped(frame: Poses, region: str, margin: float, threshold: float, crop_factor: float, **_: Any) -> int:
    """About how many pixels the crops of a frame's SEGS have."""
    corners = _places(frame, region, margin, threshold)[0].corners
    sizes = np.minimum((corners[:, 2:] - corners[:, :2]) * crop_factor, frame.canvas_wh)
    return int(sizes.prod(axis=1).sum())


def _segs(frame: Poses, region: str, shape: str, margin: float, threshold: float, crop_factor: float) -> Any:
    """SEGS of one frame."""
    boxes, people = _places(frame, region, margin, threshold)
    shown = None
    if shape != BOX:
        sdpose.media.check_room(len(people) * frame.canvas_wh[0] * frame.canvas_wh[1])
        shown = [mask(frame[who], region, shape, threshold=threshold) / np.float32(255) for who in people]
    return to_segs(boxes, shown, crop_factor=crop_factor)


def _labelled(boxes: np.ndarray, region: str, track_ids: np.ndarray | None) -> list[dict[str, Any]]:
    """The boxes (N, 4) of one frame as BOUNDING_BOX dictionaries that say what they hold."""
    return boxes_to_socket(boxes, track_ids=track_ids, label=region)


def summary(tracks: dict[int, FaceTrack]) -> str:
    """A line per person, such as `person 0: face in 38 of 40 frames, turned away or hidden in 2, absent in 0`."""
    lines = []
    for who, track in tracks.items():
        frames, seen, turned = len(track.seen), int(track.seen.sum()), int(track.turned.sum())
        where = f"face in {seen} of {count_of(frames, 'frame', 'frames')}"
        lines.append(f"person {who}: {where}, turned away or hidden in {turned}, absent in {frames - seen - turned}")
    return "\n".join(lines) or "nobody in any frame"
