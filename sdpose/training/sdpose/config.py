"""What an SDPose training run depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..run_config import RunConfig, option

if TYPE_CHECKING:
    from ..recipe import Recipe

__all__ = ["TrainConfig"]

MIN_SIGMA = 1.5
"""Below this a Gaussian covers too few cells for its peak to be located between them."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig(RunConfig):
    """One run of `sdpose train sdpose`."""

    scheme: str = option("body", "body (17 keypoints) or wholebody (133)")
    init: str | None = option(None, "weights to start from: anything load_model takes; default: a fresh mini")
    input_width: int | None = option(None, "network input width in px; default: the model's own")
    input_height: int | None = option(None, "network input height in px; default: the model's own")

    coco: str | None = option(None, "COCO keypoint JSON to train on; default: drawn characters", metavar="JSON")
    images: str | None = option(None, "folder with the pictures of --coco", metavar="DIR")
    drawing_size: int = option(512, "side of a drawn training picture in px")

    gradient_checkpointing: bool = option(False, "recompute the U-Net's insides on the way back: less memory, slower")
    reconstruction_weight: float = option(0.1, "factor on the auxiliary reconstruction loss; 0 leaves the branch out")
    reconstruction_share: float = option(
        0.25, "share of each batch, rounded up, that passes the reconstruction branch, 0 to 1"
    )
    freeze_vae: bool | None = option(None, "keep the VAE encoder fixed; default: yes unless the model is fresh")
    sigma: float | None = option(None, "Gaussian radius in heatmap cells; default: 6 * width / 192, at least 1.5")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.drawing_size >= 1, "drawing_size", "at least 1")
        self._check(self.reconstruction_weight >= 0, "reconstruction_weight", "not negative")
        self._check(0 <= self.reconstruction_share <= 1, "reconstruction_share", "between 0 and 1")
        self._check(self.scheme in ("body", "wholebody"), "scheme", "body or wholebody")
        self._check(self.sigma is None or self.sigma > 0, "sigma", "a positive number")
        self._check((self.coco is None) == (self.images is None), "coco", "given together with `images`")
        self._check((self.input_width is None) == (self.input_height is None), "input_width", "set with input_height")
        self._check(
            self.coco is not None or self.scheme == "body", "scheme", "body: drawn characters have 17 keypoints"
        )
        for name in ("input_width", "input_height"):
            value = getattr(self, name)
            self._check(value is None or (value > 0 and value % 16 == 0), name, "a multiple of 16")

    @property
    def input_wh(self) -> tuple[int, int] | None:
        """The input size asked for, or None for the model's own."""
        if self.input_width is None or self.input_height is None:
            return None
        return self.input_width, self.input_height

    @property
    def vae_is_frozen(self) -> bool:
        """The published recipe keeps a trained encoder; a fresh one has to learn."""
        return self.init is not None if self.freeze_vae is None else self.freeze_vae

    def sigma_for(self, heatmap_width: int) -> float:
        """Gaussian radius in heatmap cells: the published 6 at width 192, in proportion below, with a floor."""
        return self.sigma if self.sigma is not None else max(MIN_SIGMA, 6.0 * heatmap_width / 192)

    def recipe(self) -> Recipe:
        """The published network, one crop a sample, PCK on held-out drawings."""
        from .recipe import SDPoseRecipe

        return SDPoseRecipe(self)
