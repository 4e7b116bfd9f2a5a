"""POSEDATA, DWPOSES, COCO's, PoseTrack's and the old editors' files: what the tools wrote, read and written again."""

from __future__ import annotations

import json
import random
import re
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sdpose import formats
from sdpose.errors import BadKeypoints
from sdpose.formats import dwposes
from sdpose.poses import Poses
from sdpose.topology import get

from .made_up import FOLDER, assert_same
from .mutations import mutated, places

NAMES = sorted(path.stem for path in (FOLDER / "others").glob("*.json"))
EACH = 10_000 // len(NAMES) + 1


def golden(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / "others" / f"{name}.json").read_text(encoding="utf-8")))


def canvas_of(case: dict[str, Any]) -> tuple[int, int] | None:
    return case["canvas_wh"] and tuple(case["canvas_wh"])


def expected(case: dict[str, Any]) -> list[Poses]:
    skeleton = get(case["skeleton"])
    clip = []
    for i, people in enumerate(case["expected"]):
        table = np.reshape(people, (-1, len(skeleton), 3))
        known = {
            name: np.reshape(values[i], (len(people), *([4] * (name == "boxes"))))
            for name, values in case["known"].items()
        }
        clip.append(Poses(table[..., :2], table[..., 2], skeleton, (641, 479), **known))
    return clip


def as_objects(payload: dict[str, Any]) -> dict[str, Any]:
    """POSEDATA as it is on a wire: each meta an object, each part an array."""
    metas = [
        SimpleNamespace(**{key: np.array(value) if isinstance(value, list) else value for key, value in meta.items()})
        for meta in payload["pose_metas"]
    ]
    return {**payload, "pose_metas": metas}


def as_arrays(value: Any) -> Any:
    """DWPOSES as they are on a wire."""
    if isinstance(value, dict):
        return {
            key: as_arrays(inner) if key != "poses" else [as_arrays(frame) for frame in inner]
            for key, inner in value.items()
        }
    return np.array(value, np.float32) if isinstance(value, list) else value


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_s_payload_is_read_to_the_same_poses(name: str) -> None:
    case = golden(name)
    assert formats.recognise(case["payload"]) == case["dialect"]
    for dialect in ("auto", case["dialect"]):
        assert_same(formats.read(case["payload"], dialect, canvas_of(case)), expected(case), tolerance=1e-4)
    text = json.dumps(case["payload"])
    assert_same(formats.read(text, canvas_wh=canvas_of(case)), expected(case), tolerance=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_written_back_holds_what_it_held(name: str) -> None:
    case = golden(name)
    assert formats.profile_of(case["payload"]) == case["profile"]
    read = formats.read(case["payload"], canvas_wh=canvas_of(case))
    kept = [poses.replace(boxes=None, box_scores=None) for poses in read]
    again = formats.read(formats.write(read, case["profile"]), canvas_wh=canvas_of(case))
    if case["profile"] != "coco_results":  # which must have a score
        again = [poses.replace(boxes=None, box_scores=None) for poses in again]
        read = kept
    again = [poses.to(was.skeleton) for was, poses in zip(read, again, strict=True)]  # of 2017's 15 points, 17 are made
    assert_same(again, read, tolerance=1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("posedata", "dwposes"))])
def test_objects_and_arrays_are_read_as_lists_are(name: str) -> None:
    case = golden(name)
    wire = as_objects(case["payload"]) if case["dialect"] == "posedata" else as_arrays(case["payload"])
    assert formats.recognise(wire) == case["dialect"]
    assert_same(formats.read(wire, canvas_wh=canvas_of(case)), expected(case), tolerance=1e-4)


def test_what_was_estimated_is_read_like_what_is_drawn() -> None:
    case = golden("posedata_kijai")
    original = {"pose_metas": case["payload"]["pose_metas_original"]}
    assert_same(formats.read(original), expected(case), tolerance=1e-4)


