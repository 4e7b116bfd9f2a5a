"""What DiffPose's training minimises: the error of denoised heatmaps (paper, algorithm 1)."""

from __future__ import annotations

import torch
from torch import nn

from ...models.diffpose import DiffPose
from ..losses import heatmap_loss
from .config import DiffPoseTrainConfig

__all__ = ["DenoisingObjective"]


class DenoisingObjective(nn.Module):
    """The network with its loss: one forward pass, so that accelerate can wrap it whole.

    Args:
        model: the network.
        config: weight of the loss, precision, and whether the backbone learns.
    """

    def __init__(self, model: DiffPose, config: DiffPoseTrainConfig) -> None:
        super().__init__()
        self.model, self.config = model, config
        model.requires_grad_(True)
        model.backbone.requires_grad_(not config.freeze_backbone)

    def train(self, mode: bool = True) -> DenoisingObjective:
        """As any module, but a frozen backbone stays as it is when it is used: it drops nothing."""
        super().train(mode)
        self.model.backbone.train(mode and not self.config.freeze_backbone)
        return self

    def forward(
        self,
        crops: torch.Tensor,
        points: torch.Tensor,
        labelled: torch.Tensor,
        steps: torch.Tensor,
        noise: torch.Tensor,
    ) -> tuple[torch.Tensor]:
        """The weighted mean squared error of x_0.

        Args:
            crops: uint8 (B, T, H, W, 3) RGB.
            points: (B, K, 2) of the key frame, codec units.
            labelled: (B, K), 1 where a keypoint is labelled.
            steps: (B, M) step indices.
            noise: (B, M, K, h, w).
        """
        target, weights = self.model.codec.encode(points, labelled)
        draws = steps.shape[1]
        target, weights = (part.repeat_interleave(draws, dim=0) for part in (target, weights))
        steps, noise = steps.flatten(), noise.flatten(0, 1)
        diffusion = self.model.diffusion
        seen = diffusion.seen(diffusion.noised(target, noise, steps))
        with torch.autocast(crops.device.type, torch.bfloat16, enabled=self.config.dtype == "bfloat16"):
            pyramid = self.model.pyramid(self._windows(crops))
            repeated = tuple(level.repeat_interleave(draws, dim=0) for level in pyramid)
            found = self.model.decoder(seen, repeated, steps)
        return (self.config.heatmap_weight * heatmap_loss(found, target, weights),)

    def _windows(self, crops: torch.Tensor) -> torch.Tensor:
        """Features (B, T, C, h, w)."""
        pixels = crops.flatten(0, 1).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.config.freeze_backbone):
            features = self.model.features(pixels)
        return features.view(*crops.shape[:2], *features.shape[1:])
