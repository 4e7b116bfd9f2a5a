"""The sound of a video, which goes on into the videos that are made from it."""

from __future__ import annotations

import contextlib
import logging
import math
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..errors import BadVideo
from .video import JUMP, Video

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
    video that is read is left out, and times are counted from where those of the frames are, also where recordings were
    joined. Sound that is damaged ends early, with a warning: the pictures matter more.

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
        last = -math.inf
        for packet in self._placed(source, stream):
            if packet.pts is None or packet.dts is None or packet.dts <= last:
                continue  # the end, or a packet that no player could place
            last = packet.dts
            packet.stream = out
            yield packet

    def _encoded(
        self, source: av.container.InputContainer, stream: av.audio.stream.AudioStream, out: av.audio.stream.AudioStream
    ) -> Iterator[av.Packet[Any]]:
        import av

        last = -math.inf
        for packet in self._placed(source, stream):
            frames: list[av.AudioFrame] = []
            with contextlib.suppress(av.InvalidDataError):  # a packet that cannot be decoded is a gap
                frames = packet.decode()
            for encoded in (encoded for frame in frames for encoded in out.encode(frame)):
                if encoded.dts is None or encoded.dts > last:  # the sound of joined recordings may overlap
                    last = last if encoded.dts is None else encoded.dts
                    yield encoded
        yield from out.encode(None)

    def _placed(
        self, source: av.container.InputContainer, stream: av.audio.stream.AudioStream
    ) -> Iterator[av.Packet[av.audio.stream.AudioStream]]:
        """The packets of the part that is read, on the clock of the frames; those without a time come as they are."""
        pictures, joins = source.streams.video[0], Joins(self._video)
        held: deque[av.Packet[Any]] = deque()
        for packet in source.demux(pictures, stream):
            if packet.stream_index == pictures.index:
                joins.see(packet)
            elif packet.pts is None or self._heard(*_span(packet)):
                held.append(packet)
            while held and joins.place(held[0], held[-1]):
                yield held.popleft()
            if held and joins.over:
                return

    def _heard(self, begin: Fraction, length: Fraction) -> bool:
        """Whether some of it, or of what comes right after it, lies in the part of the video that is read."""
        if not self._video.part:
            return True
        end = self._video.end
        return begin + 2 * length > self._video.origin and (end is None or begin < end)


class Joins:
    """Keeps sound in step with the pictures where recordings were joined, each of which counts its times anew.

    `Clock` shifts the pictures of the next recording to where those of the last one end; its sound moves by as much.

    Args:
        video: that the sound is of.

    Attributes:
        over: whether the pictures of the part that is read have ended.
    """

    def __init__(self, video: Video) -> None:
        self._video = video
        self._seen: Fraction | None = None
        self._heard: tuple[Fraction, Fraction] | None = None
        self._pictures = self._sound = -video.origin
        self._joined = self.over = False

    def see(self, packet: av.Packet[Any]) -> None:
        """Take a packet of pictures."""
        video, (at, _) = self._video, _span(packet)
        if packet.pts is None or (video.part and at < video.origin):
            return
        self.over = self.over or (video.end is not None and at >= video.end)
        if self._seen is not None and at < self._seen - JUMP:
            self._pictures += self._seen + 1 / video.fps - at
            self._seen, self._joined = at, True
        self._seen = max(at, self._seen or at)

    def place(self, packet: av.Packet[Any], latest: av.Packet[Any]) -> bool:
        """Set the times of a packet of sound, unless it has to wait for the pictures that it belongs to.

        Args:
            packet: the next one.
            latest: the last one that was read. Where it is a second later, or the end, the pictures were not joined
                with the sound, which then goes on where it ended.

        Returns:
            Whether it is done.
        """
        if packet.pts is None:
            return True
        begin, length = _span(packet)
        if self._heard is not None and begin < self._heard[0] - JUMP:
            if self._joined:
                self._sound = self._pictures
            elif latest.pts is None or _span(latest)[0] > begin + JUMP:
                self._sound += sum(self._heard) - begin
            else:
                return False
            self._joined, self._heard = False, None
        self._heard = max((begin, length), self._heard or (begin, length))
        shift = round(self._sound / Fraction(packet.time_base or 1))
        packet.pts += shift
        packet.dts = None if packet.dts is None else packet.dts + shift
        return True


def _span(packet: av.Packet[Any]) -> tuple[Fraction, Fraction]:
    """When a packet begins by the file's own clock, and how long it is, in seconds."""
    tick = Fraction(packet.time_base or 1)
    return (packet.pts or 0) * tick, (packet.duration or 0) * tick


def _aac(output: av.container.OutputContainer, stream: av.audio.stream.AudioStream) -> av.audio.stream.AudioStream:
    from av.audio.stream import AudioStream

    rate = min(_RATES, key=lambda rate: abs(rate - stream.codec_context.sample_rate))
    layout = _LAYOUTS.get(stream.codec_context.channels, "stereo")
    out = output.add_stream("aac", rate, layout=layout)
    assert isinstance(out, AudioStream)
    return out
