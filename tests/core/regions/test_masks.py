"""Masks: what they cover, how they grow and fade, and that shapes differ as they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sdpose.errors import BadOption
from sdpose.poses import Poses
from sdpose.regions import REGIONS, SHAPES, mask, region_boxes
from sdpose.topology import get

from .people import Standing


@pytest.mark.parametrize("shape", SHAPES)
@given(
    points=arrays.arrays(np.float64, (1, 17, 2), elements=st.floats(-50, 150, width=16)),
    scores=arrays.arrays(np.float64, (1, 17), elements=st.sampled_from([0.0, 1.0])),
)
def test_a_persons_mask_covers_every_point_seen_in_the_picture(
    shape: str, points: np.ndarray, scores: np.ndarray
) -> None:
    poses = Poses(points, scores, get("coco17"), (97, 63))
    found = mask(poses, "person", shape, grow=1)
    assert found.shape == (63, 97) and found.dtype == np.uint8
    if region_boxes(poses).found[0]:
        x, y = np.rint(points[0][scores[0] > 0]).astype(int).T
        inside = (x >= 0) & (x < 97) & (y >= 0) & (y < 63)
        assert (found[y[inside], x[inside]] == 255).all()
    else:
        assert not found.any()


@pytest.mark.parametrize("name", ["coco17", "openpose134"])
@pytest.mark.parametrize("region", REGIONS)
def test_masks_lie_within_their_boxes(standing: Standing, name: str, region: str) -> None:
    poses = standing(name)
    x1, y1, x2, y2 = region_boxes(poses, region).boxes[0]
    for shape in SHAPES:
        rows, columns = np.nonzero(mask(poses, region, shape))
        assert len(rows)
        assert columns.min() >= x1 - 1.5 and columns.max() <= x2 + 1.5
        assert rows.min() >= y1 - 1.5 and rows.max() <= y2 + 1.5


def test_limbs_leave_out_what_is_between_them(standing: Standing) -> None:
    poses = standing()
    hull, limbs = (mask(poses, "person", shape) > 0 for shape in ("hull", "limbs"))
    assert limbs.sum() < 0.8 * hull.sum()
    assert not (limbs & ~hull).any()
    between_the_knees = (165, 100)
    assert hull[between_the_knees] and not limbs[between_the_knees]
    chest, crown = (90, 100), (26, 100)
    assert limbs[chest] and limbs[crown]


def test_limbs_are_as_thick_as_the_person_is_large(standing: Standing) -> None:
    poses = standing()
    half = poses.replace(points=poses.points / 2)
    large, small = ((mask(frame) > 0).sum() for frame in (poses, half))
    assert large / small == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("shape", SHAPES)
def test_growing_adds_so_many_pixels_all_around(standing: Standing, shape: str) -> None:
    import cv2

    poses = standing()
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    dilated = cv2.dilate(mask(poses, "person", shape), disc)
    grown = mask(poses, "person", shape, grow=5)
    assert (grown != dilated).mean() < 0.015
    assert not (mask(poses, "person", shape) & ~grown).any()


def test_feathering_fades_outwards_and_leaves_the_inside_full(standing: Standing) -> None:
    poses = standing()
    sharp, soft = mask(poses, "head"), mask(poses, "head", feather=6)
    assert (soft[sharp == 255] == 255).all()
    row = 34
    edge = int(np.flatnonzero(sharp[row]).max())
    ramp = soft[row, edge : edge + 9].astype(int)
    assert (np.diff(ramp[:8]) < 0).all() and ramp[8] == 0
    assert set(np.unique(sharp)) == {0, 255}
    np.testing.assert_array_equal(mask(poses[:0], feather=6), 0)


def test_everybody_is_in_one_mask_and_each_alone_in_their_own(standing: Standing) -> None:
    one, other = standing(), standing(shift=(60, 40))
    both = one.replace(
        points=np.concatenate([one.points, other.points]),
        scores=np.concatenate([one.scores, other.scores]),
        track_ids=[0, 1],
    )
    np.testing.assert_array_equal(mask(both), np.maximum(mask(one), mask(other)))
    np.testing.assert_array_equal(mask(both[1]), mask(other))


def test_hands_of_whole_bodies_have_fingers_and_a_palm_between_them(standing: Standing) -> None:
    poses = standing("openpose134")
    hull, limbs = ((mask(poses, "left_hand", shape) > 0).sum() for shape in ("hull", "limbs"))
    assert 0 < limbs < hull
    body_only = (mask(poses.to(get("coco17")), "left_hand") > 0).sum()
    assert body_only > hull, "without fingers there is a disc large enough for any hand"


def test_points_far_out_do_no_harm(standing: Standing) -> None:
    poses = standing()
    points = poses.points.copy()
    ankle = poses.skeleton.index("left_ankle")
    points[0, ankle] = (1e12, -1e12)
    np.testing.assert_array_equal(mask(poses.replace(points=points)), mask(standing(hidden=("left_ankle",))))
    points[0, ankle] = (5e5, 165)
    along_the_shin = (165, 180)
    assert mask(poses.replace(points=points))[along_the_shin] == 255 != mask(poses)[along_the_shin]


@pytest.mark.parametrize("options", [{"shape": "cloud"}, {"region": "tail"}, {"grow": -1}, {"feather": -0.5}])
def test_what_cannot_be_asked_for_is_refused(standing: Standing, options: dict[str, object]) -> None:
    with pytest.raises(BadOption, match="got"):
        mask(standing(), **options)  # type: ignore[arg-type]
