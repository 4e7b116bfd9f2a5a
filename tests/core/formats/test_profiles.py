"""What is written for a consumer has its shape exactly, and holds all that it can hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose import formats
from sdpose.errors import BadKeypoints, BadOption
from sdpose.poses import Poses
from sdpose.topology import get

from .made_up import assert_same

FEET, FACE = "foot_keypoints_2d", "face_keypoints_2d"
LEFT, RIGHT = "hand_left_keypoints_2d", "hand_right_keypoints_2d"


@dataclass(frozen=True)
class Holds:
    """What a profile can hold of a person, told apart from how the library does."""

    feet: bool = False
    extras: bool = False
    shares: bool = False
    binary: bool = False
    threshold: float = 0.0
    frames: int = 3
    people: int = 20
    ids: bool = False


HOLDS = {
    "core": Holds(feet=True, extras=True),
    "aux": Holds(binary=True, threshold=0.3),
    "aux_openpose": Holds(binary=True, threshold=0.3, shares=True),
    "normalised": Holds(feet=True, extras=True, shares=True),
    "judian17": Holds(feet=True),
    "scail": Holds(),
    "magos": Holds(people=1),
    "studio": Holds(binary=True, threshold=0.3, frames=1),
    "editor": Holds(feet=True, extras=True, threshold=0.3),
    "openpose_files": Holds(feet=True, ids=True),
}


def one_frame(
    rng: np.random.Generator, skeleton: str, people: int, canvas_wh: tuple[int, int], spread: float = 0.0
) -> Poses:
    """People with some points and whole parts missing; points as far outside the canvas as its size times `spread`."""
    table = get(skeleton)
    points = rng.uniform(-spread, 1 + spread, (people, len(table), 2)) * canvas_wh
    there = rng.random((people, len(table))) < 0.8
    for part in ("feet", "face", "left_hand", "right_hand"):
        there[:, table.indices(part)] &= rng.random((people, 1)) < 0.7
    scores = np.where(there, rng.uniform(0.01, 1, there.shape), 0.0)
    return Poses(
        points=np.where(there[..., None], points, 0.0),
        scores=scores,
        skeleton=table,
        canvas_wh=canvas_wh,
        boxes=rng.uniform(0, 1, (people, 4)) * np.tile(canvas_wh, 2) if rng.random() < 0.5 else None,
        box_scores=rng.random(people) if rng.random() < 0.5 else None,
        track_ids=rng.permutation(people + 5)[:people] if rng.random() < 0.5 else None,
    )


@st.composite
def clips(draw: st.DrawFn, frames: int = 3, people: int = 20) -> list[Poses]:
    """1 to 3 frames of 0 to 20 people on canvases of every size."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    skeleton = draw(st.sampled_from(("coco17", "openpose18", "coco_wholebody133", "openpose134")))
    canvas_wh = draw(st.tuples(st.integers(1, 5000), st.integers(1, 5000)))
    spread = draw(st.sampled_from((0.0, 0.0, 0.3, 3.0)))
    return [
        one_frame(rng, skeleton, draw(st.integers(0, people)), canvas_wh, spread)
        for _ in range(draw(st.integers(1, frames)))
    ]


def held(clip: list[Poses], profile: str) -> list[Poses]:
    """The clip as far as the profile can hold it, in the skeleton that is read."""
    can = HOLDS[profile]
    kept = [held_of_frame(poses, can) for poses in clip]
    if profile == "openpose_files" and any(len(poses) for poses in clip):
        return kept
    beyond = [i for part in ("feet", "face", "left_hand", "right_hand") for i in get("openpose137").indices(part)]
    skeleton = get("openpose134" if any(poses.scores[:, beyond].any() for poses in kept) else "openpose18")
    return [poses.to(skeleton) for poses in kept]


