"""What every network that makes heatmaps of crops says of itself."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from ..heatmaps import UDPHeatmaps

__all__ = ["HeatmapNetwork"]


class _Sizes(Protocol):
    @property
    def input_wh(self) -> tuple[int, int]: ...

    @property
    def heatmap_wh(self) -> tuple[int, int]: ...

    @property
    def sigma(self) -> float: ...


class HeatmapNetwork(nn.Module):
    """A network whose `config` gives the sizes of its crops and heatmaps."""

    config: _Sizes

    @property
    def input_wh(self) -> tuple[int, int]:
        """Crop width and height in pixels."""
        return self.config.input_wh

    @property
    def heatmap_wh(self) -> tuple[int, int]:
        """Heatmap width and height in cells."""
        return self.config.heatmap_wh

    @property
    def codec(self) -> UDPHeatmaps:
        """Encoder and decoder for this model's heatmaps."""
        return UDPHeatmaps(self.input_wh, self.heatmap_wh, self.config.sigma)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self._weight.device

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in."""
        return self._weight.dtype

    @property
    def _weight(self) -> Tensor:
        """A parameter that tells where the network is and what it computes in."""
        return next(self.parameters())
