"""Poses in files and folders: float-exact, whole or not at all, and read in the right order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sdpose import files, formats
from sdpose.errors import BadKeypoints, BadOption, OutputError
from sdpose.formats.files import wants_folder
from sdpose.poses import Poses
from sdpose.topology import get

from .made_up import assert_same, golden
from .test_profiles import clips, held, one_frame


@pytest.fixture
def clip() -> list[Poses]:
    """Twelve frames, so that names that count are not names in order."""
    rng = np.random.default_rng(4)
    return [one_frame(rng, "openpose134", 1 + i % 3, (640, 480)).replace(track_ids=None) for i in range(12)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clips(people=6))
def test_what_is_saved_is_loaded_bit_by_bit(tmp_path: Path, clip: list[Poses]) -> None:
    formats.save(clip, tmp_path / "clip.json")
    assert_same(formats.load(tmp_path / "clip.json"), held(clip, "core"))
    again = json.loads((tmp_path / "clip.json").read_text(encoding="utf-8"))
    assert again == formats.write(clip)


@pytest.mark.parametrize("profile", ["core", "normalised", "openpose_files", "editor", "scail", "studio", "old_editor"])
def test_folders_have_a_file_for_each_frame_in_order(tmp_path: Path, clip: list[Poses], profile: str) -> None:
    formats.save(clip, tmp_path / "deep" / "walk", profile)
    names = sorted(path.name for path in (tmp_path / "deep" / "walk").iterdir())
    assert names == [f"walk_{i:012d}_keypoints.json" for i in range(12)]
    one = json.loads((tmp_path / "deep" / "walk" / names[3]).read_text(encoding="utf-8"))
    assert isinstance(one, dict) and len(one.get("people", one.get("keypoints"))) == len(clip[3])
    expected = formats.read([formats.write(poses, profile) for poses in clip], canvas_wh=(640, 480))
    assert_same(formats.load(tmp_path / "deep" / "walk", canvas_wh=(640, 480)), expected)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["walk"]


def test_frames_are_read_in_natural_order(tmp_path: Path, clip: list[Poses]) -> None:
    for i, frame in enumerate(formats.write(clip)):
        files.write_json(tmp_path / f"f{i}.json", [frame] if i % 2 else frame)
    (tmp_path / "note.txt").write_text("not poses")
    (tmp_path / ".hidden.json").write_text("{")
    (tmp_path / "inner.json").mkdir()
    assert_same(formats.load(tmp_path), formats.load_named(tmp_path, "openpose")[0])
    assert [len(poses) for poses in formats.load(tmp_path)] == [len(poses) for poses in clip]
    files.write_json(tmp_path / "x_0_keypoints.json", formats.write(clip[:1], "studio"))
    assert len(formats.load(tmp_path)) == 1, "where there are OpenPose's names, the others are something else"


def test_a_folder_of_one_file_is_that_file(tmp_path: Path, clip: list[Poses]) -> None:
    formats.save(clip, tmp_path / "in" / "clip.json", "coco")
    assert formats.load_named(tmp_path / "in")[1] == "coco"
    assert_same(formats.load(tmp_path / "in"), formats.load(tmp_path / "in" / "clip.json"))


def test_units_are_told_of_a_folder_as_a_whole(tmp_path: Path) -> None:
    skeleton = get("openpose18")
    points = np.random.default_rng(1).random((1, 18, 2))
    near = Poses(points, np.ones((1, 18)), skeleton, (640, 480))
    far = Poses(np.full((1, 18, 2), 300.0), np.ones((1, 18)), skeleton, (640, 480))
    unmarked = [{**frame, "units": None} for frame in formats.write([near, far])]
    for name, frames, dialect in (("both", unmarked, "openpose"), ("near", unmarked[:1], "normalised")):
        (tmp_path / name).mkdir()
        for i, frame in enumerate(frames):
            files.write_json(tmp_path / name / f"{i}.json", frame)
        assert formats.load_named(tmp_path / name)[1] == dialect


def test_frames_in_both_units_are_read_one_by_one(tmp_path: Path) -> None:
    clip = one_frame(np.random.default_rng(2), "openpose18", 1, (640, 480)).replace(track_ids=None)
    near, far = clip.replace(points=clip.points / 500), clip.replace(points=clip.points * 20)
    for i, (poses, profile) in enumerate([(near, "core"), (clip, "core"), (far, "normalised")]):
        files.write_json(tmp_path / f"{i}.json", formats.write(poses, profile))
    assert_same(formats.load(tmp_path), [near, clip, far], tolerance=1e-9)


def test_goldens_are_loaded_from_files(tmp_path: Path) -> None:
    for name in ("a1111", "openpose", "judian17_text"):
        case = golden(name)
        files.write_json(tmp_path / "case.json", case["payload"])
        canvas_wh = case["canvas_wh"] and tuple(case["canvas_wh"])
        clip, dialect = formats.load_named(tmp_path / "case.json", canvas_wh=canvas_wh)
        assert dialect == case["dialect"]
        assert_same(clip, formats.read(case["payload"], canvas_wh=canvas_wh))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "bad.json: expected poses as JSON"),
        (b"\xff\xfe\xfd", "bad.json: expected poses as JSON"),
        (b"[" * 100_000, "bad.json: expected poses as JSON"),
        (b'[{"people": 5}]', "bad.json: frame 0, people: expected a list"),
        (b'{"a": 1}', r"bad.json: .*a dict with the keys list \['a'\]"),
    ],
)
def test_what_is_wrong_names_the_file(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(BadKeypoints, match=said):
        formats.load(tmp_path / "bad.json")
    (tmp_path / "good.json").write_text("[]")
    if "expected poses as JSON" in said:
        with pytest.raises(BadKeypoints, match=said):
            formats.load(tmp_path)


@pytest.mark.parametrize("content", ["[]", "[[], []]", '{"frames": []}'])
def test_a_file_without_a_frame_among_others_is_named(tmp_path: Path, clip: list[Poses], content: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "f0.json").write_text(content)
    assert formats.load(tmp_path / "in") == [] == formats.load(tmp_path / "in" / "f0.json")
    files.write_json(tmp_path / "in" / "f1.json", formats.write(clip[:1]))
    with pytest.raises(BadKeypoints, match=r"f0\.json: it holds no frame"):
        formats.load(tmp_path / "in")


def test_nothing_to_load_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadKeypoints, match=r"gone\.json cannot be read"):
        formats.load(tmp_path / "gone.json")
    with pytest.raises(BadKeypoints, match=r"holds no \.json files"):
        formats.load(tmp_path)


@pytest.mark.parametrize(
    ("profile", "name", "error", "said"),
    [
        ("posedata", "x.json", BadOption, "not written to files"),
        ("dwposes", "x", BadOption, "not written to files"),
        ("nobody", "x.json", BadOption, "a profile is one of"),
        (["core"], "x.json", BadOption, "a profile is one of"),
        (None, "x", BadOption, "a profile is one of"),
        ("coco", "x", BadOption, "name it with .json at the end"),
        ("openpose_files", "x.json", BadKeypoints, "holds one frame, got 12: name a folder"),
        ("studio", "x.json", BadKeypoints, "one frame"),
    ],
)
def test_what_cannot_be_saved_says_what_to_do_and_writes_nothing(
    tmp_path: Path, clip: list[Poses], profile: Any, name: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        formats.save(clip, tmp_path / name, profile)
    assert not list(tmp_path.iterdir())


def test_no_frames_are_a_file_and_no_folder(tmp_path: Path) -> None:
    formats.save([], tmp_path / "none.json")
    assert formats.load(tmp_path / "none.json") == []
    with pytest.raises(BadKeypoints, match="no frames to write"):
        formats.save([], tmp_path / "none")


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path, clip: list[Poses], monkeypatch: Any) -> None:
    written = []

    def fails_late(path: Path, data: Any) -> None:
        if len(written) == 5:
            raise OutputError("the disk is full")
        written.append(path)
        files.write_json(path, data)

    monkeypatch.setattr("sdpose.formats.files.write_json", fails_late)
    with pytest.raises(OutputError, match="full"):
        formats.save(clip, tmp_path / "walk")
    assert len(written) == 5 and not list(tmp_path.iterdir())


def test_folders_with_something_in_them_are_left_alone(tmp_path: Path, clip: list[Poses]) -> None:
    (tmp_path / "empty").mkdir()
    formats.save(clip[:2], tmp_path / "empty")
    assert len(formats.load(tmp_path / "empty")) == 2
    (tmp_path / "file").write_text("mine")
    for taken in ("empty", "file"):
        with pytest.raises(OutputError, match="something is there already"):
            formats.save(clip, tmp_path / taken)
    assert len(formats.load(tmp_path / "empty")) == 2 and (tmp_path / "file").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


def test_options_reach_the_writer(tmp_path: Path, clip: list[Poses]) -> None:
    formats.save(clip, tmp_path / "half.json", canvas_wh=(320, 240), threshold=0.5, scores="binary")
    for poses, frame in zip(clip, formats.load(tmp_path / "half.json"), strict=True):
        assert frame.canvas_wh == (320, 240)
        body = poses.scores[:, :18] >= 0.5
        np.testing.assert_array_equal(frame.scores[:, :18], body)
        np.testing.assert_array_equal(frame.points[:, :18], np.where(body[..., None], poses.points[:, :18] / 2, 0))


def test_only_clips_of_files_of_one_frame_want_a_folder() -> None:
    wanting = {name for name in formats.PROFILES if wants_folder(name, 2)}
    assert wanting == {"openpose_files", "studio", "old_editor"}
    assert not any(wants_folder(name, 1) for name in formats.PROFILES)
