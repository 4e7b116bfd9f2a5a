"""sdpose estimate with a DiffPose model: videos over time, pictures by themselves; on real tiny networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import sdpose as library
from sdpose.commands import estimators
from sdpose.formats.openpose import to_frames
from sdpose.media import Video, VideoWriter, read_image
from sdpose.models.diffpose import DiffPoseConfig, build_diffpose, save_diffpose
from sdpose.video import VideoEstimator

from .conftest import Passes, Result, picture, save_pictures, save_video

Estimate = Callable[..., Result]
QUICK = ("--steps", 1, "--noises", 2)


@pytest.fixture(scope="session")
def diffpose(tmp_path_factory: pytest.TempPathFactory, tiny_diffpose: DiffPoseConfig) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny_diffpose.safetensors"
    save_diffpose(build_diffpose(tiny_diffpose), path)
    return path


@pytest.fixture
def estimate(sdpose: Callable[..., Result], diffpose: Path, tmp_path: Path) -> Estimate:
    """Run `sdpose estimate` on the tiny DiffPose into tmp_path/out."""

    def run(*words: object) -> Result:
        return sdpose("estimate", *words, "--model", diffpose, "--out", tmp_path / "out", "--batch-size", 1)

    return run


def _poses(tmp_path: Path) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = json.loads((tmp_path / "out" / "poses.json").read_text())
    return frames


def _library(diffpose: Path, frames: Any, cuts: Any = (), start: Any = None, **options: Any) -> list[dict[str, Any]]:
    """What the library finds when every frame is one person."""
    images = list(frames)
    boxes = [np.array([[0.0, 0, image.shape[1], image.shape[0]]]) for image in images]
    model = library.models.load_diffpose(diffpose)
    estimator = VideoEstimator(model, **{"steps": 1, "noises": 2, "batch_size": 1} | options)
    return [to_frames(poses)[0] for poses in estimator(images, boxes, cuts, start)]


def test_pictures_stay_stills_and_videos_are_seen_over_time(estimate: Estimate, tmp_path: Path, diffpose: Path) -> None:
    folder = save_pictures(tmp_path / "in", 3)
    video = save_video(tmp_path / "clip.mp4", 6)
    other = save_video(tmp_path / "other.mp4", 2)
    result = estimate(video, other, folder, "--whole-frame", *QUICK)
    assert result.code == 0, result.err
    assert "11 frames, 11 people" in result.out
    stills = [_library(diffpose, [read_image(folder / f"p{i}.png")]) for i in (1, 2, 3)]
    clips = [_library(diffpose, Video(path)) for path in (video, other)]
    assert _poses(tmp_path) == [*clips[0], *clips[1], *(still for (still,) in stills)], "to the last bit"
    assert clips[0] != _library(diffpose, Video(video), range(6)), "the frames around matter"
    assert Video(tmp_path / "out" / "clip_overlay.mp4").frames == 6


def test_no_window_reaches_across_a_cut(estimate: Estimate, tmp_path: Path, diffpose: Path) -> None:
    video = tmp_path / "cut.mp4"
    with VideoWriter(video, 12) as writer:
        for t in range(12):
            shade = np.full((48, 48, 3), (30, 60, 90) if t < 6 else (240, 200, 40), np.uint8)
            writer.write(shade + np.random.default_rng(t).integers(0, 8, shade.shape, dtype=np.uint8))
    assert estimate(video, "--whole-frame", *QUICK).code == 0
    assert _poses(tmp_path) == _library(diffpose, Video(video), cuts=[6])
    assert _poses(tmp_path) != _library(diffpose, Video(video))


def test_options_reach_the_estimator(estimate: Estimate, tmp_path: Path, diffpose: Path) -> None:
    video = save_video(tmp_path / "clip.mp4", 4)
    words = ("--steps", 2, "--noises", 1, "--delta", 1, "--seed", 7)
    assert estimate(video, "--whole-frame", *words).code == 0
    assert _poses(tmp_path) == _library(diffpose, Video(video), steps=2, noises=1, delta=1, seed=7)


def test_warm_start(estimate: Estimate, tmp_path: Path, diffpose: Path, weights: Path) -> None:
    video = save_video(tmp_path / "clip.mp4", 4)
    result = estimate(video, "--whole-frame", *QUICK, "--start-model", weights, "--start-step", 400)
    assert result.code == 0, result.err
    begin = library.Estimator(library.models.load_model(weights), batch_size=1)(Video(video))
    assert _poses(tmp_path) == _library(diffpose, Video(video), start=begin, start_step=400)
    assert _poses(tmp_path) != _library(diffpose, Video(video))


def test_a_video_is_one_stream_however_large(
    estimate: Estimate, tmp_path: Path, diffpose: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What bounds the memory of single frames may not cut windows, nor warm starts, into pieces."""
    video = save_video(tmp_path / "clip.mp4", 9)
    start = library.Estimator(library.models.load_model(weights), batch_size=1)(Video(video))
    monkeypatch.setattr(estimators, "_WINDOW_PIXELS", 3 * 48 * 48)
    assert estimate(video, "--whole-frame", *QUICK).code == 0
    assert _poses(tmp_path) == _library(diffpose, Video(video))
    assert estimate(video, "--whole-frame", *QUICK, "--start-model", weights).code == 0
    assert _poses(tmp_path) == _library(diffpose, Video(video), start=start)


