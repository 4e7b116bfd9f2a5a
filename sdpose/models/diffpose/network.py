"""DiffPose whole: backbone, STRL and Pose-Decoder, and the ensemble of denoised heatmaps (arXiv 2307.16687)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from ...errors import BadImage, BadOption
from ...topology import Skeleton
from ..heatmap_network import HeatmapNetwork
from .config import DiffPoseConfig
from .decoder import PoseDecoder
from .diffusion import Diffusion
from .strl import KeyFrameOnly, SpatioTemporal
from .transformer import Backbone

__all__ = ["DiffPose"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

NOISES_AT_ONCE = 16
"""Noises that share a pass of the decoder: memory does not grow with the ensemble."""


class DiffPose(HeatmapNetwork):
    """Video pose as denoising of heatmaps, conditioned on a window of frames.

    The diffusion itself is always float32, whatever `dtype` says.

    Args:
        config: sizes.

    Attributes:
        config: as given.
        backbone: the ViT, run once per crop.
        strl: a window's features to one map.
        decoder: noisy to clean heatmaps.
        diffusion: noise schedule and sampler; no parameters.
    """

    config: DiffPoseConfig

    def __init__(self, config: DiffPoseConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        self.strl: nn.Module = SpatioTemporal(config) if config.strl else KeyFrameOnly(config)
        self.decoder = PoseDecoder(config)
        self.diffusion = Diffusion(config.timesteps, config.signal_scale)

    @property
    def skeleton(self) -> Skeleton:
        """The K keypoints, in heatmap order."""
        return self.config.keypoints

    @property
    def delta(self) -> int:
        """Half-width of the windows it takes: T = 2 delta + 1 frames."""
        return self.config.delta

    def features(self, crops: Tensor) -> Tensor:
        """The backbone, once per (frame, person).

        Args:
            crops: (B, 3, H, W) RGB in -1..1, H and W as the config says.

        Returns:
            (B, C, h, w).

        Raises:
            BadImage: another shape.
        """
        width, height = self.input_wh
        if crops.ndim != 4 or crops.shape[1:] != (3, height, width):
            raise BadImage(f"crops must have shape (B, 3, {height}, {width}); got {tuple(crops.shape)}")
        mean, deviation = (
            torch.tensor(values, device=self.device, dtype=torch.float32).view(3, 1, 1)
            for values in (IMAGENET_MEAN, IMAGENET_STD)
        )
        normalised = ((crops.to(self.device).float() + 1) / 2 - mean) / deviation
        return cast(Tensor, self.backbone(normalised.to(self.dtype).contiguous()))

    def pyramid(self, windows: Tensor) -> tuple[Tensor, ...]:
        """What a window's features (B, T, C, h, w) tell the decoder, at three sizes; free of noise and step.

        Raises:
            BadImage: another number of frames than the model's.
        """
        if windows.ndim != 5 or windows.shape[1] != self.config.frames:
            raise BadImage(
                f"windows must have shape (B, {self.config.frames}, C, h, w), the features of {self.delta} frames on "
                f"each side of the key frame; got {tuple(windows.shape)}"
            )
        return self.decoder.pyramid(self.strl(windows.to(self.device, self.dtype)))

    def heatmaps(
        self,
        windows: Tensor,
        *,
        steps: int = 4,
        noises: int = 10,
        seed: int = 0,
        eta: float = 0.0,
        start: Tensor | None = None,
        start_step: int | None = None,
    ) -> Tensor:
        """The mean of the heatmaps that `noises` groups of noise are denoised to (paper, section 3.5).

        The noises are a function of `seed` alone and the same for all people and frames: nobody's result depends on
        the batch it is in, and noise that stays the same does not flicker.

        Args:
            windows: (B, T, C, h, w) features of the frames t - delta to t + delta.
            steps: decoder calls for each noise, >= 1; no retraining is needed for any number.
            noises: N, groups of noise to average over, >= 1.
            seed: of the noise.
            eta: 0 for the deterministic DDIM, up to 1 for DDPM's randomness.
            start: (B, K, Hh, Wh) heatmaps 0..1 of another estimator to start from, noised to `start_step`, in
                place of pure noise.
            start_step: index of the first step, 0 (no noise) to T - 1 (all noise, the default).

        Returns:
            (B, K, Hh, Wh) float32, about 0 to 1.

        Raises:
            BadOption: a number is out of its range.
            BadImage: wrong shapes.
        """
        last = self.config.timesteps - 1
        first = last if start_step is None else start_step
        if noises < 1 or not 0 <= first <= last or not 0 <= eta <= 1:
            raise BadOption(
                f"expected noises >= 1, start_step from 0 to {last} and eta from 0 to 1; got {noises}, {first}, {eta}"
            )
        width, height = self.heatmap_wh
        wanted = (len(windows), len(self.skeleton), height, width)
        if start is not None and start.shape != wanted:
            raise BadImage(f"start must have shape {wanted}; got {tuple(start.shape)}")
        pyramid, total = self.pyramid(windows), torch.zeros(wanted, device=self.device)
        generator = torch.Generator().manual_seed(seed)
        for done in range(0, noises, NOISES_AT_ONCE):
            count = min(NOISES_AT_ONCE, noises - done)
            clean = self._denoised(pyramid, start, count, generator, steps, first, eta)
            total += clean.view(len(windows), count, *wanted[1:]).sum(dim=1)
        return total / noises

    def _denoised(
        self, pyramid: tuple[Tensor, ...], start: Tensor | None, noises: int, generator: torch.Generator,
        steps: int, first: int, eta: float,
    ) -> Tensor:  # fmt: skip
        """Clean heatmaps (B * N, K, Hh, Wh) from the generator's next N noises; see `heatmaps`."""
        people = len(pyramid[0])
        width, height = self.heatmap_wh

        def noise() -> Tensor:
            drawn = torch.randn((noises, len(self.skeleton), height, width), generator=generator)
            return drawn.to(self.device).repeat(people, 1, 1, 1)

        noisy = noise()
        if start is not None:
            repeated = start.to(noisy).repeat_interleave(noises, dim=0)
            noisy = self.diffusion.noised(repeated, noisy, torch.full((len(noisy),), first, device=noisy.device))
        repeated_pyramid = tuple(level.repeat_interleave(noises, dim=0) for level in pyramid)

        def decode(seen: Tensor, at: Tensor) -> Tensor:
            return cast(Tensor, self.decoder(seen.to(self.dtype), repeated_pyramid, at))

        return self.diffusion.denoise(decode, noisy, steps, first, eta, noise)
