"""Pictures of labelled people, and the endless, seeded order in which training sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from ..errors import SDPoseError
from ..poses import FloatArray
from ..topology import Skeleton
from .augment import View, augmented_view, cut, damage, mirror
from .config import TrainConfig

__all__ = ["Batch", "Batches", "DrawnCharacters", "Picture", "Source", "loader"]

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Crops uint8 (B, H, W, 3) RGB, points float32 (B, K, 2) in codec units, labelled float32 (B, K) of 0 and 1."""

FIRST_PICTURES = 64
"""How many pictures the very first batches choose from, before the window has filled."""


@dataclass(frozen=True)
class Picture:
    """One picture and its N >= 1 labelled people.

    Attributes:
        image: uint8 (h, w, 3) RGB.
        points: (N, K, 2) picture pixels.
        visibility: (N, K) COCO's flag: 0 unlabelled, 1 hidden, 2 visible.
        boxes: (N, 4) x1, y1, x2, y2 in picture pixels.
    """

    image: npt.NDArray[np.uint8]
    points: FloatArray
    visibility: npt.NDArray[np.int8]
    boxes: FloatArray


class Source(Protocol):
    """Where pictures come from. `picture` is a pure function of its index."""

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints of every picture are."""

    def picture(self, index: int) -> Picture:
        """Picture number `index` of an endless sequence."""


@dataclass(frozen=True)
class DrawnCharacters:
    """Procedurally drawn people: an endless source that needs no files.

    Attributes:
        seed: which sequence of drawings; runs with other seeds share none.
        size: side of a picture in px.
        split: "train" or "test"; no drawing is in both.
    """

    seed: int
    size: int
    split: str = "train"

    @property
    def skeleton(self) -> Skeleton:
        """COCO's 17 keypoints."""
        from ..topology import get

        return get("coco17")

    def picture(self, index: int) -> Picture:
        """Drawing number `index` of this sequence; a drawing without a labelled person gives way to another.

        Raises:
            SDPoseError: a hundred drawings in a row show nobody.
        """
        from ..synthetic import drawing

        for attempt in range(100):
            drawn = drawing((self.seed << 48) + (attempt << 40) + index, (self.size, self.size), split=self.split)
            boxes = np.zeros((len(drawn.poses), 4)) if drawn.poses.boxes is None else drawn.poses.boxes
            usable = (drawn.visibility > 0).any(axis=1) & (boxes[:, 2:] - boxes[:, :2] >= 2).all(axis=1)
            if usable.any():
                return Picture(drawn.image, drawn.poses.points[usable], drawn.visibility[usable], boxes[usable])
        raise SDPoseError(f"drawings around seed {index} show nobody; sdpose.synthetic should draw people")


class Batches(Dataset[Batch]):
    """Batch number -> batch: a pure function, whatever was asked before.

    The pictures are dealt to `shards` hands (one per worker and process, so that each worker keeps only its
    own in memory). A hand's window moves on by one picture every `reuse` samples; a sample picks a picture
    of the window, a person of the picture and an augmentation by a generator of its own, seeded with
    (seed, batch number, place in the batch).
    """

    def __init__(self, source: Source, config: TrainConfig, input_wh: tuple[int, int], shards: int) -> None:
        self.source, self.config, self.input_wh, self.shards = source, config, input_wh, shards
        self._kept: dict[int, Picture] = {}

    def __getitem__(self, number: int) -> Batch:
        """The batch of that number."""
        samples = [self._sample(number, place) for place in range(self.config.batch_size)]
        crops, points, labelled = (np.stack(part) for part in zip(*samples, strict=True))
        return torch.from_numpy(crops), torch.from_numpy(points).float(), torch.from_numpy(labelled).float()

    def choose(self, number: int, place: int, rng: np.random.Generator) -> tuple[int, int]:
        """Which picture a sample takes, and the oldest one that samples from here on can still take."""
        position = number // self.shards * self.config.batch_size + place
        window = max(1, self.config.window // self.shards)
        newest = min(FIRST_PICTURES, window) + position // self.config.reuse
        oldest = max(0, newest - window)
        shard = number % self.shards
        return int(rng.integers(oldest, newest)) * self.shards + shard, oldest * self.shards + shard

    def _sample(self, number: int, place: int) -> tuple[npt.NDArray[np.uint8], FloatArray, npt.NDArray[np.bool_]]:
        rng = np.random.default_rng([self.config.seed, number, place])
        index, oldest = self.choose(number, place, rng)
        picture = self._picture(index, oldest)
        person = int(rng.integers(len(picture.boxes)))
        points, visibility, box = picture.points[person], picture.visibility[person], picture.boxes[person]
        if self.config.augment == 0:
            crop, points = cut(picture.image, points, View.of_box(box, self.input_wh), self.input_wh)
            return crop, points, visibility > 0
        skeleton = self.source.skeleton
        view = augmented_view(rng, box, points, visibility, skeleton, self.input_wh, self.config.augment)
        crop, points = cut(picture.image, points, view, self.input_wh)
        if rng.random() < 0.5:
            crop, points, visibility = mirror(crop, points, visibility, skeleton)
        return damage(rng, crop, self.config.augment), points, visibility > 0

    def _picture(self, index: int, oldest: int) -> Picture:
        for gone in [kept for kept in self._kept if kept < oldest]:
            del self._kept[gone]
        if index not in self._kept:
            self._kept[index] = self.source.picture(index)
        return self._kept[index]


class _Numbers(Sampler[int]):
    """Batch numbers of one process: first, first + stride, ... up to the end."""

    def __init__(self, numbers: range) -> None:
        self.numbers = numbers

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


def loader(
    source: Source, config: TrainConfig, input_wh: tuple[int, int], first_step: int, rank: int = 0, processes: int = 1
) -> DataLoader[Batch]:
    """Batches of the steps from `first_step` to the last, for one of several processes."""
    shards = processes * max(1, config.workers)
    numbers = range(first_step * processes + rank, config.steps * processes, processes)
    return DataLoader(
        Batches(source, config, input_wh, shards),
        batch_size=None,
        sampler=_Numbers(numbers),
        num_workers=config.workers,
        worker_init_fn=_one_thread,
        prefetch_factor=8 if config.workers else None,
        # Its own generator: a DataLoader otherwise draws from torch's, which a resumed run has just put back in place.
        generator=torch.Generator(),
    )


def _one_thread(worker: int) -> None:
    """Workers are the parallelism: OpenCV's own threads would only fight over the cores."""
    cv2.setNumThreads(0)
