"""What a graph does to pictures, done to poses: transform, combine and filter them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io
from typing_extensions import override

from .. import sdpose
from ..sdpose.editing import combining, filtering, transforms
from ..sdpose.errors import BadOption
from .pieces import MOST_STREAMS, grown, joined_streams, parted, settings
from .progress import report, summary
from .sockets import PosesSocket, poses_from_socket, poses_input, poses_to_socket
from .words import words

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = ["ConcatenatePoses", "FilterPoses", "MergePoses", "TransformPoses"]

_LONGEST = 16384
"""ComfyUI makes no picture with a longer side."""

_TURNS = {"90 degrees": 1, "180 degrees": 2, "270 degrees": 3}


class TransformPoses(io.ComfyNode):
    """Poses in, the poses of a picture that was cropped, resized, padded, flipped, rotated or moved out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_TransformPoses")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_TransformPoses",
            display_name="Transform Poses",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.DynamicCombo.Input("operation", options=_options(tip), tooltip=tip["operation"]),
                io.Boolean.Input("drop_outside", default=False, tooltip=tip["drop_outside"]),
            ],
            outputs=[PosesSocket.Output("poses", tooltip=text.outputs["poses"])],
        )

    @classmethod
    @override
    def execute(cls, poses: Any, drop_outside: bool, operation: Mapping[str, Any] | None = None) -> io.NodeOutput:
        asked = dict(operation or {"operation": None})  # ComfyUI leaves out a combo whose value it does not know
        name = asked.pop("operation")
        if name not in _OPERATIONS:
            raise BadOption(f"operation is one of {', '.join(_OPERATIONS)}; got {name!r}")
        clip = [_OPERATIONS[name](frame, **asked) for frame in poses_from_socket(poses)]
        return io.NodeOutput(poses_to_socket([transforms.inside(frame) for frame in clip] if drop_outside else clip))


_OPERATIONS: dict[str, Callable[..., Poses]] = {
    "crop": transforms.cropped,
    "resize": transforms.resized,
    "scale by": lambda poses, scale_by: transforms.resized_by(poses, scale_by),
    "pad": transforms.padded,
    "flip": transforms.flipped,
    "rotate": lambda poses, rotation: transforms.turned(poses, _TURNS[rotation]),
    "offset": transforms.shifted,
}


def _options(tip: Mapping[str, str]) -> list[io.DynamicCombo.Option]:
    """The operations with what each of them asks for, in the words and the limits of ComfyUI's nodes for pictures."""

    def pixels(name: str, default: int = 0, least: int = 0) -> io.Input:
        return io.Int.Input(name, default=default, min=least, max=_LONGEST, tooltip=tip[name])

    def choice(name: str, options: list[str]) -> io.Input:
        return io.Combo.Input(name, options, tooltip=tip[name])

    sides = [choice("direction", list(transforms.DIRECTIONS)), choice("sides", list(transforms.SIDES))]
    move = {"default": 0.0, "min": -float(_LONGEST), "max": float(_LONGEST), "step": 1.0}
    asked: dict[str, list[io.Input]] = {
        "crop": [*map(pixels, ("x", "y")), pixels("width", 512, 1), pixels("height", 512, 1)],
        "resize": [pixels("width", 512), pixels("height", 512), choice("crop", ["disabled", "center"])],
        "scale by": [io.Float.Input("scale_by", default=1, min=0.01, max=8, step=0.01, tooltip=tip["scale_by"])],
        "pad": [*map(pixels, ("left", "top", "right", "bottom"))],
        "flip": sides,
        "rotate": [choice("rotation", list(_TURNS))],
        "offset": [io.Float.Input(name, tooltip=tip[name], **move) for name in ("dx", "dy")],
    }
    return [io.DynamicCombo.Option(name, inputs) for name, inputs in asked.items()]


