"""The transformer layer that backbone, STRL and Pose-Decoder are made of, and the ViT backbone itself.

Position embeddings are brought to where the tokens are: ComfyUI fetches the weights of layers that did not fit the GPU,
but not parameters that belong to no layer.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .config import DiffPoseConfig

__all__ = ["Backbone", "Layer", "from_tokens", "to_tokens"]

PATCH_PADDING = 2
"""Of the ViT's patch convolution, as in ViTPose (arXiv 2204.12484)."""


def to_tokens(maps: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, h * w, C)."""
    return maps.flatten(2).transpose(1, 2)


def from_tokens(tokens: Tensor, height: int) -> Tensor:
    """(B, h * w, C) -> (B, C, h, w)."""
    return tokens.transpose(1, 2).reshape(len(tokens), tokens.shape[2], height, -1)


class Attention(nn.Module):
    """Multi-head self-attention over tokens (B, N, C)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        qkv = self.qkv(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2])
        return cast(Tensor, self.proj(mixed.transpose(1, 2).flatten(2)))


class FeedForward(nn.Module):
    """Two linear maps with a GELU between, four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return cast(Tensor, self.fc2(F.gelu(self.fc1(tokens))))


class Layer(nn.Module):
    """A pre-LN transformer layer: attention, then feed-forward, each on normalised tokens and added (paper, eq. 2).

    Args:
        width: C.
        heads: attention heads.
        drop: probability, in training, that a sample skips a branch (stochastic depth).
    """

    def __init__(self, width: int, heads: int, drop: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = FeedForward(width)
        self.drop = drop

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, N, C) -> (B, N, C)."""
        tokens = tokens + self._kept(self.attn(self.norm1(tokens)))
        return tokens + self._kept(self.mlp(self.norm2(tokens)))

    def _kept(self, branch: Tensor) -> Tensor:
        if not self.training or self.drop == 0:
            return branch
        # Drawn on the CPU, whose generator a training checkpoint keeps: a resumed run drops what it would have dropped.
        keep = (torch.rand(len(branch), 1, 1) >= self.drop).to(branch.device)
        return branch * (keep / (1 - self.drop)).to(branch)


class ConvolutionalStem(nn.Sequential):
    """3x3 convolutions of stride 2, each normalised and rectified, then a 1x1 to the token width."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels), channels, strict=False):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GroupNorm(8, after), nn.ReLU()]
        super().__init__(*layers, nn.Conv2d(channels[-1], width, 1))


class PatchEmbedding(nn.Module):
    """The ViT's patches: one convolution as large as its stride."""

    def __init__(self, patch: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, stride=patch, padding=PATCH_PADDING)

    def forward(self, crops: Tensor) -> Tensor:
        return cast(Tensor, self.proj(crops))


class Backbone(nn.Module):
    """A plain ViT without a class token, as ViTPose has it: crops to a map of features.

    The position embedding's first row is the class token's place in the pre-trained weights; ViTPose adds it to every
    patch.
    """

    def __init__(self, config: DiffPoseConfig) -> None:
        super().__init__()
        columns, rows = config.tokens_wh
        self.patch_embed: nn.Module
        if config.stem:
            self.patch_embed = ConvolutionalStem(config.stem, config.width)
        else:
            self.patch_embed = PatchEmbedding(config.patch, config.width)
        self.pos_embed = nn.Parameter(torch.zeros(1, rows * columns + 1, config.width))
        last = max(1, config.depth - 1)
        drops = [config.drop_path * layer / last for layer in range(config.depth)]
        self.blocks = nn.ModuleList(Layer(config.width, config.heads, drop) for drop in drops)
        self.last_norm = nn.LayerNorm(config.width, eps=1e-6)

    def forward(self, crops: Tensor) -> Tensor:
        """Crops (B, 3, H, W), normalised -> features (B, C, H / patch, W / patch)."""
        patches = self.patch_embed(crops)
        positions = self.pos_embed.to(patches.device)
        tokens = to_tokens(patches) + positions[:, 1:] + positions[:, :1]
        for block in self.blocks:
            tokens = block(tokens)
        return from_tokens(self.last_norm(tokens), patches.shape[2])
