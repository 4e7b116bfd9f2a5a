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
