"""What a DiffPose training run depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..run_config import RunConfig, option

if TYPE_CHECKING:
    from ..recipe import Recipe

__all__ = ["DiffPoseTrainConfig"]


@dataclass(frozen=True, kw_only=True)
class DiffPoseTrainConfig(RunConfig):
    """One run of `sdpose train diffpose`.

    The paper's recipe (section 4.1) is --size paper --posetrack ... --lr 5e-4 --schedule steps --weight-decay 0.1
    --layer-decay 0.75 --warmup 500, for 60 epochs, starting from ViTPose's weights with --init.
    """

    reuse: int = option(24, "how often a film or sequence is used, each time augmented afresh")
    window: int = option(128, "how many films or sequences are kept in memory to choose from")
    size: str = option("mini", "paper (ViT-B, 192x256) or mini, unless --init is a DiffPose")
    init: str | None = option(None, "a DiffPose to start from, or a ViTPose .safetensors file for the backbone")
    delta: int = option(2, "frames on each side of the key frame")
    strl: bool = option(True, "spatio-temporal representation learning; without it the key frame stands alone")
    interaction: str = option("lookup", "lookup or concat: how noisy heatmaps meet features")
    levels: int = option(3, "3, or 1 for the low resolution only")
    fusion: str = option("sum", "sum or concat of the levels")
    signal_scale: float = option(2.0, "heatmaps are diffused between -scale and scale; 0 is the paper's text: 0 to 1")
    sigma: float | None = option(None, "Gaussian radius in heatmap cells; default: the size's own")

    posetrack: str | None = option(None, "folder of PoseTrack annotations; default: drawn film", metavar="DIR")
    images: str | None = option(None, "folder that the file names in the annotations start from", metavar="DIR")
    held_out: str | None = option(None, "folder of PoseTrack annotations to measure on", metavar="DIR")
    film_size: int = option(256, "side of a drawn film in px; drawn film only")
    film_frames: int = option(24, "frames of a drawn film; drawn film only")

    draws: int = option(1, "noisy heatmaps per window and step: they share the backbone's and STRL's work")
    narrow: float = option(0.2, "share of windows trained with a smaller delta, for a free choice later")
    freeze_backbone: bool = option(False, "leave the backbone as it is")
    layer_decay: float = option(1.0, "factor on the learning rate from each backbone layer to the one before it")

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check(self.size in ("paper", "mini"), "size", "paper or mini")
        for name in ("film_frames", "draws"):
            self._check(getattr(self, name) >= 1, name, "at least 1")
        self._check(self.film_size >= 8, "film_size", "at least 8")
        self._check(self.sigma is None or self.sigma > 0, "sigma", "a positive number")
        self._check(self.signal_scale >= 0, "signal_scale", "not negative")
        self._check(0 <= self.narrow <= 1, "narrow", "between 0 and 1")
        self._check(0 < self.layer_decay <= 1, "layer_decay", "above 0, up to 1")
        self._check((self.posetrack is None) == (self.images is None), "posetrack", "given together with `images`")
        self._check(self.held_out is None or self.posetrack is not None, "held_out", "given together with `posetrack`")
        unmeasured = self.posetrack is not None and self.held_out is None
        self._check(not unmeasured or not self.validate_every, "held_out", "given, or validate_every 0")

    def recipe(self) -> Recipe:
        """DiffPose, a window a sample, mAP on held-out film."""
        from .recipe import DiffPoseRecipe

        return DiffPoseRecipe(self)
