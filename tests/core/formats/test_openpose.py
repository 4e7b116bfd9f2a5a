"""OpenPose JSON as ComfyUI core's POSE_KEYPOINT: exact out, tolerant in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose.errors import BadKeypoints
from sdpose.formats import openpose
from sdpose.formats.openpose import from_frames, to_frames
from sdpose.poses import Poses
from sdpose.topology import get

GOLDENS = Path(__file__).parents[2] / "goldens" / "draw"
LENGTHS = {
    "pose_keypoints_2d": 54,
    "foot_keypoints_2d": 18,
    "face_keypoints_2d": 210,
    "hand_right_keypoints_2d": 63,
    "hand_left_keypoints_2d": 63,
}


def poses(skeleton: str = "coco_wholebody133", people: int = 1, **extra: Any) -> Poses:
    """People whose numbers are all different, so that none can be mistaken for another."""
    k = len(get(skeleton))
    numbers = np.arange(people * k * 3).reshape(people, k, 3) / 7 + 1
    return Poses(numbers[..., :2], numbers[..., 2], get(skeleton), (640, 480), **extra)


def person(**parts: Any) -> dict[str, Any]:
    return {"pose_keypoints_2d": [0.5] * 54, **parts}


def frame(*people: Any, **changes: Any) -> dict[str, Any]:
    return {"canvas_width": 64, "canvas_height": 48, "people": list(people), **changes}


def triplets(flat: list[float]) -> np.ndarray:
    return np.array(flat).reshape(-1, 3)


def assert_same(a: Poses, b: Poses) -> None:
    assert (a.skeleton, a.canvas_wh) == (b.skeleton, b.canvas_wh)
    for field in ("points", "scores", "boxes", "box_scores", "track_ids"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))


@pytest.mark.parametrize("skeleton", ["coco17", "coco_wholebody133", "openpose18", "openpose134"])
def test_keys_and_lengths_are_core_s(skeleton: str) -> None:
    (written,) = to_frames([poses(skeleton, people=2)])
    assert list(written) == ["canvas_width", "canvas_height", "people"]
    assert (written["canvas_width"], written["canvas_height"]) == (640, 480)
    assert len(written["people"]) == 2
    for someone in written["people"]:
        assert {key: len(values) for key, values in someone.items()} == LENGTHS


def test_hands_are_on_the_side_that_coco_wholebody_says() -> None:
    source = poses()
    (someone,) = to_frames([source])[0]["people"]
    np.testing.assert_array_equal(triplets(someone["hand_left_keypoints_2d"])[:, :2], source.points[0, 91:112])
    np.testing.assert_array_equal(triplets(someone["hand_right_keypoints_2d"])[:, :2], source.points[0, 112:133])


def test_order_of_body_feet_and_face() -> None:
    source = poses()
    (someone,) = to_frames([source])[0]["people"]
    body = triplets(someone["pose_keypoints_2d"])
    order = [6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]
    np.testing.assert_array_equal(body[[0, *range(2, 18)], :2], source.points[0, [0, *order]])
    np.testing.assert_array_equal(body[1, :2], source.points[0, 5:7].mean(axis=0))
    assert body[1, 2] == source.scores[0, 5:7].min()
    np.testing.assert_array_equal(triplets(someone["foot_keypoints_2d"])[:, :2], source.points[0, 17:23])
    face = triplets(someone["face_keypoints_2d"])
    np.testing.assert_array_equal(face[:68, :2], source.points[0, 23:91])
    np.testing.assert_array_equal(face[68:], body[[14, 15]])


def test_parts_that_nobody_looked_for_are_full_length_zeros() -> None:
    (someone,) = to_frames([poses("coco17")])[0]["people"]
    for key in set(LENGTHS) - {"pose_keypoints_2d"}:
        assert someone[key] == [0.0] * LENGTHS[key]


def test_scores_stay_raw_and_points_that_were_not_found_keep_their_place() -> None:
    source = poses("openpose18")
    scores = source.scores.copy()
    scores[0, :3] = 1.7, 0.01, -0.2
    (someone,) = to_frames([source.replace(scores=scores)])[0]["people"]
    body = triplets(someone["pose_keypoints_2d"])
    assert body[:3, 2].tolist() == [1.7, 0.01, -0.2]
    np.testing.assert_array_equal(body[:, :2], source.points[0])


def test_extras_are_written_only_when_known() -> None:
    boxes = np.array([[1.5, 2, 30, 40], [0, 0, 5, 6]])
    known = poses("coco17", people=2, boxes=boxes, box_scores=[0.5, 0.25], track_ids=[7, -1])
    first, second = to_frames([known])[0]["people"]
    assert (first["track_id"], first["bbox"], first["score"]) == (7, [1.5, 2.0, 30.0, 40.0], 0.5)
    assert (second["track_id"], second["bbox"], second["score"]) == (-1, [0.0, 0.0, 5.0, 6.0], 0.25)
    assert isinstance(first["track_id"], int)


def test_frames_in_are_frames_out() -> None:
    clip = [poses("coco17"), Poses.empty(get("coco17"), (5, 6)), poses("coco17", people=3)]
    assert [len(written["people"]) for written in to_frames(iter(clip))] == [1, 0, 3]
    assert [len(read) for read in from_frames(to_frames(clip))] == [1, 0, 3]
    assert to_frames([]) == from_frames([]) == []


def test_one_frame_may_come_without_its_list() -> None:
    source = poses("openpose134")
    assert to_frames(source) == to_frames([source])
    assert_same(from_frames(to_frames(source)[0])[0], source)


@st.composite
def clips(draw: st.DrawFn) -> list[Poses]:
    """0 to 3 frames of 1 to 3 people, numbers of every magnitude, with and without each extra."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    skeleton = get(draw(st.sampled_from(("openpose18", "openpose134"))))

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(size=shape) * 10.0 ** rng.integers(-300, 300, shape)

    def one_frame() -> Poses:
        n = draw(st.integers(1, 3))
        return Poses(
            points=numbers(n, len(skeleton), 2),
            scores=numbers(n, len(skeleton)),
            skeleton=skeleton,
            canvas_wh=draw(st.tuples(st.integers(1, 9000), st.integers(1, 9000))),
            boxes=numbers(n, 4) if draw(st.booleans()) else None,
            box_scores=numbers(n) if draw(st.booleans()) else None,
            track_ids=rng.integers(-(2**62), 2**62, n) if draw(st.booleans()) else None,
        )

    return [one_frame() for _ in range(draw(st.integers(0, 3)))]


