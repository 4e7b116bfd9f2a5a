"""What a video made from another keeps: how many frames, when each is shown, and the sound."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.errors import BadVideo
from sdpose.media import Video, VideoWriter
from sdpose.media.sound import Joins
from sdpose.media.video import Clock

from .conftest import RATE, index_of, make, shade

CONTAINERS = [
    ("a.mp4", "libx264"),
    ("a.mov", "mpeg4"),
    ("a.mkv", "libx264"),
    ("a.webm", "libvpx"),
    ("a.avi", "mpeg4"),
    ("a.gif", "gif"),
    ("a.ts", "mpeg2video"),
]


def _copy(video: Video, path: Path, frames: int | None = None) -> Video:
    with VideoWriter(path, video.fps, like=video) as writer:
        for index, frame in enumerate(video.timed()):
            if index != frames:
                writer.write(frame.image, frame.time, frame.duration)
                continue
            writer.finish(whole=False)
            break
    return Video(path)


def _sound(path: Path) -> tuple[str, float, float]:
    """What kind of sound a file has, where it begins, and where it ends, in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [(float(frame.time), frame.samples / frame.sample_rate) for frame in container.decode(stream)]
        return stream.codec_context.codec.canonical_name, frames[0][0], frames[-1][0] + frames[-1][1]


@pytest.mark.parametrize(("name", "codec"), CONTAINERS, ids=lambda value: str(value))
def test_as_many_frames_at_the_same_times(tmp_path: Path, name: str, codec: str) -> None:
    video = Video(make(tmp_path / name, codec))
    frames = list(video.timed())
    assert [index_of(frame.image) for frame in frames] == list(range(10))
    copy = list(_copy(video, tmp_path / "copy.mp4").timed())
    assert [frame.time for frame in copy] == [frame.time for frame in frames]
    assert [index_of(frame.image) for frame in copy] == list(range(10))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_rate_that_varies_is_kept_to_the_tick(tmp_path: Path, name: str) -> None:
    times = [0, 40, 41, 90, 500, 1400, 1433, 1466]
    video = Video(make(tmp_path / name, times=times))
    assert [frame.time for frame in video.timed()] == [Fraction(time, 1000) for time in times]
    copy = _copy(video, tmp_path / "copy.mp4")
    assert [frame.time for frame in copy.timed()] == [Fraction(time, 1000) for time in times]
    assert [index_of(image) for image in copy] == list(range(8))


