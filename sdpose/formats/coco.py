"""COCO's keypoint files and results, with 17 keypoints or COCO-WholeBody's 133 (Jin et al., ECCV 2020).

A file has three tables; flags are 0 not labelled (then x and y are 0), 1 labelled but hidden, 2 visible:

    {"images": [{"id": 1, "file_name": "000000000001.jpg", "width": 640, "height": 480}],
     "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "num_keypoints": 17, "area": 1200.0,
                      "bbox": [x, y, w, h], "keypoints": [x, y, flag, ...],          # 17
                      "foot_kpts": [...], "face_kpts": [...], "lefthand_kpts": [...], "righthand_kpts": [...],
                      "scores": [...], "score": 0.9, "track_id": 3}],                # ours: raw, of all keypoints
     "categories": [{"id": 1, "name": "person", "keypoints": ["nose", ...], "skeleton": [[16, 14], ...]}]}

Results are a list, with the score of a keypoint in the flag's place. They name neither the size of the pictures nor
those in which nobody is:

    [{"image_id": 1, "category_id": 1, "keypoints": [x, y, score, ...], "foot_kpts": [...], ..., "score": 0.9}]

Some tools write all 133 into `keypoints`, and some give the parts' flags as fractions; both are read. Left and right
are the person's own. Poses have no place for an image's id and name, nor for the flag of hidden: `write` numbers the
pictures anew unless it is told their ids, and writes all that is there as visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BadKeypoints, BadOption
from ..poses import FloatArray, IntArray, Poses
from ..topology import Skeleton, get
from . import tables
from .canvas import needed, size
from .places import flag
from .values import everybodys, numbers, row, say, whole

__all__ = ["PARTS", "fits", "read", "triplets", "write", "write_results"]

PARTS = {"keypoints": 17, "foot_kpts": 6, "face_kpts": 68, "lefthand_kpts": 21, "righthand_kpts": 21}
"""A whole body's fields, in the order of its 133 keypoints, and how many each has."""

_PERSON = 1  # the one category's id


def fits(payload: Any) -> bool:
    """Whether a payload looks like a COCO file with keypoints, and not PoseTrack's, or like results."""
    if isinstance(payload, (list, tuple)):
        return bool(payload) and isinstance(payload[0], Mapping) and "image_id" in payload[0]
    names = tables.keypoint_names(payload)
    return names is not None and "head_bottom" not in names


# Reading.


@dataclass(frozen=True)
class _Person:
    """Somebody: (17 or 133, 3) x, y, score; a box (4,), its score and a track id (1,), or nothing (0,)."""

    table: FloatArray
    box: FloatArray
    score: FloatArray
    track_id: IntArray


