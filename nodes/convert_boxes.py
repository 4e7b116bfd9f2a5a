"""Boxes of any shape as those of any taker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import comfy.model_management
import torch
from comfy_api.latest import io
from typing_extensions import override

from ..sdpose.errors import BadBoxes
from ..sdpose.formats.boxes import (
    BBOX_FORMS,
    CROP_FACTOR,
    FLATS,
    FORMS,
    Boxes,
    read_boxes,
    to_bbox,
    to_bounding_boxes,
    to_masks,
    to_segs,
)
from .pieces import joined_boxes, settings
from .progress import report, summary
from .sockets import BBoxSocket, SegsSocket, both_sides, boxes_input, or_blocked
from .words import words

__all__ = ["ConvertBoxes"]

LISTS = ["one per frame", "one for all"]


class ConvertBoxes(io.ComfyNode):
    """Whatever boxes came in, the same boxes as each consumer wants them out."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_ConvertBoxes")
        tip, out = text.inputs, text.outputs
        side = {"default": 0, "min": 0, "max": 16384, "advanced": True}
        crop = {"default": CROP_FACTOR, "min": 1, "max": 100, "step": 0.1, "advanced": True}
        return io.Schema(
            node_id="SDPoseKit_ConvertBoxes",
            display_name="Convert Boxes",
            category="SDPose Kit/convert",
            description=text.description,
            search_aliases=text.search_aliases,
            is_input_list=True,
            inputs=[
                boxes_input("boxes", tooltip=tip["boxes"]),
                io.Image.Input("image", optional=True, tooltip=tip["image"]),
                io.Combo.Input("form", list(FORMS), default="auto", tooltip=tip["form"]),
                io.Combo.Input("flat", list(FLATS), default="auto", tooltip=tip["flat"]),
                io.Combo.Input("bbox_form", list(BBOX_FORMS), default=BBOX_FORMS[0], tooltip=tip["bbox_form"]),
                io.Combo.Input("bbox_lists", LISTS, default=LISTS[0], tooltip=tip["bbox_lists"]),
                io.Float.Input("crop_factor", tooltip=tip["crop_factor"], **crop),
                io.Int.Input("frames", tooltip=tip["frames"], **side | {"max": 0x7FFFFFFF}),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
            ],
            outputs=[
                io.BoundingBox.Output("boxes", tooltip=out["boxes"]),
                BBoxSocket.Output("bbox", tooltip=out["bbox"]),
                SegsSocket.Output("segs", tooltip=out["segs"], is_output_list=True),
                io.Mask.Output("masks", tooltip=out["masks"]),
                io.String.Output("report", tooltip=out["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, boxes: list[Any], image: list[torch.Tensor] | None = None, **widgets: list[Any]) -> io.NodeOutput:
        chosen = settings(widgets)
        how = {key: chosen[key] for key in ("form", "flat")}
        clip = _sized(boxes, chosen, how) if image is None else joined_boxes(boxes, image, **how)
        bbox = to_bbox(clip, chosen["bbox_form"], flat=chosen["bbox_lists"] == LISTS[1])
        factor = chosen["crop_factor"]
        segs = [or_blocked(to_segs, frame, crop_factor=factor) for frame in clip]
        text = summary(clip, "box", "boxes")
        report(cls.hidden.unique_id, text)
        return io.NodeOutput(to_bounding_boxes(clip), bbox, segs, or_blocked(_masks, clip), text)


def _sized(pieces: Sequence[Any], chosen: Mapping[str, Any], how: Mapping[str, str]) -> list[Boxes]:
    """The boxes of each frame where there are no pictures, on those of the chosen size if one is chosen."""
    frames, canvas_wh = chosen["frames"] or None, both_sides(chosen["width"], chosen["height"])
    if len(pieces) > 1:
        clip = [boxes for piece in pieces for boxes in read_boxes(piece, **how)]
        if frames not in (None, len(clip)):
            raise BadBoxes(f"there are boxes of {len(clip)} frames, and frames is {frames}: set it to 0")
    elif canvas_wh and frames:
        return read_boxes(pieces[0], images_wh=[canvas_wh] * frames, **how)
    else:
        clip = read_boxes(pieces[0], frames, **how)
    return [boxes.on(canvas_wh) for boxes in clip] if canvas_wh else clip


def _masks(clip: Sequence[Boxes]) -> torch.Tensor:
    return torch.from_numpy(to_masks(clip)).to(comfy.model_management.intermediate_device())
