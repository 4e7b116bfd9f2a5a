"""Frames of a 2018 or 2021 file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from ...errors import BadKeypoints
from ...poses import FloatArray
from ...topology import Skeleton, get
from ..places import dicts, flag
from ..tables import corners, number, pictures
from ..values import numbers, row, say, whole
from .clip import Frame, file_names, our_names
from .people import Person, gather

__all__ = ["frames_2018"]


def frames_2018(data: Mapping[str, Any], where: str) -> list[Frame]:
    """Frames in the order of `images`; their canvas is one pixel yet."""
    places = _places(data, where)
    frames = []
    for i, (image, people) in enumerate(pictures(data, where)):
        at = f"{where}, frame {i}"
        found = [_person(person, places, f"{at}, person {n}") for n, person in enumerate(people)]
        frames.append(_frame(image, found, at))
    folders = {str(PurePosixPath(frame.file_name).parent) for frame in frames}
    if len(folders) > 1:
        raise BadKeypoints(f"{where}: expected one clip, pictures of one folder; got {', '.join(sorted(folders))}")
    return frames


def _skeleton() -> Skeleton:
    return get("posetrack17")


def _places(data: Mapping[str, Any], where: str) -> list[int | None]:
    """Our keypoint's number for each of the file's, or None for one that we do not have."""
    skeleton = _skeleton()
    if "categories" not in data:  # as in results for 2021
        return list(range(len(skeleton)))
    categories = dicts(data, "categories", where)
    names = categories[0].get("keypoints") if len(categories) == 1 else None
    wanted = set(file_names(get("posetrack15").keypoints))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or not wanted <= set(names):
        raise BadKeypoints(
            f"{where}, categories: expected one, whose keypoints are {', '.join(file_names(skeleton.keypoints))}; "
            f"got {say(data['categories'])}"
        )
    return [skeleton.index(name) if name in skeleton else None for name in our_names(names)]


def _frame(image: Mapping[str, Any], people: list[Person], where: str) -> Frame:
    name = image.get("file_name")
    if not isinstance(name, str):
        raise BadKeypoints(f"{where}, file_name: expected a file name; got {say(name)}")
    return Frame(
        file_name=name,
        **gather(people, _skeleton()),
        ignore_regions=_regions(image, where),
        is_labelled=flag(image, "is_labeled", bool(people), where),
        lists_people=bool(people),
        image_id=number(image, "id", where),
    )


def _regions(image: Mapping[str, Any], where: str) -> tuple[FloatArray, ...]:
    across, down = (image.get(f"ignore_regions_{axis}") or [] for axis in "xy")
    where = f"{where}, ignore regions"
    if not isinstance(across, list) or not isinstance(down, list) or len(across) != len(down):
        raise BadKeypoints(f"{where}: expected as many lists of x as of y; got {say(across)} and {say(down)}")
    regions = []
    for n, sides in enumerate(zip(across, down, strict=True)):
        x, y = (numbers(side, f"{where} {n}").ravel() for side in sides)
        if len(x) != len(y):
            raise BadKeypoints(f"{where} {n}: expected as many x as y; got {len(x)} and {len(y)}")
        regions.append(np.column_stack([x, y]).astype(np.float64))
    return tuple(regions)


def _person(annotation: Mapping[str, Any], places: list[int | None], where: str) -> Person:
    """Somebody; in 2021 this may be a box without keypoints."""
    values = numbers(annotation.get("keypoints"), f"{where}, keypoints").ravel()
    if values.size not in (0, 3 * len(places)):
        raise BadKeypoints(
            f"{where}, keypoints: expected {3 * len(places)} numbers ({len(places)} points as x, y, flag); "
            f"got {values.size}"
        )
    given_scores = row(annotation.get("scores"), f"{where}, scores", count=len(places))
    skeleton = _skeleton()
    table = np.zeros((len(skeleton), 3))
    scores = np.full(len(skeleton), np.nan)
    for theirs, ours in enumerate(places):
        if ours is not None and values.size:
            table[ours] = values[3 * theirs : 3 * theirs + 3]
            scores[ours] = given_scores[theirs] if given_scores.size else np.nan
    given = np.asarray(table.any(axis=1))
    return Person(
        where, table[:, :2], given, given & (table[:, 2] != 0), scores,
        box=corners(annotation.get("bbox"), f"{where}, bbox"),
        head_box=corners(annotation.get("bbox_head"), f"{where}, bbox_head"),
        track_id=whole(annotation.get("track_id"), f"{where}, track_id"),
    )  # fmt: skip
