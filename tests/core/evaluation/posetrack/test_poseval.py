"""AP and MOTA of drawn-up scenes against what PoseTrack's own tool says of them (recorded by `record.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sdpose.evaluation.posetrack import GROUPS, evaluate_posetrack
from sdpose.formats import posetrack
from sdpose.topology import get

from .scenes import QUIRKS, RANDOM, Scene, files, random_scene, scenes

RECORDED = json.loads((Path(__file__).parents[3] / "goldens" / "posetrack.json").read_text())["scenes"]
JOINTS = get("posetrack15").keypoints
MEASURES = {"ap": ("map", "ap", "ap_groups"), "mota": ("mota", "mota_joints", "mota_groups")}

# AP and MOTA in percent, as they can be worked out by hand. In most scenes two people are found in eight frames, of
# which MOTA looks at seven, so that each joint is there 14 times.
BY_HAND = {
    "perfect": (100, 100),
    "perfect, 2017": (100, 100),
    "swap in the middle": (100, 100 * (1 - 2 / 14)),
    "swap in the last frame": (100, 100),
    "nobody found in a frame": (100 * 14 / 16, 100 * (1 - 2 / 13)),
    "nobody found in the last frame": (100 * 14 / 16, 100),
    "nobody annotated in a frame": (100, 100),
    "doubles with low scores": (100, 0),
    "doubles with high scores": (50, 0),
    "doubles with high scores, listed first": (100, 0),
    "hidden joints count": (100 * 14 / 16, 100 * (1 - 2 / 13)),
    "no scores": (100, 100),
    "no scores, 2017": (100, 100),
    "one ignored": (100, 100),
    "all ignored": (100, 100 * (1 - 2 / 13)),
    "on the edge of a region": (100, 100),
    "annotated without joints": (None, 100 * (1 - 2 / 12)),
    "found without points, 2017": (100 * 14 / 16, 100 * (1 - 2 / 13)),
    "found without joints": (100 * 14 / 16, 100 * (1 - 2 / 14)),
    "joint never annotated": (100, 100),
    "joint neither annotated nor found": (100 * 14 / 15, 100),
    "just in reach": (100, 100),
    "just out of reach": (None, 100 * (1 - 4 / 14)),
    "head without size": (None, 100 * (1 - 4 / 14)),
    "fifteen keypoints in another order": (100, 100 * (1 - 4 / 14)),
}


def evaluated(scene: Scene, folder: Path) -> dict[str, Any]:
    for side in ("true", "found"):
        (folder / side).mkdir()
    for name, true, found in files(scene):
        (folder / "true" / name).write_text(json.dumps(true))
        (folder / "found" / name).write_text(json.dumps(found))
    return evaluate_posetrack(folder / "true", folder / "found")


def numbers(values: Any) -> npt.NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values])


@pytest.mark.parametrize("name", list(scenes()))
def test_the_tool_says_the_same(name: str, tmp_path: Path) -> None:
    result = evaluated(scenes()[name], tmp_path)
    for measure, (mean, joints, groups) in MEASURES.items():
        tool = numbers(RECORDED[name][measure])
        ours = numbers([*(result[joints][joint] for joint in JOINTS), result[mean]])
        assert 100 * ours == pytest.approx(tool, abs=1e-6, nan_ok=True)
        table = [np.mean([tool[JOINTS.index(joint)] for joint in members]) for members in GROUPS.values()]
        assert 100 * numbers(result[groups].values()) == pytest.approx(np.array(table), abs=1e-6, nan_ok=True)


# Annotations of 2017 may list people without points, whom those of 2018 cannot.
@pytest.mark.parametrize("seed", [seed for seed in range(10) if random_scene(seed).years[0] == 2018])
def test_files_that_we_write_score_the_same(seed: int, tmp_path: Path) -> None:
    for side in ("true", "found"):
        (tmp_path / side).mkdir()
    for name, *sides in files(scenes()[f"random {seed}"]):
        for side, data in zip(("true", "found"), sides, strict=True):
            posetrack.write(tmp_path / side / name, posetrack.from_json(data))
    result = evaluate_posetrack(tmp_path / "true", tmp_path / "found")
    means = [result[mean] for mean, _, _ in MEASURES.values()]
    assert 100 * numbers(means) == pytest.approx([RECORDED[f"random {seed}"][measure][-1] for measure in MEASURES])


def test_the_random_scenes_are_many_and_different() -> None:
    assert list(RECORDED) == list(scenes()) and RANDOM >= 30
    for measure in MEASURES:
        means = [RECORDED[f"random {seed}"][measure][-1] for seed in range(RANDOM)]
        assert len(set(means)) == RANDOM and max(means) - min(means) > 30


@pytest.mark.parametrize("name", BY_HAND)
def test_what_the_tool_says_of_a_quirk_can_be_worked_out_by_hand(name: str) -> None:
    assert name in QUIRKS
    for measure, expected in zip(MEASURES, BY_HAND[name], strict=True):
        if expected is not None:
            assert RECORDED[name][measure][-1] == pytest.approx(expected)
