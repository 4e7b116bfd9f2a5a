"""The boxes of one frame, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import BadBoxes
from ...poses import FloatArray, IntArray

__all__ = ["Boxes"]


@dataclass(frozen=True)
class Boxes:
    """The N boxes of one frame.

    Attributes:
        corners: (N, 4) x1, y1, x2, y2 in pixels of the picture; finite, and free to reach beyond it.
        scores: (N,) how sure each is, or None when unknown.
        track_ids: (N,) one number per identity across a clip, or None.
        labels: what is in each, "" where unknown, or None.
        canvas_wh: width and height in pixels of the picture they are in, or None when nothing says it.

    Raises:
        BadBoxes: shapes disagree, values are not finite, or corners are in the wrong order.
    """

    corners: FloatArray
    scores: FloatArray | None = None
    track_ids: IntArray | None = None
    labels: tuple[str, ...] | None = None
    canvas_wh: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        count = len(self.corners)
        for name, shape in {"corners": (count, 4), "scores": (count,), "track_ids": (count,)}.items():
            value = getattr(self, name)
            if value is not None:
                array = np.asarray(value, np.int64 if name == "track_ids" else np.float64)
                if array.shape != shape or not np.isfinite(array).all():
                    raise BadBoxes(f"{name} must be finite numbers of shape {shape}; got shape {array.shape}")
                object.__setattr__(self, name, array)
        if (self.corners[:, 2:] < self.corners[:, :2]).any():
            raise BadBoxes("corners are x1, y1, x2, y2 with x1 <= x2 and y1 <= y2; put them in order")
        if self.labels is not None and len(self.labels) != count:
            raise BadBoxes(f"there are {count} boxes and {len(self.labels)} labels: give one for each box")

    def __len__(self) -> int:
        return len(self.corners)

    def replace(self, **changes: Any) -> Boxes:
        """A copy with some fields changed, validated again."""
        return replace(self, **changes)

    def on(self, canvas_wh: tuple[int, int]) -> Boxes:
        """The same boxes on a picture of this size: re-projected if theirs is known to have another."""
        if self.canvas_wh is None:
            return self.replace(canvas_wh=canvas_wh)
        factor = np.array(canvas_wh, np.float64) / np.array(self.canvas_wh, np.float64)
        with np.errstate(over="ignore"):  # what is no longer finite is refused
            corners = self.corners * np.tile(factor, 2)
        return self.replace(corners=corners, canvas_wh=canvas_wh)
