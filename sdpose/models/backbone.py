"""diffusers' own networks, as shapes without memory: what is not needed can be cut off before it costs anything.

diffusers is imported here, when a network is built, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..errors import BadCheckpoint
from .config import SDPoseConfig

__all__ = ["empty_unet", "empty_vae"]


def empty_unet(config: SDPoseConfig) -> Any:
    """A whole UNet2DConditionModel on the meta device. Raises BadCheckpoint when the sizes make no network."""
    from diffusers import UNet2DConditionModel

    return _built(UNet2DConditionModel, config.unet)


def empty_vae(config: SDPoseConfig) -> Any:
    """A whole AutoencoderKL on the meta device. Raises BadCheckpoint when the sizes make no network."""
    from diffusers import AutoencoderKL

    return _built(AutoencoderKL, config.vae)


def _built(kind: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        with torch.device("meta"):
            return kind(**arguments)
    except (TypeError, ValueError, RuntimeError, IndexError, ZeroDivisionError) as error:
        raise BadCheckpoint(f"no {kind.__name__} can be built from this configuration: {error}") from error
