"""Random streams: one seed, one split, several independent streams; and small ways to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from ..errors import BadOption

T = TypeVar("T")

# A constant inside the seed sequence: no train seed can ever meet a test seed.
_SPLITS = {"train": 0x7261696E, "test": 0x74657374}


def streams(seed: int, split: str, count: int, attempt: int = 0) -> list[np.random.Generator]:
    """Independent generators for one drawing.

    Args:
        seed: Any integer >= 0.
        split: "train" or "test"; the two never share a stream.
        count: How many generators.
        attempt: Another set of streams for the same seed.

    Raises:
        BadOption: On a negative seed or an unknown split.
    """
    if split not in _SPLITS:
        raise BadOption(f"expected split 'train' or 'test', got {split!r}; pass one of the two")
    if int(seed) != seed or seed < 0:
        raise BadOption(f"expected a whole seed >= 0, got {seed!r}; pass a non-negative integer")
    return [np.random.default_rng([_SPLITS[split], int(seed), attempt, index]) for index in range(count)]


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of the options, each equally likely."""
    return options[int(rng.integers(len(options)))]


def pick_weighted(rng: np.random.Generator, options: Mapping[T, float]) -> T:
    """One of the keys, as likely as its weight says."""
    mark = rng.random() * sum(options.values())
    for option, weight in options.items():
        mark -= weight
        if mark < 0:
            return option
    return option
