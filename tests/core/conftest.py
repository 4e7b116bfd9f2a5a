"""What tests of several rooms share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from sdpose.models.diffpose import DiffPoseConfig

# Property tests are judged by what they find, not by how long a busy machine takes.
settings.register_profile("sdpose", deadline=None)
settings.load_profile("sdpose")


def tiny(**changes: Any) -> DiffPoseConfig:
    """A DiffPose with next to no channels: crops of 32 x 48 px, 2 x 3 tokens, heatmaps of 8 x 12 cells."""
    from sdpose.models.diffpose import DiffPoseConfig

    sizes: dict[str, Any] = {
        "input_wh": (32, 48), "stem": (8, 8, 16, 16), "width": 16, "depth": 2, "heads": 2, "strl_width": 16,
        "strl_depth": 1, "strl_heads": 2, "channels": (16, 16, 8), "decoder_heads": 2, "time_width": 8, "sigma": 1.0,
        "drop_path": 0.0,
    }  # fmt: skip
    return DiffPoseConfig(**(sizes | changes))


@pytest.fixture(scope="session")
def tiny_diffpose() -> DiffPoseConfig:
    """The paper's network with next to no channels."""
    return tiny()
