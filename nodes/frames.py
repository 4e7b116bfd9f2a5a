"""One frame of a clip for an editor of still poses, and back into the clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comfy_api.latest import io
from typing_extensions import override

from ..sdpose.editing.frames import BETWEEN, frames_of, join, part, pick, put_back
from ..sdpose.errors import BadOption
from ..sdpose.formats import DIALECTS
from .people import whole_numbers
from .pieces import MOST_STREAMS, grown, settings
from .progress import count_of, report
from .sockets import ClipSocket, advised, both_sides, poses_input
from .words import words

__all__ = ["PickFrame", "PutFrameBack"]


class PickFrame(io.ComfyNode):
    """A clip in, one frame of it out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_PickFrame")
        tip, out = text.inputs, text.outputs
        return io.Schema(
            node_id="SDPoseKit_PickFrame",
            display_name="Pick Frame",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Int.Input("index", default=0, min=-0x7FFFFFFF, max=0x7FFFFFFF, tooltip=tip["index"]),
            ],
            outputs=[
                ClipSocket.Output("poses", tooltip=out["poses"]),
                io.Int.Output("width", tooltip=out["width"]),
                io.Int.Output("height", tooltip=out["height"]),
                io.Int.Output("frames", tooltip=out["frames"]),
                io.Int.Output("index", tooltip=out["index"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, poses: list[Any], index: list[int]) -> io.NodeOutput:
        picked = pick(join(poses), index[0])
        width, height = picked.canvas_wh or (0, 0)
        place = index[0] % picked.count
        report(cls.hidden.unique_id, f"frame {place} of {picked.count}")
        return io.NodeOutput(picked.payload, width, height, picked.count, place)


class PutFrameBack(io.ComfyNode):
    """A clip and edited frames in, the clip with these out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_PutFrameBack")
        tip, out = text.inputs, text.outputs
        side = {"default": 0, "min": 0, "max": 16384, "advanced": True}
        edited = io.Autogrow.TemplatePrefix(poses_input("edited", tooltip=tip["edited"]), "edited", max=MOST_STREAMS)
        return io.Schema(
            node_id="SDPoseKit_PutFrameBack",
            display_name="Put Frame Back",
            category="SDPose Kit/edit",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.Autogrow.Input("edited", edited, tooltip=tip["edited"]),
                io.MultiType.Input(io.String.Input("indices", default="", tooltip=tip["indices"]), [io.Int]),
                io.Combo.Input("between", list(BETWEEN), tooltip=tip["between"]),
                io.Combo.Input("dialect", ["auto", *DIALECTS], tooltip=tip["dialect"], advanced=True),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
            ],
            outputs=[
                ClipSocket.Output("poses", tooltip=out["poses"], is_output_list=True),
                io.String.Output("report", tooltip=out["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, poses: list[Any], edited: Mapping[str, list[Any]], **widgets: list[Any]) -> io.NodeOutput:
        indices = _indices(widgets.pop("indices"))
        chosen = settings(widgets)
        frames = [join(pieces) for pieces in grown(edited)]
        canvas_wh = both_sides(chosen["width"], chosen["height"])
        options = {"dialect": chosen["dialect"], "canvas_wh": canvas_wh}
        with advised():
            clip, changed = put_back(join(poses), frames, indices, chosen["between"], **options)
        text = f"{count_of(len(indices), 'frame', 'frames')} put back"
        if between := len(changed) - len(indices):
            text += f", {count_of(between, 'frame', 'frames')} between changed"
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(part(clip, [len(frames_of(piece)) for piece in poses]), text)


def _indices(given: list[int | str]) -> list[int]:
    """Numbers from other nodes, or text with some. Raises BadOption when there are none."""
    indices = [index for each in given for index in ([each] if isinstance(each, int) else whole_numbers(each))]
    if not indices:
        raise BadOption(
            "indices say which frames the edited ones replace, and there are none: connect the index of Pick Frame, or "
            "type them, such as 12, 40"
        )
    return indices
