"""What an editor cannot say, it leaves as it is: for every profile as the editor's and as the clip's."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sdpose import formats
from sdpose.editing.frames import frames_of, pick, put_back
from sdpose.editing.transforms import shifted
from sdpose.errors import Undecided
from sdpose.poses import Poses
from sdpose.topology import get

CANVAS = (640, 480)
FILES = ("coco", "coco_results", "posetrack")
BODY, FEET, FACE = "pose_keypoints_2d", "foot_keypoints_2d", "face_keypoints_2d"


def people(count: int = 1, seed: int = 0, skeleton: str = "openpose134", least: float = 0.35, **extras: Any) -> Poses:
    """Whose neck is not midway between the shoulders and whose eyes nobody has moved."""
    rng = np.random.default_rng(seed)
    k = len(get(skeleton))
    points, scores = rng.uniform(20, 460, (count, k, 2)), rng.uniform(least, 0.95, (count, k))
    return Poses(points, scores, get(skeleton), CANVAS, **extras)


def tracked(count: int, seed: int = 0) -> Poses:
    boxes = np.tile([0.0, 0.0, 500.0, 470.25], (count, 1))
    return people(count, seed, boxes=boxes, box_scores=np.full(count, 0.75), track_ids=np.arange(count) + 3)


def points(frame: Any, person: int = 0, key: str = BODY) -> np.ndarray:
    return np.reshape(frame["people"][person][key], (-1, 3))


def frames_like(profile: str, clip: list[Poses]) -> Any:
    return formats.write(clip[1] if formats.PROFILES[profile].frames == 1 else clip, profile)


def assert_same_frames(found: Any, came: Any) -> None:
    """The same keys in the same order, and the same numbers but for the last digits."""
    for now, was in zip(frames_of(found), frames_of(came), strict=True):
        if "people" in was:
            assert list(now) == list(was)
            assert [[*person] for person in now["people"]] == [[*person] for person in was["people"]]
    for one, other in zip(*(formats.read(value, canvas_wh=CANVAS) for value in (found, came)), strict=True):
        assert one.skeleton == other.skeleton and len(one) == len(other)
        for name in ("points", "scores", "boxes", "box_scores", "track_ids"):
            if getattr(other, name) is not None:
                np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9, err_msg=name)


@pytest.mark.parametrize("edited_as", formats.PROFILES)
@pytest.mark.parametrize("written_as", [name for name in formats.PROFILES if name not in FILES])
def test_a_frame_that_nobody_edited_stays(written_as: str, edited_as: str) -> None:
    came = frames_like(written_as, [people(1, seed, least=-0.1) for seed in range(3)])
    read = formats.read(came, canvas_wh=CANVAS)
    place = len(read) // 2
    edited = formats.write(read[place].replace(track_ids=[7]), edited_as)
    found, changed = put_back(came, [edited], [place], canvas_wh=CANVAS)
    assert changed == [place]
    assert_same_frames(found, came)


@pytest.mark.parametrize("edited_as", ["posedata", "coco", "posetrack", "old_editor", "studio", "dwposes"])
def test_what_is_made_of_others_goes_with_them_only(edited_as: str) -> None:
    """Toes of POSEDATA, and the neck that COCO's files do not have; eyes of PoseTrack's go along with the nose."""
    came = formats.write([people(1, seed) for seed in range(3)])
    (moved,) = formats.read([came[1]])
    found, _ = put_back(came, [formats.write(shifted(moved, 30, 20).replace(track_ids=[7]), edited_as)], [1])
    for key in (BODY, FEET, FACE):
        np.testing.assert_allclose(points(found[1], key=key)[:, :2], points(came[1], key=key)[:, :2] + (30, 20), atol=1)


def test_who_keeps_unsure_points_shows_which_were_removed() -> None:
    unsure = people()
    scores = unsure.scores.copy()
    scores[:, [3, 4]] = 0.1
    came = formats.write([unsure.replace(scores=scores)])
    edited = deepcopy(came)
    edited[0]["people"][0][BODY][9:12] = [0, 0, 0]
    found, _ = put_back(came, [edited], [0])
    assert points(found[0])[3].tolist() == [0, 0, 0], "the editor has another one that is as unsure"
    edited[0]["people"][0][BODY][12:15] = [0, 0, 0]
    found, _ = put_back(came, [edited], [0])
    assert points(found[0])[3:5].tolist() == points(came[0])[3:5].tolist(), "no unsure point went through"


def test_who_has_not_moved_is_the_same_wherever() -> None:
    """Of two people, one goes and a third one comes: as many as before, at other places."""
    came = formats.write([people(2)])
    came[0]["people"][1]["name"] = "B"
    edited = deepcopy(came)
    stays, new = edited[0]["people"][1], deepcopy(edited[0]["people"][1])
    new[BODY] = [value + 50 * (i % 3 < 2) for i, value in enumerate(new[BODY])]
    for person in (stays, new):
        del person[FEET], person["name"]
    edited[0]["people"] = [stays, new]
    found, _ = put_back(came, [edited], [0])
    assert found[0]["people"][0] == came[0]["people"][1]
    edited[0]["people"].append(deepcopy(stays))
    found, _ = put_back(came, [edited], [0])
    assert [person.get("name") for person in found[0]["people"]].count("B") == 1, "a copy is somebody new"


def test_track_ids_say_who_is_who_one_by_one() -> None:
    came = formats.write([tracked(3)])
    edited = deepcopy(came)
    a, b, c = edited[0]["people"]
    for person in (a, c):
        del person["track_id"]
        person[BODY] = (np.array(person[BODY]) + 30).tolist()
        for key in (FACE, "hand_right_keypoints_2d", "hand_left_keypoints_2d", FEET):
            del person[key]
    edited[0]["people"] = [b, a, c]
    found, _ = put_back(came, [edited], [0])
    assert [person["track_id"] for person in found[0]["people"]] == [4, 3, 5]
    assert found[0]["people"][0] == came[0]["people"][1]
    edited[0]["people"] = [a, b, deepcopy(b)]
    found, _ = put_back(came, [edited], [0])
    assert sorted(person["track_id"] for person in found[0]["people"]) == [3, 4, 5], "two have one id: only one is it"


def test_somebody_new_gets_a_free_id_even_beside_the_largest() -> None:
    came = formats.write([tracked(2).replace(track_ids=[2**63 - 1, 0])])
    edited = deepcopy(came)
    new = formats.write([people(1, 9)])[0]["people"][0]
    edited[0]["people"].append(new)
    found, _ = put_back(came, [edited], [0])
    assert [person["track_id"] for person in found[0]["people"]] == [2**63 - 1, 0, 1]


def test_only_extras_of_the_clip_are_written_and_new_ones_are_those_of_the_edit() -> None:
    plain, full = formats.write([people(2)]), formats.write([tracked(2)])
    found, _ = put_back(plain, [full], [0])
    assert_same_frames(found, plain)
    edited = deepcopy(full)
    edited[0]["people"][0] |= {"track_id": 40, "bbox": [1.0, 2.0, 3.0, 4.0], "score": 0.5}
    edited[0]["people"].reverse()
    (now, _), _ = put_back([*full, full[0]], [edited], [0])
    assert [person["track_id"] for person in now["people"]] == [4, 40]
    assert (now["people"][1]["bbox"], now["people"][1]["score"]) == ([1.0, 2.0, 3.0, 4.0], 0.5)


@pytest.mark.parametrize("edited_as", ["core", "studio", "posedata"])
def test_a_box_goes_along_with_the_points(edited_as: str) -> None:
    """Whether the editor has no boxes or has left them where they were."""
    came = formats.write([tracked(1)])
    moved = formats.read(came)[0]
    moved = shifted(moved.replace(points=np.round(moved.points)), 100, -20)
    found, _ = put_back(came, [formats.write(moved, edited_as)], [0])
    np.testing.assert_allclose(found[0]["people"][0]["bbox"], [100, -20, 600, 450.25], atol=1.01)
    still, _ = put_back(came, [formats.write(formats.read(came), edited_as)], [0])
    assert still[0]["people"][0]["bbox"] == came[0]["people"][0]["bbox"]


# The clip's own way.


def as_somebody_writes(clip: list[dict[str, Any]], way: str) -> list[dict[str, Any]]:
    """Frames of no profile's kind."""
    for frame in clip:
        for person in frame["people"]:
            if way == "nested, several people":
                person |= {key: np.reshape(person[key], (-1, 3)).tolist() for key in (BODY, FACE)}
            elif way == "ids and no feet":
                del person[FEET]
            elif way == "only bodies":
                for key in [key for key in person if "keypoints" in key and key != BODY]:
                    del person[key]
            elif way == "faces of 68":
                person[FACE] = person[FACE][: 3 * 68]
            elif way == "empty hands":
                person["hand_left_keypoints_2d"] = []
            elif way == "no canvas":
                person["pose_keypoints_3d"] = []
        if way == "no canvas":
            del frame["canvas_width"], frame["canvas_height"]
    return clip


