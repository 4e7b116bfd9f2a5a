"""What PoseTrack's measures look at: the true and the found people of a frame, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...poses import FloatArray, IntArray

__all__ = ["REACH", "JudgedFrame", "head_sizes"]

REACH = 0.5
"""A keypoint is right within this many head sizes, the distance itself included (PCKh@0.5)."""

HEAD_SHARE = 0.6
"""A head size is this share of the diagonal of the head's box (Andriluka et al., CVPR 2014)."""


@dataclass(frozen=True)
class JudgedFrame:
    """The G true and the P found people of one frame, each with the same J joints; found ones in any order.

    Attributes:
        points: (G, J, 2) true pixels.
        present: (G, J) which joints are annotated.
        head_sizes: (G,) pixels, see `head_sizes`.
        track_ids: (G,) one number per identity, or None.
        found: (P, J, 2) found pixels.
        found_present: (P, J) which joints were found.
        scores: (P, J) how sure the finder is of each joint; only their order counts.
        found_track_ids: (P,) one number per identity, or None.
    """

    points: FloatArray
    present: npt.NDArray[np.bool_]
    head_sizes: FloatArray
    track_ids: IntArray | None
    found: FloatArray
    found_present: npt.NDArray[np.bool_]
    scores: FloatArray
    found_track_ids: IntArray | None

    def distances(self) -> FloatArray:
        """(P, G, J) how far each found joint is from each true one, in the true person's head sizes.

        Infinite where one of the two is absent. A head without size makes everything infinitely far, and what
        lies exactly on its joint NaN: neither is ever within reach.
        """
        pixels = np.linalg.norm(self.found[:, None] - self.points[None], axis=3)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = pixels / self.head_sizes[None, :, None]
        return np.where(self.found_present[:, None] & self.present[None], relative, np.inf)


def head_sizes(boxes: FloatArray) -> FloatArray:
    """Head sizes (G,) in pixels of the head boxes (G, 4), x1, y1, x2, y2 in pixels."""
    return np.asarray(HEAD_SHARE * np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1), np.float64)
