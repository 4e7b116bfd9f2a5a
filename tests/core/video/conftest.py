"""A real but tiny untrained network, and a clip to run it on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sdpose.models.diffpose import DiffPose, DiffPoseConfig, build_diffpose


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def model(tiny_diffpose: DiffPoseConfig) -> DiffPose:
    torch.manual_seed(0)
    return build_diffpose(tiny_diffpose)


def film(count: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Coarse random pictures (count, 40, 60, 3), no two alike."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (count, 4, 6, 3), dtype=np.uint8)
    return coarse.repeat(10, axis=1).repeat(10, axis=2)
