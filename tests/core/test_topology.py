"""The skeleton tables against what COCO, COCO-WholeBody and OpenPose publish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdpose import topology
from sdpose.errors import BadOption

GOLDENS = Path(__file__).parents[1] / "goldens" / "net"


@pytest.mark.parametrize("name", topology.NAMES)
def test_every_table_is_consistent(name: str) -> None:
    skeleton = topology.get(name)
    assert len(skeleton) == int("".join(filter(str.isdigit, name)))
    assert len(set(skeleton.keypoints)) == len(skeleton) == len(skeleton.sigmas)
    flips = skeleton.flip_indices
    assert [flips[i] for i in flips] == list(range(len(skeleton)))  # mirrored twice is where it was
    assert all(a in skeleton and b in skeleton for a, b in skeleton.links)


@pytest.mark.parametrize(("scheme", "name"), [("body", "coco17"), ("wholebody", "coco_wholebody133")])
def test_flip_indices_are_the_published_ones(scheme: str, name: str) -> None:
    published = json.loads((GOLDENS / "meta.json").read_text())["flip_indices"][scheme]
    assert list(topology.get(name).flip_indices) == published


def test_keypoint_names_are_the_published_ones() -> None:
    names = json.loads((GOLDENS / "meta.json").read_text())["keypoint_names"]
    assert list(topology.COCO_WHOLEBODY133.keypoints) == names
    assert list(topology.COCO17.keypoints) == names[:17]


def test_the_left_hand_comes_first() -> None:
    assert topology.COCO_WHOLEBODY133.indices("left_hand") == tuple(range(91, 112))
    assert topology.COCO_WHOLEBODY133.indices("right_hand") == tuple(range(112, 133))
    assert topology.OPENPOSE134.indices("left_hand") == tuple(range(92, 113))


def test_a_part_that_a_skeleton_lacks_is_empty() -> None:
    assert topology.COCO17.indices("face") == ()


def test_the_oks_constants_sum_to_the_published_tables() -> None:
    assert sum(topology.COCO17.sigmas) == pytest.approx(1.138)
    assert sum(topology.COCO_WHOLEBODY133.sigmas[:23]) == pytest.approx(1.138 + 0.480)


def test_posetracks_tables_hold_the_same_keypoints() -> None:
    long, short = topology.POSETRACK17, topology.POSETRACK15
    assert set(long.keypoints) - set(short.keypoints) == {"left_ear", "right_ear"}
    assert set(short.keypoints) < set(long.keypoints) and set(short.links) == set(long.links)
    assert all(long.sigmas[long.index(name)] == short.sigmas[short.index(name)] for name in short.keypoints)


def test_posetracks_orders_are_the_published_ones() -> None:
    coco, long, short = topology.COCO17, topology.POSETRACK17, topology.POSETRACK15
    assert long.keypoints[:3] == ("nose", "neck", "head_top") and long.keypoints[3:] == coco.keypoints[3:]
    assert long.flip_indices == (0, 1, 2, *coco.flip_indices[3:])
    assert short.keypoints[:3] == ("right_ankle", "right_knee", "right_hip")
    assert short.keypoints[11:] == ("left_wrist", "neck", "nose", "head_top")
    assert short.flip_indices == (5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13, 14)


def test_openpose137_is_body_25_with_a_face_of_70_and_hands() -> None:
    wide, narrow = topology.OPENPOSE137, topology.OPENPOSE134
    assert set(wide.keypoints) - set(narrow.keypoints) == {"mid_hip", "right_pupil", "left_pupil"}
    body = (*narrow.parts["body"][:8], "mid_hip", *narrow.parts["body"][8:])
    assert wide.keypoints[:25] == (*body, *narrow.parts["feet"])
    assert (wide.keypoints[8], wide.keypoints[15], wide.keypoints[24]) == ("mid_hip", "right_eye", "right_heel")
    assert wide.parts["face"] == (*narrow.parts["face"], "right_pupil", "left_pupil")
    assert all(wide.sigmas[wide.index(name)] == narrow.sigmas[narrow.index(name)] for name in narrow.keypoints)
    assert wide.flip_indices[wide.index("mid_hip")] == wide.index("mid_hip")
    assert wide.flip_indices[wide.index("left_pupil")] == wide.index("right_pupil")


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(BadOption, match=r"coco17.*got 'mpii'"):
        topology.get("mpii")
    with pytest.raises(AttributeError):
        _ = topology.MPII  # type: ignore[attr-defined]
