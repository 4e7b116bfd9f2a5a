"""What tests of several rooms share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from sdpose.models.diffpose import DiffPoseConfig

# Property tests are judged by what they find, not by how long a busy machine takes.
settings.register_profile("sdpose", deadline=None)
settings.load_profile("sdpose")


@pytest.fixture(scope="session")
def tiny_diffpose() -> DiffPoseConfig:
    """The paper's network with next to no channels."""
    from sdpose.models.diffpose import DiffPoseConfig

    return DiffPoseConfig.mini(
        input_wh=(32, 48),
        stem=(8, 8, 8, 8),
        width=16,
        depth=1,
        heads=2,
        strl_width=16,
        strl_depth=1,
        strl_heads=2,
        channels=(16, 8, 8),
        time_width=8,
    )