WAYS = ["nested, several people", "ids and no feet", "only bodies", "faces of 68", "empty hands", "no canvas"]


@pytest.mark.parametrize("profile", ["core", "normalised"])
@pytest.mark.parametrize("way", WAYS)
def test_frames_are_written_as_the_others_of_the_clip(way: str, profile: str) -> None:
    """Whatever they have in common, be it nobody's profile; and somebody new is written like everybody."""
    came = as_somebody_writes(formats.write([tracked(2, seed) for seed in range(3)], profile), way)
    edited = formats.read([came[1]], "normalised" if profile == "normalised" else "auto", CANVAS)[0]
    found, _ = put_back(came, [formats.write(edited, "studio")], [1], canvas_wh=CANVAS)
    assert_same_frames(found, came)
    somebody = formats.read(as_somebody_writes(formats.write([people(1, 9)]), way), canvas_wh=CANVAS)[0]
    more, scores = (
        np.concatenate([getattr(poses, name) for poses in (edited, somebody.to(edited.skeleton))])
        for name in ("points", "scores")
    )
    found, _ = put_back(came, [formats.write(Poses(more, scores, edited.skeleton, CANVAS))], [1], canvas_wh=CANVAS)
    *_, old, new = found[1]["people"]
    assert {*new} == {*old} - {"pose_keypoints_3d"} and new["track_id"] == 5
    assert all(np.shape(new[key]) == np.shape(old[key]) for key in new if new[key] and old[key])


