"""Who is who in a clip, and whom to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.errors import BadBoxes, BadOption
from ..sdpose.video import selection
from ..sdpose.video.identity.sightings import present
from .pieces import joined_boxes, joined_poses, parted, settings, watched
from .progress import identities, report, summary
from .sockets import PosesSocket, boxes_input, boxes_of_people, people_in, poses_input, poses_to_socket
from .words import words

if TYPE_CHECKING:
    from ..sdpose.poses import Poses
    from ..sdpose.video.selection import Rule

__all__ = ["FPS", "SelectPeople", "TrackPeople", "whole_numbers"]

FPS = {"default": 24.0, "min": 1.0, "max": 1000.0, "step": 0.001}


class TrackPeople(io.ComfyNode):
    """The people of a clip in, the same people with one identity each out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_TrackPeople")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_TrackPeople",
            display_name="Track People",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                poses_input("poses", optional=True, tooltip=tip["poses"]),
                boxes_input("boxes", optional=True, tooltip=tip["boxes"]),
                io.Image.Input("image", optional=True, tooltip=tip["image"]),
                poses_input("before", optional=True, tooltip=tip["before"]),
                io.Float.Input("fps", tooltip=tip["fps"], **FPS),
                io.Boolean.Input("fill_absent", default=False, tooltip=tip["fill_absent"]),
            ],
            outputs=[
                PosesSocket.Output("poses", tooltip=text.outputs["poses"], is_output_list=True),
                io.BoundingBox.Output("boxes", tooltip=text.outputs["boxes"], is_output_list=True),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls,
        poses: list[Any] | None = None,
        boxes: list[Any] | None = None,
        image: list[torch.Tensor] | None = None,
        before: list[Any] | None = None,
        **widgets: list[Any],
    ) -> io.NodeOutput:
        chosen = settings(widgets)
        people, lengths = _people(poses, boxes, image)
        cuts = sdpose.video.Shots()
        frames = None if image is None else cuts.watch(watched(image, len(people)))
        earlier = [] if before is None else joined_poses(before, image)[0]
        clip = sdpose.video.track(people, frames=frames, cuts=cuts, fps=chosen["fps"], before=earlier)
        text = identities(clip)
        report(cls.hidden.unique_id, text)
        tracked = sdpose.video.placed(clip) if chosen["fill_absent"] else clip
        places = [boxes_of_people(frame) for frame in clip]
        return io.NodeOutput(parted(poses_to_socket(tracked), lengths), parted(places, lengths), text)


def _people(
    poses: list[Any] | None, boxes: list[Any] | None, image: list[torch.Tensor] | None
) -> tuple[list[Poses], list[int]]:
    """The people of each frame, still nameless, and how many frames each piece has.

    Raises:
        BadOption: there are both poses and boxes, or neither.
        BadBoxes: boxes without pictures, or something else than boxes.
        BadKeypoints: something else than poses.
    """
    if (poses is None) == (boxes is None):
        raise BadOption("poses and boxes both say where the people are: connect one of them")
    if poses is not None:
        people, lengths = joined_poses(poses, image)
        return [present(frame) for frame in people], lengths  # who only keeps a place is nobody to follow
    if image is None:
        raise BadBoxes("boxes do not say how large their pictures are: connect the image as well")
    return people_in(joined_boxes(boxes, image)), [len(pictures) for pictures in image]