class MergePoses(io.ComfyNode):
    """Poses of the same frames from several nodes in, all their people in one clip out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_MergePoses")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_MergePoses",
            display_name="Merge Poses",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                _several(tip["poses"], least=2),
                io.Combo.Input("track_ids", list(combining.TRACK_IDS), tooltip=tip["track_ids"]),
            ],
            outputs=[
                PosesSocket.Output("poses", tooltip=text.outputs["poses"], is_output_list=True),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, poses: Mapping[str, list[Any]], **widgets: list[Any]) -> io.NodeOutput:
        streams, parts = joined_streams(grown(poses))
        merged = combining.merged(streams, **settings(widgets))
        lengths = max(parts, key=lambda lengths: (sum(lengths), len(lengths)))
        text = _counted(streams, merged)
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(parted(poses_to_socket(merged), lengths), text)


class ConcatenatePoses(io.ComfyNode):
    """Clips in, one clip with all their frames out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_ConcatenatePoses")
        tip = text.inputs
        ids = [*reversed(combining.TRACK_IDS)]  # the same people go on, unless somebody says otherwise
        return io.Schema(
            node_id="SDPoseKit_ConcatenatePoses",
            display_name="Concatenate Poses",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                _several(tip["poses"], least=1),
                io.Combo.Input("canvas", list(combining.CANVASES), tooltip=tip["canvas"]),
                io.Combo.Input("track_ids", ids, tooltip=tip["track_ids"]),
            ],
            outputs=[
                PosesSocket.Output("poses", tooltip=text.outputs["poses"]),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, poses: Mapping[str, list[Any]], **widgets: list[Any]) -> io.NodeOutput:
        clips, _ = joined_streams(grown(poses))
        clip = combining.concatenated(clips, **settings(widgets))
        text = _counted(clips, clip)
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(poses_to_socket(clip), text)


def _several(tooltip: str, least: int) -> io.Input:
    """An input that grows: another one appears as soon as the last is connected."""
    template = io.Autogrow.TemplatePrefix(poses_input("poses", tooltip=tooltip), "poses", min=least, max=MOST_STREAMS)
    return io.Autogrow.Input("poses", template, tooltip=tooltip)


def _counted(streams: Sequence[Sequence[Poses]], clip: Sequence[Poses]) -> str:
    """How many people there are, and what became of those without a track id where others have one."""
    before, after = ({frame.track_ids is None for frame in frames if len(frame)} for frames in (chain(*streams), clip))
    text = summary(clip)
    if before == {True, False} and after == {False}:
        text += "; people without a track id got one by their place in the list, until they are tracked"
    elif before == {True, False} and after == {True}:
        text += "; without track ids, because not everybody had one"
    return text


class FilterPoses(io.ComfyNode):
    """Poses in, the same without some parts, points or people out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_FilterPoses")
        tip = text.inputs
        share = {"default": 0.0, "min": 0.0, "max": 1.0, "step": 0.01, "display_mode": io.NumberDisplay.slider}
        limits = [f"{part}_threshold" for part in filtering.PARTS]
        return io.Schema(
            node_id="SDPoseKit_FilterPoses",
            display_name="Filter Poses",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                *(io.Boolean.Input(part, default=True, tooltip=tip[part]) for part in filtering.PARTS),
                io.Float.Input("threshold", tooltip=tip["threshold"], **share | {"default": 0.3}),
                *(io.Float.Input(limit, tooltip=tip[limit], advanced=True, **share) for limit in limits),
                io.Float.Input("mean_score", tooltip=tip["mean_score"], **share),
                io.Int.Input("points", default=0, min=0, max=134, tooltip=tip["points"]),
                io.Boolean.Input("places", default=False, tooltip=tip["places"]),
            ],
            outputs=[
                PosesSocket.Output("poses", tooltip=text.outputs["poses"]),
                io.String.Output("report", tooltip=text.outputs["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(
        cls, poses: Any, threshold: float, mean_score: float, points: int, places: bool, **of_parts: Any
    ) -> io.NodeOutput:
        parts = [part for part in filtering.PARTS if of_parts[part]]
        limits = {part: max(threshold, of_parts[f"{part}_threshold"]) for part in filtering.PARTS}
        people = {"mean_score": mean_score, "points": points, "places": places}
        clip = [sdpose.editing.filtered(frame, parts, limits, **people) for frame in poses_from_socket(poses)]
        text = summary(clip)
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(poses_to_socket(clip), text)
