"""Pictures of labelled people, and the crops of them that SDPose is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...errors import SDPoseError
from ...poses import FloatArray
from ...topology import Skeleton
from ..augment import View, augmented_view, cut, damage, mirror
from ..batches import SeededBatches
from .config import TrainConfig

__all__ = ["Batches", "DrawnCharacters", "Picture", "Source"]


@dataclass(frozen=True)
class Picture:
    """One picture and its N >= 1 labelled people.

    Attributes:
        image: uint8 (h, w, 3) RGB.
        points: (N, K, 2) picture pixels.
        visibility: (N, K) COCO's flag: 0 unlabelled, 1 hidden, 2 visible.
        boxes: (N, 4) x1, y1, x2, y2 in picture pixels.
    """

    image: npt.NDArray[np.uint8]
    points: FloatArray
    visibility: npt.NDArray[np.int8]
    boxes: FloatArray


class Source(Protocol):
    """Where pictures come from. `picture` is a pure function of its index."""

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints of every picture are."""

    def picture(self, index: int) -> Picture:
        """Picture number `index` of an endless sequence."""


@dataclass(frozen=True)
class DrawnCharacters:
    """Procedurally drawn people: an endless source that needs no files.

    Attributes:
        seed: which sequence of drawings; runs with other seeds share none.
        size: side of a picture in px.
        split: "train" or "test"; no drawing is in both.
    """

    seed: int
    size: int
    split: str = "train"

    @property
    def skeleton(self) -> Skeleton:
        """COCO's 17 keypoints."""
        from ...topology import get

        return get("coco17")

    def picture(self, index: int) -> Picture:
        """Drawing number `index` of this sequence; a drawing without a labelled person gives way to another.

        Raises:
            SDPoseError: a hundred drawings in a row show nobody.
        """
        from ...synthetic import drawing

        for attempt in range(100):
            drawn = drawing((self.seed << 48) + (attempt << 40) + index, (self.size, self.size), split=self.split)
            boxes = np.zeros((len(drawn.poses), 4)) if drawn.poses.boxes is None else drawn.poses.boxes
            usable = (drawn.visibility > 0).any(axis=1) & (boxes[:, 2:] - boxes[:, :2] >= 2).all(axis=1)
            if usable.any():
                return Picture(drawn.image, drawn.poses.points[usable], drawn.visibility[usable], boxes[usable])
        raise SDPoseError(f"drawings around seed {index} show nobody; sdpose.synthetic should draw people")


class Batches(SeededBatches[Picture]):
    """Batch number -> crops of single people, each with its own augmentation."""

    def __init__(self, source: Source, config: TrainConfig, input_wh: tuple[int, int], shards: int) -> None:
        super().__init__(source.picture, config, shards)
        self.source, self.augment, self.input_wh = source, config.augment, input_wh

    def sample(self, picture: Picture, rng: np.random.Generator) -> tuple[npt.NDArray[Any], ...]:
        """Crop, points and what is labelled, of a random person."""
        person = int(rng.integers(len(picture.boxes)))
        points, visibility, box = picture.points[person], picture.visibility[person], picture.boxes[person]
        if self.augment == 0:
            crop, points = cut(picture.image, points, View.of_box(box, self.input_wh), self.input_wh)
            return crop, points.astype(np.float32), (visibility > 0).astype(np.float32)
        skeleton = self.source.skeleton
        view = augmented_view(rng, box, points, visibility, skeleton, self.input_wh, self.augment)
        crop, points = cut(picture.image, points, view, self.input_wh)
        if rng.random() < 0.5:
            crop, points, visibility = mirror(crop, points, visibility, skeleton)
        crop = damage(rng, crop, self.augment)
        return crop, points.astype(np.float32), (visibility > 0).astype(np.float32)
