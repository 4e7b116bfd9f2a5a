"""Two streams compared: distances worked out by hand, the right people matched, and a picture that shows it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose import Poses, draw
from sdpose.editing import apart, measured, resized, shifted, side_by_side
from sdpose.editing.comparing import LEAST_LIKENESS
from sdpose.editing.pictures import COLOURS
from sdpose.errors import BadImage, BadKeypoints, BadOption
from sdpose.topology import get

from ..regions.people import BODY

BODY_OF = get("coco17")
STANDING = np.array([BODY[name] for name in BODY_OF.keypoints], np.float64)
TORSO = float(np.hypot(120 - 88, 120 - 60) + np.hypot(80 - 112, 120 - 60)) / 2


def frame(*places: tuple[float, float], ids: list[int] | None = None, size_wh: tuple[int, int] = (600, 300)) -> Poses:
    """People who stand so far from the place of the standing person."""
    points = np.array([STANDING + place for place in places]).reshape(-1, 17, 2)
    return Poses(points, np.ones(points.shape[:2]), BODY_OF, size_wh, track_ids=ids)


def without(poses: Poses, row: int, *names: str) -> Poses:
    scores = poses.scores.copy()
    scores[row, [BODY_OF.index(name) for name in names]] = 0
    return poses.replace(scores=scores)


def test_distances_are_those_of_a_ruler() -> None:
    a, b = frame((0, 0), (300, 0)), frame((3, 4), (300, 0))
    found = measured(apart([a], [b]))
    assert found["people"] == 2 and found["points"] == 34 and found["people_a"] == found["points_b"] == 0
    assert found["px"] == pytest.approx(2.5) and found["px_max"] == pytest.approx(5)
    assert found["torso"] == pytest.approx(2.5 / TORSO)
    assert found["pck_0.05"] == 0.5 and found["pck_0.1"] == 1.0  # 5 px are 7 % of the torso
    assert found["frames"][0]["pairs"] == [[0, 0], [1, 1]]
    assert json.loads(json.dumps(found)) == found


def test_frames_are_measured_each_and_together() -> None:
    a = [frame((0, 0)), frame(), frame((0, 0))]
    b = [frame((6, 8)), frame(), frame((0, 0), (300, 0))]
    found = measured(apart(a, b))
    assert [part["px"] for part in found["frames"]] == [pytest.approx(10), None, 0]
    assert [part["people_b"] for part in found["frames"]] == [0, 0, 1]
    assert found["px"] == pytest.approx(5) and found["people_b"] == 1
    assert measured([])["px"] is None and measured([])["pck_0.1"] is None


def test_points_that_one_has_alone_are_counted_and_not_measured() -> None:
    a = without(frame((0, 0)), 0, "nose", "left_wrist")
    b = without(frame((0, 0)), 0, "right_ankle")
    found = measured(apart([a], [b]))
    assert (found["points"], found["points_a"], found["points_b"]) == (14, 1, 2)
    faint = frame((0, 0)).replace(scores=np.full((1, 17), 0.2))
    assert measured(apart([a], [faint]))["points"] == 15
    assert measured(apart([a], [faint], "likeness", threshold=0.3)) | {"frames": 0} == {
        "people": 0, "people_a": 1, "people_b": 1, "points": 0, "points_a": 0, "points_b": 0, "px": None,
        "px_max": None, "torso": None, "pck_0.05": None, "pck_0.1": None, "frames": 0,
    }  # fmt: skip


def test_people_are_matched_by_ids_or_by_likeness() -> None:
    a = frame((0, 0), (300, 0), ids=[0, 1])
    crossed = frame((10, 0), (290, 0), ids=[1, 0])
    assert apart([a], [crossed])[0].rows.tolist() == [[0, 1], [1, 0]]
    assert apart([a], [crossed], "track ids")[0].rows.tolist() == [[0, 1], [1, 0]]
    assert apart([a], [crossed], "likeness")[0].rows.tolist() == [[0, 0], [1, 1]]
    nameless = crossed.replace(track_ids=None)
    assert apart([a], [nameless])[0].rows.tolist() == [[0, 0], [1, 1]]
    with pytest.raises(BadOption, match="match by likeness"):
        apart([a], [nameless], "track ids")
    assert apart([a], [frame(ids=None)])[0].alone == ([0, 1], [])


def test_who_is_elsewhere_is_somebody_else() -> None:
    (found,) = apart([frame((0, 0))], [frame((300, 0))])
    assert found.rows.shape == (0, 2) and found.alone == ([0], [0])


@settings(max_examples=40)
@given(st.permutations(range(4)), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_noise_and_order_do_not_change_who_is_whom(order: list[int], gone: int, seed: int) -> None:
    a = frame((0, 0), (120, 0), (240, 5), (360, 0))
    noise = np.random.default_rng(seed).normal(0, 3, a.points.shape)
    b = a.replace(points=a.points + noise)[list(order[gone:])]
    assert sorted(apart([a], [b])[0].rows.tolist()) == sorted([who, row] for row, who in enumerate(order[gone:]))


def test_a_body_is_compared_with_a_whole_body() -> None:
    a = frame((0, 0))
    whole = a.to(get("openpose134"))
    k = whole.skeleton.indices("face")
    points, scores = whole.points.copy(), whole.scores.copy()
    points[:, k], scores[:, k] = 100, 0.9
    (found,) = apart([a], [whole.replace(points=points, scores=scores)])
    assert found.rows.tolist() == [[0, 0]] and found.only_b.sum() == len(k) and not found.only_a.any()
    assert np.isfinite(found.pixels).sum() == 18 and not found.pixels[np.isfinite(found.pixels)].any()


def test_a_point_in_common_is_not_a_person_in_common() -> None:
    """Two who stand apart with one joint at the same place are two."""
    names = [name for name in BODY_OF.keypoints if name != "nose"]
    other = frame((0, 0)).points.copy()
    other[0, 1:] += (200, 0)
    assert LEAST_LIKENESS > 1 / 17
    assert apart([frame((0, 0))], [frame((0, 0)).replace(points=other)])[0].rows.size == 0
    assert apart([without(frame((0, 0)), 0, *names)], [frame((0, 0))])[0].rows.tolist() == [[0, 0]]


def test_another_canvas_is_resized_and_one_frame_serves_all() -> None:
    a = frame((0, 0))
    found = apart([a, a], [resized(a, 1200, 600)])
    assert len(found) == 2 and measured(found)["px"] == pytest.approx(0, abs=1e-9)
    with pytest.raises(BadKeypoints, match="these have 2, 3"):
        apart([a] * 2, [a] * 3)


def test_the_picture_shows_each_and_both() -> None:
    a = frame((0, 0), (300, 0))
    (same,) = apart([a], [a])
    picture = side_by_side(same)
    assert picture.shape == (300, 1800, 3) and picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[:, :600], draw(a, threshold=0, feet=True))
    np.testing.assert_array_equal(picture[:, :600], picture[:, 600:1200])
    both = picture[:, 1200:].reshape(-1, 3)
    assert both.any() and (both.min(axis=1) == both.max(axis=1)).all(), "white and grey: they agree everywhere"


def test_what_differs_has_colours_arrows_and_rings() -> None:
    a = without(frame((0, 0)), 0, "left_ankle")
    (found,) = apart([a], [shifted(frame((0, 0)), 30, 0)])
    colours = {tuple(pixel) for pixel in side_by_side(found)[:, 1200:].reshape(-1, 3).tolist()}
    assert {*COLOURS, (255, 255, 0)} <= colours
    assert (255, 255, 0) not in {
        tuple(pixel) for pixel in side_by_side(found, limit=9)[:, 1200:].reshape(-1, 3).tolist()
    }
    small = side_by_side(found, (150, 75))
    assert small.shape == (75, 450, 3)
    back = np.full((300, 600, 3), 200, np.uint8)
    behind = side_by_side(found, background=back)
    assert (behind[0, 0] == 200).all() and (behind[0, -1] == 70).all()
    with pytest.raises(BadImage):
        side_by_side(found, (150, 75), background=back)


@settings(max_examples=40)
@given(st.data())
def test_any_two_frames_make_a_picture(data: st.DataObject) -> None:
    far = st.sampled_from([0.0, -1e12, 1e12, 40.0, 63.5])
    frames = []
    for _ in range(2):
        skeleton = get(data.draw(st.sampled_from(["coco17", "openpose134", "posetrack15"])))
        count = data.draw(st.integers(0, 3))
        points = data.draw(st.lists(far, min_size=2 * count, max_size=2 * count))
        places = np.tile(np.reshape(points, (count, 1, 2)), (1, len(skeleton), 1))
        scores = data.draw(st.sampled_from([-1.0, 0.0, 0.4]))
        size_wh = data.draw(st.tuples(st.integers(1, 90), st.integers(1, 90)))
        frames.append([Poses(places, np.full(places.shape[:2], scores), skeleton, size_wh)])
    (found,) = apart(*frames)
    width, height = frames[0][0].canvas_wh
    assert side_by_side(found).shape == (height, 3 * width, 3)
    json.dumps(measured([found]), allow_nan=False)


def test_options_are_checked() -> None:
    a = [frame((0, 0))]
    with pytest.raises(BadOption, match="auto, track ids, likeness"):
        apart(a, a, "place")
    with pytest.raises(BadOption, match="threshold"):
        apart(a, a, threshold=-1)
    with pytest.raises(BadOption, match="limit"):
        side_by_side(apart(a, a)[0], limit=-1)
