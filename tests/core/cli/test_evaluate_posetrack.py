"""sdpose evaluate posetrack: from files to a table and the same numbers as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sdpose.evaluation.posetrack import GROUPS, evaluate_posetrack
from sdpose.formats import posetrack
from sdpose.poses import Poses
from sdpose.topology import get

from .conftest import Result

Run = Callable[..., Result]

NAMES = [f"images/val/000001_mpii_test/{i:06d}.jpg" for i in range(3)]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three frames of one person, found where it is by a model of COCO's keypoints."""
    coco = get("coco17")
    points = np.column_stack([np.arange(17.0) * 10, np.arange(17.0) ** 2])[None]
    found = posetrack.from_coco(Poses(points, np.full((1, 17), 0.9), coco, (400, 400), track_ids=np.array([4])))
    frames = [posetrack.Frame.found(name, found) for name in NAMES]
    posetrack.write(tmp_path / "found" / "000001_mpii_test.json", posetrack.Clip(tuple(frames), posetrack.EXTRAPOLATED))
    head = {"head_boxes": np.array([[0.0, 0.0, 30.0, 40.0]]), "scored": np.zeros((1, 17), bool)}
    true = posetrack.to_json(posetrack.Clip(tuple(posetrack.Frame(**{**vars(frame), **head}) for frame in frames)))
    neck = true["categories"][0]["keypoints"].index("head_bottom")
    for annotation in true["annotations"]:
        annotation["keypoints"][3 * neck] += 100
    (tmp_path / "true").mkdir()
    (tmp_path / "true" / "000001_mpii_test.json").write_text(json.dumps(true))
    return tmp_path / "true", tmp_path / "found"


def test_it_prints_a_table_and_writes_the_numbers(sdpose: Run, tmp_path: Path, folders: tuple[Path, Path]) -> None:
    words = ("--truth", folders[0], "--poses", folders[1], "--json", tmp_path / "scores.json")
    result = sdpose("evaluate", "posetrack", *words)
    assert result.code == 0, result.err
    numbers = json.loads((tmp_path / "scores.json").read_text())
    assert numbers == evaluate_posetrack(*folders)
    assert numbers["map"] == pytest.approx(14 / 15) and numbers["map_limbs"] == 1
    header, ap, mota, accel, jerk, counts, extrapolated = result.out.splitlines()
    assert header.split() == [*GROUPS, "all", "limbs"]
    assert ap.split() == ["AP", "0.667", *["1.000"] * 6, "0.933", "1.000"]
    assert mota.split() == ["MOTA", "0.333", *["1.000"] * 6, "0.867", "1.000"]
    assert accel == "acceleration error 0.000 torso lengths per frame^2"
    assert jerk == "jerk -, of the annotations - torso lengths per frame^3"  # it takes four frames
    assert counts == "clips: 1, frames: 3, people: 3"
    assert extrapolated.endswith("not found by a model: head_top, neck")


def test_without_track_ids_there_is_no_mota(sdpose: Run, folders: tuple[Path, Path]) -> None:
    path = folders[1] / "000001_mpii_test.json"
    found = json.loads(path.read_text())
    del found["extrapolated"]
    for annotation in found["annotations"]:
        del annotation["track_id"]
    path.write_text(json.dumps(found))
    result = sdpose("evaluate", "posetrack", "--truth", folders[0], "--poses", folders[1])
    assert result.code == 0 and [line.split()[0] for line in result.out.splitlines()] == [
        *("head", "AP", "acceleration", "jerk", "clips:")
    ]
    assert evaluate_posetrack(*folders)["mota"] is None


def test_a_missing_result_file_is_one_sentence(sdpose: Run, tmp_path: Path, folders: tuple[Path, Path]) -> None:
    result = sdpose("evaluate", "posetrack", "--truth", folders[0], "--poses", tmp_path)
    assert result.code == 1 and "has no 000001_mpii_test.json" in result.err and result.err.count("\n") == 1
