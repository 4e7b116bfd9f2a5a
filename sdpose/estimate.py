"""Frames and boxes in, poses out: the crops of all people of all frames share the network's batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from .boxes import Crop, frame_tensor, warp_crops
from .errors import BadOption
from .poses import FloatArray, Poses
from .topdown import Batches, CropNetwork, Found, boxes_inside, decoded, paired, people

__all__ = ["Estimator", "PoseModel"]


class PoseModel(CropNetwork, Protocol):
    """A network for single crops: `sdpose.models.SDPose`, or one under ComfyUI's care."""

    def heatmaps(self, crops: Tensor, flip: bool = False) -> Tensor:
        """(B, 3, H, W) in -1..1 -> (B, K, h, w)."""


@dataclass
class _Frame:
    """A frame whose people's crops are on their way through the network."""

    canvas_wh: tuple[int, int]
    boxes: FloatArray
    crops: list[Crop]


class Estimator:
    """A top-down pose estimator: one crop per person box, one network pass per batch of crops.

    The result for a person depends on its frame and box alone: not on the batch size, the order of frames, or who
    else is in the batch.

    Args:
        model: a network, from `sdpose.load_model`.
        crop: "padded" (the published evaluation rule: box x 1.25, aspect kept) or "stretched" (the demos' rule).
        flip: also run mirrored crops and average the heatmaps: twice the time, a little more accurate.
        batch_size: crops per batch, or "auto". Either way it is halved when the device runs out of memory.
        before_batch: called before each network batch; raise in it to cancel.

    Raises:
        BadOption: an unknown crop rule or a batch size below 1.
    """

    def __init__(
        self,
        model: PoseModel,
        crop: Literal["padded", "stretched"] = "padded",
        flip: bool = False,
        batch_size: int | Literal["auto"] = "auto",
        before_batch: Callable[[], None] | None = None,
    ) -> None:
        if crop not in ("padded", "stretched"):
            raise BadOption(f"crop is padded or stretched; got {crop!r}")
        self.model = model
        self.crop = crop
        self.flip = flip
        self.batches = Batches(batch_size, model.device, before_batch)

    def __call__(self, frames: Iterable[Any], boxes: Iterable[Any] | None = None) -> list[Poses]:
        """All of `stream` at once."""
        return list(self.stream(frames, boxes))

    def stream(self, frames: Iterable[Any], boxes: Iterable[Any] | None = None) -> Iterator[Poses]:
        """Poses frame by frame, in order, holding no more frames than a batch needs.

        Args:
            frames: pictures uint8 (h, w, 3) RGB, of any sizes; an array (T, h, w, 3) is T of them.
            boxes: for each frame its people as (N, 4) x1, y1, x2, y2 pixels; an empty one means nobody. None means
                that every frame is one person, whole. Boxes without area, and boxes wholly outside the picture, give no
                person.

        Yields:
            One `Poses` per frame; its `boxes` are those that gave a person, in the order they came.

        Raises:
            BadImage: a frame is not uint8 (h, w, 3).
            BadBoxes: malformed boxes, or fewer or more of them than frames.
        """
        pairs = ((frame, None) for frame in frames) if boxes is None else paired(frames, boxes)
        prepared = (self._prepare(frame, frame_boxes) for frame, frame_boxes in pairs)
        for frame, found in self.batches.through(self._find, prepared):
            yield people(found, frame.crops, frame.boxes, self.model.skeleton, frame.canvas_wh)

    def _prepare(self, frame: Any, boxes: Any) -> tuple[_Frame, list[Tensor]]:
        picture = frame_tensor(frame, self.model.device)
        height, width = picture.shape[-2:]
        every, inside = boxes_inside([0, 0, width, height] if boxes is None else boxes, (width, height))
        kept = every[inside]
        crops = [self._crop(box, (width, height)) for box in kept]
        # Crops are cut now and not when their batch runs, so that the frame itself can be let go.
        cut = list(warp_crops(picture, crops)) if crops else []
        return _Frame((width, height), kept, crops), cut

    def _crop(self, box: FloatArray, image_wh: tuple[int, int]) -> Crop:
        if self.crop == "stretched":
            return Crop.stretched(box, self.model.input_wh, image_wh)
        return Crop.padded(box, self.model.input_wh)

    def _find(self, crops: list[Tensor]) -> list[Found]:
        heatmaps = self.model.heatmaps(torch.stack(crops) / 127.5 - 1, flip=self.flip)
        return decoded(self.model.codec, heatmaps)