def held_of_frame(poses: Poses, can: Holds) -> Poses:
    wide = poses.to(get("openpose137"))
    points, scores = wide.points.copy(), wide.scores.copy()
    gone = scores < can.threshold
    if not can.feet:
        gone[:, wide.skeleton.indices("feet")] = True
    points[gone], scores[gone] = 0, 0
    # A face has the eyes where its pupils are.
    faces = scores[:, wide.skeleton.indices("face")].any(axis=1)
    for pupil, eye in (("right_pupil", "right_eye"), ("left_pupil", "left_eye")):
        column = wide.skeleton.index(pupil)
        points[faces, column] = points[faces, wide.skeleton.index(eye)]
        scores[faces, column] = scores[faces, wide.skeleton.index(eye)]
    if can.shares:  # a pixel beyond the first corner is how nothing is written
        nothing = np.all((points < 0) & (points >= -1.0001), axis=-1)
        points[nothing], scores[nothing] = 0, 0
    kept = wide.replace(points=points, scores=(scores > 0).astype(float) if can.binary else scores)
    ids = kept.track_ids if can.extras or can.ids else None
    return kept.replace(track_ids=ids) if can.extras else kept.replace(boxes=None, box_scores=None, track_ids=ids)


def units_by_the_rule(clip: list[Poses], shares: bool) -> str:
    """What the numbers of a clip that was written in pixels or shares let one tell."""
    points = [
        tuple((xy / poses.canvas_wh if shares else xy).tolist())
        for poses in clip
        for xy in poses.points[poses.scores > 0]
        if xy.any()
    ]
    counting = {point for point in points if not all(-1.0001 <= side < 0 for side in point)}
    numbers = [number for point in counting for number in point]
    if not numbers or min(numbers) < -10 or max(numbers) > 10:
        return "pixels"
    return "normalised" if min(numbers) >= -1 and max(numbers) <= 2 and len(counting) >= 3 else "either"


@settings(max_examples=150)
@given(st.data(), st.sampled_from(sorted(HOLDS)))
def test_what_a_profile_can_hold_comes_back(data: st.DataObject, profile: str) -> None:
    can = HOLDS[profile]
    clip = data.draw(clips(can.frames, can.people))
    payload = json.loads(json.dumps(formats.write(clip, profile), allow_nan=False))
    expected, canvas_wh = held(clip, profile), clip[0].canvas_wh
    tolerance, units = (1e-9, "normalised") if can.shares else (0.0, "pixels")
    for dialect in ("auto", "normalised" if can.shares else "openpose"):
        assert_same(formats.read(payload, dialect, canvas_wh), expected, tolerance=tolerance)
    # Frames say their units where nothing else tells them, and only there.
    told = units_by_the_rule(expected, can.shares) if any(map(len, expected)) else units
    said = [frame.get("units") for frame in frames_of(payload)]
    assert said == [None if told == units else units] * len(expected)


def clip_of(frames: int = 1, people: int = 1, **changes: Any) -> list[Poses]:
    rng = np.random.default_rng(3)
    k = len(get("openpose134"))
    return [
        Poses(
            points=rng.uniform(10, 90, (people, k, 2)),
            scores=rng.uniform(0.4, 0.9, (people, k)),
            skeleton=get("openpose134"),
            canvas_wh=(100, 100),
            **changes,
        )
        for _ in range(frames)
    ]


NO_FEET = {"pose_keypoints_2d": 54, FACE: 210, LEFT: 63, RIGHT: 63}
ALL = {**NO_FEET, FEET: 18}
LENGTHS = {
    "core": ALL,
    "aux": NO_FEET,
    "aux_openpose": NO_FEET,
    "normalised": ALL,
    "judian17": ALL,
    "scail": NO_FEET,
    "magos": {"pose_keypoints_2d": 18, FACE: 68, LEFT: 21, RIGHT: 21},
    "studio": NO_FEET,
    "editor": ALL,
    "openpose_files": {"pose_keypoints_2d": 75, FACE: 210, LEFT: 63, RIGHT: 63},
}
WITHOUT = {"aux": None, "aux_openpose": None, "studio": None, "editor": None, "judian17": [], "openpose_files": []}


