"""The small golden network, laid out as the published folders are."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

GOLDENS = Path(__file__).parents[2] / "goldens" / "net"


@pytest.fixture(scope="session", params=["body", "wholebody"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def folder(scheme: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder; treat it as read-only."""
    return lay_out(tmp_path_factory.mktemp(scheme) / "model", scheme)


def lay_out(target: Path, scheme: str) -> Path:
    source = GOLDENS / "diffusers"
    for part in ("unet", "vae", "scheduler"):
        shutil.copytree(source / part, target / part)
    shutil.copytree(source / f"decoder_{scheme}", target / "decoder")
    shutil.copy(source / "empty_embedding.safetensors", target)
    return target


@pytest.fixture(scope="session")
def expected() -> dict[str, torch.Tensor]:
    return load_file(GOLDENS / "expected.safetensors")


@pytest.fixture(scope="session")
def crops() -> torch.Tensor:
    images = [np.array(Image.open(GOLDENS / f"input_{i}.png").convert("RGB")) for i in range(2)]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255 * 2 - 1
