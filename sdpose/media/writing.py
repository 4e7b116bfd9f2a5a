"""Writing video, with the times and the sound of the one that it was made from."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadImage, OutputError
from ..files import atomic_path, output_error
from .pictures import Frame
from .sound import Sound
from .video import Video

if TYPE_CHECKING:
    import av
    import av.container
    import av.video.stream

__all__ = ["VideoWriter"]

_log = logging.getLogger(__name__)

_ENCODERS = {
    "libx264": {"crf": "17", "preset": "fast"},
    "mpeg4": {"qmin": "2", "qmax": "4"},
}

_MILLISECONDS = 1000
"""Ticks per second of the coarsest clock for a whole file."""

_FINEST = {"mpeg4": 65535}
"""Ticks per second of the finest clock that an encoder can use."""


class VideoWriter:
    """Writes frames as H.264 in MP4 (yuv420p, BT.709), which every browser and editor plays.

    The file appears when the `with` block ends without an error. An odd width or height gains one pixel, a
    copy of the last column or row, because yuv420p knows only even ones. Where PyAV was built without libx264
    the video is MPEG-4 part 2 instead, and the log says so.

    Args:
        path: the file to write, usually `.mp4`.
        fps: frames per second, on average where times are given.
        encoders: names of FFmpeg encoders; the first that this PyAV has is used.
        like: a video whose frames' times and sound this one has.
    """

    def __init__(
        self,
        path: str | Path,
        fps: Fraction | float,
        encoders: Sequence[str] = tuple(_ENCODERS),
        like: Video | None = None,
    ) -> None:
        self.path = Path(path)
        self.encoder = _first_available(encoders)
        self._fps = Fraction(fps).limit_denominator(1001)
        tick = 1 / self._fps if like is None else like.time_base
        finest = _FINEST.get(self.encoder, tick.denominator)
        self._tick = tick if tick.denominator <= finest else Fraction(1, finest)
        self._sound = None if like is None else Sound(like)
        self._stack = contextlib.ExitStack()
        self._container: av.container.OutputContainer | None = None
        self._stream: av.video.stream.VideoStream | None = None
        self._size_wh = (0, 0)
        self._last, self._end, self._finished = -1, Fraction(0), False

    def __enter__(self) -> VideoWriter:
        self._temporary = self._stack.enter_context(atomic_path(self.path))
        self._stack.push(self._leave)  # runs before the move; what it raises stops the move
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, frame: Frame, time: Fraction | None = None, duration: Fraction | None = None) -> None:
        """Append a frame, uint8 (H, W, 3) RGB, of the same size as the first.

        Args:
            frame: the picture.
            time: seconds from the start at which it is shown, later than the frame before; default the next of `fps`.
            duration: seconds for which it is shown, which counts for the last frame; default one of `fps`.

        Raises:
            BadImage: it has another size.
            OutputError: it cannot be written, e.g. because the disk is full.
        """
        import av

        height, width = frame.shape[:2]
        with self._explained():
            if self._stream is None:
                self._open(width, height)
            if (width, height) != self._size_wh:
                raise BadImage(f"frames of {self.path} must all be {self._size_wh}, got {(width, height)}")
            if width % 2 or height % 2:
                frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace="itu709")
            ticks = self._last + 1 if time is None else max(round(time / self._tick), self._last + 1)
            length = max(1, round((duration or 1 / self._fps) / self._tick))
            picture.pts, picture.duration, picture.time_base = ticks, length, self._tick
            self._last, self._end = ticks, (ticks + length) * self._tick
            self._encode(picture, ticks * self._tick)

    def finish(self, whole: bool = True) -> None:
        """Write what is still under way and close the file, which waits for the end of the block to get its name.

        Args:
            whole: whether this is all of the video; otherwise the sound ends with the last frame.

        Raises:
            OutputError: it cannot be written, or there is no frame.
        """
        if self._container is None:
            raise OutputError(f"cannot write {self.path}: a video needs at least one frame, got none")
        with self._explained(), contextlib.closing(self._container):
            self._encode(None, math.inf if whole else self._end)
        self._finished = True

    def _open(self, width: int, height: int) -> None:
        import av
        from av.codec.context import Flags
        from av.video.stream import VideoStream

        # Otherwise MP4 counts in milliseconds how much later than the sound the pictures begin.
        ticks = self._tick.denominator * math.ceil(_MILLISECONDS / self._tick.denominator)
        self._container = av.open(str(self._temporary), "w", options={"movie_timescale": str(ticks)})
        stream = self._container.add_stream(self.encoder, self._fps, options=_ENCODERS.get(self.encoder, {}))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        tags = stream.codec_context
        tags.time_base = self._tick
        tags.flags |= Flags.frame_duration
        # Untagged colours are guesswork. 1 is BT.709 in three of these enumerations, "limited" in the last.
        tags.colorspace = tags.color_primaries = tags.color_trc = tags.color_range = 1
        if self._sound is not None:
            self._sound.join(self._container)
        self._stream, self._size_wh = stream, (width, height)

    def _encode(self, picture: av.VideoFrame | None, time: Fraction | float) -> None:
        """Pass on a picture, None after the last, and the sound up to `time`."""
        assert self._container is not None and self._stream is not None
        self._container.mux(self._stream.encode(picture))
        if self._sound is not None:
            for packet in self._sound.until(time):
                self._container.mux(packet)

    def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and not self._finished:
                self.finish()
            elif self._container is not None and not self._finished:
                with contextlib.suppress(OutputError), self._explained():
                    self._container.close()
        finally:
            if self._sound is not None:
                self._sound.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        import av

        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise output_error(self.path, OSError(error.errno, error.strerror)) from error


def _first_available(encoders: Sequence[str]) -> str:
    import av

    found = next((name for name in encoders if name in av.codecs_available), None)
    if found is None:
        raise OutputError(f"PyAV has none of {', '.join(encoders)}: reinstall it with pip install av")
    if found != encoders[0]:
        _log.warning("PyAV has no %s; video is written with %s", encoders[0], found)
    return found