def read(payload: Mapping[str, Any] | Sequence[Any], canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """A parsed file, or results, as poses.

    Args:
        payload: see the module. Crowds, annotations without keypoints, and those of another category than people are
            left out. Results name no categories, and all of them count.
        canvas_wh: width and height in pixels of pictures whose size is not said; results say none.

    Returns:
        One Poses per picture, in the order of the file's images; of results, per image id, counted up. They have 133
        keypoints when anybody has more than 17. A labelled keypoint has the score that is given, or 1; where everybody
        in a picture has a box, a score or a track id, so has the Poses.

    Raises:
        BadKeypoints: something else than that; the message names the frame, the person and the field.
    """
    has_flags = isinstance(payload, Mapping)
    if isinstance(payload, Mapping):
        if not {"images", "annotations"} <= payload.keys():
            raise BadKeypoints(f"COCO file: expected a dict with images and annotations; got {say(payload)}")
        people_are = _people_are(payload)
        frames = [
            (f"frame {i}", size(image.get, ("width", "height"), f"frame {i}", canvas_wh), people)
            for i, (image, people) in enumerate(tables.pictures(payload, "COCO file"))
        ]
    else:
        wh, people_are = needed(canvas_wh, "COCO results"), None
        frames = [(f"image {name}", wh, people) for name, people in _by_image(payload)]
    found = [
        [
            _person(entry, has_flags, f"{where}, person {n}")
            for n, entry in enumerate(entries)
            if _counts(entry, people_are, f"{where}, person {n}")
        ]
        for where, _, entries in frames
    ]
    count = max((len(person.table) for people in found for person in people), default=0)
    skeleton = get("coco_wholebody133" if count > PARTS["keypoints"] else "coco17")
    return [_poses(people, skeleton, wh) for (_, wh, _), people in zip(frames, found, strict=True)]


def _people_are(payload: Mapping[str, Any]) -> set[int] | None:
    """The ids of the categories with COCO's keypoints, of `person` alone if that is one; None where ids are missing."""
    body, listed = get("coco17").keypoints, tables.with_keypoints(payload)
    people = [category for category, names in listed if tuple(names[: len(body)]) == body]
    if listed and not people:
        raise BadKeypoints(
            f"categories: expected the keypoints of COCO's person, {', '.join(body)}; got {say(listed[0][1])}"
        )
    named = [category for category in people if isinstance(category.get("name"), str) and category["name"] == "person"]
    ids = [whole(category.get("id"), "categories, id") for category in named or people]
    return {int(own[0]) for own in ids} if ids and all(own.size for own in ids) else None


def _by_image(results: Any) -> list[tuple[int | str, list[Any]]]:
    """Each image's id and what is found in it, counted up."""
    from ..media.names import natural_key

    found: dict[int | str, list[Any]] = {}
    for i, result in enumerate(results if isinstance(results, (list, tuple)) else [results]):
        if not isinstance(result, Mapping) or result.get("keypoints") is None:
            raise BadKeypoints(f"result {i}: expected a dict with image_id and keypoints; got {say(result)}")
        name = result.get("image_id")
        key = name if isinstance(name, str) else tables.number(result, "image_id", f"result {i}")
        found.setdefault(key, []).append(result)
    return sorted(found.items(), key=lambda item: natural_key(str(item[0])))


def _counts(entry: Mapping[str, Any], people_are: set[int] | None, where: str) -> bool:
    """Whether an entry is one person with keypoints, be it none of them labelled."""
    category = whole(entry.get("category_id"), f"{where}, category_id")
    is_person = people_are is None or not category.size or int(category[0]) in people_are
    return is_person and entry.get("keypoints") is not None and not flag(entry, "iscrowd", False, where)


def _person(entry: Mapping[str, Any], has_flags: bool, where: str) -> _Person:
    table = triplets(entry, where)
    scores = row(entry.get("scores"), f"{where}, scores", count=len(table))
    if scores.size:
        table[:, 2] = scores
    elif has_flags:
        table[:, 2] = np.minimum(table[:, 2], 1)
    return _Person(
        table=table,
        box=tables.corners(entry.get("bbox"), f"{where}, bbox"),
        score=row(entry.get("score"), f"{where}, score"),
        track_id=whole(entry.get("track_id"), f"{where}, track_id"),
    )


def triplets(annotation: Mapping[str, Any], where: str) -> FloatArray:
    """(17, 3) x, y and flag or score of somebody's keypoints, or (133, 3) where there are feet, a face or hands.

    Raises:
        BadKeypoints: a field has another length, or holds something else than numbers.
    """
    parts = {key: numbers(annotation.get(key), f"{where}, {key}").astype(np.float64).ravel() for key in PARTS}
    body = parts["keypoints"]
    everything = sum(PARTS.values())
    if body.size == 3 * everything:
        return body.reshape(-1, 3)
    for key, values in parts.items():
        if values.size not in (0, 3 * PARTS[key]):
            raise BadKeypoints(
                f"{where}, {key}: expected {3 * PARTS[key]} numbers ({PARTS[key]} points as x, y, flag); got "
                f"{values.size} numbers"
            )
    table = np.concatenate([np.resize(values, 3 * PARTS[key]) for key, values in parts.items()]).reshape(-1, 3)
    return table if any(parts[key].size for key in PARTS if key != "keypoints") else table[: PARTS["keypoints"]]


def _poses(people: Sequence[_Person], skeleton: Skeleton, wh: tuple[int, int]) -> Poses:
    if not people:
        return Poses.empty(skeleton, wh)
    table = np.zeros((len(people), len(skeleton), 3))
    for n, person in enumerate(people):
        table[n, : len(person.table)] = person.table
    return Poses(
        points=table[..., :2],
        scores=table[..., 2],
        skeleton=skeleton,
        canvas_wh=wh,
        boxes=everybodys([person.box for person in people], 4),
        box_scores=everybodys([person.score for person in people]),
        track_ids=everybodys([person.track_id for person in people]),
    )


# Writing.


def write(
    people: Iterable[Poses], *, image_ids: Sequence[int] | None = None, file_names: Sequence[str] | None = None
) -> dict[str, Any]:
    """A clip as a complete file.

    Read back, the labelled points and all scores are the same, bit by bit. Lost is what the format has no place for:
    a neck, and where an absent point was thought to be. Who has no box gets the one around their labelled points.

    Args:
        people: one Poses per frame, in any skeleton. All 133 keypoints are written where one has a face, and else 17.
        image_ids: a whole number for each frame; by default they are counted from 1.
        file_names: the name of each frame's picture; by default its id with twelve digits.

    Raises:
        BadOption: there is not one for each frame, an id is no whole number or is there twice, or a name is no text.
    """
    clip = list(people)
    ids = _ids(image_ids, len(clip))
    images = [
        {"id": own, "file_name": name, "width": poses.canvas_wh[0], "height": poses.canvas_wh[1]}
        for own, name, poses in zip(ids, _names(file_names, ids), clip, strict=True)
    ]
    found = enumerate(_people(clip, ids), start=1)
    annotations = [{"id": n, **_labelled(image, person)} for n, (image, person) in found]
    body = get("coco17")
    bones = [[a + 1, b + 1] for a, b in body.link_indices]  # COCO counts from one
    category = {"id": _PERSON, "name": "person", "supercategory": "person", "keypoints": list(body.keypoints)}
    return {"images": images, "annotations": annotations, "categories": [{**category, "skeleton": bones}]}


def write_results(people: Iterable[Poses], *, image_ids: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """A clip as results for COCO's evaluation, with the image ids of the file that `write` makes of it.

    Read back, points and scores are the same, bit by bit. Results cannot hold a frame with nobody in it, which leaves
    no trace, so that fewer frames are read back; nor the canvas. Who has no score gets the mean score of their
    keypoints that are there.

    Args:
        people: as for `write`, as is `image_ids`.

    Raises:
        BadOption: as for `write`.
    """
    clip = list(people)
    return [_result(image, person) for image, person in _people(clip, _ids(image_ids, len(clip)))]


def _ids(image_ids: Sequence[int] | None, frames: int) -> Sequence[int]:
    """One per frame, told or counted from 1."""
    ids = range(1, frames + 1) if image_ids is None else image_ids
    are_whole = isinstance(ids, Sequence) and all(type(own) is int for own in ids)
    if not are_whole or len(ids) != frames or len(set(ids)) != frames:
        raise BadOption(f"image_ids are {frames} whole numbers, one of its own for each frame; got {say(image_ids)}")
    return ids


def _names(file_names: Sequence[str] | None, ids: Sequence[int]) -> Sequence[str]:
    """One per frame, told or made up."""
    names = [f"{own:012d}.jpg" for own in ids] if file_names is None else file_names
    is_list = isinstance(names, Sequence) and not isinstance(names, (str, bytes))
    if not is_list or len(names) != len(ids) or not all(isinstance(name, str) for name in names):
        raise BadOption(f"file_names are {len(ids)} texts, one for each frame; got {say(file_names)}")
    return names


def _people(clip: Sequence[Poses], ids: Sequence[int]) -> Iterator[tuple[int, Poses]]:
    """Everybody, one by one, with the id of their picture."""
    has_face = any("face" in poses.skeleton.parts for poses in clip)
    skeleton = get("coco_wholebody133" if has_face else "coco17")
    for image, poses in zip(ids, clip, strict=True):
        for person in poses.to(skeleton):
            yield image, person


def _labelled(image: int, person: Poses) -> dict[str, Any]:
    """An annotation, without its id."""
    from ..boxes import around  # imports torch, which reading has no need of

    there = person.scores > 0
    x, y, width, height = tables.sides((around(person.points, there) if person.boxes is None else person.boxes)[0])
    points = np.where(there[0, :, None], person.points[0], 0)
    return {
        "image_id": image,
        "category_id": _PERSON,
        "iscrowd": 0,
        "num_keypoints": int(there[0, : PARTS["keypoints"]].sum()),
        "area": width * height,
        "bbox": [x, y, width, height],
        **_fields(np.column_stack([points, 2 * there[0]])),
        "scores": person.scores[0].tolist(),
        **({} if person.box_scores is None else {"score": float(person.box_scores[0])}),
        **_track_id(person),
    }


def _result(image: int, person: Poses) -> dict[str, Any]:
    there = person.scores[0][person.scores[0] > 0]
    score = (there.mean() if there.size else 0.0) if person.box_scores is None else person.box_scores[0]
    return {
        "image_id": image,
        "category_id": _PERSON,
        **_fields(np.column_stack([person.points[0], person.scores[0]])),
        "score": float(score),
        **({} if person.boxes is None else {"bbox": tables.sides(person.boxes[0])}),
        **_track_id(person),
    }


def _track_id(person: Poses) -> dict[str, int]:
    return {} if person.track_ids is None else {"track_id": int(person.track_ids[0])}


def _fields(table: FloatArray) -> dict[str, list[float]]:
    """A table (17 or 133, 3) as the fields that it goes into."""
    fields, start = {}, 0
    for key, count in PARTS.items():
        if start < len(table):
            fields[key] = table[start : start + count].ravel().tolist()
        start += count
    return fields