def test_frames_of_a_long_video_are_not_kept(
    estimate: Estimate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read ahead of what is written by what windows, cuts and the detector's batch need, and no further."""
    video = save_video(tmp_path / "clip.mp4", 80)
    read, written, furthest = 0, 0, 0
    frames, write = Video.__iter__, VideoWriter.write

    def reading(self: Video) -> Iterator[Any]:
        nonlocal read
        for frame in frames(self):
            read += 1
            yield frame

    def writing(self: VideoWriter, image: Any) -> None:
        nonlocal written, furthest
        written, furthest = written + 1, max(furthest, read - written)
        write(self, image)

    monkeypatch.setattr(Video, "__iter__", reading)
    monkeypatch.setattr(VideoWriter, "write", writing)
    assert estimate(video, "--whole-frame", "--no-overlay", *QUICK).code == 0
    assert read == written == 80 and furthest <= 8 + 2 + 4 + 4


def test_settings_of_the_estimation_start_it_over(
    estimate: Estimate, tmp_path: Path, passes: Passes, weights: Path
) -> None:
    video = save_video(tmp_path / "clip.mp4", 3)
    seen = []
    for words in ((), ("--seed", 3), ("--seed", 3), ("--seed", 3, "--start-model", weights)):
        result = estimate(video, "--whole-frame", *QUICK, *words)
        assert result.code == 0, result.err
        seen.append("starting over" in result.err)
    assert seen == [False, True, False, True]
    assert passes.crops == 3, "what the start model saw"


def test_damaged_video_does_not_stop_the_others(estimate: Estimate, tmp_path: Path, diffpose: Path) -> None:
    video = save_video(tmp_path / "a.mp4", 60)
    content = bytearray(video.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\x55" * 4000
    video.write_bytes(content)
    folder = save_pictures(tmp_path / "in", 1)
    result = estimate(video, folder, "--whole-frame", "--skip-bad", *QUICK)
    assert result.code == 1 and "a.mp4 is damaged" in result.err
    assert _poses(tmp_path) == _library(diffpose, [picture(1, 41)])
    assert not list((tmp_path / "out").glob("a_*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--flip-test"], "--flip-test is for SDPose models"),
        (["--crop", "stretched"], "--crop is for SDPose models"),
        (["--scheme", "body", "--context", "x"], "--scheme, --context is for SDPose models"),
        (["--start-step", 5], "--start-step says where --start-model enters"),
        (["--start-model", "nowhere"], "there is no model 'nowhere'"),
        (["--delta", 3], "delta is from 0 to 2; got 3"),
        (["--steps", 0], "steps is at least 1"),
        (["--noises", 0], "noises is at least 1"),
    ],
    ids=lambda value: "".join(map(str, value)) if isinstance(value, list) else "",
)
def test_impossible_options_are_refused(estimate: Estimate, tmp_path: Path, words: list[Any], message: str) -> None:
    result = estimate(save_pictures(tmp_path / "in", 1), "--whole-frame", *words)
    assert result.code == 1 and message in result.err, result.err


def test_start_model_estimates_single_frames(estimate: Estimate, tmp_path: Path, diffpose: Path) -> None:
    result = estimate(save_pictures(tmp_path / "in", 1), "--whole-frame", "--start-model", diffpose)
    assert result.code == 1 and "--start-model is an SDPose model" in result.err


@pytest.mark.parametrize(
    "option", [("--steps", 4), ("--noises", 1), ("--delta", 0), ("--seed", 0), ("--start-model", "mini")]
)
def test_options_over_time_are_not_for_sdpose(
    sdpose: Callable[..., Result], tmp_path: Path, weights: Path, option: tuple[str, object]
) -> None:
    folder = save_pictures(tmp_path / "in", 1)
    result = sdpose("estimate", folder, "--whole-frame", "--model", weights, "--out", tmp_path / "out", *option)
    assert result.code == 1 and f"{option[0]} is for DiffPose models" in result.err
    assert not (tmp_path / "out").exists()
