"""What speaks for two sightings being the same person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...poses import FloatArray
from ...topology import Skeleton
from ..linking import overlaps
from .colours import colour_distance
from .person import Person
from .sightings import Sighting

__all__ = ["affinities", "return_odds", "similarities"]

FILM = 24.0
"""Gaps count in frames of film: at other rates people move more or less from frame to frame."""

REACH = 0.12
"""From frame to frame a person may leave the place where it is expected by this share of its box's diagonal (one
standard deviation), and as much again for every `PATIENCE` frames without it."""

PATIENCE = 4.0

RESIZE = 0.2
"""How much a box's size may change between two sightings: standard deviation of the logarithm of its diagonal."""

KEYPOINTS = 1.5
"""The weight of the pose, with keypoints that were predicted perfectly, against that of the box, which is 1."""

COLOURS = 0.5
"""The weight of the colours."""

ALIKE = 15.0
"""Colours that are this far apart (Lab) are no more alike than not."""

SAME_TRACKLET = 0.15
"""What it adds when the tracker library goes on with the tracklet."""

SHARE = 0.53
"""Of a box is body: what OKS takes a person's area to be (as mmpose does)."""


def similarities(people: Sequence[Person], seen: Sequence[Sighting], t: int, skeleton: Skeleton) -> FloatArray:
    """OKS (P, N) of each sighting of frame t to each person's predicted pose; NaN without two shared keypoints."""
    from ...evaluation.oks import oks

    found = np.full((len(people), len(seen)), np.nan)
    if not len(seen):
        return found
    points = np.array([sighting.points for sighting in seen])
    known = np.array([sighting.seen for sighting in seen])
    for row, person in enumerate(people):
        predicted, labelled = person.pose_at(t)
        shared = known & labelled
        # The longer ago, the less sure: the spread grows, as if the person were larger.
        area = SHARE * float(np.prod(person.now.box[2:] - person.now.box[:2])) * (1 + (t - person.last - 1) / 2) ** 2
        similar = oks(points, np.broadcast_to(predicted, points.shape), shared, np.full(len(seen), area), skeleton)
        found[row] = np.where(shared.sum(axis=1) >= 2, similar, np.nan)
    return found


def affinities(people: Sequence[Person], seen: Sequence[Sighting], tracklets: Sequence[Any], similar: FloatArray,
               t: int) -> FloatArray:  # fmt: skip
    """How well each sighting of frame t goes on with each person: (P, N), 0 to a little above 1.

    The mean of what the boxes say (overlap, place and size), the keypoints (OKS to the predicted pose, weighted by
    how well that was predicted lately) and the colours; and a little more where the tracker goes on.
    """
    found = np.zeros((len(people), len(seen)))
    if not found.size:
        return found
    boxes = np.array([sighting.box for sighting in seen])
    for row, person in enumerate(people):
        expected = np.array([person.box_at(t), person.now.box])
        overlap = overlaps(expected[: 2 if t - person.last == 1 else 1], boxes).max(axis=0)
        for column, sighting in enumerate(seen):
            near = _nearness(person, sighting, t)
            parts = [((overlap[column] + near) / 2, 1.0)]
            if np.isfinite(similar[row, column]):
                parts.append((float(similar[row, column]), KEYPOINTS * person.trust))
            apart = colour_distance(person.palette.mean, sighting.colours)
            if apart is not None:
                parts.append((float(np.exp(-0.5 * (apart / ALIKE) ** 2)), COLOURS))
            total = sum(value * weight for value, weight in parts) / sum(weight for _, weight in parts)
            goes_on = person.tracklet is tracklets[column]
            found[row, column] = total + SAME_TRACKLET * goes_on if near > 0.01 or overlap[column] > 0.1 else 0.0
    return found


def _nearness(person: Person, sighting: Sighting, t: int) -> float:
    """0 to 1: place and size of the box against what is expected."""
    box = person.box_at(t)
    sure = REACH * (1 + (t - person.last - 1) / PATIENCE)
    away = float(np.linalg.norm(sighting.centre - (box[:2] + box[2:]) / 2)) / (person.extent * sure)
    resized = np.log(sighting.extent / person.extent) / RESIZE
    return float(np.exp(-0.5 * (away**2 + resized**2)))


def return_odds(lost: Person, found: Person, fps: float) -> float:
    """Log odds that somebody new is one who was lost, from size, place and colours; 0 is undecided.

    Each part is a log ratio of two likelihoods: of the same person, and of anybody.
    """
    came = found.past[0][1] if found.past else found.now
    seconds = (found.first - lost.last) / fps
    resized = abs(np.log(came.extent / lost.extent))
    size = max(-3.0, 0.5 - 0.5 * (resized / RESIZE) ** 2)
    expected = lost.box_at(found.first)
    middles = np.array([(expected[:2] + expected[2:]) / 2, lost.now.centre])
    away = float(np.linalg.norm(came.centre - middles, axis=1).min()) / lost.extent
    place = max(-1.5, 1.0 - 0.5 * (away / (0.3 + 0.8 * seconds)) ** 2)
    apart = colour_distance(_colours(lost), _colours(found))
    looks = 0.0 if apart is None else float(np.clip(2.5 * (1 - (apart / ALIKE) ** 2), -6.0, 2.5))
    return float(size + place + looks)


def _colours(person: Person) -> FloatArray:
    return person.palette.mean if person.palette.frames else person.fresh.mean
