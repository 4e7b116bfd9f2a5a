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

_JUMP = 1
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
        origin: seconds on the file's own clock that count as 0.
        end: seconds on that clock at which reading stops, or None.

    Raises:
        BadVideo: there is no such file, or it is damaged, or not a video.
    """

    def __init__(self, source: str | Path | io.BytesIO, start: float = 0.0, duration: float = 0.0) -> None:
        self.source = source if isinstance(source, io.BytesIO) else Path(source)
        self.name = "the video" if isinstance(source, io.BytesIO) else str(source)
        with self.opened() as container:
            stream = self._pictures(container)
            rate = stream.average_rate or stream.guessed_rate
            if not rate:
                raise BadVideo(f"{self.name} does not say how many frames a second has: save it again as MP4")
            self.fps = Fraction(rate)
            self.time_base = Fraction(stream.time_base or 1 / self.fps)
            self._part = bool(start or duration)
            begin = _start(container)
            self.origin = begin + math.floor(start / self.time_base) * self.time_base
            self.end = begin + Fraction(start + duration) if duration else None
            self.frames: int | None = None if self._part else stream.frames or None
            self.expected = self.frames or self._expected(container, stream, start, duration)
        with contextlib.closing(self.timed()) as frames:
            first = next(frames, None)
            if first is None:
                raise BadVideo(f"{self.name} holds no frames{' there' if self._part else ''}")
            height, width = first.image.shape[:2]
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
            if self._part:
                seek(container, stream, self.origin)
            clock = Clock(self.origin, 1 / self.fps, self.time_base)
            for frame in container.decode(stream):
                if self._part and frame.pts is not None:
                    at = frame.pts * self.time_base
                    if self.end is not None and at >= self.end:
                        return
                    if at < self.origin:
                        continue
                duration = (frame.duration or 0) * self.time_base or 1 / self.fps
                yield TimedFrame(_upright(frame), clock.read(frame.pts), duration)

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
        self._usual, self._jump = max(1, round(usual / tick)), round(_JUMP / tick)
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


def seek(container: av.container.InputContainer, stream: av.stream.Stream, time: Fraction) -> None:
    """Go to the last place at or before `time` from which a stream can be read; to the beginning where none is."""
    import av

    if time > _start(container) and stream.time_base:
        with contextlib.suppress(av.FFmpegError):  # what cannot be searched is read from its beginning
            container.seek(math.floor(time / stream.time_base), stream=stream)


def _start(container: av.container.InputContainer) -> Fraction:
    """Seconds at which the first picture or sound is due, a multiple of the pictures' time base."""
    pictures = container.streams.video[0]
    tick = Fraction(pictures.time_base or 1)
    begin = (pictures.start_time or 0) * tick
    sound = container.streams.audio[0] if container.streams.audio else None
    if sound is not None and sound.start_time is not None and sound.time_base:
        # What an encoder puts before the sound to get going lies below 0 and is not heard.
        heard = max(0, sound.start_time) * Fraction(sound.time_base)
        begin = min(begin, math.floor(heard / tick) * tick)
    return begin


def _upright(frame: av.VideoFrame) -> Frame:
    """A decoded frame as an array, turned as the camera held it (phones store portrait video lying down)."""
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