def test_hands_stay_on_their_side_whichever_comes_first() -> None:
    read = formats.read(golden("dwposes_openpose")["payload"], canvas_wh=(641, 479))
    plain, swapped = dwposes.write(read), dwposes.write(read, swap_hands=True)
    assert (plain["swap_hands"], swapped["swap_hands"]) == (False, True)
    np.testing.assert_array_equal(plain["poses"][0]["hands"][[0, 1, 2, 3]], swapped["poses"][0]["hands"][[1, 0, 3, 2]])
    assert_same(formats.read(swapped, canvas_wh=(641, 479)), formats.read(plain, canvas_wh=(641, 479)))


def test_absent_points_of_dwposes_are_where_nothing_is_drawn() -> None:
    read = formats.read(golden("dwposes_openpose")["payload"], canvas_wh=(641, 479))
    gone = [poses.replace(scores=np.where(poses.scores < 0.4, 0, poses.scores)) for poses in read]
    frame = dwposes.write(gone)["poses"][0]
    for key, scores in (("hands", "hand_score"), ("faces", "face_score")):
        assert (frame[key][frame[scores] <= 0] == 0).all() and (frame[scores] <= 0).any()
    joints = frame["bodies"]["subset"]
    np.testing.assert_array_equal(joints == -1, frame["body_score"] <= 0)
    assert set(joints[joints >= 0]) <= set(range(18)) and (joints == -1).any()


def test_points_without_scores_are_there_where_they_would_be_drawn() -> None:
    payload = golden("dwposes_vitpose")["payload"]
    bare = {
        "swap_hands": True,
        "poses": [{key: frame[key] for key in ("bodies", "hands", "faces")} for frame in payload["poses"]],
    }
    scored, unscored = (formats.read(each, canvas_wh=(641, 479)) for each in (payload, bare))
    for with_scores, without in zip(scored, unscored, strict=True):
        body = list(get("openpose134").indices("body"))
        np.testing.assert_array_equal(without.scores[:, body], with_scores.scores[:, body] > 0.3)  # its own threshold
        np.testing.assert_array_equal(without.points, with_scores.points)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda metas: metas[1].update(kps_body=[[1, 2]] * 17), r"frame 1, kps_body: expected 20 or 18 points; got 17"),
        (lambda metas: metas[1].update(kps_face_p=[1] * 3), r"frame 1, kps_face_p: expected 69, one per point; got 3"),
        (lambda metas: metas[0].update(kps_lhand=[[1, "2"]] * 21), r"frame 0, kps_lhand: expected finite numbers"),
        (lambda metas: metas[0].update(width="wide"), r"frame 0, width: expected a whole number"),
        (lambda metas: metas[0].pop("kps_body"), r"frame 0: expected an object or a dict with kps_body"),
        (lambda metas: metas.append("nobody"), r"frame 2: expected an object or a dict"),
        (lambda metas: [metas[0].pop(key) for key in ("width", "height")], r"frame 0: it does not say how large"),
    ],
)
def test_what_is_wrong_with_posedata_is_said_with_its_place(change: Any, said: str) -> None:
    payload = golden("posedata_kijai")["payload"]
    change(payload["pose_metas"])
    with pytest.raises(BadKeypoints, match=said):
        formats.read(payload)


