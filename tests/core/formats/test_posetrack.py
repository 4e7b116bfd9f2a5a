"""PoseTrack's files: what each year's say, what is written, and what is said of files that are wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sdpose.errors import BadKeypoints
from sdpose.formats import posetrack
from sdpose.poses import Poses
from sdpose.topology import get

LONG, SHORT, COCO = get("posetrack17"), get("posetrack15"), get("coco17")
NAME = "images/val/000342_mpii_test/{:06d}.jpg"
Change = Callable[[Any], Any]


def file_2017() -> dict[str, Any]:
    """A frame with two people, one of whom lacks a list of points, and a frame with nobody."""
    points: list[dict[str, Any]] = [
        {"id": [0], "x": [10.5], "y": [20], "is_visible": [1]},
        {"id": [12], "x": [30], "y": [40], "is_visible": [0]},
        {"id": [13], "x": [0], "y": [0], "score": [0.25]},
    ]
    head = {"x1": [1], "y1": [2], "x2": [31], "y2": [42]}
    region = {"point": [{"x": [x], "y": [y]} for x, y in ((0, 0), (600, 0), (0, 9))]}
    people = [{"track_id": [7], **head, "annopoints": [{"point": points}]}, {"track_id": [8], "annopoints": []}]
    first = {"image": [{"name": NAME.format(0)}], "is_labeled": [1], "ignore_regions": [region], "annorect": people}
    return {"annolist": [first, {"image": [{"name": NAME.format(1)}], "annorect": []}]}


def file_2018() -> dict[str, Any]:
    """The same first person, and another who is a box without keypoints (2021); then nobody, in an unlabelled frame."""
    table = np.zeros((17, 3))
    table[LONG.index("right_ankle")] = (10.5, 20, 1)
    table[LONG.index("neck")] = (30, 40, 0)
    first = {"id": 1, "image_id": 50, "track_id": 7, "keypoints": table.ravel().tolist(), "bbox": [5, 6, 70, 80]}
    images = [{"id": 50 + i, "file_name": NAME.format(i), "is_labeled": i == 0} for i in range(2)]
    images[0] |= {"ignore_regions_x": [[0, 600, 0]], "ignore_regions_y": [[0, 0, 9]]}
    names = ["head_bottom" if name == "neck" else name for name in LONG.keypoints]
    return {
        "images": images,
        "annotations": [{**first, "bbox_head": [1, 2, 30, 40]}, {"image_id": 50, "track_id": 8, "bbox": [1, 1, 9, 9]}],
        "categories": [{"name": "person", "keypoints": names}],
    }


def result(people: int = 2) -> posetrack.Frame:
    points = np.arange(people * 17 * 2, dtype=float).reshape(people, 17, 2) + 1
    scores = np.linspace(1.2, 0.1, people * 17).reshape(people, 17)
    scores[:, [3, 4]] = 0
    return posetrack.Frame.found(NAME.format(0), Poses(points, scores, LONG, (99, 99), track_ids=np.arange(people)))


def test_a_2017_file() -> None:
    first, second = posetrack.from_json(file_2017()).frames
    assert first.file_name == NAME.format(0) and first.poses.skeleton == SHORT and first.poses.track_ids == [7]
    ankle, neck, nose = (SHORT.index(name) for name in ("right_ankle", "neck", "nose"))
    assert np.flatnonzero(first.given).tolist() == [ankle, neck, nose]
    assert np.flatnonzero(first.visible).tolist() == [ankle, nose]
    assert np.flatnonzero(first.scored).tolist() == [nose]
    assert first.poses.points[0, [ankle, neck, nose]].tolist() == [[10.5, 20], [30, 40], [0, 0]]
    assert first.poses.scores[0, [ankle, neck, nose, 5]].tolist() == [1, 1, 0.25, 0]
    assert first.head_boxes.tolist() == [[1, 2, 31, 42]]
    assert first.poses.boxes == pytest.approx(np.array([[-4.5, -6, 34.5, 46]]))  # 15 % of 30 and of 40 px around them
    assert [region.tolist() for region in first.ignore_regions] == [[[0, 0], [600, 0], [0, 9]]]
    assert first.is_labelled and first.lists_people and first.image_id is None
    assert len(second.poses) == 0 and not second.is_labelled and not second.lists_people
    assert second.poses.canvas_wh == (600, 46)


def test_a_2017_file_with_tables_of_images_too() -> None:
    for images in ([], [1], [{"id": 1}] * 3, 5):
        data = {**file_2017(), "images": images, "annotations": []}
        assert [len(poses) for poses in posetrack.read_poses(data, (640, 480))] == [1, 0]


@pytest.mark.parametrize("score", [None, [], [[]], [None]])
def test_a_score_may_be_nothing(score: Any) -> None:
    data = file_2017()
    data["annolist"][0]["annorect"][0]["annopoints"][0]["point"][2]["score"] = score
    if score == [None]:
        with pytest.raises(BadKeypoints, match=r"it, frame 0, person 0, point 2, score: expected finite numbers"):
            posetrack.from_json(data, where="it")
    else:
        assert posetrack.from_json(data).frames[0].poses.scores[0, SHORT.index("nose")] == 1


def test_a_2018_file() -> None:
    first, second = posetrack.from_json(file_2018(), canvas_wh=(640, 480)).frames
    assert first.poses.skeleton == LONG and first.poses.track_ids is not None
    assert first.poses.track_ids.tolist() == [7, 8] and first.poses.canvas_wh == (640, 480)
    neck, ankle = LONG.index("neck"), LONG.index("right_ankle")
    assert np.argwhere(first.given).tolist() == [[0, neck], [0, ankle]]
    assert np.argwhere(first.visible).tolist() == [[0, ankle]] and not first.scored.any()
    assert first.poses.boxes is not None and first.poses.boxes.tolist() == [[5, 6, 75, 86], [1, 1, 10, 10]]
    assert first.head_boxes[0].tolist() == [1, 2, 31, 42] and np.isnan(first.head_boxes[1]).all()
    assert first.image_id == 50 and first.is_labelled and not second.is_labelled


def test_keypoints_are_known_by_their_names() -> None:
    data, other = file_2018(), file_2018()
    names = other["categories"][0]["keypoints"]
    order = [i for i in np.random.default_rng(0).permutation(17) if not names[i].endswith("_ear")]
    other["categories"][0]["keypoints"] = [*(names[i] for i in order), "third_eye"]
    for annotation in other["annotations"][:1]:
        table = np.array(annotation["keypoints"]).reshape(17, 3)
        annotation["keypoints"] = [*table[order].ravel(), 5, 5, 1]
    for one, two in zip(posetrack.from_json(data).frames, posetrack.from_json(other).frames, strict=True):
        assert np.array_equal(one.poses.points, two.poses.points) and np.array_equal(one.given, two.given)


def test_results_for_2021_have_no_categories() -> None:
    data = file_2018()
    del data["categories"]
    first = posetrack.from_json(data).frames[0]
    assert np.array_equal(first.given, posetrack.from_json(file_2018()).frames[0].given)


@pytest.mark.parametrize("make", [file_2017, file_2018])
def test_annotations_come_back(make: Callable[[], Any], tmp_path: Path) -> None:
    data = make()
    if make is file_2017:
        del data["annolist"][0]["annorect"][0]["annopoints"][0]["point"][2]["score"]  # annotations have none
    before = posetrack.from_json(data)
    posetrack.write(tmp_path / "file.json", before)
    after = posetrack.read(tmp_path / "file.json")
    for one, two in zip(before.frames, after.frames, strict=True):
        assert two.poses.skeleton == LONG and two.file_name == one.file_name
        for k, name in enumerate(one.poses.skeleton.keypoints):
            to = LONG.index(name)
            for flags in ("given", "scored"):
                assert np.array_equal(getattr(one, flags)[:, k], getattr(two, flags)[:, to])
        assert np.array_equal(two.poses.points, one.poses.to(LONG).points)
        assert two.poses.boxes == pytest.approx(one.poses.boxes)
        assert two.poses.track_ids == pytest.approx(one.poses.track_ids)
        assert two.head_boxes == pytest.approx(one.head_boxes, nan_ok=True)
        assert two.is_labelled == one.is_labelled and two.lists_people == one.lists_people
        assert [r.tolist() for r in two.ignore_regions] == [r.tolist() for r in one.ignore_regions]


def test_results_come_back_bit_by_bit() -> None:
    clip = posetrack.Clip((result(), result(0)), extrapolated=posetrack.EXTRAPOLATED)
    data = json.loads(json.dumps(posetrack.to_json(clip)))
    assert data["extrapolated"] == ["head_bottom", "head_top"]
    assert data["categories"][0]["keypoints"][:3] == ["nose", "head_bottom", "head_top"]
    assert all(len(person["scores"]) == 17 for person in data["annotations"])
    again = posetrack.from_json(data)
    assert again.extrapolated == posetrack.EXTRAPOLATED
    one, two = clip.frames[0], again.frames[0]
    assert np.array_equal(one.given, two.given) and np.array_equal(one.scored, two.scored)
    assert np.array_equal(two.poses.points, one.poses.points * one.given[..., None])
    assert np.array_equal(two.poses.scores, one.poses.scores)


def test_a_missing_score_among_others_is_the_tools_lowest() -> None:
    frame = posetrack.from_json(file_2017()).frames[0]
    scores = posetrack.to_json(posetrack.Clip((frame,)))["annotations"][0]["scores"]
    places = [LONG.index(name) for name in ("nose", "neck", "right_ankle", "left_ankle")]
    assert [scores[place] for place in places] == [0.25, posetrack.UNSCORED, posetrack.UNSCORED, 0]


@pytest.mark.parametrize("ids", [None, [3, 3], [-1, 0], [0, 10_000]])
def test_track_ids_that_the_tool_refuses_are_not_written(ids: Any) -> None:
    frame = result()
    poses = frame.poses.replace(track_ids=None if ids is None else np.array(ids))
    with pytest.raises(BadKeypoints, match=r"000000\.jpg.*track id"):
        posetrack.to_json(posetrack.Clip((posetrack.Frame.found(frame.file_name, poses),)))


# COCO's keypoints.


def coco(scores: Any = 0.8) -> Poses:
    points = np.random.default_rng(1).uniform(0, 100, (1, 17, 2))
    return Poses(points, np.broadcast_to(scores, (1, 17)), COCO, (100, 100), track_ids=np.array([5]))


@pytest.mark.parametrize("target", [LONG, SHORT])
def test_neck_and_head_top_are_worked_out(target: Any) -> None:
    scores = np.full((1, 17), 0.8)
    scores[0, COCO.index("left_shoulder")] = 0.4
    poses = coco(scores)
    made = posetrack.from_coco(poses, target.name)
    at = {name: poses.points[0, COCO.index(name)] for name in COCO.keypoints}
    neck = (at["left_shoulder"] + at["right_shoulder"]) / 2
    for name, place in [("neck", neck), ("head_top", 2 * at["nose"] - neck)]:
        assert made.points[0, target.index(name)] == pytest.approx(place)
        assert made.scores[0, target.index(name)] == pytest.approx(0.6)
    shared = [name for name in target.keypoints if name in COCO and not name.endswith("ear")]
    assert len(shared) == 13 and all(np.array_equal(made.points[0, target.index(n)], at[n]) for n in shared)
    absent = [target.index(name) for name in target.keypoints if name.endswith("ear")]
    assert not made.points[0, absent].any() and not made.scores[0, absent].any()
    assert made.track_ids == [5]


@pytest.mark.parametrize(
    ("lost", "left"), [("left_shoulder", []), ("nose", ["neck"]), ("left_ear", ["neck", "head_top"])]
)
def test_what_they_are_worked_out_from_has_to_be_there(lost: str, left: list[str]) -> None:
    made = posetrack.from_coco(coco(np.arange(17) != COCO.index(lost)))
    for name in posetrack.EXTRAPOLATED:
        place = LONG.index(name)
        assert (made.scores[0, place] > 0) == (name in left)
        assert made.points[0, place].any() == (name in left)


def test_there_and_back_the_shared_keypoints_stay() -> None:
    poses = coco()
    back = posetrack.from_coco(poses, "posetrack15").to(COCO)
    lost = [i for i, name in enumerate(COCO.keypoints) if name.endswith(("eye", "ear"))]
    kept = np.setdiff1d(np.arange(17), lost)
    assert np.array_equal(back.points[:, kept], poses.points[:, kept]) and not back.scores[:, lost].any()
    assert np.array_equal(back.scores[:, kept], poses.scores[:, kept])


def test_a_neck_of_ones_own_is_not_worked_out() -> None:
    with pytest.raises(BadKeypoints, match="posetrack15"):
        posetrack.from_coco(posetrack.from_coco(coco(), "posetrack15"))


# Files that are wrong.


def _set(*path: Any) -> Change:
    """Put the last of the words where the others lead."""

    def change(data: Any) -> Any:
        spot = data
        for step in path[:-2]:
            spot = spot[step]
        spot[path[-2]] = path[-1]
        return data

    return change


_PERSON = ("annolist", 0, "annorect", 0)
_POINT = (*_PERSON, "annopoints", 0, "point", 1)


@pytest.mark.parametrize(
    ("make", "change", "message"),
    [
        (file_2017, lambda _: [], r"^it: expected a dict with annolist, or with images and annotations; got list"),
        (file_2017, _set("annolist", []), r"^it: expected at least one frame"),
        (file_2017, _set("annolist", 1, 5), r"^it, annolist 1: expected a dict; got int 5"),
        (file_2017, _set("annolist", 1, "image", []), r"^it, frame 1, image: expected .*file name"),
        (file_2017, _set(*_PERSON, 3), r"^it, frame 0, annorect 0: expected a dict; got int 3"),
        (file_2017, _set(*_PERSON, "x2", ["wide"]), r"^it, frame 0, person 0, x2: expected finite numbers"),
        (file_2017, _set(*_PERSON, "x2", []), r"^it, frame 0, person 0, x2: expected a number; got nothing"),
        (file_2017, _set(*_PERSON, "track_id", [1.5]), r"^it, frame 0, person 0, track_id: expected whole"),
        (file_2017, _set(*_POINT, "id", [15]), r"^it, frame 0, person 0, point 1, id: .*from 0 to 14; got list \[15\]"),
        (file_2017, _set(*_POINT, "y", [float("nan")]), r"^it, frame 0, person 0, point 1, y: expected finite"),
        (file_2017, _set(*_POINT, "is_visible", ["no"]), r"^it, frame 0, person 0, point 1, is_visible: expected true"),
        (file_2017, _set("annolist", 0, "ignore_regions", {}), r"^it, frame 0, ignore_regions: expected a list"),
        (file_2018, _set("images", 1, "id", 50), r"^it, frame 1, id: expected one of its own; got 50 a second time"),
        (file_2018, _set("images", 1, "file_name", None), r"^it, frame 1, file_name: expected a file name; got None"),
        (file_2018, _set("images", 1, "file_name", "b/1.jpg"), r"^it: expected one clip"),
        (file_2018, _set("images", 0, "ignore_regions_x", [[1]]), r"^it, frame 0, ignore regions 0: .*got 1 and 3"),
        (file_2018, _set("images", 0, "ignore_regions_x", []), r"^it, frame 0, ignore regions: expected as many"),
        (file_2018, _set("annotations", 1, "image_id", 3), r"^it, annotation 1, image_id: 3 is not the id"),
        (file_2018, _set("annotations", 1, "image_id", None), r"^it, annotation 1, image_id: .*got nothing"),
        (file_2018, _set("annotations", 0, "keypoints", [1, 2, 3]), r"^it, frame 0, person 0, keypoints: .*51.*got 3"),
        (file_2018, _set("annotations", 0, "scores", [1.0]), r"^it, frame 0, person 0, scores: expected 17 .*got 1"),
        (file_2018, _set("annotations", 0, "bbox", [1, 2]), r"^it, frame 0, person 0, bbox: expected 4 .*got 2"),
        (file_2018, _set("annotations", 1, "track_id", None), r"^it, frame 0, person 1, track_id: .*as others"),
        (file_2018, _set("categories", []), r"^it, categories: expected one, whose keypoints are nose, head_bottom"),
        (file_2018, _set("categories", 0, "keypoints", ["nose"]), r"^it, categories: expected one"),
        (file_2018, _set("extrapolated", "neck"), r"^it, extrapolated: expected a list of keypoint names"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(make: Callable[[], Any], change: Change, message: str) -> None:
    with pytest.raises(BadKeypoints, match=message):
        posetrack.from_json(change(copy.deepcopy(make())), where="it")


def test_a_file_that_does_not_parse_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(BadKeypoints, match=r"broken\.json cannot be read as a PoseTrack file"):
        posetrack.read(tmp_path / "broken.json")


def test_a_frames_arrays_have_to_agree() -> None:
    frame = result()
    with pytest.raises(BadKeypoints, match=r"head_boxes must have shape \(2, 4\), got \(1, 4\)"):
        posetrack.Frame(**{**vars(frame), "head_boxes": np.zeros((1, 4))})