@settings(deadline=None, max_examples=60)
@given(clips())
def test_what_was_written_comes_back_exactly(clip: list[Poses]) -> None:
    text = json.dumps(to_frames(clip), allow_nan=False)
    read = from_frames(json.loads(text))
    assert len(read) == len(clip)
    for before, after in zip(clip, read, strict=True):
        assert_same(before, after)


@pytest.mark.parametrize("path", sorted(GOLDENS.glob("*.json")), ids=lambda path: path.stem)
def test_reads_and_rewrites_frames_of_other_writers(path: Path) -> None:
    source = json.loads(path.read_text())
    (again,) = to_frames(from_frames(source))
    for before, after in zip(source["people"], again["people"], strict=True):
        for key in LENGTHS:
            np.testing.assert_array_equal(triplets(before[key]), triplets(after[key]))


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"hand_left_keypoints_2d": None, "face_keypoints_2d": None},
        {"hand_left_keypoints_2d": [], "foot_keypoints_2d": []},
        {"track_id": None, "bbox": None, "score": None},
        {"something_else": "kept out"},
    ],
    ids=["missing", "null", "empty", "null extras", "unknown key"],
)
def test_parts_may_be_missing(parts: dict[str, Any]) -> None:
    (read,) = from_frames([frame(person(**parts))])
    assert read.skeleton == get("openpose18")
    assert (read.points == 0.5).all()
    assert read.boxes is read.box_scores is read.track_ids is None


def test_a_person_may_be_nothing_but_a_hand() -> None:
    (read,) = from_frames([frame({"hand_left_keypoints_2d": [1.0] * 63})])
    assert np.flatnonzero(read.scores[0]).tolist() == list(get("openpose134").indices("left_hand"))


@pytest.mark.parametrize(("points", "skeleton"), [(68, "openpose134"), (70, "openpose137"), (71, "openpose137")])
def test_faces_have_68_points_or_70_or_the_background_behind_these(points: int, skeleton: str) -> None:
    numbers = np.arange(points * 3.0).reshape(-1, 3)
    for face in (numbers.ravel().tolist(), numbers.tolist(), numbers):
        (read,) = from_frames([frame(person(face_keypoints_2d=face))])
        assert read.skeleton == get(skeleton)
        np.testing.assert_array_equal(read.points[0, read.skeleton.indices("face")], numbers[:70, :2])
        assert (read.points[0, read.skeleton.indices("body")][:8] == 0.5).all()