def few(count: int, low: float, high: float) -> Poses:
    skeleton = get("openpose18")
    scores = np.where(np.arange(18) < count, 0.9, 0.0)[None]
    found = np.random.default_rng(1).uniform(low, high, (1, 18, 2)) * (scores[..., None] > 0)
    return Poses(found, scores, skeleton, CANVAS)


@pytest.mark.parametrize(
    ("profile", "frame"), [("normalised", few(2, 50, 400)), ("core", few(18, 0.1, 0.9)), ("core", few(18, 1.5, 8))]
)
def test_a_frame_that_does_not_tell_its_units_has_those_of_its_clip(profile: str, frame: Poses) -> None:
    came = formats.write([few(18, 50, 400), frame], profile)
    for part in came:
        part.pop("units", None)
    found, _ = put_back(came, pick(came, 1).payload, [1])
    for one, other in zip(formats.read(found), formats.read(came), strict=True):
        np.testing.assert_allclose(one.points, other.points)


def test_the_dialect_decides_for_the_clip_too() -> None:
    came = formats.write([few(2, 50, 400)] * 2, "normalised")
    for frame in came:
        frame.pop("units")
    edited = formats.write([few(18, 60, 400)])
    with pytest.raises(Undecided):
        put_back(came, [edited], [1])
    for dialect, size in (("normalised", CANVAS), ("openpose", (1, 1))):
        found, _ = put_back(came, [edited], [1], dialect=dialect)
        assert found[0] is came[0]
        np.testing.assert_allclose(points(found[1])[:, :2] * size, few(18, 60, 400).points[0])


class Meta(SimpleNamespace):
    """As other packs' objects: of a class of their own, with more in them."""


def test_objects_of_posedata_keep_what_else_they_hold() -> None:
    came = formats.write([people(1, seed) for seed in range(3)], "posedata")
    came["pose_metas"] = [Meta(**vars(meta), image_id=str(i)) for i, meta in enumerate(came["pose_metas"])]
    came["pose_metas_original"][1]["note"] = "mine"
    edited = people(1, 9)
    found, _ = put_back(came, [formats.write([edited])], [1])
    for key in ("pose_metas", "pose_metas_original"):
        assert [one is other for one, other in zip(found[key], came[key], strict=True)] == [True, False, True]
    assert isinstance(found["pose_metas"][1], Meta) and found["pose_metas"][1].image_id == "1"
    assert found["pose_metas_original"][1]["note"] == "mine"
    np.testing.assert_allclose(formats.read(found)[1].points[0, :18], edited.points[0, :18])
