"""Spatio-temporal representation learning: the features of all frames of a window become one map (paper, eq. 1-3)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from .config import DiffPoseConfig
from .transformer import FeedForward, Layer, from_tokens, to_tokens

__all__ = ["KeyFrameOnly", "SpatioTemporal"]


class SpatioTemporal(nn.Module):
    """STRL: tokens of all frames attend to each other, then an MLP mixes the frames.

    The tokens of a frame are a linear embedding of its features plus a learnable position embedding of the frame's own.
    The aggregating MLP of equation 3 is one weight per frame, then a feed-forward over channels.
    """

    def __init__(self, config: DiffPoseConfig) -> None:
        super().__init__()
        columns, rows = config.tokens_wh
        width = config.strl_width
        self.embedding = nn.Linear(config.width, width)
        self.positions = nn.Parameter(torch.zeros(1, config.frames, rows * columns, width))
        self.blocks = nn.ModuleList(Layer(width, config.strl_heads) for _ in range(config.strl_depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.frames = nn.Linear(config.frames, 1)
        self.mlp = FeedForward(width)

    def forward(self, windows: Tensor) -> Tensor:
        """Features (B, T, C, h, w), the key frame in the middle -> (B, D, h, w)."""
        frames, height = windows.shape[1], windows.shape[3]
        tokens = self.embedding(windows.flatten(3).transpose(2, 3))
        tokens = (tokens + self.positions.to(tokens.device)).flatten(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        mixed = self.frames(self.norm(tokens).unflatten(1, (frames, -1)).permute(0, 2, 3, 1)).squeeze(-1)
        return from_tokens(self.mlp(mixed), height)


class KeyFrameOnly(nn.Module):
    """What is left without STRL (paper, table 4): the key frame's features, brought to STRL's width."""

    def __init__(self, config: DiffPoseConfig) -> None:
        super().__init__()
        self.embedding = nn.Linear(config.width, config.strl_width)

    def forward(self, windows: Tensor) -> Tensor:
        """Features (B, T, C, h, w), the key frame in the middle -> (B, D, h, w)."""
        key = windows[:, windows.shape[1] // 2]
        return from_tokens(cast(Tensor, self.embedding(to_tokens(key))), key.shape[2])
