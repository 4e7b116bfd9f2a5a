"""What every top-down estimator does: frames meet their boxes, crops share batches, heatmaps become poses."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .boxes import Crop, validate_boxes
from .errors import BadBoxes, BadOption, SDPoseError
from .heatmaps import UDPHeatmaps
from .poses import FloatArray, IntArray, Poses
from .topology import Skeleton

__all__ = ["Batches", "CropNetwork", "Found", "boxes_inside", "decoded", "paired", "people"]

log = logging.getLogger("sdposekit")

AUTO_BATCH = {"cpu": 4}
"""Crops per batch that "auto" starts from, by device type; other devices start from 16."""

Found = tuple[FloatArray, FloatArray]
"""One person as a network sees it: points (K, 2) on its input, and scores (K,)."""

_Frame = TypeVar("_Frame")
_Entry = TypeVar("_Entry")
_Part = TypeVar("_Part")
_Answer = TypeVar("_Answer")


class CropNetwork(Protocol):
    """What every top-down estimator needs of its network."""

    @property
    def input_wh(self) -> tuple[int, int]:
        """Crop size in pixels."""

    @property
    def skeleton(self) -> Skeleton:
        """The K keypoints."""

    @property
    def codec(self) -> UDPHeatmaps:
        """Encoder and decoder of its heatmaps."""

    @property
    def device(self) -> torch.device:
        """Where crops are warped."""


class Batches:
    """Network batches that frames share, and that give way when the device runs out of memory.

    Args:
        size: parts per batch, or "auto". Either way it is halved when memory runs out, and stays so.
        device: decides what "auto" starts from.
        before: called before each batch; raise in it to cancel.

    Raises:
        BadOption: a size below 1.
    """

    def __init__(
        self, size: int | Literal["auto"], device: torch.device, before: Callable[[], None] | None = None
    ) -> None:
        if size != "auto" and int(size) < 1:
            raise BadOption(f"batch_size is auto or at least 1; got {size!r}")
        self.size = AUTO_BATCH.get(device.type, 16) if size == "auto" else int(size)
        self.before = before

    def through(
        self, network: Callable[[list[_Part]], Sequence[_Answer]], frames: Iterable[tuple[_Frame, list[_Part]]]
    ) -> Iterator[tuple[_Frame, list[_Answer]]]:
        """Run all parts of all frames; each frame comes back with the answers to its parts, in order.

        Never more frames wait than a batch has room for parts, so that frames with few people or none do not pile up.

        Args:
            network: a batch of parts -> as many answers; runs in inference mode.
            frames: each frame with its parts, of which there may be none.
        """
        waiting: deque[tuple[_Frame, int, list[_Answer]]] = deque()
        queue: list[tuple[list[_Answer], _Part]] = []
        for frame, parts in frames:
            answers: list[_Answer] = []
            waiting.append((frame, len(parts), answers))
            queue += [(answers, part) for part in parts]
            while len(queue) >= self.size or (queue and len(waiting) > self.size):
                self._run(network, queue)
            yield from _finished(waiting)
        while queue:
            self._run(network, queue)
        yield from _finished(waiting)

    def _run(
        self, network: Callable[[list[_Part]], Sequence[_Answer]], queue: list[tuple[list[_Answer], _Part]]
    ) -> None:
        """One batch from the front of the queue; on out-of-memory the batch size is halved and nothing is lost."""
        if self.before is not None:
            self.before()
        batch = queue[: self.size]
        try:
            with torch.inference_mode():
                found = network([part for _, part in batch])
        except RuntimeError as error:
            # CUDA has a class of its own for this; MPS and the CPU allocator only say so.
            if "out of memory" not in str(error).lower() or self.size == 1:
                raise
            self.size //= 2
            return
        del queue[: len(batch)]
        for (answers, _), answer in zip(batch, found, strict=True):
            answers.append(answer)


def _finished(waiting: deque[tuple[_Frame, int, list[_Answer]]]) -> Iterator[tuple[_Frame, list[_Answer]]]:
    while waiting and len(waiting[0][2]) == waiting[0][1]:
        frame, _, answers = waiting.popleft()
        yield frame, answers


def paired(
    frames: Iterable[_Frame], entries: Iterable[_Entry], what: str = "boxes", error: type[SDPoseError] = BadBoxes
) -> Iterator[tuple[_Frame, _Entry]]:
    """Each frame with its entry of another stream. Raises `error` when one of the two ends before the other."""
    end: Any = object()
    rest = iter(entries)
    count = 0
    for frame in frames:
        entry = next(rest, end)
        if entry is end:
            raise error(f"{what} ended after {count} frames, but frames go on: give one entry per frame")
        yield frame, entry
        count += 1
    if next(rest, end) is not end:
        raise error(f"there are {count} frames and {what} for more: give one entry per frame")


def boxes_inside(boxes: Any, canvas_wh: tuple[int, int]) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """All boxes (N, 4), validated, and which of them (N,) have some area inside the picture. Raises BadBoxes."""
    every = validate_boxes(boxes)
    overlap = np.minimum(every[:, 2:], canvas_wh) - np.maximum(every[:, :2], 0)
    inside: npt.NDArray[np.bool_] = np.all(overlap > 0, axis=1)
    return every, inside


def decoded(codec: UDPHeatmaps, heatmaps: Tensor) -> list[Found]:
    """Heatmaps (B, K, h, w) -> B people; a map that is not finite is an absent keypoint, with a warning."""
    points, scores = codec.decode(heatmaps)
    if not torch.isfinite(heatmaps).all():
        log.warning("heatmaps overflowed, and their keypoints count as absent: use bfloat16 or float32")
    points_px, heights = points.cpu().numpy().astype(np.float64), scores.cpu().numpy().astype(np.float64)
    return list(zip(points_px, heights, strict=True))


def people(
    found: Sequence[Found],
    crops: Sequence[Crop],
    boxes: FloatArray,
    skeleton: Skeleton,
    canvas_wh: tuple[int, int],
    track_ids: IntArray | None = None,
) -> Poses:
    """The people of one frame, each found in its crop, with their boxes (N, 4) and track ids (N,)."""
    shape = (len(found), len(skeleton))
    points = [crop.to_image(person) for crop, (person, _) in zip(crops, found, strict=True)]
    scores = np.reshape([score for _, score in found], shape)
    return Poses(np.reshape(points, (*shape, 2)), scores, skeleton, canvas_wh, boxes=boxes, track_ids=track_ids)
