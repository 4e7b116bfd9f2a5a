"""Folders that cannot be scored, and what a score is made of."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sdpose.errors import BadKeypoints
from sdpose.evaluation.posetrack import GROUPS, evaluate_posetrack

from .scenes import JOINTS, QUIRKS, files

CLIP = "000001_mpii_test.json"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for side in ("true", "found"):
        (tmp_path / side).mkdir()
    for name, true, found in files(QUIRKS["perfect"]):
        (tmp_path / "true" / name).write_text(json.dumps(true))
        (tmp_path / "found" / name).write_text(json.dumps(found))
    return tmp_path / "true", tmp_path / "found"


def change(path: Path, edit: Callable[[Any], Any]) -> None:
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data))


def test_the_groups_hold_every_joint_once() -> None:
    members = [joint for group in GROUPS.values() for joint in group]
    assert sorted(members) == sorted(joint.replace("head_bottom", "neck") for joint in JOINTS)


def test_what_is_counted_is_said(folders: tuple[Path, Path]) -> None:
    (folders[1] / "another.json").write_text("not looked at")
    result = evaluate_posetrack(*folders)
    assert [result[key] for key in ("clips", "frames", "people", "extrapolated")] == [1, 8, 16, []]
    assert result["map"] == result["map_limbs"] == result["mota"] == result["mota_limbs"] == 1


def test_limbs_are_without_the_head(folders: tuple[Path, Path]) -> None:
    def spoil(data: Any) -> None:
        for annotation in data["annotations"]:
            annotation["keypoints"][: 3 * 3 : 3] = [5000.0] * 3  # nose, neck, head top

    change(folders[1] / CLIP, spoil)
    result = evaluate_posetrack(*folders)
    assert result["map_limbs"] == result["mota_limbs"] == 1
    assert result["map"] == pytest.approx(12 / 15) and result["mota"] == pytest.approx((12 - 3) / 15)


@pytest.mark.parametrize(
    ("side", "edit", "message"),
    [
        (1, lambda d: d["images"].pop(), r"annotation 14, image_id: 107 is not the id"),
        (0, lambda d: (d["images"].pop(), d["annotations"].__delitem__(slice(14, 16))), r"mpii_test\.json have 8 .* 7"),
        (1, lambda d: d["images"][2].update(file_name="images/val/000001_mpii_test/9.jpg"),
         r"results for .*json, frame 2: expected picture 000002\.jpg, got 9\.jpg"),
        (1, lambda d: d["annotations"][1].update(track_id=0), r"results for .*json, frame 0: .*got \[0, 0\]"),
        (0, lambda d: d["annotations"][3].pop("bbox_head"), r"json, frame 1, person 1: expected a head box"),
        (0, lambda d: d["annotations"].clear(), r"true: nobody is annotated in any of its 1 files"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(
    folders: tuple[Path, Path], side: int, edit: Callable[[Any], Any], message: str
) -> None:
    change(folders[side] / CLIP, edit)
    with pytest.raises(BadKeypoints, match=message):
        evaluate_posetrack(*folders)


def test_folders_without_files_are_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BadKeypoints, match=r"expected a folder of PoseTrack annotation files"):
        evaluate_posetrack(tmp_path, folders[1])
    with pytest.raises(BadKeypoints, match=r"has no 000001_mpii_test\.json"):
        evaluate_posetrack(folders[0], tmp_path)


def test_a_true_person_without_track_id_leaves_mota_out(folders: tuple[Path, Path]) -> None:
    change(folders[0] / CLIP, lambda data: [a.pop("track_id") for a in data["annotations"][:2]])
    result = evaluate_posetrack(*folders)
    assert result["map"] == 1 and result["mota"] is None and result["mota_joints"] is None


def test_a_region_is_what_its_edges_enclose() -> None:
    from sdpose.evaluation.posetrack.regions import inside

    star = np.array([(0, 0), (8, 0), (8, 8), (4, 2), (0, 8)], float)
    grid = np.stack(np.meshgrid(np.arange(-1, 10), np.arange(-1, 10)), axis=-1).astype(float)
    within = inside(grid, [star])
    # Above (4, 2) the right edge of the notch is x = 4 + (y - 2) * 2 / 3, the left one mirrors it.
    x, y = grid[..., 0], grid[..., 1]
    expected = (x > 0) & (x < 8) & (y > 0) & (y < 8) & ~(np.abs(x - 4) * 3 <= (y - 2) * 2)
    assert np.array_equal(within, expected)
    assert np.array_equal(inside(grid, [star[::-1]]), expected)  # whichever way round
    assert not inside(grid, []).any() and not inside(grid, [np.zeros((0, 2)), star[:2]]).any()
    assert np.array_equal(inside(grid, [star, star + 1]), expected | inside(grid, [star + 1]))
