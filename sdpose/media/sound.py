"""The sound of a video, which goes on into the videos that are made from it."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..errors import BadVideo
from .video import Video

if TYPE_CHECKING:
    import av
    import av.audio.stream
    import av.container

__all__ = ["Sound"]

_log = logging.getLogger(__name__)

_COPIED = {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}
"""Kinds of sound that players expect in MP4; others are encoded anew, as AAC."""

_LAYOUTS = {1: "mono", 6: "5.1"}
"""How channels are arranged in AAC, by their number; others are mixed to stereo."""

_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Samples per second that AAC is encoded with."""


class Sound:
    """Hands the sound of a video to an MP4, piece by piece, as far as its pictures are. Memory stays flat.

    The packets are copied where MP4 takes their kind, and encoded as AAC where not. What lies outside the part of the
    video that is read is left out, and times are counted from where those of the frames are. Sound that is damaged
    ends early, with a warning: the pictures matter more.

    Args:
        video: whose first sound is taken; it may have none.
    """

    def __init__(self, video: Video) -> None:
        self._video = video
        self._packets: Iterator[av.Packet[Any]] = iter(())
        self._next: av.Packet[Any] | None = None
        self._stack = contextlib.ExitStack()

    def join(self, output: av.container.OutputContainer) -> None:
        """Announce the sound in a container of which nothing is written yet.

        Raises:
            BadVideo: the video cannot be read.
        """
        source = self._stack.enter_context(self._video.opened())
        if not source.streams.audio:
            return
        stream = source.streams.audio[0]
        if stream.codec_context is None:
            _log.warning("the sound of %s is of an unknown kind: leaving it out", self._video.name)
            return
        self._video.skip(source)
        if stream.codec_context.codec.canonical_name in _COPIED:
            self._packets = self._copied(source, stream, output.add_stream_from_template(stream))
        else:
            self._packets = self._encoded(source, stream, _aac(output, stream))

    def until(self, time: Fraction | float) -> Iterator[av.Packet[Any]]:
        """The packets that begin before `time`, in seconds on the clock of the frames, and were not given out yet."""
        import av

        try:
            while (packet := self._next or next(self._packets, None)) is not None:
                self._next = packet
                if packet.pts is not None and packet.time_base and packet.pts * packet.time_base >= time:
                    return
                self._next = None
                yield packet
        except (av.FFmpegError, BadVideo) as error:
            _log.warning("the sound of %s is damaged, and ends early: %s", self._video.name, error)
            self._packets = iter(())

    def close(self) -> None:
        """Let go of the file."""
        self._stack.close()

    def _copied(
        self, source: av.container.InputContainer, stream: av.audio.stream.AudioStream, out: av.audio.stream.AudioStream
    ) -> Iterator[av.Packet[Any]]:
        tick = Fraction(stream.time_base or 1)
        shift, last = round(self._video.origin / tick), -math.inf
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None or packet.dts <= last:
                continue  # the end, or a packet that no player could place
            if self._heard(packet.pts * tick, (packet.duration or 0) * tick):
                last = packet.dts
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, out
                yield packet

    def _encoded(
        self, source: av.container.InputContainer, stream: av.audio.stream.AudioStream, out: av.audio.stream.AudioStream
    ) -> Iterator[av.Packet[Any]]:
        import av

        for packet in source.demux(stream):
            frames: list[av.AudioFrame] = []
            with contextlib.suppress(av.InvalidDataError):  # a packet that cannot be decoded is a gap
                frames = packet.decode()
            for frame in frames:
                if frame.pts is not None and frame.time_base and frame.sample_rate:
                    length = Fraction(frame.samples, frame.sample_rate)
                    if not self._heard(frame.pts * frame.time_base, length):
                        continue
                    frame.pts -= round(self._video.origin / frame.time_base)
                yield from out.encode(frame)
        yield from out.encode(None)

    def _heard(self, begin: Fraction, length: Fraction) -> bool:
        """Whether some of it, or of what comes right after it, lies in the part of the video that is read."""
        if not self._video.part:
            return True
        end = self._video.end
        return begin + 2 * length > self._video.origin and (end is None or begin < end)


def _aac(output: av.container.OutputContainer, stream: av.audio.stream.AudioStream) -> av.audio.stream.AudioStream:
    from av.audio.stream import AudioStream

    rate = min(_RATES, key=lambda rate: abs(rate - stream.codec_context.sample_rate))
    layout = _LAYOUTS.get(stream.codec_context.channels, "stereo")
    out = output.add_stream("aac", rate, layout=layout)
    assert isinstance(out, AudioStream)
    return out