class SelectPeople(io.ComfyNode):
    """The people of a clip in, some of them out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_SelectPeople")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_SelectPeople",
            display_name="Select People",
            category="SDPose Kit/video",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.DynamicCombo.Input("rule", options=_options(tip), tooltip=tip["rule"]),
            ],
            outputs=[
                PosesSocket.Output("poses", tooltip=text.outputs["poses"], is_output_list=True),
                io.BoundingBox.Output("boxes", tooltip=text.outputs["boxes"], is_output_list=True),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, poses: list[Any], rule: Mapping[str, list[Any]] | None = None) -> io.NodeOutput:
        clip, lengths = joined_poses(poses)
        chosen = selection.select(clip, _rule(rule))
        tracked = any(frame.track_ids is not None for frame in clip)
        text = identities(chosen) if tracked else summary(chosen)
        report(cls.hidden.unique_id, text)
        places = [boxes_of_people(frame) for frame in chosen]
        return io.NodeOutput(parted(poses_to_socket(chosen), lengths), parted(places, lengths), text)


_RULES: dict[str, Callable[..., Rule]] = {
    "longest lived": lambda count: selection.by_lifetime(count[0]),
    "largest": lambda count: selection.by_area(count[0]),
    "left to right": lambda places: selection.by_left_to_right(whole_numbers(places[0])),
    "track id": lambda ids: selection.by_track_id(whole_numbers(ids[0])),
    "index": lambda indices: selection.by_index(whole_numbers(indices[0])),
    "point": lambda x, y: selection.by_point((x[0], y[0])),
    "mask": lambda mask, inside: selection.by_mask(_joined_masks(mask), inside[0]),
    "nearest pose": lambda reference: selection.by_reference(_one_person(reference)),
}


def _options(tip: Mapping[str, str]) -> list[io.DynamicCombo.Option]:
    """The rules with what each of them asks for, which are the parameters in `_RULES`."""
    count = io.Int.Input("count", default=1, min=1, max=1000, tooltip=tip["count"])
    pixel = {"default": 0, "min": -16384, "max": 16384}
    share = {"default": 0.5, "min": 0.01, "max": 1, "step": 0.01, "display_mode": io.NumberDisplay.slider}
    asked: dict[str, list[io.Input]] = {
        "longest lived": [count],
        "largest": [count],
        "left to right": [io.String.Input("places", default="0", tooltip=tip["places"])],
        "track id": [io.String.Input("ids", default="0", tooltip=tip["ids"])],
        "index": [io.String.Input("indices", default="0", tooltip=tip["indices"])],
        "point": [io.Int.Input(axis, tooltip=tip[axis], **pixel) for axis in ("x", "y")],
        "mask": [io.Mask.Input("mask", tooltip=tip["mask"]), io.Float.Input("inside", tooltip=tip["inside"], **share)],
        "nearest pose": [poses_input("reference", tooltip=tip["reference"])],
    }
    return [io.DynamicCombo.Option(name, inputs) for name, inputs in asked.items()]


def _rule(rule: Mapping[str, list[Any]] | None) -> Rule:
    """The rule of the library. Raises BadOption when there is none of that name, or it is asked for nonsense."""
    asked = dict(rule or {"rule": [None]})  # ComfyUI leaves out a combo whose value it does not know
    (name,) = asked.pop("rule")
    if name not in _RULES:
        raise BadOption(f"rule is one of {', '.join(_RULES)}; got {name!r}")
    return _RULES[name](**asked)


def whole_numbers(text: str) -> list[int]:
    """`0, 2` -> [0, 2]. Raises BadOption for anything else."""
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise BadOption(f"expected whole numbers separated by commas, such as 0, 2; got {text!r}") from None


def _joined_masks(pieces: Sequence[torch.Tensor]) -> np.ndarray:
    """MASK piece by piece -> (T, H, W)."""
    masks = [np.asarray(piece.float().cpu()).reshape(-1, *piece.shape[-2:]) for piece in pieces]
    if len({mask.shape[1:] for mask in masks}) > 1:
        raise BadOption(f"masks must have one size; got {sorted({mask.shape[1:] for mask in masks})}")
    return np.concatenate(masks)


def _one_person(pieces: Sequence[Any]) -> Poses:
    """The first frame, which is to show one person."""
    frames, _ = joined_poses(pieces)
    if not frames:
        raise BadOption("the reference has no frames: connect poses of one person")
    return frames[0]
