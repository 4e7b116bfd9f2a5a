"""The diffusion of heatmaps: noise schedule, noising, and DDIM from any step on any grid (paper, eq. 1, alg. 1 and 2).

Schedule and noising are diffusers'. Its DDIM step is not used: it goes down by `timesteps // steps`, which is the grid
below only when the division is even, and it cannot start in the middle. Where both exist they agree (tests).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ...errors import BadOption

__all__ = ["Diffusion", "step_grid"]


def step_grid(steps: int, start: int) -> list[int]:
    """The step indices that DDIM visits: from `start` down to -1 in `steps` equal strides.

    The paper's Algorithm 2 prints Linspace(-1, T, steps), which gives `steps - 1` strides and, for one step, none;
    this is the grid of the code it builds on (DiffusionDet, arXiv 2211.09788), with `steps` decoder calls.

    Raises:
        BadOption: `steps` is below 1.
    """
    if steps < 1:
        raise BadOption(f"steps must be at least 1; got {steps}")
    grid: list[int] = torch.linspace(-1, start, steps + 1, dtype=torch.float64).int().tolist()
    return grid[::-1]


class Diffusion:
    """Forward and backward diffusion of heatmaps in 0..1.

    Args:
        timesteps: T, the steps of the forward process.
        signal_scale: heatmaps are diffused as (2h - 1) * signal_scale; None leaves them as they are (see config).

    Attributes:
        alpha_bars: (T,) float32, the share of the signal's power that is left after each step (cosine schedule of
            Nichol & Dhariwal 2021 with s = 0.008 and beta <= 0.999).
    """

    def __init__(self, timesteps: int, signal_scale: float | None) -> None:
        from diffusers import DDIMScheduler

        self.timesteps, self.scale = timesteps, signal_scale
        scheduler: Any = DDIMScheduler  # diffusers is not typed
        with torch.device("cpu"):  # a table, also while the network around it is built without memory
            self._scheduler = scheduler(num_train_timesteps=timesteps, beta_schedule="squaredcos_cap_v2")
        self.alpha_bars: Tensor = self._scheduler.alphas_cumprod

    def signal(self, heatmaps: Tensor) -> Tensor:
        """Heatmaps 0..1 -> what is diffused, x_0."""
        return heatmaps if self.scale is None else ((2 * heatmaps - 1) * self.scale).clamp(-self.scale, self.scale)

    def seen(self, noisy: Tensor) -> Tensor:
        """x_t -> what the decoder is shown: clamped to the range of the signal (DiffusionDet), in training too."""
        return noisy if self.scale is None else noisy.clamp(-self.scale, self.scale)

    def noised(self, heatmaps: Tensor, noise: Tensor, steps: Tensor) -> Tensor:
        """q(x_t | x_0): sqrt(abar_t) x_0 + sqrt(1 - abar_t) noise, for heatmaps (B, ...) at step indices (B,)."""
        noisy: Tensor = self._scheduler.add_noise(self.signal(heatmaps), noise, steps)
        return noisy

    def denoise(
        self,
        decode: Callable[[Tensor, Tensor], Tensor],
        noisy: Tensor,
        steps: int,
        start: int,
        eta: float = 0.0,
        fresh_noise: Callable[[], Tensor] | None = None,
    ) -> Tensor:
        """DDIM (Song et al. 2021) from x_start to the clean heatmaps.

        Args:
            decode: x_t (B, ...) and step indices (B,) -> heatmaps 0..1.
            noisy: x_start (B, ...), float32.
            steps: decoder calls.
            start: index of the first step, 0 to T - 1.
            eta: 0 is deterministic, 1 as random as DDPM.
            fresh_noise: gives noise shaped as `noisy`; needed when eta > 0.

        Returns:
            The last prediction of the decoder, float32.
        """
        for now, after in pairwise(step_grid(steps, start)):
            heatmaps = decode(self.seen(noisy), torch.full((len(noisy),), now, device=noisy.device)).float()
            if after < 0:
                break
            noisy = self._stepped(noisy, self.signal(heatmaps), now, after, eta, fresh_noise)
        return heatmaps

    def _stepped(
        self, noisy: Tensor, clean: Tensor, now: int, after: int, eta: float, fresh: Callable[[], Tensor] | None
    ) -> Tensor:
        here, there = float(self.alpha_bars[now]), float(self.alpha_bars[after])
        # Not sqrt(1 / abar) x - x_0 over its own factor: that factor is 2e4 at step 999.
        noise = (noisy - here**0.5 * clean) / (1 - here) ** 0.5
        spread = eta * ((1 - there) / (1 - here) * (1 - here / there)) ** 0.5
        moved: Tensor = there**0.5 * clean + (1 - there - spread**2) ** 0.5 * noise
        return moved + spread * fresh() if spread and fresh is not None else moved
