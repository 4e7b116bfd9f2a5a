"""A video through all stages at once: what stops it, and how it goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from sdpose import Estimator
from sdpose.errors import BadBoxes
from sdpose.formats.openpose import to_frames
from sdpose.media import Video, VideoWriter
from sdpose.models.diffpose import DiffPose
from sdpose.video import VideoEstimator, select
from sdpose.video.pipeline import Filmed, Journal, stages
from sdpose.video.selection import by_area

from .conftest import (
    COUNT,
    FOLLOWED,
    Bright,
    Enough,
    journaled,
    read,
    steps,
    stop_after,
    written,
)

# --- being stopped


@pytest.mark.parametrize("choose", [None, by_area()], ids=["all", "chosen by the whole"])
def test_stopped_in_the_middle_leaves_a_shorter_video(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed], choose: Any
) -> None:
    with pytest.raises(Enough):
        filmed(clip, progress=stop_after(17), choose=choose, **FOLLOWED)
    assert written(tmp_path) == ["o.mp4", "p.json", "s.mp4"]
    everybody = steps(clip, 17)
    assert read(tmp_path) == to_frames(everybody if choose is None else select(everybody, choose))
    for name in ("s.mp4", "o.mp4"):
        assert len(list(Video(tmp_path / "out" / name))) == 17
        with av.open(str(tmp_path / "out" / name)) as container:
            assert float(container.duration) / 1e6 == pytest.approx(17 / 24, abs=0.05), "and so is its sound"
    assert not any(thread.name.startswith("sdpose") for thread in threading.enumerate())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Enough()], ids=["ctrl-c", "before_batch"])
def test_stopped_within_a_batch(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed], error: BaseException
) -> None:
    network = Bright(stop_at=30, error=error)
    with pytest.raises(type(error)):
        filmed(clip, network)
    assert 30 <= network.crops <= 32 and 12 <= len(read(tmp_path)) <= 16
    assert Video(tmp_path / "out" / "s.mp4").frames == len(read(tmp_path))


@pytest.mark.parametrize(("stop_at", "again"), [(30, 1), (30, 2), (None, 2), (None, 3)])
def test_stopped_again_while_finishing_keeps_the_results_until_the_third_time(
    clip: Path,
    tmp_path: Path,
    filmed: Callable[..., Filmed],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    stop_at: int | None,
    again: int,
) -> None:
    wait, finish, left, interrupted = stages.wait, VideoWriter.finish, again, threading.Event()

    def waiting(running: Any) -> Any:
        nonlocal left
        if not left:
            return wait(running)
        left -= 1
        if not left:
            interrupted.set()
        raise KeyboardInterrupt

    def finishing(self: VideoWriter, whole: bool = True) -> None:
        assert interrupted.wait(30)
        finish(self, whole)

    monkeypatch.setattr(stages, "wait", waiting)
    monkeypatch.setattr(VideoWriter, "finish", finishing)
    with pytest.raises(KeyboardInterrupt):
        filmed(clip, Bright(stop_at=stop_at, error=KeyboardInterrupt()))
    assert left == 0 and "already finishing" in caplog.text
    if again + (stop_at is not None) > 2:
        assert written(tmp_path) == []
    else:
        assert written(tmp_path) == ["o.mp4", "p.json", "s.mp4"]
        assert Video(tmp_path / "out" / "s.mp4").frames == len(read(tmp_path)) > 11
    assert not any(thread.name.startswith("sdpose") for thread in threading.enumerate())


def test_stopped_before_the_first_frame_leaves_nothing(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]
) -> None:
    with pytest.raises(Enough):
        filmed(clip, Bright(stop_at=0, error=Enough()))
    assert written(tmp_path) == []


@pytest.mark.parametrize("error", [Enough(), BadBoxes("there are none")], ids=["stopped", "failed"])
def test_the_video_is_closed_when_it_is_over(
    clip: Path, filmed: Callable[..., Filmed], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    opened = Video.opened
    readers: list[Video] = []

    @contextlib.contextmanager
    def counted(self: Video) -> Iterator[Any]:
        readers.append(self)
        try:
            with opened(self) as container:
                yield container
        finally:
            readers.remove(self)

    monkeypatch.setattr(Video, "opened", counted)
    with pytest.raises(type(error)) as raised:
        filmed(clip, Bright(stop_at=30, error=error))
    assert raised.value is error, "what it was raised in is not forgotten yet"
    assert readers == []


def test_how_far_it_got_is_said(clip: Path, filmed: Callable[..., Filmed], caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Enough):
        filmed(clip, progress=stop_after(9))
    assert "stopped after 9 of about 30 frames" in caplog.text


# --- going on


@pytest.mark.parametrize("stop_at", [6, 31, 55])
def test_goes_on_where_it_was_and_ends_the_same(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed], stop_at: int
) -> None:
    whole = filmed(clip, **FOLLOWED)
    with pytest.raises(KeyboardInterrupt):
        journaled(tmp_path, filmed, clip, Bright(stop_at=stop_at, error=KeyboardInterrupt()))
    again = Bright()
    assert journaled(tmp_path, filmed, clip, again, **FOLLOWED).poses == whole.poses == read(tmp_path), (
        "to the last bit"
    )
    assert again.crops <= 2 * COUNT - stop_at + 2 * 8 + 3, "at most a window is done again"
    silent = Bright(stop_at=0, error=AssertionError("the network is not needed any more"))
    assert journaled(tmp_path, filmed, clip, silent, **FOLLOWED).poses == whole.poses
    assert Video(tmp_path / "out" / "o.mp4").frames == COUNT


@pytest.mark.parametrize(("stop_at", "warm"), [(9, False), (23, False), (21, True)])
def test_over_time_goes_on_and_ends_the_same(
    clip: Path, tmp_path: Path, filmed: Callable[..., Filmed], model: DiffPose, stop_at: int, warm: bool
) -> None:
    passes = 0

    def counted(stop: int | None) -> VideoEstimator:
        def before() -> None:
            nonlocal passes
            passes += 1

        return VideoEstimator(model, steps=1, noises=1, batch_size=1, before_batch=before)

    start = {"start": Estimator(Bright(), batch_size=3)} if warm else {}
    whole = filmed(clip, counted(None), **start)
    once, passes = passes, 0
    with pytest.raises(Enough):
        journaled(tmp_path, filmed, clip, counted(None), progress=stop_after(stop_at), **start)
    passes = 0
    assert journaled(tmp_path, filmed, clip, counted(None), **start).poses == whole.poses
    assert passes <= once - 4 * max(0, stop_at - 8 - 2 * model.delta)


def test_a_torn_last_line_is_dropped(clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    whole = journaled(tmp_path, filmed, clip, Bright())
    lines = (tmp_path / "journal").read_bytes()
    (tmp_path / "journal").write_bytes(lines[:-40])
    with Journal(tmp_path / "journal", "one") as journal:
        assert journal.count == COUNT - 1 and not journal.outdated
    assert journaled(tmp_path, filmed, clip, Bright()).poses == whole.poses
    assert (tmp_path / "journal").read_bytes() == lines


def test_other_settings_begin_afresh(clip: Path, tmp_path: Path, filmed: Callable[..., Filmed]) -> None:
    journaled(tmp_path, filmed, clip, Bright())
    with Journal(tmp_path / "journal", "two") as journal:
        assert journal.count == 0 and journal.outdated
    again = Bright()
    journaled(tmp_path, filmed, clip, again, "two")
    assert again.crops == 2 * COUNT
    with Journal(tmp_path / "journal", "two", afresh=True) as journal:
        assert journal.count == 0 and not journal.outdated
    (tmp_path / "journal").write_bytes(b"\x00something else")
    with Journal(tmp_path / "journal", "two") as journal:
        assert journal.count == 0
