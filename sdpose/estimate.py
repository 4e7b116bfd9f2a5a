"""Frames and boxes in, poses out: the crops of all people of all frames share the network's batches."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from .boxes import Crop, frame_tensor, validate_boxes, warp_crops
from .errors import BadBoxes, BadOption
from .heatmaps import UDPHeatmaps
from .poses import FloatArray, Poses
from .topology import Skeleton

__all__ = ["Estimator", "PoseModel"]

log = logging.getLogger("sdposekit")

AUTO_BATCH = {"cpu": 4}
"""Crops per batch that "auto" starts from, by device type; other devices start from 16."""


class PoseModel(Protocol):
    """What the estimator needs of a network; `sdpose.models.SDPose` has it, and so has one under ComfyUI's care."""

    @property
    def input_wh(self) -> tuple[int, int]:
        """Crop size in pixels."""

    @property
    def skeleton(self) -> Skeleton:
        """The K keypoints."""

    @property
    def codec(self) -> UDPHeatmaps:
        """Decoder of its heatmaps."""

    @property
    def device(self) -> torch.device:
        """Where crops are warped."""

    def heatmaps(self, crops: Tensor, flip: bool = False) -> Tensor:
        """(B, 3, H, W) in -1..1 -> (B, K, h, w)."""


@dataclass
class _Frame:
    """A frame on its way: its people's crops may still be waiting for a batch to fill."""

    canvas_wh: tuple[int, int]
    boxes: FloatArray
    crops: list[Crop]
    points: list[FloatArray] = field(default_factory=list)
    scores: list[FloatArray] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return len(self.points) == len(self.crops)

    def poses(self, skeleton: Skeleton) -> Poses:
        if not self.points:
            return Poses.empty(skeleton, self.canvas_wh)
        return Poses(np.stack(self.points), np.stack(self.scores), skeleton, self.canvas_wh, boxes=self.boxes)


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
        if batch_size != "auto" and int(batch_size) < 1:
            raise BadOption(f"batch_size is auto or at least 1; got {batch_size!r}")
        self.model = model
        self.crop = crop
        self.flip = flip
        self.batch_size = AUTO_BATCH.get(model.device.type, 16) if batch_size == "auto" else int(batch_size)
        self.before_batch = before_batch

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
        waiting: list[_Frame] = []
        queue: list[tuple[_Frame, Tensor]] = []
        for frame, frame_boxes in _paired(frames, boxes):
            entry, crops = self._prepare(frame, frame_boxes)
            waiting.append(entry)
            queue += [(entry, crop) for crop in crops]
            while len(queue) >= self.batch_size:
                self._run(queue)
            yield from self._finished(waiting)
        while queue:
            self._run(queue)
        yield from self._finished(waiting)

    def _finished(self, waiting: list[_Frame]) -> Iterator[Poses]:
        while waiting and waiting[0].done:
            yield waiting.pop(0).poses(self.model.skeleton)

    def _prepare(self, frame: Any, boxes: Any) -> tuple[_Frame, list[Tensor]]:
        picture = frame_tensor(frame, self.model.device)
        height, width = picture.shape[-2:]
        people = np.array([[0.0, 0.0, width, height]]) if boxes is None else validate_boxes(boxes)
        inside = (np.minimum(people[:, 2:], (width, height)) > np.maximum(people[:, :2], 0)).all(axis=1)
        people = people[inside]
        crops = [self._crop(box, (width, height)) for box in people]
        # Crops are cut now and not when their batch runs, so that the frame itself can be let go.
        cut = list(warp_crops(picture, crops)) if crops else []
        return _Frame((width, height), people, crops), cut

    def _crop(self, box: FloatArray, image_wh: tuple[int, int]) -> Crop:
        if self.crop == "stretched":
            return Crop.stretched(box, self.model.input_wh, image_wh)
        return Crop.padded(box, self.model.input_wh)

    def _run(self, queue: list[tuple[_Frame, Tensor]]) -> None:
        """One batch from the front of the queue; on out-of-memory the batch size is halved and nothing is lost."""
        if self.before_batch is not None:
            self.before_batch()
        batch = queue[: self.batch_size]
        crops = torch.stack([crop for _, crop in batch]) / 127.5 - 1
        try:
            with torch.inference_mode():
                heatmaps = self.model.heatmaps(crops, flip=self.flip)
                points, scores = self.model.codec.decode(heatmaps)
        except RuntimeError as error:
            # CUDA has a class of its own for this; MPS and the CPU allocator only say so.
            if "out of memory" not in str(error).lower() or self.batch_size == 1:
                raise
            self.batch_size //= 2
            return
        del queue[: len(batch)]
        if not torch.isfinite(heatmaps).all():
            log.warning("heatmaps overflowed, and their keypoints count as absent: use bfloat16 or float32")
        for (entry, _), person, score in zip(batch, points.cpu().numpy(), scores.cpu().numpy(), strict=True):
            crop = entry.crops[len(entry.points)]
            entry.points.append(crop.to_image(person))
            entry.scores.append(score.astype(np.float64))


def _paired(frames: Iterable[Any], boxes: Iterable[Any] | None) -> Iterator[tuple[Any, Any]]:
    """Each frame with its boxes. Raises BadBoxes when one of the two ends before the other."""
    if boxes is None:
        yield from ((frame, None) for frame in frames)
        return
    end = object()
    rest = iter(boxes)
    count = 0
    for frame in frames:
        frame_boxes = next(rest, end)
        if frame_boxes is end:
            raise BadBoxes(f"boxes ended after {count} frames, but frames go on: give one entry per frame")
        yield frame, frame_boxes
        count += 1
    if next(rest, end) is not end:
        raise BadBoxes(f"there are {count} frames and boxes for more: give one entry per frame")
