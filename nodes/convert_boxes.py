"""Boxes of any shape as those of any taker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import comfy.model_management
import torch
from comfy_api.latest import io
from typing_extensions import override

from ..sdpose.editing.transforms import resized_wh
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
from .pieces import joined_boxes, parted, settings
from .progress import report, summary
from .sockets import BBoxSocket, SegsSocket, both_sides, boxes_input, or_blocked, why_blocked
from .words import words

__all__ = ["ConvertBoxes"]

LISTS = ["one per frame", "one for all"]
LONGEST = 100_000
"""Frames that are asked for without pictures: more than an hour of film."""


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
                io.Int.Input("frames", tooltip=tip["frames"], **side | {"max": LONGEST}),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
            ],
            outputs=[
                io.BoundingBox.Output("boxes", tooltip=out["boxes"], is_output_list=True),
                BBoxSocket.Output("bbox", tooltip=out["bbox"], is_output_list=True),
                SegsSocket.Output("segs", tooltip=out["segs"], is_output_list=True),
                io.Mask.Output("masks", tooltip=out["masks"], is_output_list=True),
                io.String.Output("report", tooltip=out["report"]),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def execute(cls, boxes: list[Any], image: list[torch.Tensor] | None = None, **widgets: list[Any]) -> io.NodeOutput:
        chosen = settings(widgets)
        how = {key: chosen[key] for key in ("form", "flat")}
        if image is None:
            pieces = [_sized(boxes, chosen, how)]
        else:
            pieces = parted(joined_boxes(boxes, image, **how), [len(pictures) for pictures in image])
        flat = chosen["bbox_lists"] == LISTS[1]
        clip = [frame for piece in pieces for frame in piece]
        made = {
            "bbox": [or_blocked(to_bbox, piece, chosen["bbox_form"], flat=flat) for piece in pieces],
            "segs": _segs(clip, chosen["crop_factor"]),
            "masks": [or_blocked(_masks, piece) for piece in pieces],
        }
        text = "\n".join([summary(clip, "box", "boxes"), *why_blocked(made).values()])
        report(cls.hidden.unique_id, text)
        return io.NodeOutput([to_bounding_boxes(piece) for piece in pieces], *made.values(), text)


def _sized(pieces: Sequence[Any], chosen: Mapping[str, Any], how: Mapping[str, str]) -> list[Boxes]:
    """The boxes of each frame where there are no pictures, on those of the chosen size if one is chosen."""
    frames, width, height = (chosen[key] for key in ("frames", "width", "height"))
    canvas_wh = both_sides(width, height)
    if len(pieces) == 1 and canvas_wh and frames:
        return read_boxes(pieces[0], images_wh=[canvas_wh] * frames, **how)
    wanted = (frames or None) if len(pieces) == 1 else None
    clip = [boxes for piece in pieces for boxes in read_boxes(piece, wanted, **how)]
    if frames not in (0, len(clip)):
        raise BadBoxes(f"there are boxes of {len(clip)} frames, and frames is {frames}: set it to 0")
    return [_on(boxes, width, height) for boxes in clip]


def _on(boxes: Boxes, width: int, height: int) -> Boxes:
    """Boxes on a picture of the chosen size; a side that is not chosen keeps the shape, where that is known."""
    if boxes.canvas_wh is not None:
        return boxes.on(resized_wh(boxes.canvas_wh, width, height))
    canvas_wh = both_sides(width, height)
    return boxes if canvas_wh is None else boxes.on(canvas_wh)


def _segs(clip: Sequence[Boxes], crop_factor: float) -> list[Any]:
    """SEGS of each frame; boxes that hold for many frames make one for all of these."""
    several = {id(boxes): boxes for boxes in clip}
    made = {key: or_blocked(to_segs, boxes, crop_factor=crop_factor, label="") for key, boxes in several.items()}
    return [made[id(boxes)] for boxes in clip]


def _masks(clip: Sequence[Boxes]) -> torch.Tensor:
    return torch.from_numpy(to_masks(clip)).to(comfy.model_management.intermediate_device())