@pytest.mark.parametrize("points", [1, 17, 67, 69])
def test_a_face_of_which_nothing_says_what_is_there_is_absent(points: int, caplog: pytest.LogCaptureFixture) -> None:
    face, hand = np.arange(points * 3.0), [20.0] * 63
    clip = [frame(person(), person(face_keypoints_2d=list(face), hand_left_keypoints_2d=hand))] * 3
    clip += [frame(person(face_keypoints_2d=face.reshape(-1, 3).tolist()))]
    read = from_frames(clip)
    assert [poses.skeleton.name for poses in read] == ["openpose134"] * 4
    assert not any(poses.scores[:, poses.skeleton.indices("face")].any() for poses in read)
    assert read[0].scores[1, read[0].skeleton.indices("left_hand")].all()
    (said,) = caplog.messages
    assert said.startswith("4 faces have neither") and "frame 0, person 1)" in said
    caplog.clear()
    for looking in (openpose.units_of, openpose.variant_of):
        looking(clip)
    assert not caplog.messages


def test_pupils_of_their_own_come_back() -> None:
    wide = poses("openpose137", people=2)
    mid_hip = [name == "mid_hip" for name in wide.skeleton.keypoints]  # core has no place for it
    held = wide.replace(
        points=np.where(np.reshape(mid_hip, (-1, 1)), 0, wide.points), scores=wide.scores * ~np.array(mid_hip)
    )
    written = to_frames([held, held.to(get("openpose134"))])
    read = from_frames(written)
    assert_same(read[0], held)
    assert to_frames(read) == written
    eyes = from_frames(written[1:])
    assert [poses.skeleton.name for poses in eyes] == ["openpose134"]
    assert to_frames(eyes) == written[1:]


def test_a_body_of_17_is_coco_s_and_gets_a_neck() -> None:
    numbers = np.arange(51, dtype=float) + 1
    (read,) = from_frames([frame({"pose_keypoints_2d": numbers.tolist()})])
    coco = numbers.reshape(1, 17, 3)
    expected = Poses(coco[..., :2], coco[..., 2], get("coco17"), (64, 48)).to(get("openpose18"))
    assert_same(read, expected)
    with pytest.raises(BadKeypoints, match="frame 0, person 0, pose_keypoints_2d: points must be finite"):
        from_frames([frame({"pose_keypoints_2d": [1e308] * 51})])


def test_points_may_be_nested() -> None:
    flat, nested = (frame(person(hand_left_keypoints_2d=hand)) for hand in ([1, 2, 3] * 21, [[1, 2, 3]] * 21))
    assert_same(from_frames(flat)[0], from_frames(nested)[0])


def test_the_whole_clip_has_one_skeleton() -> None:
    clip = from_frames([frame(), frame(person()), frame(person(foot_keypoints_2d=[0] * 17 + [0.1]))])
    assert [read.skeleton.name for read in clip] == ["openpose134"] * 3
    assert [read.skeleton.name for read in from_frames([frame(), frame(person())])] == ["openpose18"] * 2


def test_extras_count_when_everyone_has_them() -> None:
    tracked, other = person(track_id=4, bbox=[1, 2, 3, 4], score=0.5), person(track_id=5)
    (read,) = from_frames([frame(tracked, other)])
    assert read.track_ids is not None
    assert read.track_ids.tolist() == [4, 5]
    assert read.boxes is None
    assert read.box_scores is None


@pytest.mark.parametrize("side", [64, 64.0, np.int32(64), np.uint8(64), np.float32(64)])
def test_a_canvas_is_any_whole_number(side: Any) -> None:
    (read,) = from_frames([frame(person(), canvas_width=side)])
    assert read.canvas_wh == (64, 48)
    assert type(read.canvas_wh[0]) is int


@pytest.mark.parametrize(
    "box",
    [
        [1, 2, 4, 6.5],
        [[1, 2, 4, 6.5]],
        [1, 2, 4, 6.5, 0.75],
        {"x": 1, "y": 2, "width": 3, "height": 4.5},
        {"x": np.int64(1), "y": 2, "width": 3, "height": np.float32(4.5), "label": "person", "score": 0.75},
    ],
    ids=["corners", "nested", "with score", "dict", "BOUNDING_BOX"],
)
def test_boxes_come_in_several_shapes(box: Any) -> None:
    (read,) = from_frames([frame(person(bbox=box), person(bbox=[0, 0, 5, 6]))])
    assert read.boxes is not None
    assert read.boxes.tolist() == [[1, 2, 4, 6.5], [0, 0, 5, 6]]


