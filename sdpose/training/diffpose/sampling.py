"""Windows of frames around one person, augmented alike, with the noise they are trained under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...models.diffpose import DiffPoseConfig
from ...poses import FloatArray
from ...topology import Skeleton
from ...video.windows import steady_box, window
from ..augment import HALF_BODY_PADDING, View, cut, damage, half_body, mirror
from ..batches import SeededBatches
from .clips import Clip, ClipSource, Track
from .config import DiffPoseTrainConfig

__all__ = ["Change", "Windows", "sampled_change", "window_of"]

Pixels = npt.NDArray[np.uint8]

ROTATION = 45.0
SCALE = 0.35
"""Limits of the augmentation: +-45 degrees, 0.65 to 1.35 (paper, section 4.1)."""

HALF_BODY_PROBABILITY = 0.3


@dataclass(frozen=True)
class Change:
    """What the augmentation does to the views of a window: one affine for all its frames.

    Attributes:
        offset: (2,) of the view's centre from that of the person's box, in sides of the box's padded view.
        scale: factor on the view's size.
        degrees: turn, counter-clockwise.
    """

    offset: FloatArray
    scale: FloatArray
    degrees: float

    def applied(self, view: View) -> View:
        """A frame's own view, moved, scaled and turned."""
        return View(view.center + self.offset * view.size, view.size * self.scale, self.degrees)


UNCHANGED = Change(np.zeros(2), np.ones(2), 0.0)


class Windows(SeededBatches[Clip]):
    """Batch number -> windows with what is true about their key frames, and noise.

    A sample is (crops uint8 (T, H, W, 3), points (K, 2) in codec units, labelled (K,), step indices (M,), noise
    (M, K, h, w)), M being `draws`.
    """

    def __init__(self, source: ClipSource, config: DiffPoseTrainConfig, model: DiffPoseConfig, shards: int) -> None:
        super().__init__(source.clip, config, shards)
        self.config, self.model, self.skeleton = config, model, source.skeleton

    def sample(self, material: Clip, rng: np.random.Generator) -> tuple[npt.NDArray[Any], ...]:
        """A window around a random person at a random moment."""
        tracks = [track for track in material.tracks if (track.visibility > 0).any()]
        track = tracks[int(rng.integers(len(tracks)))]
        labelled_frames = np.flatnonzero((track.visibility > 0).any(axis=1))
        row = int(labelled_frames[rng.integers(len(labelled_frames))])
        delta = self.model.delta
        reach = int(rng.integers(delta)) if delta and rng.random() < self.config.narrow else delta
        strength = self.config.augment
        change = sampled_change(rng, track, row, self.skeleton, self.model.input_wh, strength)
        crops, points = window_of(material, track, row, self.model, reach, change)
        visibility = track.visibility[row]
        if strength and rng.random() < 0.5:
            mirrored = [mirror(crop, points, visibility, self.skeleton) for crop in crops]
            crops, (_, points, visibility) = [crop for crop, _, _ in mirrored], mirrored[0]
        if strength:
            grain = int(rng.integers(1 << 62))  # one look for the whole window, as if filmed with one camera
            crops = [damage(np.random.default_rng(grain), crop, strength) for crop in crops]
        width, height = self.model.heatmap_wh
        steps = rng.integers(self.model.timesteps, size=self.config.draws)
        noise = rng.standard_normal((self.config.draws, len(self.skeleton), height, width), np.float32)
        return np.stack(crops), points.astype(np.float32), (visibility > 0).astype(np.float32), steps, noise


def window_of(
    clip: Clip, track: Track, row: int, model: DiffPoseConfig, reach: int, change: Change = UNCHANGED
) -> tuple[list[Pixels], FloatArray]:
    """The crops of a window as `VideoEstimator` cuts them, and the key frame's points on its crop.

    Args:
        clip: the pictures.
        track: the person.
        row: which of the track's frames is the key frame.
        model: window width and crop size.
        reach: how many frames on each side may be used.
        change: augmentation.

    Returns:
        T crops uint8 (H, W, 3), and points (K, 2) in codec units.
    """
    rows = {int(frame): number for number, frame in enumerate(track.frames)}
    boxes = {frame: track.boxes[number] for frame, number in rows.items()}
    key = int(track.frames[row])
    crops: dict[int, Pixels] = {}
    points = track.points[row]
    chosen = window(rows, key, reach, model.delta)
    for frame in dict.fromkeys(chosen):
        view = change.applied(View.of_box(steady_box(boxes, frame, reach), model.input_wh))
        crops[frame], cut_points = cut(clip.frames[frame], track.points[rows[frame]], view, model.input_wh)
        points = cut_points if frame == key else points
    return [crops[frame] for frame in chosen], points


def sampled_change(
    rng: np.random.Generator, track: Track, row: int, skeleton: Skeleton, input_wh: tuple[int, int], strength: float
) -> Change:
    """A random augmentation: turned, scaled, moved a little, sometimes on one half of the key frame's body."""
    if strength == 0:
        return UNCHANGED
    whole = View.of_box(track.boxes[row], input_wh)
    view = whole
    if rng.random() < HALF_BODY_PROBABILITY * strength:
        half = half_body(rng, track.points[row], track.visibility[row], skeleton)
        view = whole if half is None else View.of_box(half, input_wh, HALF_BODY_PADDING)
    scale = float(rng.uniform(1 - SCALE * strength, 1 + SCALE * strength))
    degrees = float(rng.uniform(-ROTATION, ROTATION)) * strength
    offset = (view.center - whole.center) / whole.size + rng.uniform(-0.08, 0.08, 2) * strength
    return Change(offset, scale * view.size / whole.size, degrees)
