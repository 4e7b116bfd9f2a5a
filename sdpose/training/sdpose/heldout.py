"""PCK during training, on drawings that training never sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ...boxes import Crop
from ...evaluation.pck import pck, relative_errors, torso_sizes
from ...heatmaps import UDPHeatmaps
from ...models.network import SDPose
from ...poses import FloatArray
from ...topology import Skeleton
from .config import TrainConfig
from .data import DrawnCharacters

__all__ = ["HeldOut"]

FIRST_SEED = 7_000_000
"""Far from the seeds anybody types, in the split that training does not draw."""

BATCH = 32


@dataclass(frozen=True)
class HeldOut:
    """Crops of held-out people and what is true about them, all N rows.

    Attributes:
        pixels: uint8 (N, H, W, 3).
        points: (N, K, 2) true keypoints on the crops, codec units.
        labelled: (N, K).
        torsos: (N,) in the same unit.
        skeleton: what the K keypoints are: the drawings', which may be only some of the model's.
    """

    pixels: npt.NDArray[np.uint8]
    points: FloatArray
    labelled: npt.NDArray[np.bool_]
    torsos: FloatArray
    skeleton: Skeleton

    @classmethod
    def drawn(cls, config: TrainConfig, input_wh: tuple[int, int]) -> HeldOut:
        """The people of `validate_count` drawings, cropped by the evaluation rule."""
        source = DrawnCharacters(0, config.drawing_size, split="test")
        pixels, points, labelled, boxes = [], [], [], []
        for index in range(config.validate_count):
            picture = source.picture(FIRST_SEED + index)
            for person, box in enumerate(picture.boxes):
                crop = Crop.padded(box, input_wh)
                pixels.append(crop.warp(picture.image))
                points.append(crop.to_crop(picture.points[person]))
                labelled.append(picture.visibility[person] > 0)
                boxes.append(crop.to_crop(box.reshape(2, 2)).ravel())
        torsos = torso_sizes(np.stack(points), np.stack(labelled), np.stack(boxes), source.skeleton)
        return cls(np.stack(pixels), np.stack(points), np.stack(labelled), torsos, source.skeleton)

    @torch.inference_mode()
    def pck(self, model: SDPose, codec: UDPHeatmaps) -> dict[str, float | None]:
        """`pck_0.1` and `pck_0.2` over the labelled keypoints; those the drawings do not have are not judged."""
        columns = [model.skeleton.index(name) for name in self.skeleton.keypoints]
        found = []
        for start in range(0, len(self.pixels), BATCH):
            pixels = torch.from_numpy(self.pixels[start : start + BATCH]).to(model.device)
            crops = (pixels.permute(0, 3, 1, 2).float() / 127.5 - 1).to(model.dtype)
            points = codec.decode(model.heatmaps(crops)[:, columns])[0]
            found.append(points.cpu().numpy().astype(np.float64))
        errors = relative_errors(np.concatenate(found), self.points, self.torsos)
        return pck(errors, self.labelled, (0.1, 0.2))
