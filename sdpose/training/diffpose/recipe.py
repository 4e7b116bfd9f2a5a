"""How DiffPose is trained: windows in, denoised heatmaps out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from ...models.diffpose import DiffPose, save_diffpose
from ..batches import loader
from .clips import DrawnFilm
from .config import DiffPoseTrainConfig
from .heldout import FIRST_SEED, HeldOutWindows
from .objective import DenoisingObjective
from .posetrack import PoseTrackClips
from .sampling import Windows
from .start import starting_model

__all__ = ["DiffPoseRecipe"]


class DiffPoseRecipe:
    """See `Recipe`."""

    losses = ("heatmap_loss",)
    scores = ("map", "map_1")
    betas = (0.9, 0.999)
    spares_parameters = False

    def __init__(self, config: DiffPoseTrainConfig) -> None:
        self.config = config
        self._source = _source(config, config.posetrack, "train")
        self.model = starting_model(config, self._source.skeleton.name)
        self.objective: nn.Module = DenoisingObjective(self.model, config)
        self._held_out: HeldOutWindows | None = None

    def parameters(self) -> list[dict[str, Any]]:
        """Groups by layer of the backbone and by whether weights decay: biases, norms and positions do not."""
        groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                decays = parameter.ndim > 1 and not name.endswith(("positions", "pos_embed"))
                groups.setdefault((self._lr_scale(name), decays), []).append(parameter)
        return [
            {"params": members, "lr_scale": scale, "weight_decay": self.config.weight_decay * decays}
            for (scale, decays), members in groups.items()
        ]

    def _lr_scale(self, name: str) -> float:
        """The layer-wise decay of ViTPose: the last backbone layer learns as fast as what follows it, times decay."""
        if not name.startswith("backbone."):
            return 1.0
        depth = self.model.config.depth
        layer = int(name.split(".")[2]) + 1 if ".blocks." in name else depth + 1 if "last_norm" in name else 0
        return self.config.layer_decay ** (depth + 1 - layer)

    def batches(self, first_step: int, rank: int, processes: int) -> Iterable[tuple[torch.Tensor, ...]]:
        """See `Windows`."""
        source, config, model = self._source, self.config, self.model.config
        return loader(lambda shards: Windows(source, config, model, shards), config, first_step, rank, processes)

    def validate(self, average: nn.Module) -> dict[str, float | None]:
        """PoseTrack's mAP of held-out windows."""
        if self._held_out is None:
            source, count = _source(self.config, self.config.held_out, "test"), self.config.validate_count
            clips = range(FIRST_SEED, FIRST_SEED + count)
            if isinstance(source, PoseTrackClips):
                clips = range(min(count, len(source)))
            self._held_out = HeldOutWindows.of(source, clips, self.model.config)
        return self._held_out.scores(cast(DiffPose, average))

    def save(self, average: nn.Module, path: Path) -> None:
        """One file."""
        save_diffpose(cast(DiffPose, average), path)


def _source(config: DiffPoseTrainConfig, annotations: str | None, split: str) -> DrawnFilm | PoseTrackClips:
    """Drawn film, or the PoseTrack sequences of a folder."""
    if annotations is None or config.images is None:
        return DrawnFilm(config.seed, config.film_size, config.film_frames, split)
    return PoseTrackClips(Path(annotations), Path(config.images), config.seed)
