"""Small videos of every kind, made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

RATE = 48000
PIXELS = {"gif": "rgb8", "mjpeg": "yuvj420p"}


def shade(index: int, size_wh: tuple[int, int] = (64, 48)) -> npt.NDArray[np.uint8]:
    """A picture that tells its index by its shade: 25 steps of 10 levels."""
    return np.full((size_wh[1], size_wh[0], 3), index % 25 * 10, np.uint8)


def index_of(picture: npt.NDArray[np.uint8]) -> int:
    """Which `shade` it is, whatever a codec did to it."""
    return round(float(picture.mean()) / 10)


def make(
    path: Path,
    codec: str = "libx264",
    sound: str | None = None,
    *,
    count: int = 10,
    times: Sequence[int] = (),
    tick: Fraction = Fraction(1, 1000),
    size_wh: tuple[int, int] = (64, 48),
    sound_from: float = 0.0,
    sound_seconds: float = 0.4,
    muxer: str | None = None,
) -> Path:
    """Write a video of shades 0, 1, 2, ... at 25 frames a second, or at `times` in ticks, with a tone if asked."""
    with av.open(str(path), "w", format=muxer) as container:
        pictures = container.add_stream(codec, 25)
        pictures.width, pictures.height = size_wh
        pictures.pix_fmt = PIXELS.get(codec, "yuv420p")
        if times:
            pictures.codec_context.time_base = tick
        tone = container.add_stream(sound, RATE, layout="stereo") if sound else None
        for i in range(len(times) or count):
            frame = av.VideoFrame.from_ndarray(shade(i, size_wh), format="rgb24").reformat(format=pictures.pix_fmt)
            if times:
                frame.pts, frame.time_base = times[i], tick
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        if tone is not None:
            wave = np.sin(np.arange(int(RATE * sound_seconds)) / 20).astype(np.float32)
            heard = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
            heard.sample_rate, heard.pts, heard.time_base = RATE, int(RATE * sound_from), Fraction(1, RATE)
            container.mux(tone.encode(heard))
            container.mux(tone.encode(None))
    return path
