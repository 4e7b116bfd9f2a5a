"""A tiny DiffPose and runs of a few seconds on drawn film."""

import pytest
import torch

from sdpose.models.diffpose import build_diffpose, save_diffpose
from sdpose.training.diffpose import DiffPoseTrainConfig

from ...conftest import tiny


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory):
    """A file with random weights of a tiny DiffPose."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("tiny") / "diffpose.safetensors"
    save_diffpose(build_diffpose(tiny(drop_path=0.2)), path)
    return path


@pytest.fixture
def config(tiny_file):
    """Makes a config for a run of a few seconds."""

    def make(**changes):
        options = {
            "init": str(tiny_file), "steps": 6, "batch_size": 2, "warmup": 2, "workers": 0, "validate_every": 0,
            "log_every": 1, "save_every": 100, "threads": 1, "window": 2, "film_size": 64, "film_frames": 4, "draws": 2,
        }  # fmt: skip
        return DiffPoseTrainConfig(**(options | changes))

    return make