@pytest.mark.parametrize("track", [7, 7.0, [7.0], np.float32(7), np.uint8(7)])
def test_a_track_is_any_whole_number(track: Any) -> None:
    exact = 2**62 + 1  # no float is
    (read,) = from_frames([frame(person(track_id=track), person(track_id=exact))])
    assert read.track_ids is not None
    assert read.track_ids.tolist() == [7, exact]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("poses.json", "list of OpenPose frames"),
        (None, "got NoneType None"),
        ([frame(), 3], "frame 1: expected a dict"),
        (
            [{"people": []}],
            "frame 0: it does not say how large the picture is: give canvas_wh, its width and height",
        ),
        ([{"canvas_width": 5, "people": []}], "frame 0, canvas_height: expected a whole number .*; got NoneType"),
        ([frame(canvas_width=True)], "frame 0, canvas_width: .* got bool True"),
        ([frame(canvas_width=10**400)], "frame 0, canvas_width: .* got int"),
        ([frame(person(bbox={"x": 1e308, "y": 2, "width": 1e308, "height": 4}))], "person 0, bbox: expected finite"),
        ([frame(canvas_height=0)], "frame 0, canvas_height: .* got int 0"),
        ([frame(canvas_width=float("nan"))], "frame 0, canvas_width"),
        ([frame(canvas_width=10.5)], "frame 0, canvas_width: .* 10.5"),
        ([frame(canvas_width="64")], "frame 0, canvas_width: .* got str '64'"),
        ([{"canvas_width": 1, "canvas_height": 1, "animals": []}], "frame 0, people: expected a list"),
        ([frame(person(), "me")], "frame 0, person 1: expected a dict of keypoint lists; got str 'me'"),
        (
            [frame(), frame(person(hand_left_keypoints_2d=[0.0] * 60))],
            r"frame 1, person 0, hand_left_keypoints_2d: expected 63 numbers \(21 points .* got 60 numbers",
        ),
        ([frame(person(face_keypoints_2d=[1] * 216))], "expected 210 numbers .* or 204 numbers .* got 216"),
        ([frame(person(face_keypoints_2d=[1] * 206))], "face_keypoints_2d: expected 210 numbers .* got 206"),
        ([frame(person(face_keypoints_2d=[[1, 2]] * 60))], "face_keypoints_2d: expected points of 3 numbers"),
        ([frame({"pose_keypoints_2d": ["1"] * 54})], "pose_keypoints_2d: expected finite numbers; got list"),
        ([frame({"pose_keypoints_2d": [1.0, None] * 27})], "pose_keypoints_2d: expected finite numbers"),
        ([frame({"pose_keypoints_2d": [float("nan")] * 54})], "pose_keypoints_2d: expected finite numbers"),
        ([frame({"pose_keypoints_2d": [[1, 2, 3], [4]]})], "pose_keypoints_2d: expected finite numbers"),
        (
            [frame({"pose_keypoints_2d": [[1.0] * 54]})],
            "pose_keypoints_2d: expected points of 3 numbers .*; got points of 54",
        ),
        ([frame({"pose_keypoints_2d": {"x": 1}})], "pose_keypoints_2d: expected finite numbers; got dict"),
        ([frame(person(bbox=[1, 2, 3]))], "person 0, bbox: expected 4 number"),
        ([frame(person(bbox=[1, 2, 3, 4, 5, 6]))], "person 0, bbox: expected 4 number.* got 6"),
        ([frame(person(bbox={"x": 1, "y": 2, "width": 3}))], "bbox: expected x, y, width and height.* got dict"),
        ([frame(person(bbox={"x": "1", "y": 2, "width": 3, "height": 4}))], "bbox, x: expected finite numbers"),
        ([frame(person(track_id=1e300))], "person 0, track_id: expected whole numbers; got float 1e"),
        ([frame(person(track_id=2**63))], "person 0, track_id: expected whole numbers; got int"),
        ([frame(person(track_id="7"))], "person 0, track_id: expected finite numbers; got str '7'"),
        ([frame(person(track_id=1.5))], "person 0, track_id: expected whole numbers; got float 1.5"),
        ([frame(person(score="high"))], "person 0, score: expected finite numbers; got str 'high'"),
    ],
)
def test_malformed_data_is_named(data: Any, said: str) -> None:
    with pytest.raises(BadKeypoints, match=said):
        from_frames(data)
