"""One frame out of a clip and back: nothing else changes by a byte, and what an editor dropped is there again."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose import formats
from sdpose.editing.frames import BETWEEN, frames_of, join, part, pick, put_back
from sdpose.errors import BadKeypoints, BadOption, SDPoseError
from sdpose.poses import Poses
from sdpose.topology import get

from ..formats.made_up import golden, names

CANVAS = (640, 480)
PARTS = ("pose_keypoints_2d", "face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")
FILES = ("coco", "posetrack")
GOLDENS = [name for name in names() if golden(name)["dialect"] not in FILES]


def people(count: int, seed: int = 0, skeleton: str = "coco_wholebody133", **extras: Any) -> Poses:
    rng = np.random.default_rng(seed)
    k = len(get(skeleton))
    points, scores = rng.random((count, k, 2)) * CANVAS, rng.uniform(0.35, 0.95, (count, k))
    return Poses(points, scores, get(skeleton), CANVAS, **extras)


def tracked(count: int, seed: int = 0) -> Poses:
    boxes = np.tile([10.5, 20.0, 300.0, 400.25], (count, 1))
    return people(count, seed, boxes=boxes, box_scores=np.full(count, 0.75), track_ids=np.arange(count) + 3)


def clip(frames: int = 6, count: int = 2) -> list[dict[str, Any]]:
    return formats.write([tracked(count, seed) for seed in range(frames)])


def points(frame: Any, person: int = 0, key: str = "pose_keypoints_2d") -> np.ndarray:
    return np.reshape(frame["people"][person][key], (-1, 3))


def studio(frame: dict[str, Any], canvas_wh: tuple[int, int] | None = None) -> dict[str, Any]:
    """What OpenPose Studio gives back of a frame: a bare dict without feet, in whole pixels, with scores of 1."""
    own = np.array([frame["canvas_width"], frame["canvas_height"]])
    canvas = own if canvas_wh is None else np.array(canvas_wh)

    def rounded(values: list[float]) -> list[float] | None:
        table = np.reshape(values, (-1, 3))
        there = table[:, 2:] > 0
        return (np.c_[np.round(table[:, :2] * canvas / own), there] * there).ravel().tolist() if there.any() else None

    kept = [{key: rounded(person[key]) for key in PARTS} for person in frame["people"]]
    return {"canvas_width": int(canvas[0]), "canvas_height": int(canvas[1]), "people": kept}


def ultimate(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """What the Ultimate OpenPose editor gives back: a list of one frame without feet, in shares, with raw scores."""
    size = np.array([frame["canvas_width"], frame["canvas_height"], 1.0])
    kept = [{key: (np.reshape(p[key], (-1, 3)) / size).ravel().tolist() for key in PARTS} for p in frame["people"]]
    return [{"people": kept, "canvas_height": frame["canvas_height"], "canvas_width": frame["canvas_width"]}]


# Out.


@pytest.mark.parametrize("index", [0, 3, -1])
def test_a_picked_frame_is_the_very_one(index: int) -> None:
    came = clip()
    picked = pick(came, index)
    assert picked.payload[0] is came[index] and len(picked.payload) == 1
    assert (picked.canvas_wh, picked.count) == (CANVAS, 6)


@pytest.mark.parametrize("name", GOLDENS)
def test_a_frame_of_any_dialect_reads_as_it_does_in_its_clip(name: str) -> None:
    case = golden(name)
    payload, canvas_wh = case["payload"], tuple(case.get("canvas_wh") or ()) or None
    picked = pick(payload, -1)
    if formats.is_animals(payload):
        assert picked.payload == [frames_of(payload)[-1]]
        return
    dialect = case["dialect"]
    (one,), whole = (formats.read(value, dialect, canvas_wh) for value in (picked.payload, payload))
    assert picked.count == len(whole) and picked.canvas_wh == (None if canvas_wh else whole[-1].canvas_wh)
    np.testing.assert_array_equal(one.points, whole[-1].to(one.skeleton).points)


@pytest.mark.parametrize("index", [6, -7, 10**30])
def test_a_frame_that_is_not_there_is_named(index: int) -> None:
    with pytest.raises(BadOption, match=f"no frame {index}: the clip has from 0 to 5"):
        pick(clip(), index)
    with pytest.raises(BadOption, match="none at all"):
        pick([], 0)


@pytest.mark.parametrize("index", ["0", 0.0, None, True])
def test_a_place_is_a_whole_number(index: Any) -> None:
    for attempt in (lambda: pick(clip(), index), lambda: put_back(clip(), [clip(1)], [index])):
        with pytest.raises(BadOption, match="whole numbers"):
            attempt()


@pytest.mark.parametrize("profile", ["coco", "coco_results", "posetrack"])
def test_files_without_frames_one_after_another_are_to_be_converted(profile: str) -> None:
    poses = [people(1, skeleton="coco17", track_ids=np.array([1]))]
    written = formats.write(poses, profile)
    for attempt in (lambda: pick(written, 0), lambda: put_back(written, [clip(1)], [0], canvas_wh=CANVAS)):
        with pytest.raises(BadKeypoints, match="Convert Poses"):
            attempt()
    assert join([written]) is written


def test_the_old_editor_s_file_is_one_frame() -> None:
    came = formats.write(people(2, skeleton="openpose18"), "old_editor")
    assert pick(came, 0).payload == [came] and pick(came, 0).canvas_wh == CANVAS
    edited = people(2, 5, skeleton="openpose18")
    found, _ = put_back(came, [formats.write(edited)], [0])
    np.testing.assert_allclose(formats.read(found)[0].points, edited.points)


def test_pieces_are_one_clip_and_pieces_again() -> None:
    came = clip()
    pieces = [came[:2], json.dumps(came[2:3]), came[3], came[4:]]
    whole = join(pieces)
    assert whole == came and whole[4] is came[4]
    assert part(whole, [2, 1, 1, 2]) == [came[:2], came[2:3], came[3:4], came[4:]]
    assert join([pieces[0]]) is pieces[0] and part(pieces[2], [1]) == [pieces[2]]


@pytest.mark.parametrize("profile", ["posedata", "dwposes"])
def test_pieces_of_one_dict_are_one_too(profile: str) -> None:
    poses = [people(1, seed) for seed in range(5)]
    pieces = [formats.write(poses[:2], profile), formats.write(poses[2:], profile)]
    whole = join(pieces)
    read = [formats.read(value, canvas_wh=CANVAS) for value in (*pieces, whole)]
    assert [len(clip) for clip in read] == [2, 3, 5]
    np.testing.assert_array_equal(read[2][3].points, read[1][1].points)
    assert [len(frames_of(piece)) for piece in part(whole, [2, 3])] == [2, 3]
    with pytest.raises(BadKeypoints, match="of one dialect"):
        join([pieces[0], formats.write(poses)])


# And back.


@settings(max_examples=40)
@given(data=st.data())
def test_other_frames_stay_byte_for_byte(data: st.DataObject) -> None:
    """Whatever stands in them: ints, unknown keys, parts that are null."""
    profile = data.draw(st.sampled_from(["core", "aux", "normalised", "judian17", "scail", "editor", "openpose_files"]))
    counts = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=6))
    came = formats.write([people(count, seed) for seed, count in enumerate(counts)], profile)
    for frame in came:
        frame |= data.draw(st.dictionaries(st.text(max_size=3).map("x".__add__), st.integers() | st.none(), max_size=2))
    before = deepcopy(came)
    chosen = data.draw(st.lists(st.integers(0, len(counts) - 1), min_size=1, max_size=3, unique=True))
    edited = [formats.write([people(data.draw(st.integers(0, 3)), 99)]) for _ in chosen]
    found, changed = put_back(came, edited, chosen, canvas_wh=CANVAS)
    assert changed == sorted(chosen) and came == before and len(found) == len(came)
    others = [i for i in range(len(came)) if i not in chosen]
    assert all(found[i] is came[i] and json.dumps(found[i]) == json.dumps(before[i]) for i in others)


@pytest.mark.parametrize("name", GOLDENS)
def test_a_frame_put_back_unedited_changes_nothing(name: str) -> None:
    case = golden(name)
    payload, canvas_wh = case["payload"], tuple(case.get("canvas_wh") or ()) or None
    picked = pick(payload, 0).payload
    dialect = "auto" if formats.is_animals(payload) else case["dialect"]
    found, _ = put_back(payload, [picked], [0], dialect=dialect, canvas_wh=canvas_wh)
    if formats.is_animals(payload):
        assert found == payload
        return
    one, other = (formats.read(value, dialect, canvas_wh) for value in (found, payload))
    for now, was in zip(one, other, strict=True):
        np.testing.assert_allclose(now.points, was.points, atol=1e-9)
        np.testing.assert_array_equal(now.scores, was.scores)
    assert formats.profile_of(found) == formats.profile_of(payload)


@pytest.mark.parametrize("editor", [studio, ultimate], ids=["studio", "ultimate"])
def test_what_an_editor_drops_is_there_again(editor: Any) -> None:
    """Track ids, boxes, scores, feet, and the digits behind the point; and what else stood in the frame."""
    came = clip()
    came[2] |= {"note": "mine"}
    came[2]["people"][1] |= {"name": "B"}
    found, _ = put_back(came, [editor(came[2])], [2])
    assert list(found[2]) == list(came[2]) and found[2]["note"] == "mine"
    for now, was in zip(found[2]["people"], came[2]["people"], strict=True):
        assert list(now) == list(was)
        for key, value in was.items():
            np.testing.assert_allclose(now[key], value, atol=1e-9) if key != "name" else None
    assert found[2]["people"][1]["name"] == "B"


def test_an_edit_is_kept_and_what_hangs_on_it_goes_along() -> None:
    came = clip()
    edited = studio(came[2])
    skeleton = get("openpose18")
    ankle, nose = skeleton.index("left_ankle"), skeleton.index("nose")
    edited["people"][0]["pose_keypoints_2d"][3 * ankle] += 40
    edited["people"][0]["pose_keypoints_2d"][3 * nose : 3 * nose + 3] = [0, 0, 0]
    found, _ = put_back(came, [edited], [2])
    now, was = (points(frames[2]) for frames in (found, came))
    assert now[ankle, 0] == round(was[ankle, 0]) + 40 and now[ankle, 2] == 1
    assert now[nose].tolist() == [0, 0, 0]
    others = [i for i in range(18) if i not in (ankle, nose)]
    np.testing.assert_array_equal(now[others], was[others])
    feet, old = (points(frames[2], key="foot_keypoints_2d") for frames in (found, came))
    np.testing.assert_allclose(feet[:3, 0] - old[:3, 0], now[ankle, 0] - was[ankle, 0])
    np.testing.assert_array_equal(feet[3:], old[3:])
    face, old = (points(frames[2], key="face_keypoints_2d") for frames in (found, came))
    np.testing.assert_array_equal(face[:68], old[:68])  # the editor speaks of faces


def test_points_that_were_left_out_for_the_editor_are_there_again() -> None:
    """They are not to be seen in it, so that nobody can have removed them."""
    people_there = tracked(2)
    faint = people_there.scores.copy()
    faint[:, ::3] = 0.1
    came = formats.write([people_there.replace(scores=faint)])
    found, _ = put_back(came, [formats.write(formats.read(came), "studio")], [0])
    for now, was in zip(found[0]["people"], came[0]["people"], strict=True):
        np.testing.assert_allclose(now["pose_keypoints_2d"], was["pose_keypoints_2d"])


def test_a_part_that_the_editor_took_away_is_away() -> None:
    came = clip()
    edited = studio(came[2])
    edited["people"][0]["hand_left_keypoints_2d"] = None
    found, _ = put_back(came, [edited], [2])
    assert not points(found[2], key="hand_left_keypoints_2d").any()
    assert points(found[2], key="hand_right_keypoints_2d").any()


def test_feet_are_gone_with_their_ankle() -> None:
    came = clip()
    edited = studio(came[2])
    ankle = get("openpose18").index("right_ankle")
    edited["people"][0]["pose_keypoints_2d"][3 * ankle : 3 * ankle + 3] = [0, 0, 0]
    found, _ = put_back(came, [edited], [2])
    feet = points(found[2], key="foot_keypoints_2d")
    assert feet[:3].any() and not feet[3:].any()


def test_a_canvas_of_another_size_is_scaled_back() -> None:
    came = clip()
    found, _ = put_back(came, [studio(came[2], (1280, 720))], [2])
    assert (found[2]["canvas_width"], found[2]["canvas_height"]) == CANVAS
    np.testing.assert_array_equal(points(found[2]), points(came[2]))


def test_who_was_added_or_removed_is_told_by_nearness() -> None:
    came = clip(count=3)
    edited = studio(came[2])
    del edited["people"][0]
    found, _ = put_back(came, [edited], [2])
    assert [person["track_id"] for person in found[2]["people"]] == [4, 5]
    np.testing.assert_array_equal(points(found[2]), points(came[2], 1))
    edited = studio(came[2])
    edited["people"].insert(1, studio(formats.write([people(1, 77)])[0])["people"][0])
    found, _ = put_back(came, [edited], [2])
    assert [person["track_id"] for person in found[2]["people"]] == [3, 6, 4, 5]
    new = found[2]["people"][1]
    x, y = points(found[2], 1)[:, 0], points(found[2], 1)[:, 1]
    assert new["score"] == 1 and new["bbox"][0] <= x.min() and new["bbox"][3] >= y.max()


def test_track_ids_of_the_editor_say_who_is_who() -> None:
    came = clip()
    edited = deepcopy(came[2])
    edited["people"].reverse()
    found, _ = put_back(came, [edited], [2])
    assert found[2]["people"] == came[2]["people"][::-1]


def test_an_empty_frame_gets_people_of_the_clip_s_kind() -> None:
    came = clip()
    came[2]["people"] = []
    found, _ = put_back(came, [studio(came[3])], [2])
    assert [sorted(person) for person in found[2]["people"]] == [sorted(person) for person in came[3]["people"]]


def test_a_clip_stays_what_it_is() -> None:
    bare, listed = clip(1)[0], {"frames": clip(2)}
    assert isinstance(put_back(bare, [studio(bare)], [0])[0], dict)
    assert list(put_back(listed, [studio(bare)], [1])[0]) == ["frames"]
    text = json.dumps(clip(2))
    found, _ = put_back(text, [json.dumps(studio(bare))], [0])
    assert found[1] == json.loads(text)[1]


@pytest.mark.parametrize("swap_hands", [False, True])
def test_hands_of_dwposes_stay_on_their_sides(swap_hands: bool) -> None:
    came = formats.dwposes.write([people(1, seed) for seed in range(3)], swap_hands=swap_hands)
    found, _ = put_back(came, [formats.write([people(1, 1)])], [1], canvas_wh=CANVAS)
    assert found["poses"][0] is came["poses"][0] and found["swap_hands"] is swap_hands
    np.testing.assert_allclose(found["poses"][1]["hands"], came["poses"][1]["hands"])


def test_posedata_keeps_the_other_objects() -> None:
    came = formats.write([people(1, seed) for seed in range(3)], "posedata")
    found, _ = put_back(came, [formats.write([people(1, 9)])], [1])
    for key in ("pose_metas", "pose_metas_original"):
        assert [one is other for one, other in zip(found[key], came[key], strict=True)] == [True, False, True]
    assert formats.read(found)[1].points[0, 0].tolist() == people(1, 9).points[0, 0].tolist()


@pytest.mark.parametrize(
    ("indices", "edited", "options", "error", "match"),
    [
        ([9], 1, {}, BadOption, "no frame 9"),
        ([], 0, {}, BadOption, "say which frames"),
        ([1, -5], 2, {}, BadOption, "each of them once"),
        ([1, 2], 1, {}, BadOption, "1 edited frames for the places"),
        ([1], 1, {"between": "guess"}, BadOption, "leave, interpolate, blend the edits"),
        ([1], 1, {"dialect": "morse"}, BadOption, "morse"),
    ],
)
def test_what_does_not_fit_is_said(indices: list[int], edited: int, options: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        put_back(clip(), [clip(1)[0]] * edited, indices, **options)


def test_animals_are_exchanged_as_they_are() -> None:
    animals = [{"version": "ap10k", "animals": [[[1, 2, 3.0]] * 17], "canvas_width": 8, "canvas_height": 9, "n": i}
               for i in range(3)]  # fmt: skip
    assert pick(animals, 1).payload[0] is animals[1] and pick(animals, 1).canvas_wh == (8, 9)
    found, changed = put_back(animals, [[animals[0]]], [2])
    assert [a is b for a, b in zip(found, [animals[0], animals[1], animals[0]], strict=True)] == [True] * 3
    assert changed == [2]
    for edited, between in ((clip(1), "leave"), ([animals[0]], "interpolate")):
        with pytest.raises(BadKeypoints, match="animals"):
            put_back(animals, [edited], [1], between)


@settings(max_examples=100)
@given(data=st.data())
def test_any_payload_is_answered_or_refused(data: st.DataObject) -> None:
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
    keys = st.sampled_from(["people", "frames", "pose_metas", "pose_metas_original", "poses", "animals", "bodies",
                            "pose_keypoints_2d", "canvas_width", "canvas_height", "images", "annotations"])  # fmt: skip
    anything = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
    payloads = anything | st.sampled_from([clip(2), clip(1)[0]])
    payload, edited = data.draw(payloads), data.draw(payloads)
    for attempt in (
        lambda: pick(payload, 0),
        lambda: join([payload, edited]),
        lambda: put_back(payload, [edited], [0], data.draw(st.sampled_from(list(BETWEEN)))),
    ):
        try:
            attempt()
        except SDPoseError as error:
            assert isinstance(error, (BadKeypoints, BadOption))
