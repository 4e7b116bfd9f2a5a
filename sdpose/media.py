"""Pictures and video in and out. Everything inside the library is uint8 (H, W, 3) RGB."""

from __future__ import annotations

import contextlib
import logging
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from .errors import BadImage, BadVideo, OutputError
from .files import atomic_path, output_error

if TYPE_CHECKING:
    import av
    import av.container
    import av.video.stream

__all__ = [
    "Frame",
    "Video",
    "VideoWriter",
    "is_image",
    "is_video",
    "list_media",
    "natural_key",
    "read_image",
    "to_rgb8",
]

Frame = npt.NDArray[np.uint8]

_log = logging.getLogger(__name__)

_IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".avif", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
_VIDEO_SUFFIXES = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".ts"}
_CHANNELS = (1, 2, 3, 4)  # grey, grey + alpha, RGB, RGBA

# What Pillow's decoders raise on damaged files, besides its own UnidentifiedImageError (an OSError). ImportError is for
# a process in which somebody has imported Ultralytics: its Image.open then asks for a package it does not need.
_UNREADABLE = (
    OSError,
    ImportError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

_ENCODERS = {
    "libx264": {"crf": "17", "preset": "fast"},
    "mpeg4": {"qmin": "2", "qmax": "4"},
}


def is_video(path: str | Path) -> bool:
    """Whether `path` is a video by its suffix; a GIF is one when it has more than one frame."""
    suffix = Path(path).suffix.lower()
    if suffix != ".gif":
        return suffix in _VIDEO_SUFFIXES
    try:
        with Image.open(path) as image:
            return int(getattr(image, "n_frames", 1)) > 1
    except _UNREADABLE:
        return False  # a broken GIF is a broken picture: `read_image` says so


def is_image(path: str | Path) -> bool:
    """Whether `path` is a picture by its suffix."""
    return Path(path).suffix.lower() in _IMAGE_SUFFIXES and not is_video(path)


def natural_key(path: str | Path) -> tuple[list[str | int], str]:
    """A sort key that counts: frame2 comes before frame10. Upper and lower case are the same letter."""
    text = str(path)
    pieces = re.split(r"(\d+)", text.casefold())
    return [int(piece) if i % 2 else piece for i, piece in enumerate(pieces)], text


def list_media(folder: str | Path) -> list[Path]:
    """The pictures and videos that lie directly in a folder, in natural order; hidden files are left out.

    Raises:
        BadImage: there are none.
    """
    found = [
        path
        for path in Path(folder).iterdir()
        if path.is_file() and not path.name.startswith(".") and (is_image(path) or is_video(path))
    ]
    if not found:
        raise BadImage(f"{folder} holds no pictures or videos (subfolders are not searched): name another")
    return sorted(found, key=lambda path: natural_key(path.name))


def read_image(path: str | Path) -> Frame:
    """Read a picture of any common kind, the right way up.

    EXIF orientation is applied, 16-bit values are scaled to 8, transparent pictures are laid over white (see
    `to_rgb8`), and of an animation the first frame is taken.

    Returns:
        uint8 (H, W, 3) RGB.

    Raises:
        BadImage: there is no such file, or it is damaged, or not a picture.
    """
    try:
        with Image.open(path) as image:
            ImageOps.exif_transpose(image, in_place=True)
            pixels = _pixels(image)
    except FileNotFoundError as error:
        raise BadImage(f"there is no picture {path}: check the name") from error
    except _UNREADABLE as error:
        raise BadImage(f"{path} is damaged or not a picture ({error}): save it again as PNG") from error
    try:
        return to_rgb8(pixels)
    except BadImage as error:
        raise BadImage(f"{path}: {error}") from error


def _pixels(image: Image.Image) -> npt.NDArray[Any]:
    """The pixels of a Pillow image in one of the forms that `to_rgb8` takes."""
    if image.mode.startswith("I"):  # 16-bit grey; older versions of Pillow call it I
        deep: npt.NDArray[np.uint16] = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
        return deep
    if image.mode in ("F", "L"):
        return np.array(image)  # a copy, because Pillow's own pixels cannot be written to
    return np.array(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def to_rgb8(array: Any) -> Frame:
    """Bring an array of pixels to uint8 (H, W, 3) RGB.

    Transparent pixels are laid over white, like paper: line art is black and would vanish over black.

    Args:
        array: (H, W), or (H, W, C) with C = 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA. bool, uint8, uint16 (the
            whole range), or float 0..1 (values beyond are cut off).

    Raises:
        BadImage: another shape or dtype, no pixels, or NaN or infinity among the values.
    """
    pixels = np.asarray(array)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] not in _CHANNELS or pixels.size == 0:
        raise BadImage(f"a picture must be (H, W) or (H, W, 1 to 4), none of them 0; got {np.shape(array)}")
    pixels = _to_uint8(pixels)
    colour, alpha = (pixels, None) if pixels.shape[2] % 2 else (pixels[..., :-1], pixels[..., -1:])
    if alpha is not None and alpha.min() < 255:
        # Up to 255 * 255 + 127 fits 16 bits; adding half of the divisor rounds to the nearest level.
        over_white = colour.astype(np.uint16) * alpha + (255 - alpha) * np.uint16(255)
        colour = ((over_white + 127) // 255).astype(np.uint8)
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else np.ascontiguousarray(colour)


def _to_uint8(pixels: npt.NDArray[Any]) -> Frame:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise BadImage(f"pixels must be bool, uint8, uint16, or float from 0 to 1; got {pixels.dtype}")
    if not np.isfinite(pixels).all():
        raise BadImage("pixels must be finite, got NaN or infinity: the step that made this picture failed")
    levels: Frame = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return levels


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
