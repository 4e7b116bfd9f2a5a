"""What any tool wrote is recognised by structure, read to the same poses, and refused where it may be two things."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

from sdpose import formats
from sdpose.errors import BadKeypoints, BadOption, Undecided
from sdpose.formats import openpose
from sdpose.poses import Poses
from sdpose.topology import get

from .made_up import assert_same, golden, names, truth

PEOPLE = [name for name in names() if name != "aux_animals"]


def body(*points: tuple[float, float, float]) -> list[float]:
    """A list of 18 points, of which the first are given and the others at the origin."""
    return [number for point in points for number in point] + [0.0] * (54 - 3 * len(points))


def frame(*bodies: list[float], **keys: Any) -> dict[str, Any]:
    people = [{"pose_keypoints_2d": numbers} for numbers in bodies]
    return {"canvas_width": 200, "canvas_height": 100, "people": people, **keys}


PIXELS = frame(body((20, 30, 0.9), (40, 50, 0.8), (60, 70, 0.7)))


@pytest.mark.parametrize("name", PEOPLE)
def test_every_tool_s_payload_is_read_to_the_same_poses(name: str) -> None:
    case = golden(name)
    assert formats.recognise(case["payload"]) == case["dialect"]
    for dialect in ("auto", case["dialect"]):
        read = formats.read(case["payload"], dialect, case["canvas_wh"] and tuple(case["canvas_wh"]))
        assert_same(read, truth(case), tolerance=1e-4)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_payload_written_back_is_what_it_was(name: str) -> None:
    case = golden(name)
    canvas_wh = case["canvas_wh"] and tuple(case["canvas_wh"])
    assert formats.profile_of(case["payload"]) == case["profile"]
    read = formats.read(case["payload"], canvas_wh=canvas_wh)
    again = formats.write(read, case["profile"])
    assert_same(formats.read(again, canvas_wh=canvas_wh), read, tolerance=1e-9)
    assert (again == case["payload"]) == case["writes_back"]


@pytest.mark.parametrize(
    ("frames", "profile"),
    [
        ([], "core"),
        ([frame()], "core"),
        (frame(), "studio"),
        (PIXELS, "scail"),
        ([{**PIXELS, "people": PIXELS["people"] * 2}], "scail"),
        ([frame(body((20, 30, 1)))], "aux"),
        (frame(body((20, 30, 1))), "studio"),
        ({"frames": [frame(body((20, 30, 1)))]}, "aux"),
        ([frame([[20, 30, 0.5]] * 18)], "magos"),  # type: ignore[list-item]
        ([frame([[20, 30, 0.5]] * 18, [[20, 30, 0.5]] * 18)], "scail"),  # type: ignore[list-item]
        ([frame(body((0.2, 0.3, 0.9), (0.4, 0.5, 1), (0.6, 0.7, 1)))], "normalised"),
        ([frame(body((0.2, 0.3, 1), (0.4, 0.5, 1), (0.6, 0.7, 1)))], "aux_openpose"),
        ([{"people": PIXELS["people"]}], "openpose_files"),
    ],
)
def test_the_variant_of_frames_is_told_by_a_stated_rule(frames: Any, profile: str) -> None:
    assert formats.profile_of(frames) == profile


@pytest.mark.parametrize("name", ["core", "aux_dwpose", "a1111", "judian17_body"])
def test_text_and_bytes_are_what_is_in_them(name: str) -> None:
    payload = golden(name)["payload"]
    text = json.dumps(payload)
    expected = formats.read(payload)
    for written in (text, "\ufeff" + text, text.encode(), text.encode("utf-16"), [text], [text.encode()]):
        assert_same(formats.read(written), expected)
        assert formats.recognise(written) == formats.recognise(payload)


def test_lists_of_lists_are_joined() -> None:
    one, other = PIXELS, frame()
    flat = formats.read([one, other, one])
    text = json.dumps([one])
    for nested in ([[one], [other], [one]], [[one, other], [one]], [[], [one, other], one], [(one, other), text]):
        assert_same(formats.read(nested), flat)


def test_an_empty_list_is_no_frames() -> None:
    assert formats.read([]) == formats.read("[]") == []
    assert formats.recognise([]) == "openpose"


def test_animals_are_told_apart_and_not_read() -> None:
    payload = golden("aux_animals")["payload"]
    for animals in (payload, payload[1:], payload[0], json.dumps(payload)):
        assert formats.is_animals(animals)
        assert formats.recognise(animals) == "ap10k"
        for dialect in ("auto", "openpose"):
            with pytest.raises(BadKeypoints, match=r"animals .AP-10K., not of people"):
                formats.read(animals, dialect)
        with pytest.raises(BadKeypoints, match=r"animals .AP-10K. have no profile"):
            formats.profile_of(animals)
    for other in ([], PIXELS, [PIXELS], None, "{", 5, [[]], {"animals": [], "people": []}):
        assert not formats.is_animals(other)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"foo": 1, "bar": 2}, r"known dialect \(.*openpose.*\); got a dict with the keys list \['foo', 'bar'\]"),
        ([{"foo": 1}], "got a list of 1, the first of which is a dict with the keys"),
        ([3, PIXELS], "got a list of 2, the first of which is int 3"),
        (7, "got int 7"),
        (None, "got NoneType None"),
        ("7", "got int 7"),
        ("poses.json", "expected poses as JSON; got str 'poses.json'"),
        (b"\xff\xfe\xfd", "expected poses as JSON; got bytes"),
        ("[" * 100_000, "expected poses as JSON; got str"),
        ("[" + "9" * 5000 + "]", "expected poses as JSON; got str"),
        ([[[PIXELS]]], "known dialect"),
        (np.zeros((1, 18, 3)), "known dialect"),
    ],
)
def test_what_is_not_known_is_described(payload: Any, said: str) -> None:
    for refusing in (formats.read, formats.recognise, formats.profile_of):
        with pytest.raises(BadKeypoints, match=said):
            refusing(payload)


def test_what_may_be_two_dialects_is_asked_for() -> None:
    both = [{**PIXELS, "image_id": 3}]
    with pytest.raises(BadKeypoints, match=r"list of 1, .* which may be coco or openpose: choose the dialect"):
        formats.read(both)
    assert_same(formats.read(both, "openpose"), formats.read([PIXELS]))


def test_an_unknown_dialect_is_named() -> None:
    for dialect in ("json", "", ["openpose"], None):
        with pytest.raises(BadOption, match=r"a dialect is auto or one of .*openpose"):
            formats.read([], dialect)  # type: ignore[arg-type]


# Units.


@pytest.mark.parametrize(
    ("points", "dialect"),
    [
        ([], "openpose"),
        ([(0, 0, 1)] * 5, "openpose"),
        ([(0.3, 0.4, 0)] * 5, "openpose"),
        ([(0.3, 0.4, 0.2), (0.1, 1, 0.5), (1, 0, 0.9)], "normalised"),
        ([(0.3, 0.4, 0.2), (0.1, 1, 0.5), (1, 0, 0.9), (500, 900, 0.0)], "normalised"),
        ([(0.3, 0.4, 1), (0.1, 0.9, 1), (0.5, 0.5, 1), (-1 / 200, -1 / 100, 1)], "normalised"),
        ([(0.3, 0.4, 1), (0.1, 0.9, 1), (0.5, 0.5, 1), (-0.5, -0.5, 1)], "normalised"),
        ([(0.3, 0.4, 1), (0.1, 1.2, 1), (0.5, -0.1, 1)], "normalised"),
        ([(-0.5, -0.5, 1), (-1, -1, 1)], "openpose"),
        ([(0.3, 0.4, 1), (0.1, 0.9, 1), (10.01, 0.5, 1)], "openpose"),
        ([(0.3, 0.4, 1), (0.1, 0.9, 1), (-10.01, 0.5, 1)], "openpose"),
        ([(-40, -30, 1)], "openpose"),
    ],
)
def test_units_are_told_from_the_points_that_count(points: list[tuple[float, float, float]], dialect: str) -> None:
    payload = [frame(), frame(body(*points))]
    unsized = [{"people": entry["people"]} for entry in payload]
    for frames in (payload, unsized):
        assert formats.recognise(frames) == dialect
        for wh in ((1, 1), (200, 100), (4000, 7)):
            assert_same(formats.read(frames, canvas_wh=wh), formats.read(frames, dialect, wh))


@pytest.mark.parametrize(
    "points",
    [
        [(0.5, 0.5, 1)],
        [(0.5, 0.5, 1), (1, 1, 1)],
        [(0.3, 0.4, 1), (0.1, 2.2, 1), (0.5, 0.5, 1)],
        [(0.3, 0.4, 1), (0.1, 0.9, 1), (0.5, -1.1, 1)],
        [(2, 2, 1), (-1, -1, 1), (1, 1, 1)],
        [(0.5, 0.5, 1)] * 18,
        [(0.5, 0.5, 1), (0.3, 0.4, 1)] * 9,
        [(0.3, 0.4, 1), (0.1, 0.9, 1), (0.5, 2.6, 1), (9, -9, 1)],
        [(0.3, 0.4, 1), (0.1, 0.9, 1), (-10, 10, 1)],
    ],
)
def test_units_that_may_be_either_are_asked_for(points: list[tuple[float, float, float]]) -> None:
    payload = frame(body(*points))
    for refusing in (formats.read, formats.recognise, formats.profile_of):
        with pytest.raises(BadKeypoints, match=r'"openpose" or .* "normalised": choose the dialect'):
            refusing(payload)
    (pixels,), (shares,) = formats.read(payload, "openpose"), formats.read(payload, "normalised")
    x, y, _ = points[0]
    assert pixels.points[0, 0].tolist() == [x, y]
    assert shares.points[0, 0].tolist() == [x * 200, y * 100]


def test_the_point_that_leaves_units_open_is_named() -> None:
    first, second = frame(body((0.3, 0.4, 1))), frame(body(), body((0.3, 0.4, 1), (0.4, 3.5, 1)))
    with pytest.raises(BadKeypoints, match=r"frame 1, person 1, pose_keypoints_2d: neck is the first beyond -1\.\.2"):
        formats.read([first, second])
    toe = {"pose_keypoints_2d": [0.5, 0.5, 1] * 19 + [0.5, 3.5, 1] + [0.5, 0.5, 1] * 5}
    with pytest.raises(BadKeypoints, match="frame 0, person 0, pose_keypoints_2d: left_big_toe"):
        formats.read(own(toe), canvas_wh=(9, 9))
    apart = {"foot_keypoints_2d": [0.5, 3.5, 1] * 6, "face_keypoints_2d": [0.5, 0.6, 1] * 70}
    with pytest.raises(BadKeypoints, match="frame 1, person 0, foot_keypoints_2d: left_big_toe"):
        formats.read([{**frame(), "units": "pixels"}, {**frame(), "people": [apart]}])


def test_frames_may_say_their_units() -> None:
    near, far = frame(body((0.2, 0.3, 1), (0.4, 0.5, 1), (0.6, 0.7, 1))), frame(body((0.5, 12, 1)))
    clip = [near, near | {"units": "pixels"}, far | {"units": "normalised"}, near | {"units": None}]
    firsts = [poses.points[0, 0].tolist() for poses in formats.read(clip)]
    assert firsts == [[40, 30], [0.2, 0.3], [100, 1200], [40, 30]]
    assert formats.recognise(clip) == "openpose"
    assert formats.recognise([frame(), *clip[2:]]) == "normalised"
    assert formats.recognise(clip[1:2]) == "openpose" and formats.profile_of(clip[1:2]) == "aux"
    for dialect, factor in (("openpose", 1), ("normalised", 200)):  # who chooses knows better
        assert [poses.points[0, 0, 0] for poses in formats.read(clip, dialect)] == [
            x * factor for x in (0.2, 0.2, 0.5, 0.2)
        ]


@pytest.mark.parametrize("units", ["px", "shares", "", 1, True, ["pixels"], {}, [[]]])
def test_frames_that_say_other_units_are_refused(units: Any) -> None:
    payload = [PIXELS, PIXELS | {"units": units}]
    for refusing in (formats.read, formats.recognise, formats.profile_of):
        with pytest.raises(
            BadKeypoints, match=r'frame 1, units: expected "pixels" or "normalised".*choose the dialect'
        ):
            refusing(payload)
    assert_same(formats.read(payload, "openpose"), formats.read([PIXELS] * 2))


def test_shares_too_large_for_a_canvas_are_named() -> None:
    with pytest.raises(
        BadKeypoints, match="frame 1, person 1, keypoints: expected coordinates from 0 to 1; got one of 1e"
    ):
        formats.read([frame(), frame(body(), body((1e307, 0.4, 1)))], "normalised")


def test_units_are_decided_once_for_a_clip() -> None:
    near = frame(body((0.2, 0.3, 1), (0.4, 0.5, 1), (0.6, 0.7, 1)))
    assert formats.recognise([near]) == "normalised"
    assert formats.recognise([near, PIXELS]) == "openpose"
    assert formats.read([near, PIXELS])[0].points[0, 0].tolist() == [0.2, 0.3]


def test_boxes_in_shares_follow_their_people() -> None:
    written = frame(body((0.2, 0.3, 1), (0.4, 0.5, 1), (0.6, 0.7, 1)))
    written["people"][0].update(bbox=[0.1, 0.2, 0.5, 1], track_id=3)
    (read,) = formats.read(written)
    assert read.boxes is not None and read.track_ids is not None
    assert (read.boxes.tolist(), read.track_ids.tolist()) == ([[20, 20, 100, 100]], [3])


def test_points_that_stand_for_nothing_are_absent() -> None:
    points = [(0.2, 0.3, 1), (0.4, 0.5, 1), (0.6, 0.7, 1), (-1 / 200, -1 / 100, 1), (-1 / 200, 0.5, 1)]
    (read,) = formats.read(frame(body(*points)), "normalised")
    assert read.scores[0, :5].tolist() == [1, 1, 1, 0, 1]
    assert read.points[0, 3].tolist() == [0, 0]
    assert read.points[0, 4].tolist() == [-1, 50]


# OpenPose's own files.


def own(*people: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1.3, "people": list(people)}


def test_a_file_that_does_not_say_its_canvas_is_asked_for_it() -> None:
    with pytest.raises(BadKeypoints, match=r"frame 0.*how large the picture is: give canvas_wh"):
        formats.read(own())
    (read,) = formats.read(own(), canvas_wh=(7, 9))
    assert read.canvas_wh == (7, 9)


def test_a_canvas_that_is_said_is_believed() -> None:
    (read,) = formats.read(PIXELS, canvas_wh=(7, 9))
    assert read.canvas_wh == (200, 100)
    with pytest.raises(BadKeypoints, match="frame 0, canvas_height"):
        formats.read({**PIXELS, "canvas_height": None}, canvas_wh=(7, 9))


def test_bodies_of_25_have_a_place_between_the_hips_and_feet() -> None:
    numbers = np.arange(75, dtype=float) + 1
    wide, narrow = {"pose_keypoints_2d": numbers.tolist()}, {"pose_keypoints_2d": numbers[:54].tolist()}
    first, second = formats.read([own(wide), own(narrow)], canvas_wh=(99, 99))
    assert first.skeleton == second.skeleton == get("openpose137")
    triplets = numbers.reshape(-1, 3)
    assert first.points[0, first.skeleton.index("mid_hip")].tolist() == triplets[8, :2].tolist()
    assert first.points[0, first.skeleton.index("right_heel")].tolist() == triplets[24, :2].tolist()
    assert second.points[0, second.skeleton.index("right_hip")].tolist() == triplets[8, :2].tolist()
    assert second.scores[0, second.skeleton.index("mid_hip")] == 0


def test_pupils_are_kept_where_they_are_someones_own() -> None:
    face = np.arange(210, dtype=float) + 1
    person = {"pose_keypoints_2d": [1.0] * 75, "face_keypoints_2d": face.tolist()}
    (read,) = formats.read(own(person), canvas_wh=(99, 99))
    assert read.points[0, read.skeleton.index("left_pupil")].tolist() == face[-3:-1].tolist()
    (written,) = formats.write([read], "openpose_files")
    assert written["people"][0]["face_keypoints_2d"] == face.tolist()


def test_people_may_be_numbered_the_way_openpose_numbers_them() -> None:
    numbered = {"pose_keypoints_2d": np.arange(75.0).tolist(), "person_id": [4]}
    (read,) = formats.read(own(numbered), canvas_wh=(99, 99))
    assert read.track_ids is not None and read.track_ids.tolist() == [4]
    assert formats.write([read], "openpose_files")[0]["people"][0]["person_id"] == [4]
    (unknown,) = formats.read(own({**numbered, "person_id": [-1]}), canvas_wh=(99, 99))
    assert unknown.track_ids is None
    (ours,) = formats.read(own({**numbered, "track_id": 7}), canvas_wh=(99, 99))
    assert ours.track_ids is not None and ours.track_ids.tolist() == [7]


def test_from_frames_stays_pixels() -> None:
    (read,) = openpose.from_frames(golden("aux_openpose")["payload"][:1])
    assert isinstance(read, Poses) and read.points.max() < 1


def test_poses_that_belong_together_know_each_other_s_canvas() -> None:
    people = formats.read(PIXELS)
    shares = formats.write(people, "dwposes")
    for payloads in ([shares, PIXELS], [PIXELS, shares], [shares, PIXELS, shares]):
        for clip in formats.read_all(payloads):
            assert clip[0].canvas_wh == (200, 100)
            np.testing.assert_allclose(clip[0].to(get("openpose18")).points[0, :3], people[0].points[0, :3])
    other = {**PIXELS, "canvas_width": 300}
    assert [clip[0].canvas_wh for clip in formats.read_all([shares, PIXELS], (50, 60))] == [(50, 60), (200, 100)]
    for payloads in ([shares], [shares, shares], [shares, []], [PIXELS, shares, other], [[PIXELS, other], shares]):
        with pytest.raises(Undecided, match="give canvas_wh") as raised:
            formats.read_all(payloads)
        assert raised.value.option == "canvas_wh"
    assert formats.read_all([]) == []
    with pytest.raises(Undecided, match="choose the dialect") as raised:
        formats.read_all([shares, frame(body((0.5, 0.5, 1)))])
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
