"""What speaks for two sightings being the same person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...poses import FloatArray
from ...topology import Skeleton
from ..linking import overlaps
from .colours import colour_odds
from .person import Person
from .sightings import Sighting

__all__ = ["affinities", "return_odds", "similarities"]

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

FAR, TOUCHING = 0.01, 0.1
"""Who is neither near the place where a person is expected (0 to 1) nor overlaps it more is not that person."""

SAME_TRACKLET = 0.15
"""What it adds when the tracker library goes on with the tracklet."""

HERE, ANYWHERE, FARTHEST = 2.5, -1.5, -4.0
"""Log odds of a return at once to the place where one is expected; to another place, after a second or more; and the
least there are, after less."""

AT_ONCE = 3.0
"""Log odds for one being found in the very frame that the other is missed in: drawings that were held jump."""

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
    how well that was predicted lately) and the colours; and a little more where the tracker goes on, unless people
    overlapped there: that is where it swaps them.
    """
    found = np.zeros((len(people), len(seen)))
    if not found.size:
        return found
    boxes = np.array([sighting.box for sighting in seen])
    colours = np.array([sighting.colours for sighting in seen])
    for row, person in enumerate(people):
        expected = np.array([person.box_at(t), person.now.box])
        overlap = overlaps(expected[: 2 if t - person.last == 1 else 1], boxes).max(axis=0)
        near = _nearness(person, expected[0], boxes, t - person.last)
        parts = [((overlap + near) / 2, np.ones(len(seen)))]
        parts.append((np.nan_to_num(similar[row]), KEYPOINTS * person.trust * np.isfinite(similar[row])))
        odds = colour_odds(person.palette.mean, colours)
        parts.append((1 / (1 + np.exp(-np.nan_to_num(odds))), COLOURS * np.isfinite(odds)))
        total = sum(value * weight for value, weight in parts) / sum(weight for _, weight in parts)
        sure = person.doubted < t - 1
        goes_on = np.array([sure and person.tracklet is tracklet for tracklet in tracklets])
        found[row] = np.where((near > FAR) | (overlap > TOUCHING), total + SAME_TRACKLET * goes_on, 0.0)
    return found


def _nearness(person: Person, expected: FloatArray, boxes: FloatArray, gap: int) -> FloatArray:
    """(N,) 0 to 1: place and size of boxes (N, 4) against the expected one (4,), `gap` frames after the last."""
    usual = person.extent
    middles, middle = (boxes[:, :2] + boxes[:, 2:]) / 2, (expected[:2] + expected[2:]) / 2
    away = np.linalg.norm(middles - middle, axis=1) / (usual * REACH * (1 + (gap - 1) / PATIENCE))
    resized = np.log(np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1) / usual) / RESIZE
    return np.asarray(np.exp(-0.5 * (away**2 + resized**2)))


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
    # Given a second to walk round behind the camera, people may come back anywhere.
    spread = 0.3 + 0.8 * seconds
    place = max(ANYWHERE / min(1.0, seconds), FARTHEST, HERE - np.log(spread / 0.3) - 0.5 * (away / spread) ** 2)
    place += AT_ONCE * (found.first == lost.last + 1)
    return float(size + place + np.nan_to_num(colour_odds(_colours(lost), _colours(found))))


def _colours(person: Person) -> FloatArray:
    return person.palette.mean if person.palette.frames else person.fresh.mean
