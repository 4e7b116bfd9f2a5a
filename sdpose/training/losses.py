"""The loss that both networks are trained with."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["heatmap_loss"]


def heatmap_loss(predicted: torch.Tensor, target: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Mean squared error of heatmaps (B, K, h, w) with a weight (B, K) on each (mmpose KeypointMSELoss).

    The weight multiplies both maps, so an unlabelled keypoint adds nothing but still counts in the mean.
    """
    scale = weights[..., None, None]
    return nn.functional.mse_loss(predicted.float() * scale, target * scale)
