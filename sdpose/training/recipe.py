"""What the training loop asks of a network and its samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

__all__ = ["Recipe"]


class Recipe(Protocol):
    """One kind of training: what is trained, on what, and how it is judged."""

    @property
    def model(self) -> nn.Module:
        """The network, whose average is exported."""

    @property
    def objective(self) -> nn.Module:
        """The network with its losses: called with the tensors of a batch, it gives one weighted loss a name."""

    @property
    def losses(self) -> Sequence[str]:
        """Names of the losses, columns of the log."""

    @property
    def scores(self) -> Sequence[str]:
        """Names of what `validate` measures, columns of the log; the first one is the run's."""

    @property
    def betas(self) -> tuple[float, float]:
        """AdamW's decay rates."""

    @property
    def spares_parameters(self) -> bool:
        """Whether a step may leave some parameters without a gradient."""

    def parameters(self) -> list[dict[str, Any]]:
        """AdamW's parameter groups; a group's `lr_scale`, 1 by default, multiplies the learning rate."""

    def batches(self, first_step: int, rank: int, processes: int) -> Iterable[tuple[torch.Tensor, ...]]:
        """The batches of one of several processes, from a step on: pure functions of their number."""

    def validate(self, average: nn.Module) -> dict[str, float | None]:
        """`scores` of the averaged network on held-out drawings."""

    def save(self, average: nn.Module, path: Path) -> None:
        """Write the averaged network as one file."""
