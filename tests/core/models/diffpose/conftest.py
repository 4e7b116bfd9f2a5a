"""A DiffPose narrow enough for tests: every part is there, at toy width."""

import pytest
import torch

from sdpose.models.diffpose import DiffPoseConfig, build_diffpose


def tiny(**changes):
    """A config for crops of 32 x 48 px, 2 x 3 tokens and heatmaps of 8 x 12 cells."""
    sizes = {
        "input_wh": (32, 48), "stem": (8, 8, 16, 16), "width": 16, "depth": 2, "heads": 2, "strl_width": 16,
        "strl_depth": 1, "strl_heads": 2, "channels": (16, 16, 8), "decoder_heads": 2, "time_width": 8, "sigma": 1.0,
        "drop_path": 0.0,
    }  # fmt: skip
    return DiffPoseConfig(**(sizes | changes))


@pytest.fixture
def config():
    """Makes a tiny config."""
    return tiny


@pytest.fixture
def model():
    """A tiny network with random weights."""
    torch.manual_seed(0)
    return build_diffpose(tiny())