def test_the_last_frame_is_shown_as_long_as_it_was(tmp_path: Path) -> None:
    video = Video(make(tmp_path / "a.mp4"))
    with VideoWriter(tmp_path / "slow.mp4", 10, like=video) as writer:
        writer.write(shade(0), Fraction(0), Fraction(1, 25))
        writer.write(shade(1), Fraction(1, 25), Fraction(3))
    with av.open(str(tmp_path / "slow.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.duration or 0) * stream.time_base == Fraction(76, 25)


@pytest.mark.parametrize("encoder", ["libx264", "mpeg4"])
def test_any_encoder_takes_the_clock_of_a_transport_stream(tmp_path: Path, encoder: str) -> None:
    video = Video(make(tmp_path / "a.ts", times=[0, 40, 90, 91]))
    with VideoWriter(tmp_path / "copy.mp4", video.fps, (encoder,), like=video) as writer:
        for frame in video.timed():
            writer.write(frame.image, frame.time, frame.duration)
    times = [float(frame.time) for frame in Video(tmp_path / "copy.mp4").timed()]
    assert times == pytest.approx([0, 0.04, 0.09, 0.091], abs=2e-5)


def test_one_frame(tmp_path: Path) -> None:
    for name, codec in CONTAINERS:
        video = Video(make(tmp_path / name, codec, count=1))
        copy = _copy(video, tmp_path / "copy.mp4")
        assert [frame.time for frame in copy.timed()] == [0], name
        assert copy.fps > 0


def test_joined_recordings_go_on_where_the_first_ends(tmp_path: Path) -> None:
    one, two = make(tmp_path / "a.ts", "mpeg2video"), make(tmp_path / "b.ts", "mpeg2video", count=60)
    (tmp_path / "joined.ts").write_bytes(two.read_bytes() + one.read_bytes())
    video = Video(tmp_path / "joined.ts")
    times = [frame.time for frame in video.timed()]
    assert len(times) == 70
    gaps = np.diff([float(time) for time in times])
    assert gaps.min() > 0 and gaps.max() == pytest.approx(0.04)
    assert [frame.time for frame in _copy(video, tmp_path / "copy.mp4").timed()] == times


@given(st.lists(st.none() | st.integers(-50, 400), min_size=1, max_size=30), st.integers(1, 9))
def test_times_increase_whatever_a_file_says(stamps: list[int | None], usual: int) -> None:
    clock = Clock(Fraction(0), Fraction(usual, 100), Fraction(1, 100))
    times = [clock.read(stamp) for stamp in stamps]
    assert all(later > earlier for earlier, later in pairwise(times))
    assert times[0] >= 0


def test_good_times_are_not_touched_by_mending() -> None:
    clock = Clock(Fraction(3), Fraction(4), Fraction(1))
    assert [clock.read(stamp) for stamp in (3, 7, 7, None, 15, 16)] == [0, 4, 5, 9, 12, 13]


# --- sound


@pytest.mark.parametrize(
    ("name", "codec", "sound", "kept"),
    [
        ("a.mp4", "libx264", "aac", "aac"),
        ("a.ts", "mpeg2video", "aac", "aac"),
        ("a.webm", "libvpx", "libopus", "opus"),
        ("a.avi", "mpeg4", "libmp3lame", "mp3"),
        ("b.avi", "mpeg4", "pcm_s16le", "aac"),
        ("a.mov", "mpeg4", "pcm_s24le", "aac"),
        ("b.ts", "mpeg2video", "mp2", "aac"),
        ("a.mkv", "libx264", "flac", "flac"),
    ],
)
def test_sound_is_copied_where_mp4_takes_it_and_else_encoded(
    tmp_path: Path, name: str, codec: str, sound: str, kept: str
) -> None:
    video = Video(make(tmp_path / name, codec, sound))
    _copy(video, tmp_path / "copy.mp4")
    kind, begin, end = _sound(tmp_path / "copy.mp4")
    _, source_begin, source_end = _sound(tmp_path / name)
    assert kind == kept
    # One packet of any of these is at most 1152 samples.
    assert begin == pytest.approx(source_begin - float(video.origin), abs=0.026)
    assert end - begin == pytest.approx(source_end - source_begin, abs=0.05)


def test_copied_sound_is_the_same_bytes(tmp_path: Path) -> None:
    _copy(Video(make(tmp_path / "a.mp4", sound="aac")), tmp_path / "copy.mp4")
    packets = []
    for name in ("a.mp4", "copy.mp4"):
        with av.open(str(tmp_path / name)) as container:
            packets.append([bytes(packet) for packet in container.demux(audio=0)])
    assert packets[0] == packets[1] and len(packets[0]) > 10


@pytest.mark.parametrize(("sound_from", "times"), [(0.5, [0, 40, 80]), (0.0, [500, 540, 580])])
def test_what_begins_later_still_does(tmp_path: Path, sound_from: float, times: list[int]) -> None:
    video = Video(make(tmp_path / "a.mkv", "libx264", "flac", times=times, sound_from=sound_from))
    copy = _copy(video, tmp_path / "copy.mp4")
    assert [frame.time for frame in copy.timed()] == [Fraction(time, 1000) for time in times]
    assert _sound(tmp_path / "copy.mp4")[1] == pytest.approx(sound_from, abs=0.002)


def test_without_sound_there_is_none(tmp_path: Path) -> None:
    _copy(Video(make(tmp_path / "a.mp4")), tmp_path / "copy.mp4")
    with av.open(str(tmp_path / "copy.mp4")) as container:
        assert not container.streams.audio


def test_sound_of_a_video_that_was_stopped_ends_with_it(tmp_path: Path) -> None:
    video = Video(make(tmp_path / "a.mp4", sound="aac", count=50, sound_seconds=2))
    copy = _copy(video, tmp_path / "copy.mp4", frames=20)
    assert len(list(copy)) == 20
    assert _sound(tmp_path / "copy.mp4")[2] == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("sound", "seconds"), [("aac", 2.0), ("mp2", 2.0), ("aac", 1.5), ("aac", 2.4)])
def test_sound_of_joined_recordings_stays_in_step(tmp_path: Path, sound: str, seconds: float) -> None:
    """Each begins with its pictures, also where the sound of the one before ended earlier or later than they did."""
    path = make(tmp_path / "a.ts", "mpeg2video", sound, count=50, sound_seconds=seconds)
    (tmp_path / "joined.ts").write_bytes(path.read_bytes() * 3)
    once, video = Video(path), Video(tmp_path / "joined.ts")
    shown = [frame.time for frame in _copy(video, tmp_path / "copy.mp4").timed()]
    assert len(shown) == 150
    begin, end = (time - float(once.origin) for time in _sound(path)[1:])
    assert _sound(tmp_path / "copy.mp4")[1:] == pytest.approx((begin, end + float(shown[100] - shown[0])), abs=0.05)
    with av.open(str(tmp_path / "copy.mp4")) as container:
        times = [float(frame.time) for frame in container.decode(audio=0)]
    for first in (50, 100):
        expected = begin + float(shown[first] - shown[0])
        assert min(abs(time - expected) for time in times) < 0.03, "the sound begins where its pictures do"
    silent = [later - earlier for earlier, later in pairwise(times)]
    assert max(silent) == pytest.approx(max(0.03, 2 - seconds), abs=0.06)


def test_sound_that_starts_over_without_the_pictures_goes_on_where_it_ended(tmp_path: Path) -> None:
    joins = Joins(Video(make(tmp_path / "a.mp4")))
    times: list[int] = []
    for begin in (0, 2, 4, 0, 2):
        packet, later = av.Packet(1), av.Packet(1)
        packet.pts, packet.duration, packet.time_base = begin, 2, Fraction(1)
        later.pts, later.time_base = begin + 2, Fraction(1)
        assert joins.place(packet, packet) == (begin != 0 or not times), "it waits for the pictures at first"
        if packet.pts == 0 and times:
            assert joins.place(packet, later)
        times.append(packet.pts)
    assert times == [0, 2, 4, 6, 8]


def test_a_part_has_no_sound_of_the_recording_that_was_joined_after_it(tmp_path: Path) -> None:
    path = make(tmp_path / "a.ts", "mpeg2video", "aac", count=100, sound_seconds=1.5)
    (tmp_path / "joined.ts").write_bytes(path.read_bytes() * 2)
    _copy(Video(tmp_path / "joined.ts", duration=3), tmp_path / "copy.mp4")
    assert _sound(tmp_path / "copy.mp4")[2] == pytest.approx(1.5, abs=0.06)


def test_damaged_sound_does_not_cost_the_pictures(tmp_path: Path) -> None:
    path = make(tmp_path / "a.ts", "mpeg2video", "mp2", count=50, sound_seconds=2)
    content = bytearray(path.read_bytes())
    for packet in range(len(content) // 188 // 3, len(content) // 188):
        if content[packet * 188 + 2] == 1:  # the second stream's packet id is 0x101
            content[packet * 188 + 8 : packet * 188 + 188] = bytes(180)
    path.write_bytes(content)
    assert len(list(_copy(Video(path), tmp_path / "copy.mp4"))) == 50


# --- what is read


def test_content_in_memory_is_read_like_a_file_by_several_at_once(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", sound="aac")
    content = io.BytesIO(path.read_bytes())
    content.seek(7)
    video = Video(content)
    pairs = zip(video.timed(), Video(path).timed(), video.timed(), strict=True)
    for one, other, third in pairs:
        assert np.array_equal(one.image, other.image) and np.array_equal(one.image, third.image)
        assert one[1:] == other[1:]
    _copy(video, tmp_path / "copy.mp4")
    assert _sound(tmp_path / "copy.mp4")[0] == "aac"
    assert content.tell() == 7


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize(
    ("start", "duration", "expected"), [(0.4, 0.0, (10, 50)), (0.4, 0.8, (10, 30)), (0, 0.2, (0, 5))]
)
def test_a_part_of_a_video(tmp_path: Path, name: str, start: float, duration: float, expected: tuple[int, int]) -> None:
    path = make(tmp_path / name, sound="aac", count=50, sound_seconds=2)
    origin = float(Video(path).origin)
    with av.open(str(path)) as container:
        first = float(next(container.decode(video=0)).time) - origin
    video = Video(path, start + first, duration)
    shown = list(video.timed())
    assert [index_of(frame.image) for frame in shown] == [i % 25 for i in range(*expected)]
    assert float(shown[0].time) == pytest.approx(0, abs=1e-3)
    assert video.frames is None and abs((video.expected or 0) - len(shown)) <= 2
    _copy(video, tmp_path / "copy.mp4")
    _, begin, end = _sound(tmp_path / "copy.mp4")
    assert begin == pytest.approx(0, abs=0.03) and end == pytest.approx(len(shown) / 25, abs=0.05)


def test_a_part_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadVideo, match="holds no frames in the part"):
        Video(make(tmp_path / "a.mp4"), start=9)


def test_text_is_no_video_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("notes.txt", "notes.mp4", "notes.nfo"):
        (tmp_path / name).write_text("Once upon a time there was a film\n" * 3000)
        with pytest.raises(BadVideo, match=name):
            Video(tmp_path / name)
    with pytest.raises(BadVideo, match="is text"):  # which FFmpeg plays as a film of it being typed
        Video(tmp_path / "notes.txt")


@pytest.mark.parametrize("content", [b"", bytes(5000)])
def test_nothing_is_no_video(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(BadVideo, match=r"a\.mp4 is damaged"):
        Video(tmp_path / "a.mp4")
    with pytest.raises(BadVideo, match="the video is damaged"):
        Video(io.BytesIO(content))


def test_frames_of_several_sizes_come_as_they_are(tmp_path: Path) -> None:
    small, large = make(tmp_path / "a.ts", count=3), make(tmp_path / "b.ts", count=3, size_wh=(96, 80))
    (tmp_path / "both.ts").write_bytes(small.read_bytes() + large.read_bytes())
    video = Video(tmp_path / "both.ts")
    assert [image.shape[:2] for image in video] == [(48, 64)] * 3 + [(80, 96)] * 3
    assert video.size_wh == (64, 48)


def test_rotated_video_keeps_its_times_and_sound(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", sound="aac")
    content = bytearray(path.read_bytes())
    matrix = content.find(b"tkhd") + 44
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    copy = _copy(Video(path), tmp_path / "copy.mp4")
    assert copy.size_wh == (48, 64) and len(list(copy)) == 10
    assert _sound(tmp_path / "copy.mp4")[0] == "aac"


def _odd_times() -> Iterator[Fraction]:
    yield from (Fraction(0), Fraction(1, 50), Fraction(1, 50), Fraction(1, 100))


def test_a_writer_never_sets_two_frames_at_one_time(tmp_path: Path) -> None:
    video = Video(make(tmp_path / "a.mp4"))
    with VideoWriter(tmp_path / "b.mp4", 25, like=video) as writer:
        for index, time in enumerate(_odd_times()):
            writer.write(shade(index), time)
    times = [frame.time for frame in Video(tmp_path / "b.mp4").timed()]
    assert len(times) == 4 and times == sorted(set(times))


def test_sample_rates_that_aac_has_not(tmp_path: Path) -> None:
    assert RATE == 48000
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", 25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        tone = container.add_stream("pcm_s16le", 10000, layout="7.1")
        for i in range(10):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(shade(i), format="rgb24")))
        container.mux(pictures.encode(None))
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 8 * 4000), np.int16), format="s16", layout="7.1")
        heard.sample_rate, heard.pts = 10000, 0
        container.mux([*tone.encode(heard), *tone.encode(None)])
    _copy(Video(path), tmp_path / "copy.mp4")
    kind, begin, end = _sound(tmp_path / "copy.mp4")
    assert kind == "aac" and begin == pytest.approx(0, abs=0.01) and end == pytest.approx(0.4, abs=0.15)
