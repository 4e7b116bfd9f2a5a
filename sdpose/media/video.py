"""Reading video."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadVideo
from .pictures import Frame

if TYPE_CHECKING:
    import av
    import av.container
    import av.video.stream

__all__ = ["Video"]


class Video:
    """A video file, read frame by frame: memory does not grow with its length, and it can be read again.

    Attributes:
        path: the file.
        fps: frames per second, exact; the average where the rate varies.
        frames: how many frames the file says it has, or None when it does not say.
        size_wh: width and height in pixels as the video is shown, i.e. with the camera's rotation applied.

    Raises:
        BadVideo: there is no such file, or it is damaged, or not a video.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._reading() as (container, stream):
            rate = stream.average_rate or stream.guessed_rate
            if not rate:
                raise BadVideo(f"{self.path} does not say how many frames a second has: save it again as MP4")
            self.fps = Fraction(rate)
            self.frames: int | None = stream.frames or None
            first = next(container.decode(stream), None)
            if first is None:
                raise BadVideo(f"{self.path} holds no frames")
            height, width = _upright(first).shape[:2]
            self.size_wh = (width, height)

    def __iter__(self) -> Iterator[Frame]:
        """Each frame, uint8 (H, W, 3) RGB, the right way up.

        Raises:
            BadVideo: the file is damaged; the frames before the damage have been given out.
        """
        with self._reading() as (container, stream):
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                yield _upright(frame)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]:
        import av

        try:
            with av.open(str(self.path)) as container:
                if not container.streams.video:
                    raise BadVideo(f"{self.path} holds sound but no pictures: name a video")
                yield container, container.streams.video[0]
        except FileNotFoundError as error:
            raise BadVideo(f"there is no video {self.path}: check the name") from error
        except (av.FFmpegError, OSError) as error:
            raise BadVideo(f"{self.path} is damaged, cut short or not a video ({error})") from error


def _upright(frame: av.VideoFrame) -> Frame:
    """A decoded frame as an array, turned as the camera held it (phones store portrait video lying down)."""
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
