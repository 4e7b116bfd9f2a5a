"""Who is who from frame to frame, by the overlap of boxes alone.

That is enough to follow people who keep apart. People who cross may swap identities; for them bring the track ids of
a tracker.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import numpy as np

from ..boxes import validate_boxes
from ..poses import FloatArray, IntArray

__all__ = ["Linker", "link", "overlaps"]

MIN_OVERLAP = 0.3
"""Boxes of one person in neighbouring frames overlap at least so much (intersection over union)."""

MAX_GAP = 5
"""A person may be without a box for so many frames and still be the same one afterwards."""


class Linker:
    """Gives boxes track ids, frame by frame.

    Each box goes on with the track whose last box it overlaps most, the best pairs first; one that overlaps none
    enough begins a track. Ids count up from 0 and are not used twice.
    """

    def __init__(self, min_overlap: float = MIN_OVERLAP, max_gap: int = MAX_GAP) -> None:
        self.min_overlap = min_overlap
        self.max_gap = max_gap
        self._last: dict[int, tuple[int, FloatArray]] = {}
        self._frame = self._next = 0

    def cut(self) -> None:
        """A new shot begins: nobody in it is taken for anybody before."""
        self._last.clear()

    def ids(self, boxes: FloatArray) -> IntArray:
        """Track ids (N,) of the boxes (N, 4) of the next frame."""
        tracks = [track for track, (seen, _) in self._last.items() if self._frame - seen <= self.max_gap + 1]
        last = np.reshape([self._last[track][1] for track in tracks], (len(tracks), 4))
        found = np.full(len(boxes), -1, np.int64)
        overlap = overlaps(last, boxes)
        for flat in np.argsort(-overlap, axis=None, kind="stable"):
            row, column = divmod(int(flat), len(boxes))
            if overlap[row, column] < self.min_overlap:
                break
            if found[column] < 0 and tracks[row] not in found:
                found[column] = tracks[row]
        newcomers = np.flatnonzero(found < 0)
        found[newcomers] = self._next + np.arange(len(newcomers))
        self._next += len(newcomers)
        kept = {track: self._last[track] for track in tracks}
        self._last = kept | {int(track): (self._frame, box) for track, box in zip(found, boxes, strict=True)}
        self._frame += 1
        return found


def link(boxes: Iterable[Any], cuts: Container[int] = ()) -> list[IntArray]:
    """Track ids (N,) for the boxes (N, 4) of each frame of a clip.

    Args:
        boxes: x1, y1, x2, y2 in pixels, frame by frame.
        cuts: indices of the frames that begin a new shot.

    Raises:
        BadBoxes: malformed boxes.
    """
    linker = Linker()
    found = []
    for index, frame_boxes in enumerate(boxes):
        if index in cuts:
            linker.cut()
        found.append(linker.ids(validate_boxes(frame_boxes)))
    return found


def overlaps(one: FloatArray, other: FloatArray) -> FloatArray:
    """Intersection over union (M, N) of boxes (M, 4) and (N, 4), 0..1; 0 where neither has an area."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1) for boxes in (one, other)]
    union = areas[0][:, None] + areas[1][None] - shared
    ratio: FloatArray = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio
