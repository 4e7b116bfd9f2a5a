"""Writing video."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadImage, OutputError
from ..files import atomic_path, output_error
from .pictures import Frame

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


class VideoWriter:
    """Writes frames as H.264 in MP4 (yuv420p, BT.709), which every browser and editor plays.

    The file appears when the `with` block ends without an error. An odd width or height gains one pixel, a
    copy of the last column or row, because yuv420p knows only even ones. Where PyAV was built without libx264
    the video is MPEG-4 part 2 instead, and the log says so.

    Args:
        path: the file to write, usually `.mp4`.
        fps: frames per second.
        encoders: names of FFmpeg encoders; the first that this PyAV has is used.
    """

    def __init__(self, path: str | Path, fps: Fraction | float, encoders: Sequence[str] = tuple(_ENCODERS)) -> None:
        self.path = Path(path)
        self.encoder = _first_available(encoders)
        self._fps = Fraction(fps).limit_denominator(1001)
        self._stack = contextlib.ExitStack()
        self._container: av.container.OutputContainer | None = None
        self._stream: av.video.stream.VideoStream | None = None
        self._size_wh = (0, 0)

    def __enter__(self) -> VideoWriter:
        self._temporary = self._stack.enter_context(atomic_path(self.path))
        self._stack.push(self._finish)  # runs before the move; what it raises stops the move
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, frame: Frame) -> None:
        """Append a frame, uint8 (H, W, 3) RGB, of the same size as the first.

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
            even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            picture = av.VideoFrame.from_ndarray(even, format="rgb24")
            self._encode(picture.reformat(format="yuv420p", dst_colorspace="itu709"))

    def _open(self, width: int, height: int) -> None:
        import av
        from av.video.stream import VideoStream

        self._container = av.open(str(self._temporary), "w")
        stream = self._container.add_stream(self.encoder, self._fps, options=_ENCODERS.get(self.encoder, {}))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        tags = stream.codec_context
        # Untagged colours are guesswork. 1 is BT.709 in three of these enumerations, "limited" in the last.
        tags.colorspace = tags.color_primaries = tags.color_trc = tags.color_range = 1
        self._stream, self._size_wh = stream, (width, height)

    def _encode(self, picture: av.VideoFrame | None) -> None:
        assert self._container is not None and self._stream is not None
        self._container.mux(self._stream.encode(picture))

    def _finish(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._container is None:
            if error is None:
                raise OutputError(f"cannot write {self.path}: a video needs at least one frame, got none")
        elif error is None:
            with self._explained(), contextlib.closing(self._container):
                self._encode(None)
        else:
            with contextlib.suppress(OutputError), self._explained():
                self._container.close()

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
