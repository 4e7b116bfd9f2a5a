"""Which frames show the same drawing as the frame before: animation on twos and threes, frames that were repeated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..boxes import frame_array
from ..media import Frame

__all__ = ["Holds"]

_SIDE = 256
"""Frames are compared at this size of their longer side."""

_SPOT = 5
"""Pixels on a side, over which changes are averaged: a hand shows in it, what an encoder does to edges does not."""

_LIMITS = (4.0, 10.0)
"""Levels of 255 by which the strongest spot of a held drawing changes at most, in large pictures and in small ones."""

_LIMIT_BY_SCALE = 20.0
"""In between, the same times what of its size a picture keeps: where more pixels are averaged less is left."""

_SAME = 0.5
"""Share of a held drawing's values that stay at least: encoders skip what does not change. Grain changes most."""

_DRIFT = 1.7
"""Change over two frames, compared with that over one, from which on something moves. Noise does not add up."""


class Holds:
    """Finds held drawings in frames while they pass, without reading them twice; the counterpart of `Shots`.

        holds = Holds()
        for index, frame in enumerate(holds.watch(frames)):
            repeats = index in holds

    `index in holds` tells whether a frame shows the same drawing as the frame before it. It is known as soon as `watch`
    has given the frame out, which is 1 frame after it was read. What counts is the spot of the picture that
    changes most, so that a drawing in which but a hand moves is not held; and it is compared with the first frame
    of the hold too, so that slow motion adds up until it shows. Film with grain has no holds.

    An instance serves one clip.
    """

    def __init__(self) -> None:
        self._repeats: set[int] = set()

    def __contains__(self, index: object) -> bool:
        return index in self._repeats

    def __iter__(self) -> Iterator[int]:
        """The repeats found so far, in order."""
        return iter(sorted(self._repeats))

    def watch(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Pass frames on, one frame later than they come.

        Args:
            frames: uint8 (h, w, 3) RGB.

        Raises:
            BadImage: a frame is something else.
        """
        first: _Small | None = None  # of the hold
        near: deque[_Small] = deque(maxlen=4)  # the frame to judge is the last but one
        held: list[Any] = []
        for index, frame in enumerate(frames):
            near.append(_Small(frame_array(frame)))
            if held:
                first = self._judge(index - 1, first, [*near][:-1], near[-1])
                yield held.pop()
            held.append(frame)
        if held:
            self._judge(index, first, [*near], None)
            yield held.pop()

    def _judge(self, index: int, first: _Small | None, known: list[_Small], after: _Small | None) -> _Small:
        """Decide on the last of the known frames, and give the first frame of the hold that it is in."""
        *earlier, here = known
        if first is None or not here.repeats(first, earlier, after):
            return here
        self._repeats.add(index)
        return first


class _Small:
    """A frame as it is compared."""

    def __init__(self, picture: Frame) -> None:
        import cv2

        self.picture, self.shape = picture, picture.shape
        scale = min(1.0, _SIDE / max(self.shape))
        size_wh = tuple(max(1, round(side * scale)) for side in (self.shape[1], self.shape[0]))
        small = cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA)
        self.spots = cv2.blur(small.astype(np.float32), (_SPOT, _SPOT))
        self.limit = float(np.clip(_LIMIT_BY_SCALE * scale, *_LIMITS))

    def change(self, other: _Small) -> float:
        """Levels by which the strongest spot differs; infinite if the sizes do."""
        return float(np.abs(self.spots - other.spots).max()) if self.shape == other.shape else float("inf")

    def repeats(self, first: _Small, earlier: list[_Small], after: _Small | None) -> bool:
        """Whether this is the drawing of the frame before, and of the first one of its hold.

        The frame after tells whether something moves; after the last one, that before the frame before does.
        """
        before = earlier[-1]
        step = self.change(before)
        if max(step, self.change(first)) > self.limit or np.mean(self.picture == before.picture) < _SAME:
            return False
        if after is not None:
            return not _drifts(before, self, after)
        return len(earlier) < 2 or not _drifts(earlier[-2], before, self)


def _drifts(one: _Small, two: _Small, three: _Small) -> bool:
    return one.change(three) > _DRIFT * max(one.change(two), two.change(three))
