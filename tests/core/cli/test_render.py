"""sdpose render: poses from JSON as pictures and videos."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import sdpose as library
from sdpose.files import write_json, write_png
from sdpose.formats.openpose import to_frames
from sdpose.media import Video, read_image
from sdpose.poses import Poses

from .conftest import Result, picture, save_pictures, save_video

Run = Callable[..., Result]


@pytest.fixture
def clip(tmp_path: Path) -> list[Poses]:
    """Three frames, nobody in the second, saved as poses.json."""
    skeleton = library.topology.get("openpose18")
    rng = np.random.default_rng(1)
    people = [Poses(rng.uniform(4, 40, (n, 18, 2)), np.full((n, 18), 0.6), skeleton, (48, 48)) for n in (2, 0, 1)]
    write_json(tmp_path / "poses.json", to_frames(people))
    return people


def test_pictures_are_those_of_the_library(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    result = sdpose(
        "render", tmp_path / "poses.json", "--out", tmp_path / "out", "--style", "openpose", "--canvas", "80x60"
    )
    assert result.code == 0 and "3 pictures are in" in result.out
    for i, poses in enumerate(clip):
        written = read_image(tmp_path / "out" / f"pose_{i:05d}.png")
        assert np.array_equal(written, library.draw(poses, style="openpose", canvas_wh=(80, 60)))
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_threshold_and_parts(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    for words in (["--threshold", "0.7"], ["--no-body"]):
        assert sdpose("render", tmp_path / "poses.json", "--out", tmp_path / "out", *words).code == 0
        assert not read_image(tmp_path / "out" / "pose_00000.png").any()


def test_video_with_a_rate(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    result = sdpose("render", tmp_path / "poses.json", "--out", tmp_path / "out", "--fps", "30000/1001")
    assert result.code == 0 and result.out.strip() == str(tmp_path / "out" / "poses.mp4")
    video = Video(tmp_path / "out" / "poses.mp4")
    assert (video.fps, video.frames) == (Fraction(30000, 1001), len(clip))
    assert list(video)[1].max() < 24, "nobody is black, but for what compression leaves"


def test_backgrounds(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    write_png(tmp_path / "one.png", picture(7, 96, 64))
    save_pictures(tmp_path / "three", 3)
    save_video(tmp_path / "three.mp4", 3)
    for name in ("one.png", "three", "three.mp4"):
        words = ("--out", tmp_path / "out" / name, "--background", tmp_path / name)
        assert sdpose("render", tmp_path / "poses.json", *words).code == 0
    for i, poses in enumerate(clip):
        written = read_image(tmp_path / "out" / "one.png" / f"pose_{i:05d}.png")
        assert np.array_equal(written, library.overlay(picture(7, 96, 64), poses)), "re-projected onto the picture"
        written = read_image(tmp_path / "out" / "three" / f"pose_{i:05d}.png")
        assert np.array_equal(written, library.overlay(read_image(tmp_path / "three" / f"p{i + 1}.png"), poses))
    video = Video(tmp_path / "out" / "three.mp4" / "poses.mp4")
    assert (video.fps, video.frames) == (Fraction(25, 2), 3)


@pytest.mark.parametrize("size", [(80, 60), (96, 64), (120, 200)])
def test_background_takes_the_size_of_the_canvas(
    sdpose: Run, tmp_path: Path, clip: list[Poses], size: tuple[int, int]
) -> None:
    write_png(tmp_path / "grey.png", np.full((64, 96, 3), 90, np.uint8))
    words = ("--background", tmp_path / "grey.png", "--canvas", f"{size[0]}x{size[1]}", "--opacity", "0.25")
    result = sdpose("render", tmp_path / "poses.json", "--out", tmp_path / "out", *words)
    assert result.code == 0, result.err
    resized = np.full((size[1], size[0], 3), 90, np.uint8)
    for i, poses in enumerate(clip):
        written = read_image(tmp_path / "out" / f"pose_{i:05d}.png")
        assert np.array_equal(written, library.overlay(resized, poses, 0.25))


@pytest.mark.parametrize("opacity", ["-0.1", "1.5", "nan", "half"])
def test_an_opacity_is_a_share(sdpose: Run, tmp_path: Path, clip: list[Poses], opacity: str) -> None:
    result = sdpose("render", tmp_path / "poses.json", "--out", tmp_path / "out", f"--opacity={opacity}")
    assert result.code == 2 and "a number from 0 to 1" in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("kind", ["folder", "video"])
def test_background_of_another_length(sdpose: Run, tmp_path: Path, clip: list[Poses], kind: str, count: int) -> None:
    background = tmp_path / "in.mp4" if kind == "video" else tmp_path / "in"
    (save_video if kind == "video" else save_pictures)(background, count)
    result = sdpose("render", tmp_path / "poses.json", "--out", tmp_path / "out", "--background", background)
    assert result.code == 1 and "there are 3 frames of poses" in result.err
    assert not (tmp_path / "out" / "poses.mp4").exists()


@pytest.mark.parametrize("content", ["", "{", "[]x", json.dumps([{"people": []}]), "5"])
def test_bad_poses_name_the_file(sdpose: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    result = sdpose("render", tmp_path / "bad.json", "--out", tmp_path / "out")
    assert result.code == 1 and "bad.json" in result.err and result.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
