"""How a payload's own frames are written, seen from what stands in them; and who its people say that they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from . import layout
from .reading import track_id
from .variants import Variant

__all__ = ["is_nested", "lists_in", "track_ids_in", "traits_of"]

_EXTRAS = ("track_id", "bbox", "score")

Frame = Mapping[str, Any]


def traits_of(frames: Sequence[Frame], like: Variant, units: Literal["pixels", "shares"] = "pixels") -> Variant:
    """The variant that frames are written in, which may be none of the table's.

    Args:
        frames: that can be read.
        like: the variant of the table that is nearest, for what the frames do not show: what stands for a missing part
            where none is missing, or all of it where there is nobody.
        units: of the frames, which single numbers do not tell.

    Returns:
        One that is written as a list, with the lists of the frames and behind them others that `like` has.
    """
    people = [person for frame in frames for person in frame["people"]]
    lists = lists_in(people)
    shown = [points for found in lists.values() for points in found]
    counts = {key: _count(key, found, like) for key, found in lists.items()}
    return replace(
        like,
        parts={**counts, **{key: count for key, count in like.parts.items() if key not in counts}},
        fixed={
            key: value for key, value in like.fixed.items() if not people or any(key in person for person in people)
        },
        nested=any(map(is_nested, shown)) or (like.nested and not people),
        missing=_missing(lists) or like.missing,
        units=units,
        extras=any(person.get(key) is not None for person in people for key in _EXTRAS) if people else like.extras,
        bare=False,
    )


def lists_in(people: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The keys of keypoints that any of the people have, in order -> what stands there."""
    lists: dict[str, list[Any]] = {}
    for person in people:
        for key in person:
            if key in layout.PARTS:
                lists.setdefault(key, []).append(person[key])
    return lists


def is_nested(points: Any) -> bool:
    """Whether points are lists of three numbers, and not one after another."""
    return points is not None and len(points) > 0 and np.ndim(points[0]) == 1


def _count(key: str, found: Sequence[Any], like: Variant) -> int:
    """How many points a list of that key has, by the longest."""
    known = layout.orders(key)
    counts = {len(points) if is_nested(points) else len(points) // 3 for points in found if points is not None}
    return max(counts & set(known), default=like.parts.get(key, max(known)))


def _missing(lists: Mapping[str, Sequence[Any]]) -> Literal["zeros", "null", "empty"] | None:
    """What stands for a part of which nothing is known; None where nothing is missing."""
    parts = [points for key, found in lists.items() if layout.PARTS[key] != "body" for points in found]
    if any(points is None for points in parts):
        return "null"
    if any(len(points) == 0 for points in parts):
        return "empty"
    return "zeros" if any(not np.any(points) for points in parts) else None


def track_ids_in(frame: Frame) -> list[int | None]:
    """The track id of everybody in a frame that can be read; None of those without."""
    ids = [track_id(person, "person") for person in frame["people"]]
    return [int(number[0]) if number.size else None for number in ids]
