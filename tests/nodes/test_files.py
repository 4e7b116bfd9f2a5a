"""Saving and loading poses: nothing lost, nothing outside its folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def frames(pack):
    """Two people with awkward numbers, and an empty frame."""
    poses, topology = pack.part("sdpose.poses"), pack.part("sdpose.topology")
    rng = np.random.default_rng(3)
    skeleton = topology.get("openpose134")
    points = rng.random((2, 134, 2)) * 1000 / 3 - 5
    people = poses.Poses(points, rng.random((2, 134)) * 1.1 - 0.05, skeleton, (333, 777), track_ids=np.array([4, 2]))
    return pack.part("nodes.sockets").poses_to_socket([people, poses.Poses.empty(skeleton, (333, 777))])


def test_saved_poses_come_back_float_by_float(pack, frames):
    (path,) = pack.run("SDPoseKit_SavePoses", poses=frames, filename_prefix="poses/clip")
    assert json.loads(Path(path).read_text(encoding="utf-8")) == frames
    name = f"poses/{Path(path).name} [output]"
    assert name in pack.nodes["SDPoseKit_LoadPoses"].GET_SCHEMA().inputs[0].options
    assert pack.run("SDPoseKit_LoadPoses", file=name) == (frames,)


def test_saving_again_overwrites_nothing(pack, frames):
    first, second = (
        pack.run("SDPoseKit_SavePoses", poses=frames, filename_prefix="deep/down/%year%")[0] for _ in range(2)
    )
    assert first != second and Path(first).is_file() and Path(second).is_file()


def test_nothing_is_saved_outside_the_output_folder(pack, frames):
    with pytest.raises(Exception, match="outside the output folder"):
        pack.run("SDPoseKit_SavePoses", poses=frames, filename_prefix="../escaped")
    assert not list(pack.base.parent.glob("escaped*"))


@pytest.mark.parametrize("file", ["/etc/passwd", "../models/x.json", "../../etc/passwd [output]", "gone.json", ""])
def test_nothing_is_read_outside_its_folder(pack, file):
    node = pack.nodes["SDPoseKit_LoadPoses"]
    assert "no pose file" in node.validate_inputs(file=file)
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints):
        pack.run("SDPoseKit_LoadPoses", file=file)


def test_files_in_subfolders_and_of_other_tools_are_read(pack, frames):
    folder = pack.base / "input" / "studio"
    folder.mkdir()
    person = {**frames[0]["people"][0], "hand_left_keypoints_2d": None, "foot_keypoints_2d": []}
    (folder / "one.json").write_text(json.dumps({**frames[0], "people": [person]}))
    assert pack.nodes["SDPoseKit_LoadPoses"].validate_inputs(file="studio/one.json") is True
    (loaded,) = pack.run("SDPoseKit_LoadPoses", file="studio/one.json")
    assert loaded[0]["people"][0]["pose_keypoints_2d"] == person["pose_keypoints_2d"]
    assert loaded[0]["people"][0]["hand_left_keypoints_2d"] == [0] * 63


@pytest.mark.parametrize("text", ["not json", "\xff", '{"canvas_width": 3}', "[1]"])
def test_a_file_that_is_no_pose_file_says_so(pack, text):
    path = pack.base / "input" / "broken.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints):
        pack.run("SDPoseKit_LoadPoses", file="broken.json")


def test_every_format_is_saved_and_loaded(pack, frames):
    formats = pack.part("sdpose.formats")
    options = pack.nodes["SDPoseKit_SavePoses"].GET_SCHEMA().inputs[2].options
    assert options[0] == "core" and set(options) == set(formats.PROFILES) - {"posedata", "dwposes"}
    one = [{**frames[0], "people": frames[0]["people"][:1]}]
    for name in options:
        (path,) = pack.run("SDPoseKit_SavePoses", poses=one, filename_prefix="poses/of", format=name)
        file = f"poses/{Path(path).name} [output]"
        (loaded,) = pack.run("SDPoseKit_LoadPoses", file=file, dialect="auto", width=333, height=777)
        found = np.reshape(loaded[0]["people"][0]["pose_keypoints_2d"], (18, 3))
        wanted = np.reshape(one[0]["people"][0]["pose_keypoints_2d"], (18, 3))
        there = (found[:, 2] > 0) & (np.arange(18) != 1)  # some work the neck out again
        assert there.sum() > 5
        np.testing.assert_allclose(found[there, :2], wanted[there, :2], atol=1e-9, err_msg=name)


def test_the_node_says_what_a_format_leaves_out(pack, frames, monkeypatch):
    said = []
    monkeypatch.setattr(pack.part("nodes.files"), "report", lambda node, text: said.append(text))
    one = [{**frames[0], "people": [frames[0]["people"][0] | {"track_id": 3}]}]
    for name in ("core", "judian17"):
        (path,) = pack.run("SDPoseKit_SavePoses", poses=one, filename_prefix="poses/said", format=name)
        said.append(Path(path).name)
    assert said[0] == f"saved {said[1]}, written for core"
    assert said[2].startswith(f"saved {said[3]}, written for judian17, without ") and "track ids" in said[2]


def test_a_clip_of_files_of_one_frame_is_a_folder_that_is_listed(pack, frames):
    (path,) = pack.run("SDPoseKit_SavePoses", poses=frames, filename_prefix="poses/many", format="openpose_files")
    assert len(list(Path(path).glob("*_keypoints.json"))) == 2
    node, name = pack.nodes["SDPoseKit_LoadPoses"], f"poses/{Path(path).name} [output]"
    assert name in node.GET_SCHEMA().inputs[0].options and node.validate_inputs(file=name) is True
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="width and height"):
        pack.run("SDPoseKit_LoadPoses", file=name)
    (loaded,) = pack.run("SDPoseKit_LoadPoses", file=name, width=333, height=777)
    assert [len(frame["people"]) for frame in loaded] == [2, 0]
    assert loaded[0]["people"][1]["pose_keypoints_2d"] == frames[0]["people"][1]["pose_keypoints_2d"]
    before = node.fingerprint_inputs(file=name, dialect="auto", width=0, height=0)
    next(Path(path).iterdir()).unlink()
    assert node.fingerprint_inputs(file=name, dialect="auto", width=0, height=0) != before
    after = node.fingerprint_inputs(file=name, dialect="auto", width=0, height=0)
    Path(path, "gone.json").symlink_to("nowhere.json")
    assert node.fingerprint_inputs(file=name, dialect="auto", width=0, height=0) == after


def test_the_dialect_decides_where_two_readings_are_possible(pack):
    frame = {"canvas_width": 64, "canvas_height": 48, "people": [{"pose_keypoints_2d": [0.5, 1.5, 1.0] * 18}]}
    (pack.base / "input" / "small.json").write_text(json.dumps(frame))
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match=r"small\.json: .*normalised"):
        pack.run("SDPoseKit_LoadPoses", file="small.json")
    (loaded,) = pack.run("SDPoseKit_LoadPoses", file="small.json", dialect="normalised")
    assert loaded[0]["people"][0]["pose_keypoints_2d"][:2] == [32.0, 72.0]


def test_animals_pass_through_untouched(pack):
    animals = [{"version": "ap10k", "animals": [[1.5, 2.5, 1.0] * 17], "canvas_height": 48, "canvas_width": 64}]
    for came in (animals, json.dumps(animals)):
        (path,) = pack.run("SDPoseKit_SavePoses", poses=came, filename_prefix="poses/dogs", format="coco")
        assert json.loads(Path(path).read_text(encoding="utf-8")) == animals
        assert pack.run("SDPoseKit_LoadPoses", file=f"poses/{Path(path).name} [output]") == (animals,)
