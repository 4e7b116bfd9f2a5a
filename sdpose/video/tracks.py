"""The people of a clip by track id, whether the ids come with the boxes or have to be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadBoxes, BadKeypoints
from ..poses import FloatArray, Poses
from ..topdown import Found, boxes_inside
from .linking import Linker

__all__ = ["Members", "Tracks"]


@dataclass(frozen=True)
class Members:
    """The people of one frame.

    Attributes:
        index: which frame.
        boxes: track id -> box (4,), in the order the boxes came; those outside the picture are left out.
        inside: (N,) which of the boxes that came are in `boxes`.
        tracked: whether the ids came with the boxes.
    """

    index: int
    boxes: dict[int, FloatArray]
    inside: npt.NDArray[np.bool_]
    tracked: bool

    def assigned(self, poses: Poses) -> dict[int, Found]:
        """The points (K, 2) and scores (K,) that belong to each person, by its track id.

        Raises:
            BadKeypoints: a person has none, or by order alone it cannot be told which.
        """
        if self.tracked and poses.track_ids is not None:
            rows: dict[int, int] = {int(track): row for row, track in enumerate(poses.track_ids)}
        else:
            poses = poses[self.inside] if len(poses) == len(self.inside) else poses
            if len(poses) != len(self.boxes):
                raise BadKeypoints(
                    f"start has {len(poses)} people in frame {self.index}, and there are boxes for {len(self.boxes)}: "
                    "give one pose per box in the same order, or both with track ids"
                )
            rows = {track: row for row, track in enumerate(self.boxes)}
        if missing := self.boxes.keys() - rows.keys():
            raise BadKeypoints(f"start has nobody with track id {min(missing)} in frame {self.index}, boxes have")
        return {track: (poses.points[rows[track]], poses.scores[rows[track]]) for track in self.boxes}


class Tracks:
    """Follows the people of a clip, frame by frame."""

    def __init__(self) -> None:
        self._linker = Linker()
        self._index = 0
        self._tracked: bool | None = None

    def cut(self) -> None:
        """A new shot begins."""
        self._linker.cut()

    def follow(self, boxes: Any, canvas_wh: tuple[int, int]) -> Members:
        """Who is in the next frame.

        Args:
            boxes: (N, 4) x1, y1, x2, y2 pixels, or `Poses` with boxes, whose track ids are used if it has them.
            canvas_wh: width and height of the picture.

        Raises:
            BadBoxes: malformed boxes, ids in some frames and not in others, or one id twice.
        """
        every, inside = boxes_inside(_boxes_of(boxes, self._index), canvas_wh)
        ids = boxes.track_ids if isinstance(boxes, Poses) else None
        if len(every):
            self._check(ids)
        kept = every[inside]
        names: Sequence[int] = (self._linker.ids(kept) if ids is None else ids[inside]).tolist()
        members = Members(self._index, dict(zip(names, kept, strict=True)), inside, bool(self._tracked))
        self._index += 1
        return members

    def _check(self, ids: npt.NDArray[np.int64] | None) -> None:
        tracked = ids is not None
        if self._tracked not in (None, tracked):
            raise BadBoxes(f"some frames have track ids and frame {self._index} is another case: give all or none")
        self._tracked = tracked
        if ids is not None and len(np.unique(ids)) < len(ids):
            raise BadBoxes(f"track ids of one frame must differ; frame {self._index} has {ids.tolist()}")


def _boxes_of(boxes: Any, index: int) -> Any:
    if not isinstance(boxes, Poses):
        return boxes
    if boxes.boxes is None:
        raise BadBoxes(f"the poses given as boxes of frame {index} have none: give Poses with boxes, or boxes")
    return boxes.boxes
