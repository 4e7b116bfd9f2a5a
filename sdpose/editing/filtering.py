"""Less of poses: only some parts, only points and people that are sure enough. The data changes, not only a picture."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from ..errors import BadOption
from ..formats.values import is_number, say
from ..poses import FloatArray, Poses

__all__ = ["PARTS", "filtered", "without_people", "without_points"]

PARTS = ("body", "feet", "face", "left_hand", "right_hand")


def without_points(
    poses: Poses, parts: Collection[str] = PARTS, thresholds: float | Mapping[str, float] = 0.0
) -> Poses:
    """Make the points of other parts, and those with a low score, absent: they come out as 0, 0 with score 0.

    Args:
        poses: the people of one frame.
        parts: which of `PARTS` stay.
        thresholds: points with a lower score go; one number for all parts, or one per part (0 for those not named).
            At 0 none goes: scores of 0 and less, which mean absent, stay as they are.

    Raises:
        BadOption: a part that does not exist, or a threshold below 0 or not finite.
    """
    if not isinstance(parts, Collection) or isinstance(parts, str):
        raise BadOption(f"parts are a list of {', '.join(PARTS)}; got {say(parts)}")
    limits = dict.fromkeys(PARTS, thresholds) if not isinstance(thresholds, Mapping) else dict(thresholds)
    if unknown := [part for part in (*parts, *limits) if part not in PARTS]:
        raise BadOption(f"parts are {', '.join(PARTS)}; got {', '.join(map(repr, unknown))}")
    least = np.full(len(poses.skeleton), np.inf)
    for part in parts:
        limit = _at_least_0(f"the threshold of {part}", limits.get(part, 0.0))
        least[list(poses.skeleton.indices(part))] = limit or -np.inf
    gone = poses.scores < least
    return poses.replace(points=np.where(gone[..., None], 0.0, poses.points), scores=np.where(gone, 0.0, poses.scores))


def without_people(poses: Poses, mean_score: float = 0.0, points: int = 0, places: bool = False) -> Poses:
    """Drop the people who are not sure enough.

    Args:
        poses: the people of one frame.
        mean_score: people go whose points that are present have a lower mean score.
        points: people go who have fewer points that are present.
        places: keep an empty place for them, without a point and with a box of zeros, as `sdpose.video.placed` has for
            people who are absent, so that all others stay at their places in the list.

    Raises:
        BadOption: a limit below 0 or not finite.
    """
    present = poses.scores > 0
    count = present.sum(axis=1)
    mean = np.where(present, poses.scores, 0.0).sum(axis=1) / np.maximum(1, count)
    unsure = (mean < _at_least_0("mean_score", mean_score)) | (count < _at_least_0("points", points))
    if not places:
        return poses[~unsure]

    def emptied(values: FloatArray | None) -> FloatArray | None:
        return None if values is None else np.where(unsure.reshape(-1, *[1] * (values.ndim - 1)), 0.0, values)

    fields = ("points", "scores", "boxes", "box_scores")
    return poses.replace(**{name: emptied(getattr(poses, name)) for name in fields})


def filtered(
    poses: Poses,
    parts: Collection[str] = PARTS,
    thresholds: float | Mapping[str, float] = 0.0,
    mean_score: float = 0.0,
    points: int = 0,
    places: bool = False,
) -> Poses:
    """First `without_points`, then `without_people`, who are judged by what is left of them.

    Raises:
        BadOption: see there.
    """
    return without_people(without_points(poses, parts, thresholds), mean_score, points, places)


def _at_least_0(name: str, value: float) -> float:
    if not is_number(value) or value < 0:
        raise BadOption(f"{name} is a number from 0; got {say(value)}")
    return value
