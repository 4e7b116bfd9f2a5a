"""The Pose-Decoder: noisy heatmaps and the window's features in, clean heatmaps out (paper, section 3.3).

At 1x, 2x and 4x the token grid the noisy heatmaps look features up: squeezed to one mask they select from the features
of that size (lookup-based multi-scale feature interaction, eq. 4 and 5). Normalisation is by groups and not by batch:
a training batch holds all noise levels at once, and its statistics are those of none.
"""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .config import UPSAMPLING, DiffPoseConfig
from .transformer import Layer, from_tokens, to_tokens

__all__ = ["PoseDecoder", "time_embedding"]

LAYERS = 2
"""Transformer layers, or convolutions, in each part of an interaction."""


def time_embedding(steps: Tensor, width: int) -> Tensor:
    """Sines and cosines (B, width) of step indices (B,), as in Vaswani et al. 2017 and DDPM."""
    half = width // 2
    rates = torch.exp(-math.log(10000) / half * torch.arange(half, device=steps.device, dtype=torch.float32))
    angles = steps.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class TimeRescale(nn.Module):
    """The step index rescales the noisy heatmaps: one factor and one offset per keypoint, none at the start."""

    def __init__(self, keypoints: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, 2 * keypoints)
        nn.init.zeros_(self.fc2.weight)
        nn.init.zeros_(self.fc2.bias)

    def forward(self, noisy: Tensor, steps: Tensor) -> Tensor:
        """Heatmaps (B, K, h, w) at steps (B,)."""
        embedded = time_embedding(steps, self.width).to(noisy)
        factor, offset = self.fc2(F.silu(self.fc1(embedded)))[..., None, None].chunk(2, dim=1)
        return cast(Tensor, noisy * (factor + 1) + offset)


def convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, normalised and rectified."""
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, padding=1), _norm(after), nn.ReLU())


def deconvolution(before: int, after: int) -> nn.Sequential:
    """Deconvolution to twice the size, normalised and rectified (the classic head of Xiao et al., ECCV 2018)."""
    return nn.Sequential(nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), _norm(after), nn.ReLU())


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(math.gcd(channels, 32), channels)


class TransformerStage(nn.Module):
    """A learnable position embedding, if asked for, and transformer layers over a map (B, C, h, w)."""

    def __init__(self, before: int, after: int, heads: int, positions: int = 0) -> None:
        super().__init__()
        self.embedding = nn.Linear(before, after)
        self.positions = nn.Parameter(torch.zeros(1, positions, after)) if positions else None
        self.blocks = nn.ModuleList(Layer(after, heads) for _ in range(LAYERS))

    def forward(self, maps: Tensor) -> Tensor:
        tokens = self.embedding(to_tokens(maps))
        if self.positions is not None:
            tokens = tokens + self.positions.to(tokens.device)
        for block in self.blocks:
            tokens = block(tokens)
        return from_tokens(tokens, maps.shape[2])


class ConvolutionStage(nn.Sequential):
    """3x3 convolutions over a map (B, C, h, w)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(convolution(before, after), *(convolution(after, after) for _ in range(LAYERS - 1)))


class Interaction(nn.Module):
    """One level: the heatmaps are refined, then tell which of the features matter.

    Args:
        refine: what works on the heatmaps' map.
        interact: what works on features twice as deep, and gives the level's map.
        lookup: False concatenates refined heatmaps and features instead of masking.
    """

    def __init__(self, refine: nn.Module, interact: nn.Module, lookup: bool) -> None:
        super().__init__()
        self.refine, self.interact, self.lookup = refine, interact, lookup

    def forward(self, noisy: Tensor, features: Tensor) -> Tensor:
        """Two maps (B, C, h, w) -> (B, C, h, w)."""
        noisy = self.refine(noisy)
        chosen = features * noisy.amax(dim=1, keepdim=True).sigmoid() if self.lookup else noisy
        return cast(Tensor, self.interact(torch.cat([chosen, features], dim=1)))


class PoseDecoder(nn.Module):
    """f(x_t, F, t): the heatmaps x_0 that the noisy ones came from."""

    def __init__(self, config: DiffPoseConfig) -> None:
        super().__init__()
        low, middle, high = config.channels
        keypoints, levels = len(config.keypoints), config.levels
        self.rescale = TimeRescale(keypoints, config.time_width)
        self.down = nn.ModuleList([
            convolution(keypoints, high), convolution(high, middle, 2), convolution(middle, low, 2)
        ])  # fmt: skip
        self.up = nn.ModuleList(
            [convolution(config.strl_width, low), deconvolution(low, middle), deconvolution(middle, high)][:levels]
        )
        lookup, heads = config.interaction == "lookup", config.decoder_heads
        tokens = config.tokens_wh[0] * config.tokens_wh[1]
        self.levels = nn.ModuleList([
            Interaction(
                TransformerStage(low, low, heads, tokens), TransformerStage(2 * low, low, heads, tokens), lookup
            )
        ])  # fmt: skip
        for width in (middle, high)[: levels - 1]:
            self.levels.append(Interaction(ConvolutionStage(width, width), ConvolutionStage(2 * width, width), lookup))
        self.concatenate = config.fusion == "concat"
        self.merge = nn.ModuleList(
            nn.Identity() if width == high or self.concatenate else nn.Conv2d(width, high, 1)
            for width in config.channels[:levels]
        )
        fused = sum(config.channels[:levels]) if self.concatenate else high
        self.final_layer = nn.Conv2d(fused, keypoints, 3, padding=1)

    def pyramid(self, features: Tensor) -> tuple[Tensor, ...]:
        """F (B, D, h, w) at 1x, 2x and 4x: all of the decoder that no noise passes through."""
        maps = []
        for level in self.up:
            features = level(features)
            maps.append(features)
        return tuple(maps)

    def forward(self, noisy: Tensor, pyramid: tuple[Tensor, ...], steps: Tensor) -> Tensor:
        """Noisy heatmaps (B, K, 4h, 4w) at step indices (B,) -> clean heatmaps (B, K, 4h, 4w), about 0 to 1."""
        maps = [self.down[0](self.rescale(noisy, steps))]
        for halve in list(self.down)[1:]:
            maps.append(halve(maps[-1]))
        size = noisy.shape[2:]
        merged = []
        levels = zip(self.levels, self.merge, reversed(maps), pyramid, strict=False)
        for number, (level, merge, level_noisy, features) in enumerate(levels):
            found = merge(level(level_noisy, features))
            full = 2**number == UPSAMPLING
            merged.append(found if full else F.interpolate(found, size, mode="bilinear", align_corners=False))
        fused = torch.cat(merged, dim=1) if self.concatenate else torch.stack(merged).sum(dim=0)
        return cast(Tensor, self.final_layer(fused))