def test_missing_parts_and_points_of_posedata_are_absent() -> None:
    payload = golden("posedata_kijai")["payload"]
    first, second = payload["pose_metas"]
    first.update(kps_lhand=None, kps_face=None, kps_face_p=None)
    second["kps_rhand"][:2] = [[None, None]] * 2
    del second["kps_lhand"]
    read = formats.read(payload)
    assert_same(formats.read(as_objects(payload)), read)
    second["kps_rhand"][:2] = [None, None]
    assert_same(formats.read(payload), read)
    skeleton = read[0].skeleton
    for poses, parts in zip(read, (("left_hand", "face"), ("left_hand",)), strict=True):
        for part in parts:
            assert not poses.scores[:, skeleton.indices(part)].any()
    gone = skeleton.indices("right_hand")[:2]
    assert not read[1].scores[:, gone].any() and not read[1].points[:, gone].any()


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "dwposes_openpose",
            lambda d: d["poses"][0]["hands"].pop(),
            r"frame 0, scores of hands: expected one for each",
        ),
        (
            "dwposes_openpose",
            lambda d: d["poses"][2]["faces"][0].pop(),
            r"frame 2, faces 0: expected 70 by 2 or 68 by 2",
        ),
        ("dwposes_openpose", lambda d: d["poses"].append({}), r"frame 3, bodies: expected a dict"),
        ("coco_body", lambda d: d["annotations"][0]["keypoints"].pop(), r"person 0, keypoints: expected 51 numbers"),
        ("coco_body", lambda d: d["images"][1].pop("width"), r"frame 1, width: expected a whole number"),
        ("coco_body", lambda d: d["categories"][0]["keypoints"].reverse(), r"expected the keypoints of COCO's person"),
        ("coco_results", lambda d: d.append({"keypoints": []}), r"result 3, image_id: .*whole number; got nothing"),
        ("coco_results", lambda d: d[1].pop("keypoints"), r"result 1: expected a dict with image_id and keypoints"),
        ("posetrack_2018", lambda d: d["annotations"][2].pop("image_id"), r"annotation 2, image_id"),
        (
            "editor_people",
            lambda d: d["keypoints"][1].append(None),
            r"person 1, keypoints: expected 18 or 17 points; got 19",
        ),
        (
            "editor_whole",
            lambda d: d["face_keypoints_2d"].pop(),
            r"face_keypoints_2d: expected a list of 2, one for each",
        ),
        ("editor_flat", lambda d: d["keypoints"].pop(), r"keypoints: expected 18 points for each person; got 35"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(name: str, change: Any, said: str) -> None:
    case = golden(name)
    change(case["payload"])
    with pytest.raises(BadKeypoints, match=said):
        formats.read(case["payload"], canvas_wh=canvas_of(case))


@pytest.mark.parametrize("name", [name for name in NAMES if golden(name)["canvas_wh"]])
def test_where_no_canvas_is_named_one_is_asked_for(name: str) -> None:
    with pytest.raises(BadKeypoints, match="it does not say how large the picture is: give canvas_wh"):
        formats.read(golden(name)["payload"])


@pytest.mark.parametrize("name", [name for name in NAMES if not golden(name)["canvas_wh"]])
def test_a_canvas_that_is_named_counts(name: str) -> None:
    assert_same(formats.read(golden(name)["payload"], canvas_wh=(7, 9)), expected(golden(name)), tolerance=1e-4)


def test_tables_without_categories_may_be_two_things() -> None:
    payload = golden("coco_body")["payload"]
    del payload["categories"]
    with pytest.raises(BadKeypoints, match=r"posetrack, coco.*or choose the dialect"):
        formats.read(payload)
    assert_same(formats.read(payload, "coco"), expected(golden("coco_body")))


@pytest.mark.parametrize("name", NAMES)
def test_changed_payloads_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)
    payload = golden(name)["payload"]
    by_depth: dict[int, list[Any]] = {}
    for path in places(payload):
        by_depth.setdefault(len(path), []).append(path)
    refused, slowest = 0, 0.0
    for _ in range(EACH):
        chosen = [chance.choice(by_depth[chance.choice(list(by_depth))]) for _ in range(2)]
        changed = mutated(payload, chosen[0], chance, *chosen[1 : 1 + (chance.random() < 0.3)])
        start = time.perf_counter()
        try:
            assert all(isinstance(poses, Poses) for poses in formats.read(changed, *_asked(chance)))
        except BadKeypoints as error:
            refused += 1
            assert 20 < len(str(error)) < 1000
        slowest = max(slowest, time.perf_counter() - start)
    assert 0 < refused < EACH and slowest < 5


def _asked(chance: random.Random) -> tuple[str, tuple[int, int] | None]:
    """A dialect and a canvas: mostly as they should be."""
    if chance.random() < 0.5:
        return "auto", (641, 479)
    return chance.choice(["auto", *formats.DIALECTS]), chance.choice([None, (641, 479)])


