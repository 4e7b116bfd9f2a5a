"""A DiffPose narrow enough for tests: every part is there, at toy width."""

import pytest
import torch

from sdpose.models.diffpose import build_diffpose

from ...conftest import tiny


@pytest.fixture
def config():
    """Makes a tiny config."""
    return tiny


@pytest.fixture
def model():
    """A tiny network with random weights."""
    torch.manual_seed(0)
    return build_diffpose(tiny())
