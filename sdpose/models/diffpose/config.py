"""What a DiffPose network is made of, as plain data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from ... import topology
from ...errors import BadCheckpoint, BadOption
from ...topology import Skeleton

__all__ = ["DiffPoseConfig"]

UPSAMPLING = 4
"""Heatmap cells per backbone token on each axis: F is (C, H, W) and a heatmap (K, 4H, 4W) (paper, section 3)."""


@dataclass(frozen=True, kw_only=True)
class DiffPoseConfig:
    """The sizes of one DiffPose network (arXiv 2307.16687); the defaults are the paper's.

    What the paper does not say is chosen after the sources named in docs/diffpose.md.

    Attributes:
        skeleton: name of the keypoint table, one heatmap per keypoint.
        input_wh: crop size in pixels, multiples of `patch`.
        delta: half-width of a window: T = 2 delta + 1 frames around the key frame.
        sigma: standard deviation of the true heatmaps' Gaussians, in heatmap cells.
        patch: side of a ViT patch in pixels.
        stem: channels of 3x3 stride-2 convolutions that cut the patches; () is the ViT's single convolution.
        width: channels C of the backbone's features.
        depth: its transformer layers.
        heads: its attention heads.
        drop_path: stochastic depth of its last layer, growing from 0 at the first; training only.
        strl: False leaves spatio-temporal representation learning out: the key frame's features alone go on.
        strl_width: token width D of STRL.
        strl_depth: its transformer layers L.
        strl_heads: its attention heads.
        channels: of the Pose-Decoder at 1x, 2x and 4x the token grid.
        decoder_heads: attention heads of its transformers at 1x.
        interaction: "lookup" (the heatmaps select features through a mask) or "concat" (both are concatenated).
        levels: 3, or 1 for the low resolution only.
        fusion: "sum" or "concat" of the levels before the last convolution.
        time_width: width of the embedding of the step index.
        timesteps: T_diff, the number of diffusion steps trained on.
        signal_scale: heatmaps h in 0..1 are diffused as (2h - 1) * signal_scale, and clamped to it; None diffuses them
            as they are, unclamped, as the paper's text has it.

    Raises:
        BadOption: sizes that make no network.
    """

    skeleton: str = "coco17"
    input_wh: tuple[int, int] = (192, 256)
    delta: int = 2
    sigma: float = 3.0
    patch: int = 16
    stem: tuple[int, ...] = ()
    width: int = 768
    depth: int = 12
    heads: int = 12
    drop_path: float = 0.3
    strl: bool = True
    strl_width: int = 768
    strl_depth: int = 6
    strl_heads: int = 12
    channels: tuple[int, int, int] = (256, 256, 256)
    decoder_heads: int = 8
    interaction: str = "lookup"
    levels: int = 3
    fusion: str = "sum"
    time_width: int = 256
    timesteps: int = 1000
    signal_scale: float | None = 2.0

    def __post_init__(self) -> None:
        for name in ("input_wh", "stem", "channels"):
            object.__setattr__(self, name, tuple(int(value) for value in getattr(self, name)))
        topology.get(self.skeleton)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type == "int":
                self._check(isinstance(value, int) and not isinstance(value, bool), field.name, "a whole number")
        for name in ("patch", "width", "depth", "heads", "strl_width", "strl_heads", "decoder_heads"):
            self._check(getattr(self, name) >= 1, name, "at least 1")
        self._check(all(side > 0 and side % self.patch == 0 for side in self.input_wh), "input_wh", "whole patches")
        self._check(not self.stem or 2 ** len(self.stem) == self.patch, "stem", "log2(patch) channel counts, or none")
        self._check(all(c >= 8 and c % 8 == 0 for c in self.stem), "stem", "multiples of 8")
        for width, heads in (("width", "heads"), ("strl_width", "strl_heads")):
            self._check(getattr(self, width) % getattr(self, heads) == 0, width, f"a multiple of {heads}")
        self._check(self.delta >= 0, "delta", "not negative")
        self._check(self.strl_depth >= 0, "strl_depth", "not negative")
        self._check(len(self.channels) == 3 and min(self.channels) >= 1, "channels", "three positive numbers")
        self._check(self.channels[0] % self.decoder_heads == 0, "channels", "a multiple of decoder_heads at 1x")
        self._check(self.interaction in ("lookup", "concat"), "interaction", "lookup or concat")
        self._check(self.levels in (1, 3), "levels", "1 or 3")
        self._check(self.fusion in ("sum", "concat"), "fusion", "sum or concat")
        self._check(self.time_width >= 2 and self.time_width % 2 == 0, "time_width", "even")
        self._check(self.timesteps >= 2, "timesteps", "at least 2")
        self._check(self.sigma > 0, "sigma", "positive")
        self._check(self.signal_scale is None or self.signal_scale > 0, "signal_scale", "positive, or None")
        self._check(0 <= self.drop_path < 1, "drop_path", "from 0 to below 1")

    def _check(self, fine: bool, name: str, expected: str) -> None:
        if not fine:
            raise BadOption(f"{name} must be {expected}; got {getattr(self, name)!r}")

    @classmethod
    def paper(cls, **changes: Any) -> DiffPoseConfig:
        """ViT-B/16 at 192x256 with 64x48 heatmaps, T = 5."""
        return cls(**changes)

    @classmethod
    def mini(cls, **changes: Any) -> DiffPoseConfig:
        """The same network at toy width, small enough to train on a laptop and to ship.

        Its patches are cut by a few convolutions, with which a transformer learns much faster from little data
        (Xiao et al., NeurIPS 2021): the paper's starts from pre-trained weights instead.
        """
        sizes: dict[str, Any] = {
            "input_wh": (96, 128),
            "sigma": 1.5,
            "stem": (24, 48, 96, 192),
            "width": 256,
            "depth": 6,
            "heads": 8,
            "drop_path": 0.0,
            "strl_width": 192,
            "strl_depth": 2,
            "strl_heads": 6,
            "channels": (96, 48, 32),
            "time_width": 64,
        }
        return cls(**(sizes | changes))

    @property
    def keypoints(self) -> Skeleton:
        """The K keypoints it predicts."""
        return topology.get(self.skeleton)

    @property
    def frames(self) -> int:
        """T, the frames of a window."""
        return 2 * self.delta + 1

    @property
    def tokens_wh(self) -> tuple[int, int]:
        """Backbone tokens on each axis."""
        return self.input_wh[0] // self.patch, self.input_wh[1] // self.patch

    @property
    def heatmap_wh(self) -> tuple[int, int]:
        """Heatmap cells on each axis."""
        return self.tokens_wh[0] * UPSAMPLING, self.tokens_wh[1] * UPSAMPLING

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; `from_dict` reads it back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> DiffPoseConfig:
        """Raises BadCheckpoint when the values are not a config of ours; what they leave out is as in the paper."""
        try:
            return cls(**values)
        except (TypeError, ValueError, BadOption) as error:
            raise BadCheckpoint(f"this model configuration cannot be read: {error}") from error
