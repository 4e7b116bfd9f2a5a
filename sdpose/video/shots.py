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


_STILL = 0.5
"""Levels of 255 by which a frame differs from the one before on average, if nothing moves: what an encoder does."""

_GREAT = 27.0
"""Change that a cut needs where hardly anything moves around it; the default of PySceneDetect's ContentDetector."""


class Shots:
    """Finds the cuts in frames while they pass, without reading them twice; serves as `cuts` of a `VideoEstimator`.

        shots = Shots()
        people = estimator.stream(shots.watch(frames), boxes, cuts=shots)

    `index in shots` tells whether a frame begins a new shot. It is known as soon as `watch` has given the frame out,
    which is 2 frames after it was read. The detector is PySceneDetect's AdaptiveDetector: a cut is a change much
    greater than those around it, so that fast camera movement, flicker and grain are none. It needs 2 frames on
    either side, and does not see a cut closer than that to the start, to the end, or to another cut. Where drawings
    are held there is no change around to compare with: there a cut must be as great as ContentDetector asks, or each
    new drawing would be one.

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

        usual, strict = (
            AdaptiveDetector(min_scene_len=1, window_width=_LOOK_AHEAD, **options)
            for options in ({}, {"min_content_val": _GREAT})
        )
        held: deque[Any] = deque()
        moving: deque[bool] = deque(maxlen=2 * _LOOK_AHEAD + 1)  # the frame that is judged is in the middle
        size_wh: tuple[int, int] | None = None
        before: Frame | None = None
        for index, frame in enumerate(frames):
            picture = frame_array(frame)
            size_wh = size_wh or _size_wh(picture)
            small = _small_bgr(picture, size_wh)
            moving.append(before is not None and _moves(before, small))
            # The rate only turns indices into times, and they are turned back.
            found, great = (
                {cut.frame_num for cut in detector.process_frame(FrameTimecode(index, fps=1.0), small)}
                for detector in (usual, strict)
            )
            self._cuts |= found if _mostly_moving(moving) else great
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


def _moves(before: Frame, after: Frame) -> bool:
    return float(np.abs(after.astype(np.int16) - before).mean()) > _STILL


def _mostly_moving(moving: Sequence[bool]) -> bool:
    """Whether most of the frames around the one in the middle differ from those before them."""
    return 2 * (sum(moving) - moving[len(moving) // 2]) > len(moving) - 1
