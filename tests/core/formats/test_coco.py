"""COCO's files: whose keypoints count, and what pictures are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sdpose import formats
from sdpose.errors import BadKeypoints, BadOption
from sdpose.formats import coco
from sdpose.poses import Poses
from sdpose.topology import get

from .made_up import assert_same
from .test_profiles import one_frame

PERSON = {"id": 1, "name": "person", "keypoints": list(get("coco17").keypoints)}


def file(*categories: dict[str, Any]) -> dict[str, Any]:
    """A picture with something of category 1 at 5, 5, of category 2 at 50, 50, and of none at 70, 70."""
    found = [
        {"id": 1, "image_id": 7, "category_id": 1, "keypoints": [5, 5, 2] * 17},
        {"id": 2, "image_id": 7, "category_id": 2, "keypoints": [50, 50, 2] * 17},
        {"id": 3, "image_id": 7, "keypoints": [70, 70, 2] * 17},
    ]
    images = [{"id": 7, "width": 100, "height": 100}]
    return {"images": images, "annotations": found, "categories": list(categories)}


@pytest.fixture
def clip() -> list[Poses]:
    rng = np.random.default_rng(2)
    frames = [one_frame(rng, "coco17", count, (64, 48)) for count in (2, 0, 1)]
    return [poses.replace(track_ids=None, boxes=None, box_scores=None) for poses in frames]


DOG = {"id": 2, "name": "dog", "keypoints": ["left_eye", "right_eye", "nose"]}
TOY = {**PERSON, "id": 2, "name": "doll"}
BAG = {"id": 2, "name": "bag"}


@pytest.mark.parametrize(
    "categories", [(PERSON, DOG), (DOG, PERSON), (PERSON, TOY), (TOY, PERSON), (PERSON, BAG), (PERSON,)]
)
def test_only_people_are_read(categories: tuple[dict[str, Any], ...]) -> None:
    payload = file(*categories)
    assert formats.recognise(payload) == "coco"
    assert formats.read(payload)[0].points[:, 0].tolist() == [[5, 5], [70, 70]]


def test_where_no_category_tells_everybody_counts() -> None:
    nameless = {"keypoints": PERSON["keypoints"]}
    assert len(formats.read(file(nameless))[0]) == 3
    assert len(formats.read(file(), "coco")[0]) == 3
    results = [{**entry, "score": 1} for entry in file()["annotations"]]
    assert len(formats.read(results, canvas_wh=(9, 9))[0]) == 3
    assert len(formats.read(file({**PERSON, "name": "walker"}, {**TOY, "name": "runner"}))[0]) == 3


@pytest.mark.parametrize("missing", ["images", "annotations"])
def test_something_else_is_not_read_as_a_file_of_no_pictures(missing: str) -> None:
    payload = file(PERSON)
    del payload[missing]
    with pytest.raises(BadKeypoints, match="COCO file: expected a dict with images and annotations"):
        formats.read(payload, "coco")


def test_categories_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadKeypoints, match="categories: expected the keypoints of COCO's person"):
        formats.read(file(DOG))
    with pytest.raises(BadKeypoints, match="categories, id: expected whole numbers"):
        formats.read(file({**PERSON, "id": 1.5}))
    payload = file(PERSON)
    payload["annotations"][1]["category_id"] = "dog"
    with pytest.raises(BadKeypoints, match="frame 0, person 1, category_id: expected finite numbers"):
        formats.read(payload)


def test_pictures_keep_the_ids_and_names_they_are_given(clip: list[Poses]) -> None:
    ids, names = [139, 285, 21], ["a.png", "b.png", "c.png"]
    written = coco.write(clip, image_ids=ids, file_names=names)
    assert [(image["id"], image["file_name"]) for image in written["images"]] == list(zip(ids, names, strict=True))
    assert [found["image_id"] for found in written["annotations"]] == [139, 139, 21]
    assert_same(
        [poses.replace(boxes=None, box_scores=None) for poses in formats.read(written)],
        [poses.replace(points=np.where(poses.scores[..., None] > 0, poses.points, 0)) for poses in clip],
    )
    assert [image["file_name"] for image in coco.write(clip, image_ids=ids)["images"]][1] == "000000000285.jpg"
    assert [found["image_id"] for found in coco.write_results(clip, image_ids=ids)] == [139, 139, 21]
    assert [image["id"] for image in coco.write(clip)["images"]] == [1, 2, 3]


def test_results_do_not_hold_frames_with_nobody(clip: list[Poses]) -> None:
    back = formats.read(coco.write_results(clip), canvas_wh=(64, 48))
    assert [len(poses) for poses in back] == [2, 1]


@pytest.mark.parametrize("ids", [5, "123", [1, 2], [1, 2, 2], [1, 2, "3"], [1, 2, 3.0], [1, 2, True], [1, 2, []]])
def test_ids_that_are_none_are_refused(clip: list[Poses], ids: Any) -> None:
    for write in (coco.write, coco.write_results):
        with pytest.raises(BadOption, match="image_ids are 3 whole numbers"):
            write(clip, image_ids=ids)


@pytest.mark.parametrize("names", [5, "abc", b"abc", ["a", "b"], ["a", "b", 3]])
def test_names_that_are_none_are_refused(clip: list[Poses], names: Any) -> None:
    with pytest.raises(BadOption, match="file_names are 3 texts"):
        coco.write(clip, file_names=names)
