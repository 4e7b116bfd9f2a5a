"""SDPose (arXiv 2509.24980): a Stable Diffusion 2 U-Net, run once, as the feature extractor of a heatmap head.

Crop -> VAE mean x 0.18215 -> U-Net at t = 999 with the empty prompt and the task embedding [1, 0] -> feature of a
late up-block -> heatmap head. The image latent itself is the U-Net's input: no noise, no scheduler, no sampling.
The networks are diffusers' own classes; what the heatmaps do not need is cut off before any memory is spent on it.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from ..errors import BadImage
from ..topology import Skeleton
from .backbone import empty_unet, empty_vae
from .config import SCHEMES, SDPoseConfig
from .heatmap_network import HeatmapNetwork

__all__ = ["HeatmapHead", "LatentEncoder", "PoseNetwork", "SDPose"]

TIMESTEP = 999
CONTEXT_TOKENS = 2
POSE_TASK = (1.0, 0.0)
RECONSTRUCTION_TASK = (0.0, 1.0)


def task_embedding(task: tuple[float, float]) -> Tensor:
    """(1, 4) class labels of a task, [sin a, cos a], as in Lotus (He et al., 2024)."""
    angle = torch.tensor(task)
    return torch.cat([angle.sin(), angle.cos()])[None]


class LatentEncoder(nn.Module):
    """The encoding half of AutoencoderKL: pictures to the mean of their latent distribution.

    Parameter names are those of the published `vae/` folder: encoder.*, quant_conv.*.
    """

    def __init__(self, config: SDPoseConfig) -> None:
        super().__init__()
        vae = empty_vae(config)
        self.encoder: nn.Module = vae.encoder
        self.quant_conv: nn.Module = vae.quant_conv
        self.scale = float(config.vae.get("scaling_factor", 0.18215))

    def forward(self, crops: Tensor) -> Tensor:
        """Crops (B, 3, H, W) RGB in -1..1 -> scaled latents (B, 4, H/8, W/8)."""
        mean, _ = self.quant_conv(self.encoder(crops)).chunk(2, dim=1)
        return cast(Tensor, mean) * self.scale


class HeatmapHead(nn.Module):
    """Deconvolution to twice the feature's resolution, then two 1x1 convolutions to one map per keypoint.

    Source: mmpose HeatmapHead as Sapiens configures it, with SiLU. Instance statistics are per picture, so the
    batch a crop travels in does not change its heatmaps.
    """

    def __init__(self, channels: int, keypoints: int) -> None:
        super().__init__()
        self.deconv_layers = nn.Sequential(
            nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1, bias=False),
            nn.InstanceNorm2d(channels),
            nn.SiLU(),
        )
        self.conv_layers = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.InstanceNorm2d(channels), nn.SiLU())
        self.final_layer = nn.Conv2d(channels, keypoints, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, h, w) -> raw heatmaps (B, K, 2h, 2w)."""
        return cast(Tensor, self.final_layer(self.conv_layers(self.deconv_layers(features))))


class _Omitted(nn.Module):
    """Stands where an up-block would run, without computing anything.

    It keeps the U-Net's own bookkeeping right: which skip connections are whose, and what size the block before it
    has to upsample to when the latent does not halve evenly.
    """

    has_cross_attention = False

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.resnets = [None] * len(block.resnets)

    def forward(self, hidden_states: Tensor, **_: Any) -> Tensor:
        return hidden_states


