"""Convert Poses: whatever came, in every profile, with word of what was read and what is left out."""

from __future__ import annotations

import json

import numpy as np
import pytest

OPTIONS = {"profile": "core", "dialect": "auto", "scores": "as the profile does", "threshold": -1.0}
OPTIONS |= {"width": 0, "height": 0}


@pytest.fixture(scope="module")
def people(pack):
    """One person in two frames, whole, with a track id."""
    poses, topology = pack.part("sdpose.poses").Poses, pack.part("sdpose.topology")
    rng = np.random.default_rng(1)
    known = {"skeleton": topology.get("openpose134"), "canvas_wh": (128, 96), "track_ids": [2]}
    return [poses(rng.uniform(9, 80, (1, 134, 2)), rng.uniform(0.1, 0.9, (1, 134)), **known) for _ in range(2)]


@pytest.fixture(scope="module")
def convert(pack):
    """Run the node: poses, pose_data, dw_poses, json, report."""
    return lambda poses, **changes: pack.run("SDPoseKit_ConvertPoses", poses=poses, **OPTIONS | changes)


def test_every_dialect_comes_out_the_same(pack, people, convert):
    write = pack.part("sdpose.formats").write
    core = write(people)
    assert convert(core)[0] == core == convert(json.dumps(core))[0]
    for profile, parts in (("posedata", range(18)), ("dwposes", range(18)), ("normalised", range(134))):
        found = pack.part("nodes.sockets").poses_from_socket(convert(write(people, profile), width=128, height=96)[0])
        for now, was in zip(found, people, strict=True):
            np.testing.assert_allclose(now.points[:, parts], was.points[:, parts], atol=1e-9)


def test_every_profile_is_what_the_library_writes(pack, people, convert):
    formats = pack.part("sdpose.formats")
    for profile in pack.nodes["SDPoseKit_ConvertPoses"].GET_SCHEMA().inputs[1].options:
        clip = people[:1] if formats.PROFILES[profile].frames == 1 else people
        found = convert(formats.write(clip), profile=profile)
        assert found[0] == formats.write(clip, profile) == json.loads(found[3])
        assert formats.PROFILES[profile].kind == "POSE_KEYPOINT"


def test_other_kinds_of_wires(pack, people, convert):
    formats = pack.part("sdpose.formats")
    _, pose_data, dw_poses, *_ = convert(formats.write(people))
    assert [formats.recognise(found) for found in (pose_data, dw_poses)] == ["posedata", "dwposes"]
    np.testing.assert_allclose(formats.read(pose_data)[1].points[:, 0], people[1].points[:, 0])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "poses: written for core\npose_data: written for posedata, without "),
        ({"scores": "0 or 1"}, "dw_poses: written for dwposes, without feet, raw scores, track ids"),
        ({"threshold": 0.0, "profile": "aux"}, "poses: written for aux, without feet, raw scores, track ids\n"),
        (
            {"scores": "raw", "threshold": 0.0, "profile": "scail"},
            "poses: written for scail, without feet, track ids\n",
        ),
        ({"scores": "0 or 1"}, "poses: written for core, without raw scores\n"),
        ({"width": 64}, "poses: written for core\n"),
    ],
)
def test_what_is_left_out_is_said(pack, people, convert, changes, said):
    assert said in convert(pack.part("sdpose.formats").write(people[:1]), **changes)[4]


@pytest.mark.parametrize(("profile", "named"), [("core", "openpose (core)"), ("aux", "openpose (aux)")])
def test_what_came_is_said(pack, people, convert, profile, named):
    write = pack.part("sdpose.formats").write
    assert convert(write(people, profile))[4].startswith(f"{named}: ")
    assert convert(write(people, "normalised"))[4].startswith("normalised: ")
    assert convert(write(people), dialect="openpose")[4].startswith("openpose: ")


def test_size_and_threshold_reach_the_poses(pack, people, convert):
    core = pack.part("sdpose.formats").write(people)
    wide = pack.part("nodes.sockets").poses_from_socket(convert(core, width=256)[0])
    assert wide[0].canvas_wh == (256, 192)
    np.testing.assert_allclose(wide[0].points, people[0].points * 2)
    square = pack.part("nodes.sockets").poses_from_socket(convert(core, width=256, height=96)[0])
    np.testing.assert_allclose(square[0].points, people[0].points * [2, 1])
    sure = pack.part("nodes.sockets").poses_from_socket(convert(core, threshold=0.5)[0])
    np.testing.assert_array_equal(sure[0].scores > 0, people[0].scores >= 0.5)
    (line,) = [line for line in convert(core, threshold=0.5)[4].splitlines() if "written for core" in line]
    left_out = sum(int((frame.scores < 0.5).sum()) for frame in people)
    assert f"without {left_out} points" in line


def test_what_one_output_cannot_hold_stops_only_that(pack, people, convert):
    from comfy_execution.graph import ExecutionBlocker

    two = [frame[[0, 0]] for frame in people]
    core = pack.part("sdpose.formats").write(two)
    poses, pose_data, dw_poses, _, text = convert(core)
    assert poses == core and len(dw_poses["poses"]) == 2
    assert isinstance(pose_data, ExecutionBlocker) and "one person per frame" in pose_data.message
    assert f"\npose_data: nothing, because {pose_data.message}\n" in text
    poses, _, dw_poses, as_text, text = convert(core, profile="magos")
    assert isinstance(poses, ExecutionBlocker) and as_text is poses and len(dw_poses["poses"]) == 2
    assert "\nposes: nothing, because" in text and "select who is wanted" in poses.message


def test_frames_of_several_sizes_keep_their_shapes(pack, people, convert):
    narrow = people[1].replace(canvas_wh=(96, 128))
    core = pack.part("sdpose.formats").write([people[0], narrow])
    found = pack.part("nodes.sockets").poses_from_socket(convert(core, height=256)[0])
    assert [frame.canvas_wh for frame in found] == [(341, 256), (192, 256)]
    np.testing.assert_allclose(found[1].points, narrow.points * 2)


def test_animals_pass_untouched(convert):
    animals = [{"version": "ap10k", "animals": [[[1, 2, 3.0]] * 17], "canvas_width": 8, "canvas_height": 9}]
    poses, pose_data, _, text, report = convert(animals, profile="aux")
    assert poses is animals and json.loads(text) == animals and "animals" in report and "animals" in pose_data.message


def test_no_frames(convert):
    poses, _, _, text, report = convert([])
    assert (poses, text) == ([], "[]") and "in 0 frames\nposes: written for core\n" in report


def test_two_readings_are_asked_about(pack, convert):
    frames = [{"canvas_width": 8, "canvas_height": 9, "people": [{"pose_keypoints_2d": [1.2, 0.5, 1.0] * 18}]}]
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="dialect"):
        convert(frames)
    assert convert(frames, dialect="openpose")[0][0]["people"][0]["pose_keypoints_2d"][:2] == [1.2, 0.5]
