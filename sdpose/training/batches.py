"""The endless, seeded order in which training sees its material: pictures for SDPose, films for DiffPose."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from .run_config import RunConfig

__all__ = ["SeededBatches", "loader"]

Batch = tuple[torch.Tensor, ...]
Material = TypeVar("Material")

FIRST = 64
"""How many pictures or films the very first batches choose from, before the window has filled."""


class SeededBatches(Dataset[Batch], Generic[Material]):
    """Batch number -> batch: a pure function, whatever was asked before.

    The material is dealt to `shards` hands (one per worker and process, so that each worker keeps only its
    own in memory). A hand's window moves on by one piece every `reuse` samples; a sample picks a piece of the
    window, and all else that is random about it, by a generator of its own, seeded with (seed, batch number, place
    in the batch).

    Args:
        make: the material of an index; a pure function.
        config: seed, batch size, reuse and window.
        shards: workers times processes.
    """

    def __init__(self, make: Callable[[int], Material], config: RunConfig, shards: int) -> None:
        self._make, self._config, self._shards = make, config, shards
        self._kept: dict[int, Material] = {}

    @abstractmethod
    def sample(self, material: Material, rng: np.random.Generator) -> tuple[npt.NDArray[Any], ...]:
        """One sample from a piece of material; the arrays of all samples have the same shapes."""

    def __getitem__(self, number: int) -> Batch:
        """The batch of that number."""
        samples = [self._sample(number, place) for place in range(self._config.batch_size)]
        return tuple(torch.from_numpy(np.stack(part)) for part in zip(*samples, strict=True))

    def choose(self, number: int, place: int, rng: np.random.Generator) -> tuple[int, int]:
        """Which piece a sample takes, and the oldest one that samples from here on can still take."""
        position = number // self._shards * self._config.batch_size + place
        window = max(1, self._config.window // self._shards)
        newest = min(FIRST, window) + position // self._config.reuse
        oldest = max(0, newest - window)
        shard = number % self._shards
        return int(rng.integers(oldest, newest)) * self._shards + shard, oldest * self._shards + shard

    def _sample(self, number: int, place: int) -> tuple[npt.NDArray[Any], ...]:
        rng = np.random.default_rng([self._config.seed, number, place])
        index, oldest = self.choose(number, place, rng)
        return self.sample(self._material(index, oldest), rng)

    def _material(self, index: int, oldest: int) -> Material:
        for gone in [kept for kept in self._kept if kept < oldest]:
            del self._kept[gone]
        if index not in self._kept:
            self._kept[index] = self._make(index)
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
    batches: Callable[[int], Dataset[Batch]], config: RunConfig, first_step: int, rank: int = 0, processes: int = 1
) -> DataLoader[Batch]:
    """Batches of the steps from `first_step` to the last, for one of several processes.

    Args:
        batches: number of shards -> the dataset of all batches.
        config: workers and steps.
        first_step: where to begin.
        rank: which process this is.
        processes: how many there are.
    """
    return DataLoader(
        batches(processes * max(1, config.workers)),
        batch_size=None,
        sampler=_Numbers(range(first_step * processes + rank, config.steps * processes, processes)),
        num_workers=config.workers,
        worker_init_fn=_one_thread,
        prefetch_factor=8 if config.workers else None,
        # Its own generator: a DataLoader otherwise draws from torch's, which a resumed run has just put back in place.
        generator=torch.Generator(),
    )


def _one_thread(worker: int) -> None:
    """Workers are the parallelism: OpenCV's own threads would only fight over the cores."""
    cv2.setNumThreads(0)