class PoseNetwork(nn.Module):
    """U-Net and head, with the two constants that condition them: everything behind the latent.

    Args:
        config: sizes.
        tail: keep the U-Net's last layers too, which only `reconstruct` (training) runs.
    """

    context: Tensor
    task: Tensor

    def __init__(self, config: SDPoseConfig, tail: bool = False) -> None:
        super().__init__()
        self.unet: Any = empty_unet(config)
        with torch.device("meta"):
            self.head = HeatmapHead(config.feature_channels, len(config.skeleton))
        self.up_blocks = SCHEMES[config.scheme].up_blocks
        self.tail = tail
        if not tail:
            for index in range(self.up_blocks, len(self.unet.up_blocks)):
                self.unet.up_blocks[index] = _Omitted(self.unet.up_blocks[index])
            self.unet.conv_norm_out = None
            self.unet.conv_out = nn.Identity()
        width = config.unet["cross_attention_dim"]
        self.register_buffer("context", torch.zeros(1, CONTEXT_TOKENS, width), persistent=False)
        self.register_buffer("task", task_embedding(POSE_TASK), persistent=False)

    def _run(self, latents: Tensor, task: Tensor) -> Tensor:
        batch = len(latents)
        output = self.unet(
            latents,
            TIMESTEP,
            encoder_hidden_states=self.context.expand(batch, -1, -1),
            class_labels=task.expand(batch, -1),
            return_dict=False,
        )
        return cast(Tensor, output[0])

    def features(self, latents: Tensor) -> Tensor:
        """Scaled latents (B, 4, h, w) -> the up-block feature the head reads (B, C, h, w)."""
        if not self.tail:
            return self._run(latents, self.task)
        seen: list[Tensor] = []
        block = self.unet.up_blocks[self.up_blocks - 1]
        hook = block.register_forward_hook(lambda _module, _args, output: seen.append(output))
        try:
            self._run(latents, self.task)
        finally:
            hook.remove()
        return seen[0]

    def reconstruct(self, latents: Tensor) -> Tensor:
        """The auxiliary branch of training: the U-Net's own output (B, 4, h, w) under the task embedding [0, 1].

        It is trained to give the latents back, so that the generative prior is kept (paper section 3.3).
        """
        return self._run(latents, task_embedding(RECONSTRUCTION_TASK).to(self.task))

    def forward(self, latents: Tensor) -> Tensor:
        """Scaled latents (B, 4, h, w) -> raw heatmaps (B, K, 2h, 2w)."""
        return cast(Tensor, self.head(self.features(latents)))


class SDPose(HeatmapNetwork):
    """The whole model: `encoder` (pictures to latents) and `network` (latents to heatmaps).

    Both halves may be on different devices or in different dtypes; inputs are moved to whichever half reads them.

    Args:
        config: sizes.
        tail: keep what only training's reconstruction branch runs.

    Attributes:
        config: as given.
        encoder: the VAE's encoding half.
        network: U-Net and head.
    """

    config: SDPoseConfig

    def __init__(self, config: SDPoseConfig, tail: bool = False) -> None:
        super().__init__()
        self.config = config
        self.encoder = LatentEncoder(config)
        self.network = PoseNetwork(config, tail)

    @property
    def scheme(self) -> str:
        """Which keypoints: body or wholebody."""
        return self.config.scheme

    @property
    def skeleton(self) -> Skeleton:
        """The K keypoints, in heatmap order."""
        return self.config.skeleton

    @property
    def _weight(self) -> Tensor:
        """Of the U-Net: the encoder may be elsewhere."""
        return next(self.network.parameters())

    def latents(self, crops: Tensor) -> Tensor:
        """Crops (B, 3, H, W), RGB in -1..1 -> VAE mean x 0.18215, (B, 4, H/8, W/8).

        Raises:
            BadImage: the shape is not (B, 3, H, W) with H and W multiples of 16.
        """
        if crops.ndim != 4 or crops.shape[1] != 3 or any(side % 16 or not side for side in crops.shape[2:]):
            raise BadImage(
                f"crops must have shape (B, 3, H, W) with H and W multiples of 16 pixels; got {tuple(crops.shape)}"
            )
        weight = next(self.encoder.parameters())
        # One memory layout, whatever the caller's: the same numbers in channels-last order come out of other
        # kernels, and up to 2e-4 of the feature's range apart (measured in float32 on a CPU).
        return cast(Tensor, self.encoder(crops.to(weight).contiguous()))

    def features(self, latents: Tensor) -> Tensor:
        """Scaled latents (B, 4, h, w) -> the up-block feature the head reads, (B, C, h, w)."""
        return self.network.features(latents.to(self._weight))

    def heatmaps(self, crops: Tensor, flip: bool = False) -> Tensor:
        """Crops (B, 3, H, W), RGB in -1..1 -> raw heatmaps (B, K, H/4, W/4), float32.

        Args:
            crops: any float dtype, on any device.
            flip: also run the mirrored crops and average, which the published scores were taken with.

        Raises:
            BadImage: see `latents`.
        """
        maps = cast(Tensor, self.network.head(self.features(self.latents(crops)))).float()
        if not flip:
            return maps
        mirrored = self.heatmaps(crops.flip(-1)).flip(-1)
        return 0.5 * (maps + mirrored[:, list(self.skeleton.flip_indices)])
