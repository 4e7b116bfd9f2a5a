"""Exponential moving average of a network's weights."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

__all__ = ["Average"]

Module = TypeVar("Module", bound=nn.Module)


class Average(Generic[Module]):
    """A second copy of a network whose weights slowly follow the first one's.

    The decay grows from 0.1 towards `decay` over the first steps, so that the random start is soon forgotten.

    Attributes:
        module: the averaged network, in evaluation mode and without gradients.
    """

    def __init__(self, module: Module, decay: float) -> None:
        self.decay = decay
        self.module = copy.deepcopy(module).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, module: Module, step: int) -> None:
        """Move the average towards the module's weights after optimizer step number `step` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.module.parameters()), list(module.parameters()), 1 - decay)
