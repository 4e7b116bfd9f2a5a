"""sdpose evaluate motion, on files by this project and by others."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sdpose.formats.openpose import to_frames
from sdpose.media import read_image
from sdpose.poses import Poses
from sdpose.topology import COCO17

FRAMES = 20


@pytest.fixture
def files(tmp_path):
    """The truth, noisy poses without ids as others write them, and steadier ones that have them."""
    rng = np.random.default_rng(0)
    shape = rng.uniform(0, 80, (17, 2))
    clips = {"t": [], "a": [], "b": []}
    for t in range(FRAMES):
        points = shape + np.array([[(20 + 3 * t, 10)], [(150 - 3 * t, 120)]])
        for name, noise in (("t", 0.0), ("a", 1.0), ("b", 0.2)):
            ids = None if name == "a" else np.array([0, 1])
            noisy = points + rng.normal(0, noise, points.shape)
            boxes = None if name == "a" else np.concatenate((noisy.min(axis=1), noisy.max(axis=1)), axis=1)
            people = Poses(noisy, np.ones((2, 17)), COCO17, (256, 256), boxes=boxes, track_ids=ids)
            clips[name].append(people[[0]] if name == "a" and t == 7 else people)
    paths = {}
    for name, clip in clips.items():
        paths[name] = tmp_path / f"{name}.json"
        paths[name].write_text(json.dumps(to_frames(clip)))
    return paths


def test_two_versions_and_the_truth_are_reported_written_and_drawn(sdpose, files, tmp_path):
    out = tmp_path / "report.json"
    words = [files["a"], files["b"], "--truth", files["t"], "--fps", 12, "--cuts", "10", "--json", out]
    result = sdpose("evaluate", "motion", *words, "--plot", tmp_path / "joints.png")
    assert result.code == 0, result.err
    found = json.loads(out.read_text())
    assert found["frames"] == FRAMES and found["fps"] == 12 and found["cuts"] == [10]
    assert found["files"] == {"a": str(files["a"]), "b": str(files["b"]), "truth": str(files["t"])}
    assert found["b"]["accel_error"] < 0.4 * found["a"]["accel_error"]
    assert found["filled"]["people"] == 1 and found["lost"]["people"] == 0
    assert found["b"]["idf1"] == 1 and found["a"]["tracked_here"] and not found["b"]["tracked_here"]
    for text in ("IDF1", "jerk", "identity switches", "filled from A to B: 0 keypoints, 1 people", "frames after A"):
        assert text in result.out
    assert f"{files['a']} has no track ids" in result.out and str(files["b"]) not in result.out
    assert read_image(tmp_path / "joints.png").size


def test_one_version_alone_is_reported(sdpose, files):
    result = sdpose("evaluate", "motion", files["b"])
    assert result.code == 0 and "accel" in result.out and "IDF1" not in result.out and "filled" not in result.out


def test_files_of_other_lengths_are_refused(sdpose, files):
    short = json.loads(files["b"].read_text())[:-1]
    files["b"].write_text(json.dumps(short))
    result = sdpose("evaluate", "motion", files["a"], files["b"])
    assert result.code == 1 and f"a has {FRAMES}, b has {FRAMES - 1}" in result.err


@pytest.mark.parametrize(("words", "says"), [(["--fps", 0], "--fps is above 0"), (["--cuts", "3;4"], "48,96")])
def test_wrong_options_are_refused(sdpose, files, words, says):
    result = sdpose("evaluate", "motion", files["b"], *words)
    assert result.code != 0 and says in result.err


def test_files_that_hold_no_poses_are_refused(sdpose, files, tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    result = sdpose("evaluate", "motion", files["b"], tmp_path / "bad.json")
    assert result.code == 1 and "bad.json" in result.err
