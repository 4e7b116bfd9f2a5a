"""A video through all stages at once: what goes wrong, and how little is held."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sdpose.errors import BadBoxes, BadVideo, OutputError
from sdpose.media import Video, VideoWriter
from sdpose.poses import Poses
from sdpose.video.pipeline import Filmed, Seen

from .conftest import (
    Bright,
    film,
    finder,
    journaled,
    read,
    written,
)

# --- what goes wrong


def _damage(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8000] = b"\x55" * 8000
    path.write_bytes(content)
    return path


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    path = tmp_path / "damaged.mp4"
    with VideoWriter(path, 24) as writer:
        for i in range(60):
            writer.write(np.random.default_rng(i).integers(0, 256, (64, 96, 3), dtype=np.uint8))
    return _damage(path)


def test_damage_in_the_middle_leaves_what_was_there_before(
    clip: Path, damaged: Path, tmp_path: Path, filmed: Callable[..., Filmed]
) -> None:
    filmed(clip)
    before = {name: (tmp_path / "out" / name).read_bytes() for name in written(tmp_path)}
    with pytest.raises(BadVideo, match=r"damaged\.mp4 is damaged"):
        filmed(damaged)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in written(tmp_path)} == before


def test_damage_that_is_accepted_is_the_end(damaged: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    good = 0
    with pytest.raises(BadVideo):
        for _ in Video(damaged):
            good += 1
    result = filmed(damaged, damaged=True)
    assert 0 < result.frames == good < 60
    assert Video(tmp_path / "out" / "o.mp4").frames == len(read(tmp_path)) == good


@pytest.mark.parametrize("failing", ["s.mp4", "o.mp4"])
@pytest.mark.parametrize("when", [0, 25])
def test_a_full_disk_leaves_nothing_half_written(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed], monkeypatch: pytest.MonkeyPatch, failing: str, when: int
) -> None:
    write, count = VideoWriter.write, 0

    def full(self: VideoWriter, *frame: Any) -> None:
        nonlocal count
        if self.path.name == failing:
            count += 1
            if count > when:
                raise OutputError(f"cannot write {self.path}: No space left on device")
        write(self, *frame)

    monkeypatch.setattr(VideoWriter, "write", full)
    with pytest.raises(OutputError, match=failing):
        filmed(clip)
    assert written(tmp_path) == []
    assert not any(thread.name.startswith("sdpose") for thread in threading.enumerate())


@pytest.mark.skipif(os.name == "nt", reason="the limit is a POSIX one")
@pytest.mark.parametrize("limit", [3_000, 12_000])
def test_files_that_may_not_grow_leave_nothing(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed], limit: int
) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(OutputError, match="free some space"):
            filmed(clip)
        with pytest.raises(OutputError, match="free some space"):
            journaled(tmp_path, filmed, clip, Bright(), poses=None, skeleton=None, overlay=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert written(tmp_path) == []


def test_what_the_finder_raises_is_no_wish_to_stop(clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    def failing(frames: Sequence[Seen]) -> list[Any]:
        if frames[0].index >= 16:
            raise BadBoxes("there are boxes for 16 frames only")
        return finder(frames)

    with pytest.raises(BadBoxes):
        filmed(clip, find=failing)
    assert written(tmp_path) == []


# --- all at once, in little memory


def test_stages_overlap_and_hold_few_frames(
    clip: Path, filmed: Callable[..., Filmed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read, estimated and written runs apart by no more than the stages may hold."""
    read_count, written_count, furthest, order = 0, 0, 0, []
    frames, write = Video.timed, VideoWriter.write

    def reading(self: Video) -> Iterator[Any]:
        nonlocal read_count
        for frame in frames(self):
            read_count += 1
            yield frame

    def writing(self: VideoWriter, *frame: Any) -> None:
        nonlocal written_count, furthest
        written_count, furthest = written_count + 1, max(furthest, read_count - written_count)
        write(self, *frame)

    def progress(done: int, total: int | None, poses: Poses, image: Any) -> None:
        order.append(written_count)

    long = film(clip.with_name("long.mp4"), 150)
    monkeypatch.setattr(Video, "timed", reading)
    monkeypatch.setattr(VideoWriter, "write", writing)
    result = filmed(long, overlay=None, progress=progress)
    assert written_count == 150 and furthest <= 60
    assert order[-1] > 60, "frames were written long before the last was estimated"
    assert 0 <= result.waiting <= 1 and result.seconds > 0
