"""Reading video: frames the right way up, each with the time at which it is shown."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import BadVideo
from .pictures import Frame

if TYPE_CHECKING:
    import av
    import av.container
    import av.video.stream

__all__ = ["TimedFrame", "Video"]

JUMP = 1
"""Seconds. A time that is further back than this begins a new count, as where recordings were joined."""


class TimedFrame(NamedTuple):
    """A frame of a video.

    Attributes:
        image: uint8 (H, W, 3) RGB, the right way up.
        time: seconds, exact, from the start of the video (of its sound, where that begins earlier).
        duration: seconds for which it is shown as far as the file says, else those of a frame at the average rate.
    """

    image: Frame
    time: Fraction
    duration: Fraction


class Video:
    """A video file, read frame by frame: memory does not grow with its length, and it can be read again.

    Args:
        source: a file, or the content of one.
        start: seconds that are skipped at the beginning.
        duration: seconds that are read from there on; 0 is all.

    Attributes:
        source: as given.
        name: what messages call it.
        fps: frames per second, exact; the average where the rate varies.
        time_base: seconds that all times of frames are multiples of.
        frames: how many frames the file says it has, or None when it does not say, or only a part is read.
        expected: about how many frames there will be, or None where nothing tells.
        size_wh: width and height in pixels of the first frame as it is shown, i.e. with the camera's rotation applied.
        part: whether it is only a part of the file.
        origin: seconds on the file's own clock that count as 0.
        end: seconds on that clock at which reading stops, or None.

    Raises:
        BadVideo: there is no such file, or it is damaged, or not a video.
    """

    def __init__(self, source: str | Path | io.BytesIO, start: float = 0.0, duration: float = 0.0) -> None:
        self.source = source if isinstance(source, io.BytesIO) else Path(source)
        self.name = "the video" if isinstance(source, io.BytesIO) else str(source)
        self.part = bool(start or duration)
        self._skips = False
        with self.opened() as container:
            stream = self._pictures(container)
            rate = stream.average_rate or stream.guessed_rate
            if not rate:
                raise BadVideo(f"{self.name} does not say how many frames a second has: save it again as MP4")
            self.fps = Fraction(rate)
            self.time_base = Fraction(stream.time_base or 1 / self.fps)
            self.frames: int | None = None if self.part else stream.frames or None
            self.expected = self.frames or self._expected(container, stream, start, duration)
            first = next(container.decode(stream), None)
            if first is None:
                raise BadVideo(f"{self.name} holds no frames")
            begin = self._begin(container, first.pts or 0)
            self.origin = begin + math.floor(start / self.time_base) * self.time_base
            self.end = begin + math.floor((start + duration) / self.time_base) * self.time_base if duration else None
            height, width = _upright(first).shape[:2]
        if self.part:
            self._skips = self._can_skip()
            with contextlib.closing(self.timed()) as frames:
                height, width = self._first(frames).image.shape[:2]
        self.size_wh = (width, height)

    def __iter__(self) -> Iterator[Frame]:
        """Each frame, uint8 (H, W, 3) RGB, the right way up.

        Raises:
            BadVideo: the file is damaged; the frames before the damage have been given out.
        """
        return (frame.image for frame in self.timed())

    def timed(self) -> Generator[TimedFrame, None, None]:
        """Each frame with its time. Times increase: where the file's are missing, repeat or go back, they are mended.

        Raises:
            BadVideo: the file is damaged; the frames before the damage have been given out.
        """
        with self.opened() as container:
            stream = self._pictures(container)
            stream.thread_type = "AUTO"
            self.skip(container)
            clock = Clock(self.origin, 1 / self.fps, self.time_base)
            for frame in container.decode(stream):
                if self.part and frame.pts is not None:
                    at = frame.pts * self.time_base
                    if self.end is not None and at >= self.end:
                        return
                    if at < self.origin:
                        continue
                duration = (frame.duration or 0) * self.time_base or 1 / self.fps
                yield TimedFrame(_upright(frame), clock.read(frame.pts), duration)

    def skip(self, container: av.container.InputContainer) -> None:
        """Go to the last place before the part that is read from which pictures can be decoded."""
        if self._skips:
            container.seek(math.floor(self.origin / self.time_base), stream=self._pictures(container))

    def _can_skip(self) -> bool:
        """Whether the file can be searched; where not, it is read from its beginning."""
        self._skips = True
        try:
            with self.opened() as container:
                self.skip(container)
                first = next(container.decode(video=0), None)
        except BadVideo:
            return False
        return first is not None and first.pts is not None and first.pts * self.time_base <= self.origin

    def _first(self, frames: Iterator[TimedFrame]) -> TimedFrame:
        first = next(frames, None)
        if first is None:
            raise BadVideo(f"{self.name} holds no frames in the part that was asked for")
        return first

    def _begin(self, container: av.container.InputContainer, first_pts: int) -> Fraction:
        """Seconds at which the first picture or sound is due, a multiple of the time base."""
        begin = first_pts * self.time_base
        sound = container.streams.audio[0] if container.streams.audio else None
        if sound is None or sound.start_time is None or not sound.time_base:
            return begin
        # What an encoder puts before the sound to get going lies below 0 and is not heard.
        heard = max(0, sound.start_time) * Fraction(sound.time_base)
        return min(begin, math.floor(heard / self.time_base) * self.time_base)

    def _pictures(self, container: av.container.InputContainer) -> av.video.stream.VideoStream:
        if container.format.name == "tty":
            raise BadVideo(f"{self.name} is text, which FFmpeg would show as pictures: name a video")
        if not container.streams.video:
            raise BadVideo(f"{self.name} holds sound but no pictures: name a video")
        return container.streams.video[0]

    def _expected(
        self,
        container: av.container.InputContainer,
        stream: av.video.stream.VideoStream,
        start: float,
        duration: float,
    ) -> int | None:
        if stream.duration:
            length = float(stream.duration * self.time_base)
        elif container.duration:
            length = container.duration / 1_000_000
        else:
            return None
        left = max(0.0, length - start)
        return max(1, round(min(left, duration or left) * self.fps))

    @contextlib.contextmanager
    def opened(self) -> Iterator[av.container.InputContainer]:
        """The file, open for reading; what goes wrong inside is told as `BadVideo`."""
        import av

        # A view of its own, so that several readers do not move one another's place.
        file = io.BytesIO(self.source.getvalue()) if isinstance(self.source, io.BytesIO) else str(self.source)
        try:
            with av.open(file, "r") as container:
                yield container
        except FileNotFoundError as error:
            raise BadVideo(f"there is no video {self.name}: check the name") from error
        except (av.FFmpegError, OSError) as error:
            raise BadVideo(f"{self.name} is damaged, cut short or not a video ({error})") from error


class Clock:
    """Seconds since the origin at which frames are shown: whole ticks that increase, whatever the file says."""

    def __init__(self, origin: Fraction, usual: Fraction, tick: Fraction) -> None:
        self._tick, self._shift = tick, -round(origin / tick)
        self._usual, self._jump = max(1, round(usual / tick)), round(JUMP / tick)
        self._last: int | None = None

    def read(self, pts: int | None) -> Fraction:
        """When the next frame is shown; `pts` is what the file says, in ticks."""
        last = self._last
        after = 0 if last is None else last + self._usual
        ticks = after if pts is None else pts + self._shift
        if last is None:
            ticks = max(ticks, 0)
        elif ticks < last - self._jump:
            self._shift += after - ticks
            ticks = after
        else:
            ticks = max(ticks, last + 1)
        self._last = ticks
        return ticks * self._tick


def _upright(frame: av.VideoFrame) -> Frame:
    """A decoded frame as an array, turned as the camera held it (phones store portrait video lying down)."""
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
