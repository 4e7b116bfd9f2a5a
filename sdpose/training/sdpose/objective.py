"""What training minimises: heatmap error, and the auxiliary reconstruction that keeps the U-Net's detail.

SDPose (arXiv 2509.24980), after Lotus' detail preserver (arXiv 2409.18124): the same U-Net, told by its task
embedding to reconstruct instead of to find keypoints, has to give back the input latent.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from ...models.network import SDPose
from ..losses import heatmap_loss
from .config import TrainConfig

__all__ = ["Objective"]


class Objective(nn.Module):
    """The network with its losses: one forward pass, so that accelerate can wrap it whole.

    Args:
        model: the network with the tail of its U-Net.
        config: weights of the losses, and whether the VAE encoder learns.
    """

    def __init__(self, model: SDPose, config: TrainConfig) -> None:
        super().__init__()
        self.model, self.config = model, config
        self.codec = model.codec
        model.requires_grad_(True)
        model.encoder.requires_grad_(not config.vae_is_frozen)
        if config.gradient_checkpointing:
            model.network.unet.enable_gradient_checkpointing()

    def forward(
        self, crops: torch.Tensor, points: torch.Tensor, labelled: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Both losses, already weighted.

        Args:
            crops: uint8 (B, H, W, 3) RGB.
            points: (B, K, 2) codec units.
            labelled: (B, K), 1 where a keypoint is labelled.

        Returns:
            Heatmap loss and reconstruction loss, scalars.
        """
        target, weights = self.codec.encode(points, labelled)
        pixels = (crops.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast(crops.device.type, torch.bfloat16, enabled=self.config.dtype == "bfloat16"):
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self.config.vae_is_frozen):
                latents = self.model.latents(pixels)
            heat = heatmap_loss(self.model.network(latents), target, weights)
            reconstruction = self._reconstruction_loss(latents)
        return self.config.heatmap_weight * heat, self.config.reconstruction_weight * reconstruction

    def _reconstruction_loss(self, latents: torch.Tensor) -> torch.Tensor:
        # Rounded up: the branch runs in every batch or in none, however small the batches are.
        count = math.ceil(len(latents) * self.config.reconstruction_share)
        if count == 0 or self.config.reconstruction_weight == 0:
            return latents.new_zeros(())
        # Detached on both sides: an encoder that still learns could please this loss by emptying its latents.
        given = latents[:count].detach()
        return nn.functional.mse_loss(self.model.network.reconstruct(given).float(), given.float())