def frames_of(payload: Any) -> list[dict[str, Any]]:
    return [payload] if isinstance(payload, dict) else payload


@pytest.mark.parametrize("profile", LENGTHS)
def test_lists_have_the_lengths_that_readers_ask_for(profile: str) -> None:
    (frame,) = frames_of(formats.write(clip_of(), profile))
    (person,) = frame["people"]
    lists = {key: len(value) for key, value in person.items() if key.endswith("_2d")}
    assert lists == LENGTHS[profile]
    assert ("canvas_width" in frame, "version" in frame) == (
        (False, True) if profile == "openpose_files" else (True, False)
    )


@pytest.mark.parametrize("profile", LENGTHS)
def test_parts_of_which_nothing_is_known_are_what_readers_ask_for(profile: str) -> None:
    (only_body,) = clip_of()
    (frame,) = frames_of(formats.write([only_body.to(get("openpose18"))], profile))
    (person,) = frame["people"]
    for key in (FACE, LEFT, RIGHT):
        if profile in WITHOUT:
            assert person[key] == WITHOUT[profile]
        else:
            assert len(person[key]) == LENGTHS[profile][key] and not np.any(person[key])
    nobody_seen = only_body.replace(points=0 * only_body.points, scores=0 * only_body.scores)
    (frame,) = frames_of(formats.write([nobody_seen], profile))
    assert len(frame["people"][0]["pose_keypoints_2d"]) == LENGTHS[profile]["pose_keypoints_2d"]


@pytest.mark.parametrize("profile", LENGTHS)
def test_only_some_profiles_have_keys_of_our_own(profile: str) -> None:
    extras = {"track_ids": np.array([3]), "boxes": np.array([[1, 2, 3, 4.0]]), "box_scores": np.array([0.5])}
    (frame,) = frames_of(formats.write(clip_of(**extras), profile))
    ours = {"track_id", "bbox", "score"} & set(frame["people"][0])
    assert ours == ({"track_id", "bbox", "score"} if profile in ("core", "normalised", "editor") else set())


@pytest.mark.parametrize("profile", ["aux", "aux_openpose", "studio"])
def test_binary_scores_are_all_or_nothing(profile: str) -> None:
    (poses,) = clip_of()
    scores = poses.scores.copy()
    scores[0, :4] = 0.3, 0.2999, 0, 1.7
    (frame,) = frames_of(formats.write([poses.replace(scores=scores)], profile))
    body = np.reshape(frame["people"][0]["pose_keypoints_2d"], (-1, 3))
    assert body[:5, 2].tolist() == [1, 0, 0, 1, 1]
    assert not body[1:3].any() and body[[0, 3, 4]].all()


def test_controlnet_aux_draws_every_point_of_its_profile() -> None:
    # Its decode_json_as_poses drops a list that is null, and every point with a score below 1.
    (frame,) = formats.write(clip_of(), "aux")
    for key in NO_FEET:
        assert min(frame["people"][0][key][2::3]) >= 1.0


def test_scores_and_threshold_are_the_callers_if_given() -> None:
    (poses,) = clip_of()
    scores = poses.scores.copy()
    scores[0, :3] = 0.2, 0.01, -1
    poses = poses.replace(scores=scores)

    def body(profile: str, **options: Any) -> np.ndarray:
        return np.reshape(formats.write(poses, profile, **options)[0]["people"][0]["pose_keypoints_2d"], (-1, 3))

    np.testing.assert_array_equal(body("core")[:, 2], scores[0, :18])
    np.testing.assert_array_equal(body("core")[:, :2], poses.points[0, :18])
    assert body("core", threshold=0.1)[:3, 2].tolist() == [0.2, 0, 0]
    assert body("core", threshold=0.0)[:3, 2].tolist() == [0.2, 0.01, 0]
    assert not body("core", threshold=0.0)[2].any()
    assert body("aux", threshold=0.005)[:3, 2].tolist() == [1, 1, 0]
    assert body("aux", scores="raw")[3, 2] == scores[0, 3]
    assert body("core", scores="binary")[:3, 2].tolist() == [1, 1, 0]
    with pytest.raises(BadOption, match="raw or binary; got str 'yes'"):
        formats.write(poses, "core", scores="yes")  # type: ignore[arg-type]


