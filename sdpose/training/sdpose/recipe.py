"""How SDPose is trained: single crops in, heatmaps and reconstructed latents out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from ...models import save_model
from ...models.network import SDPose
from ..batches import loader
from .config import TrainConfig
from .data import Batches
from .heldout import HeldOut
from .objective import Objective
from .start import open_source, starting_model

__all__ = ["SDPoseRecipe"]


class SDPoseRecipe:
    """See `Recipe`."""

    losses = ("heatmap_loss", "reconstruction_loss")
    scores = ("pck_0.1", "pck_0.2")
    betas = (0.9, 0.99)

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.model = starting_model(config)
        self.objective: nn.Module = Objective(self.model, config)
        self.spares_parameters = config.reconstruction_weight == 0 or config.reconstruction_share == 0
        self._codec = self.model.codec
        self._held_out: HeldOut | None = None

    def parameters(self) -> list[dict[str, Any]]:
        """All that learn, alike."""
        return [{"params": [parameter for parameter in self.model.parameters() if parameter.requires_grad]}]

    def batches(self, first_step: int, rank: int, processes: int) -> Iterable[tuple[torch.Tensor, ...]]:
        """Crops, points and what is labelled."""
        source, config, input_wh = open_source(self.config), self.config, self.model.input_wh
        return loader(lambda shards: Batches(source, config, input_wh, shards), config, first_step, rank, processes)

    def validate(self, average: nn.Module) -> dict[str, float | None]:
        """PCK on held-out drawings."""
        if self._held_out is None:
            self._held_out = HeldOut.drawn(self.config, self.model.input_wh)
        return self._held_out.pck(cast(SDPose, average), self._codec)

    def save(self, average: nn.Module, path: Path) -> None:
        """The published single-file layout."""
        save_model(cast(SDPose, average), path)
