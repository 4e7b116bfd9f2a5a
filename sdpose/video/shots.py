"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..boxes import frame_array
from ..media import Frame

__all__ = ["Shots"]

_SIDE = 256
"""Frames are compared at this size of their longer side: cuts show at any, and grain averages out."""

_LOOK_AHEAD = 2
"""A cut stands out from the changes in so many frames before and after it."""


_SPOT, _LEVELS = 5, 12
"""A place changes visibly when the mean of a spot of so many pixels on a side does by more than so many of 255."""

_STILL = 0.002
"""The share of the picture that changes visibly, from one frame to the next, below which nothing moves."""

_MOST = 0.5
"""The share that a cut changes at least where nothing moves around it. New drawings on an old one change less."""


class Shots:
    """Finds the cuts in frames while they pass, without reading them twice; serves as `cuts` of a `VideoEstimator`.

        shots = Shots()
        people = estimator.stream(shots.watch(frames), boxes, cuts=shots)

    `index in shots` tells whether a frame begins a new shot. It is known as soon as `watch` has given the frame out,
    which is 2 frames after it was read. The detector is PySceneDetect's AdaptiveDetector: a cut is a change much
    greater than those around it, so that fast camera movement, flicker and grain are none. It needs 2 frames on
    either side, and does not see a cut closer than that to the start, to the end, or to another cut. Where drawings
    are held there is no change around to compare with: there a cut must change most of the
    picture, or each new drawing would be one.

    An instance serves one clip.
    """

    def __init__(self) -> None:
        self._cuts: set[int] = set()

    def __contains__(self, index: object) -> bool:
        return index in self._cuts

    def __iter__(self) -> Iterator[int]:
        """The cuts found so far, in order."""
        return iter(sorted(self._cuts))

    def watch(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Pass frames on, a little later than they come.

        Args:
            frames: uint8 (h, w, 3) RGB.

        Raises:
            BadImage: a frame is something else.
        """
        from scenedetect import AdaptiveDetector, FrameTimecode

        detector = AdaptiveDetector(min_scene_len=1, window_width=_LOOK_AHEAD)
        held: deque[Any] = deque()
        changes: deque[float] = deque(maxlen=2 * _LOOK_AHEAD + 1)  # the frame that is judged is in the middle
        size_wh: tuple[int, int] | None = None
        before: Frame | None = None
        for index, frame in enumerate(frames):
            picture = frame_array(frame)
            size_wh = size_wh or _size_wh(picture)
            small = _small_bgr(picture, size_wh)
            changes.append(1.0 if before is None else _changed(before, small))
            # The rate only turns indices into times, and they are turned back.
            found = detector.process_frame(FrameTimecode(index, fps=1.0), small)
            if _stands_out(changes):
                self._cuts.update(cut.frame_num for cut in found)
            held.append(frame)
            if len(held) > _LOOK_AHEAD:
                yield held.popleft()
            before = small
        yield from held


def _size_wh(picture: Frame) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _small_bgr(picture: Frame, size_wh: tuple[int, int]) -> Frame:
    import cv2

    small = cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[..., ::-1], np.uint8)


def _changed(before: Frame, after: Frame) -> float:
    """The share of the picture, 0 to 1, that changes visibly."""
    import cv2

    spots = (cv2.blur(picture, (_SPOT, _SPOT)) for picture in (before, after))
    return float((cv2.absdiff(*spots).max(axis=2) > _LEVELS).mean())


def _stands_out(changes: Sequence[float]) -> bool:
    """Whether the middle one of some shares may be a cut: if things move around it, or if it is most of the picture."""
    middle = len(changes) // 2
    moving = sum(share >= _STILL for place, share in enumerate(changes) if place != middle)
    return 2 * moving > len(changes) - 1 or changes[middle] > _MOST
