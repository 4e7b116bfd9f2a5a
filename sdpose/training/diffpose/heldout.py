"""PoseTrack's mAP during training, on windows that training never sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ...errors import BadKeypoints
from ...evaluation.posetrack import JudgedFrame, average_precision
from ...models.diffpose import DiffPose, DiffPoseConfig
from ...poses import FloatArray
from ...topology import get
from ..augment import View
from .clips import ClipSource
from .sampling import window_of

__all__ = ["HeldOutWindows"]

FIRST_SEED = 7_000_000
"""Far from the seeds anybody types, in the split that training does not draw."""

BATCH = 16


@dataclass(frozen=True)
class HeldOutWindows:
    """The middle window of each held-out person, N in all.

    Attributes:
        crops: uint8 (N, T, H, W, 3).
        points: (N, K, 2) true keypoints on the key frame's crop, codec units.
        labelled: (N, K).
        heads: (N,) head sizes in the same unit.
        columns: which of the K keypoints are judged: those that PoseTrack has.
    """

    crops: npt.NDArray[np.uint8]
    points: FloatArray
    labelled: npt.NDArray[np.bool_]
    heads: FloatArray
    columns: list[int]

    @classmethod
    def of(cls, source: ClipSource, clips: range, model: DiffPoseConfig) -> HeldOutWindows:
        """One window of every person in some clips of a source."""
        rows = []
        for index in clips:
            clip = source.clip(index)
            for track in clip.tracks:
                row = len(track.frames) // 2
                if not (track.visibility[row] > 0).any() or not track.heads[row] > 0:
                    continue
                crops, points = window_of(clip, track, row, model, model.delta)
                zoom = model.input_wh[1] / View.of_box(track.boxes[row], model.input_wh).size[1]
                rows.append((np.stack(crops), points, track.visibility[row] > 0, track.heads[row] * zoom))
        if not rows:
            raise BadKeypoints("nobody in the held-out clips is labelled and has a head: measure on more of them")
        crops_all, points_all, labelled, heads = (np.stack(part) for part in zip(*rows, strict=True))
        judged = get("posetrack15").keypoints
        columns = [place for place, name in enumerate(source.skeleton.keypoints) if name in judged]
        return cls(crops_all, points_all, labelled, heads, columns)

    @torch.inference_mode()
    def scores(self, model: DiffPose) -> dict[str, float | None]:
        """`map` from the published 4 steps and 10 noises, and `map_1` from one of each."""
        windows = []
        for start in range(0, len(self.crops), BATCH):
            crops = torch.from_numpy(self.crops[start : start + BATCH]).to(model.device)
            pixels = crops.flatten(0, 1).permute(0, 3, 1, 2).float() / 127.5 - 1
            features = model.features(pixels)
            windows.append(features.view(*crops.shape[:2], *features.shape[1:]))
        return {"map": self._map(model, windows, 4, 10), "map_1": self._map(model, windows, 1, 1)}

    def _map(self, model: DiffPose, windows: list[torch.Tensor], steps: int, noises: int) -> float:
        found, scores = [], []
        for batch in windows:
            points, heights = model.codec.decode(model.heatmaps(batch, steps=steps, noises=noises))
            found.append(points.cpu().numpy().astype(np.float64))
            scores.append(heights.cpu().numpy().astype(np.float64))
        points_all, heights_all = np.concatenate(found)[:, self.columns], np.concatenate(scores)[:, self.columns]
        frames = [
            JudgedFrame(
                self.points[n : n + 1, self.columns], self.labelled[n : n + 1, self.columns], self.heads[n : n + 1],
                None, points_all[n : n + 1], heights_all[n : n + 1] > 0, heights_all[n : n + 1], None,
            )
            for n in range(len(self.points))
        ]  # fmt: skip
        return float(np.nanmean(average_precision(frames)))
