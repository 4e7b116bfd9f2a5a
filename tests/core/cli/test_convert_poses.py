"""sdpose convert-poses: any tool's poses in, any other's out; and the other commands that read poses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sdpose as library
from sdpose import formats
from sdpose.files import write_json
from sdpose.media import read_image
from sdpose.poses import Poses

from .conftest import Result

Run = Callable[..., Result]


@pytest.fixture
def clip() -> list[Poses]:
    """Two people, nobody, one; in pictures of 64 x 48."""
    skeleton = library.topology.get("coco17")
    rng = np.random.default_rng(1)
    return [
        Poses(rng.uniform(4, 44, (n, 17, 2)), np.full((n, 17), 0.6), skeleton, (64, 48), track_ids=np.arange(n))
        for n in (2, 0, 1)
    ]


def test_says_what_was_read_as_what_and_what_was_written(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    write_json(tmp_path / "in.json", formats.write(clip, "normalised"))
    result = sdpose("convert-poses", tmp_path / "in.json", "--to", "coco", "--out", tmp_path / "deep" / "out.json")
    assert result.code == 0, result.err
    read, written = result.out.splitlines()
    assert read.startswith(f"{tmp_path / 'in.json'}: read as normalised (") and read.endswith("3 frames, 3 poses")
    assert written.startswith(f"{tmp_path / 'deep' / 'out.json'}: written for coco (")
    for before, after in zip(clip, formats.load(tmp_path / "deep" / "out.json"), strict=True):
        np.testing.assert_allclose(after.points, before.points, atol=1e-9)
        assert after.canvas_wh == (64, 48) and after.skeleton.name == "coco17"


def test_says_what_is_left_out(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    formats.save(clip, tmp_path / "in.json")
    convert = ("convert-poses", tmp_path / "in.json", "--out", tmp_path / "out.json", "--to")
    assert sdpose(*convert, "judian17").out.splitlines()[2:] == ["left out: track ids"]
    assert sdpose(*convert, "core", "--scores", "binary").out.splitlines()[2:] == ["left out: raw scores"]
    assert sdpose(*convert, "coco_results").out.splitlines()[2:] == ["left out: 1 frame with nobody"]


@pytest.mark.parametrize(
    "profile", [name for name, it in formats.PROFILES.items() if it.kind in ("file", "POSE_KEYPOINT")]
)
def test_every_profile_that_is_written_to_files(sdpose: Run, tmp_path: Path, clip: list[Poses], profile: str) -> None:
    formats.save(clip[2:], tmp_path / "in.json")
    words = ("--to", profile, "--out", tmp_path / "out.json", "--threshold", "0.5", "--canvas", "64x48")
    result = sdpose("convert-poses", tmp_path / "in.json", *words)
    assert result.code == 0, result.err
    (back,) = formats.load(tmp_path / "out.json", canvas_wh=(64, 48))
    nose = back.skeleton.index("nose")
    np.testing.assert_allclose(back.points[:1, nose], clip[2].points[:1, 0], atol=1e-9)
    assert sdpose("convert-poses", tmp_path / "in.json", *words[:-4], "--threshold", "0.7").code == 0
    left = formats.load(tmp_path / "out.json", canvas_wh=(64, 48))
    assert not any((poses.scores > 0).any() for poses in left)


def test_folders_in_and_out(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    formats.save(clip, tmp_path / "in.json")
    words = ("--to", "openpose_files", "--out", tmp_path / "frames", "--scores", "binary")
    assert sdpose("convert-poses", tmp_path / "in.json", *words).code == 0
    names = [f"frames_{i:012d}_keypoints.json" for i in range(3)]
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == names
    words = ("--to", "core", "--out", tmp_path / "back.json")
    result = sdpose("convert-poses", tmp_path / "frames", *words)
    assert result.code == 1 and "with --canvas WxH" in result.err and "canvas_wh" not in result.err
    assert not (tmp_path / "back.json").exists()
    assert sdpose("convert-poses", tmp_path / "frames", *words, "--canvas", "64x48").code == 0
    first, nobody, last = formats.load(tmp_path / "back.json")
    assert (len(first), len(nobody), len(last)) == (2, 0, 1) and set(first.scores.ravel()) <= {0.0, 1.0}


def test_canvas_is_the_size_that_comes_out(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    formats.save(clip, tmp_path / "in.json")
    words = ("--to", "core", "--out", tmp_path / "out.json", "--canvas", "128x24")
    assert sdpose("convert-poses", tmp_path / "in.json", *words).code == 0
    for before, after in zip(clip, formats.load(tmp_path / "out.json"), strict=True):
        assert after.canvas_wh == (128, 24)
        np.testing.assert_array_equal(after.to(before.skeleton).points, before.points * (2, 0.5))


def test_where_two_readings_are_possible_from_decides(sdpose: Run, tmp_path: Path) -> None:
    person = {"pose_keypoints_2d": [0.5, 1.5, 1.0] * 18}
    write_json(tmp_path / "in.json", {"canvas_width": 64, "canvas_height": 48, "people": [person]})
    words = ("--to", "core", "--out", tmp_path / "out.json")
    result = sdpose("convert-poses", tmp_path / "in.json", *words)
    assert result.code == 1 and "in.json: " in result.err and "choose the dialect with --from" in result.err
    result = sdpose("convert-poses", tmp_path / "in.json", *words, "--from", "normalised")
    assert result.code == 0 and "read as normalised" in result.out
    assert json.loads((tmp_path / "out.json").read_text())[0]["people"][0]["pose_keypoints_2d"][:2] == [32.0, 72.0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "studio"], "one frame"),
        (["--to", "coco", "--out", "folder"], "name it with .json at the end"),
        (["--to", "openpose_files"], "name a folder"),
        (["--out", "there"], "something is there already"),
    ],
)
def test_what_cannot_be_written_says_what_to_do(
    sdpose: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip: list[Poses], words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    formats.save(clip, tmp_path / "in.json")
    formats.save(clip, tmp_path / "there")
    before = sorted(tmp_path.rglob("*"))
    result = sdpose("convert-poses", "in.json", "--to", "core", "--out", "out.json", *words)
    assert result.code == 1 and message in result.err and result.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_unknown_names_are_a_wrong_command_line(sdpose: Run, tmp_path: Path) -> None:
    for words in (["--to", "posedata"], ["--to", "nobody"], ["--to", "core", "--from", "nobody"]):
        result = sdpose("convert-poses", tmp_path / "in.json", "--out", tmp_path / "out.json", *words)
        assert result.code == 2 and "invalid choice" in result.err


def test_render_draws_what_any_tool_wrote(sdpose: Run, tmp_path: Path, clip: list[Poses]) -> None:
    formats.save(clip, tmp_path / "coco.json", "coco")
    formats.save(clip, tmp_path / "frames", "openpose_files")
    for source in ("coco.json", "frames"):
        words = (
            ("--out", tmp_path / source / "out", "--canvas", "64x48")
            if source == "frames"
            else ("--out", tmp_path / "out")
        )
        result = sdpose("render", tmp_path / source, *words)
        assert result.code == 0, result.err
    for i, poses in enumerate(clip):
        drawn = library.draw(poses.to(library.topology.get("openpose18")))
        for folder in (tmp_path / "frames" / "out", tmp_path / "out"):
            assert np.array_equal(read_image(folder / f"pose_{i:05d}.png"), drawn)


def test_motion_is_measured_in_what_any_tool_wrote(sdpose: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    skeleton = library.topology.get("coco17")
    steps = rng.uniform(8, 40, (1, 17, 2)) + np.arange(6)[:, None, None, None] * 0.5
    clip = [Poses(points, np.ones((1, 17)), skeleton, (64, 48), track_ids=[1]) for points in steps]
    formats.save(clip, tmp_path / "core.json")
    formats.save(clip, tmp_path / "results.json", "coco_results")
    assert "--canvas" in sdpose("evaluate", "motion", tmp_path / "results.json").err
    tables = []
    for name in ("core.json", "results.json"):
        result = sdpose("evaluate", "motion", tmp_path / name, "--canvas", "64x48")
        assert result.code == 0, result.err
        tables.append(result.out)
    assert tables[0] == tables[1]