def _place(payload: Any, path: tuple[Any, ...]) -> str | None:
    """What a message about something inside of a person has to match; None where it is not inside of one."""
    match ("results", *path) if isinstance(payload, list) else path:
        case ("results", n, key, *_) if key != "image_id":  # which says whose frame it is in
            image, person = _owner(payload, n)
            return rf"^(image {image}, person {person}, {key}|result {n}: .* and keypoints)"
        case ("annotations", n, key, *_) if key != "image_id":
            image, person = _owner(payload["annotations"], n)
            return rf"frame {[entry['id'] for entry in payload['images']].index(image)}, person {person}, {key}"
        case ("annolist", frame, "annorect", person, key, *_):
            return rf"frame {frame}, person {person}, (point|annopoints|{key})"
        case ("pose_metas", frame, key, *_):  # one person each
            return rf"^frame {frame}(, {key}|: expected an object or a dict with kps_body)"
        case ("poses", frame, _, *_):
            key = [key for key in path if isinstance(key, str)][-1]
            part = {"body_score": "candidate", "hand_score": "hands", "face_score": "faces"}.get(key, key)
            return rf"^frame {frame}, (person \d+:|(scores of )?({part}|hands|faces)\b)"
    return None


def _owner(table: list[Any], n: int) -> tuple[Any, int]:
    """The id of an entry's image, and the how-manieth there it is."""
    owners = [entry["image_id"] for entry in table]
    return owners[n], owners[:n].count(owners[n])


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("editor")])
def test_what_is_wrong_inside_of_a_person_is_said_with_frame_person_and_field(name: str) -> None:
    chance, case = random.Random(name), golden(name)
    by_depth: dict[int, list[tuple[tuple[Any, ...], str]]] = {}
    for path in places(case["payload"]):
        if (place := _place(case["payload"], path)) is not None:
            by_depth.setdefault(len(path), []).append((path, place))
    told = 0
    for _ in range(300):
        path, place = chance.choice(by_depth[chance.choice(list(by_depth))])
        try:
            formats.read(mutated(case["payload"], path, chance), case["dialect"], (641, 479))
        except BadKeypoints as error:
            told += 1
            assert re.search(place, str(error)), (path, error)
    assert told > 60


JUNK = [None, True, 5, "text", b"", [], {}, [[]], [None], {"poses": 5}, {"poses": [5]}, {"pose_metas": None}, {1: 2},
        {"images": 1, "annotations": 2}, {"images": [], "annotations": [], "categories": [5, {"keypoints": 7}]},
        [{"image_id": []}], {"width": None, "height": [], "keypoints": {}}, object(), np.zeros(3)]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_telling_what_a_payload_is_never_fails(junk: Any) -> None:
    told = [name for name, dialect in formats.DIALECTS.items() if dialect.fits(junk)]
    assert len(told) <= 1
    no_frames = isinstance(junk, list) and not any(junk)
    if not told and not no_frames:
        with pytest.raises(BadKeypoints, match=r"known dialect|as JSON"):
            formats.read(junk)


class _Explodes:
    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"no {name} today")


HUGE = [1e308, -1e308]


@pytest.mark.parametrize(
    "payload",
    [
        {"pose_metas": [_Explodes()]},
        {"pose_metas": [{"width": 3, "height": 4, "keypoints_body": [[*HUGE, 1]] * 20}]},
        {"poses": [{"bodies": {"candidate": [[HUGE] * 18]}}]},
        {"width": 3, "height": 4, "keypoints": [[HUGE] * 17]},
        [{"image_id": 1, "keypoints": [1] * 51, "bbox": HUGE * 2}],
        {"annolist": [{"image": [{"name": "a.jpg"}], "annorect": [{"annopoints": [{"point": [
            {"id": [i], "x": [HUGE[i]], "y": [HUGE[1 - i]]} for i in (0, 1)]}]}]}]},
    ],
)  # fmt: skip
def test_what_cannot_be_counted_with_is_refused(payload: Any) -> None:
    with pytest.raises(BadKeypoints):
        formats.read(payload, canvas_wh=(64, 48))