def test_a_canvas_may_be_asked_for() -> None:
    (frame,) = formats.write(clip_of(boxes=np.array([[0, 0, 50, 100.0]])), "core", canvas_wh=(300, 50))
    assert (frame["canvas_width"], frame["canvas_height"]) == (300, 50)
    assert frame["people"][0]["bbox"] == [0, 0, 150, 50]
    expected = clip_of()[0].points[0, 0] * [3, 0.5]
    np.testing.assert_allclose(frame["people"][0]["pose_keypoints_2d"][:2], expected)


NO_NUMBERS: list[Any] = ["0.3", -0.1, float("nan"), float("inf"), 10**401, [0.3], True, np.zeros(2)]
NO_SIZES: list[Any] = [5, "55", (5,), (5, 5, 5), (0, 5), (5, 2.5), ("5", 5), (5, 10**401), (True, 5), (None, 5)]


@pytest.mark.parametrize("profile", formats.PROFILES)
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_thresholds_are_numbers(profile: str, value: Any) -> None:
    with pytest.raises(BadOption, match="the threshold is a number from 0"):
        formats.write(clip_of(), profile, threshold=value)


@pytest.mark.parametrize("value", NO_SIZES)
def test_canvases_are_two_whole_numbers(value: Any) -> None:
    with pytest.raises(BadOption, match="canvas_wh is a width and a height"):
        formats.write(clip_of(), canvas_wh=value)
    for payload in (formats.write(clip_of(), "coco_results"), formats.write(clip_of(), "dwposes"), {"annolist": [
        {"image": [{"name": "a.jpg"}], "annorect": []}]}, [{"people": []}]):  # fmt: skip
        with pytest.raises(BadOption, match="canvas_wh is a width and a height"):
            formats.read(payload, canvas_wh=value)


def test_profiles_and_scores_are_names() -> None:
    names: list[Any] = [["core"], None, 5, np.zeros(2)]
    for name in names:
        with pytest.raises(BadOption, match="a profile is one of"):
            formats.write(clip_of(), name)
        if name is not None:
            with pytest.raises(BadOption, match="scores are raw or binary"):
                formats.write(clip_of(), scores=name)


def test_a_profile_that_cannot_hold_it_says_what_to_do() -> None:
    for frames in (0, 2):
        with pytest.raises(BadKeypoints, match=f"expected one frame; got {frames}: pick one frame first"):
            formats.write(clip_of(frames), "studio")
    with pytest.raises(BadKeypoints, match=r"frame 1: Magos.*1 person at most; got 2: select who"):
        formats.write([*clip_of(), *clip_of(people=2)], "magos")
    with pytest.raises(BadOption, match=r"a profile is one of core, aux.*got str 'nothing'"):
        formats.write(clip_of(), "nothing")


def test_numbers_too_large_for_a_canvas_are_refused() -> None:
    (poses,) = clip_of()
    with pytest.raises(BadKeypoints, match="finite"):
        formats.write(poses.replace(points=poses.points * 1e305), "core", canvas_wh=(2**30, 7))


def test_what_is_written_is_nobodys_but_the_callers() -> None:
    first, second = formats.write(clip_of(people=2), "openpose_files")[0]["people"]
    first["pose_keypoints_3d"].append(1)
    assert (
        second["pose_keypoints_3d"]
        == formats.write(clip_of(), "openpose_files")[0]["people"][0]["pose_keypoints_3d"]
        == []
    )


def test_every_profile_has_a_title_and_a_kind() -> None:
    for name, profile in formats.PROFILES.items():
        assert profile.title and profile.kind in ("POSE_KEYPOINT", "POSEDATA", "DWPOSES", "file"), name
    assert set(HOLDS) == {name for name, profile in formats.PROFILES.items() if profile.kind == "POSE_KEYPOINT"}
