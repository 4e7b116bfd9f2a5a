"""The first stage: frames in order, with what is seen from the pictures alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...errors import BadVideo
from ...media import Frame, Video
from ..holds import Holds
from ..shots import Shots

__all__ = ["Finder", "Seen", "seen"]


@dataclass(frozen=True)
class Seen:
    """A frame of the video.

    Attributes:
        index: which one, from 0.
        image: uint8 (H, W, 3) RGB.
        time: seconds from the start at which it is shown.
        duration: seconds for which it is shown.
        cut: whether it begins a new shot.
        repeat: whether it shows the same drawing as the frame before.
    """

    index: int
    image: Frame
    time: Fraction
    duration: Fraction
    cut: bool
    repeat: bool

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


Finder = Callable[[Sequence[Seen]], Sequence[Any]]
"""Finds the people of several frames: boxes (N, 4) x1, y1, x2, y2 in pixels for each."""


def seen(video: Video) -> Generator[Seen, None, None]:
    """The frames of a video, a few frames later than they are read.

    Raises:
        BadVideo: it is damaged; the frames before the damage have been given out.
    """
    shots, holds = Shots(), Holds()
    waiting: deque[tuple[Fraction, Fraction]] = deque()
    damage: list[BadVideo] = []

    def images() -> Iterator[Frame]:
        try:
            for frame in video.timed():
                waiting.append((frame.time, frame.duration))
                yield frame.image
        except BadVideo as error:
            damage.append(error)  # raised when what is held back has been given out

    for index, image in enumerate(holds.watch(shots.watch(images()))):
        time, duration = waiting.popleft()
        yield Seen(index, image, time, duration, index in shots, index in holds)
    if damage:
        raise damage[0]
