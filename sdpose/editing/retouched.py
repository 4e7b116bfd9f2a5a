"""What an editor leaves out of a frame, given back from the frame that it replaces.

Editors keep points and little else: OpenPose Studio rounds to whole pixels and writes every score as 1, it and the
Ultimate OpenPose editor know no feet, POSEDATA has one point for two toes, and few keep track ids or boxes. So an
edited frame is compared with what its editor was given: the frame as the editor's dialect holds it. What is as it was
given is what it was before.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..boxes import around
from ..formats.openpose import variants
from ..poses import FloatArray, IntArray, Poses
from ..topology import Skeleton
from ..video.identity.sightings import body_boxes

__all__ = ["NOBODY", "Given", "counterparts", "moved_along", "reunited", "wider"]

NOBODY = -1

_ROUNDED = 0.51
"""A point that an editor without scores moved by no more of its pixels was rounded, not moved."""

_EXACT = 1e-3
"""A point that was moved by no more pixels went through numbers of fewer digits."""

_ALIKE = 1e-6
"""Scores that differ by no more did so too."""

_SAME = 0.5
"""People of whom so great a share of points has not been moved are the same."""

_HANGS_ON = {"feet": "{side}_ankle", "left_hand": "left_wrist", "right_hand": "right_wrist", "face": "nose"}
"""A part -> the keypoint that takes it along."""

_ON_HEAD = ("left_eye", "right_eye", "left_ear", "right_ear")
"""What the nose takes along too."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Given:
    """What an editor was given of a frame.

    Attributes:
        people: (M, K) its people as the editor's dialect holds them, in the skeleton of the edited frame.
        held: (K,) which keypoints the dialect holds.
        ids: the track id of each, None of those without.
    """

    people: Poses
    held: BoolArray
    ids: Sequence[int | None]


def counterparts(edited: Poses, ids: Sequence[int | None], given: Given) -> IntArray:
    """Whom of a frame the people of its edited version are.

    By track id, one by one. Then those of whom most points have not moved. Of the others, if they are as many as there
    are people left, each is who has the same place; else the nearest, by the mean distance of the keypoints that both
    have, so that all distances together are least. Where everybody had an id, who has another is somebody new.

    Args:
        edited: (N, K) the people after editing, on a canvas of any size.
        ids: the track id of each, None of those without.
        given: the people before.

    Returns:
        (N,) rows of `given`, -1 for somebody new.
    """
    pixel = np.divide(given.people.canvas_wh, edited.canvas_wh)
    people, was = edited.scaled(given.people.canvas_wh), given.people
    found = np.full(len(people), NOBODY, np.int64)
    rows = {who: row for row, who in enumerate(given.ids) if who is not None and [*given.ids].count(who) == 1}
    named = [who if who is not None and [*ids].count(who) == 1 else None for who in ids]
    for i, who in enumerate(named):
        found[i] = rows.get(who, NOBODY) if who is not None else NOBODY
    open_ = [i for i in range(len(people)) if found[i] == NOBODY and (named[i] is None or len(rows) < len(was))]
    unmoved = _shares_unmoved(people, was, pixel)
    _match(found, open_, np.where(unmoved >= _SAME, 1 - unmoved, np.inf))
    open_, left = [i for i in open_ if found[i] == NOBODY], _left(found, len(was))
    if len(open_) == len(left):
        found[open_] = left
    else:
        _match(found, open_, _distances(people, was))
    return found


def _left(found: IntArray, count: int) -> list[int]:
    return [row for row in range(count) if row not in found]


def _match(found: IntArray, open_: Sequence[int], costs: FloatArray) -> None:
    """Give those who are open one of the rows that are left each, for as little as possible, and none for infinity."""
    from scipy.optimize import linear_sum_assignment

    left = _left(found, costs.shape[1])
    own = costs[np.ix_(open_, left)]
    same_place = np.equal.outer(open_, left) * 1e-9  # where all else is equal
    far = np.where(np.isfinite(own), own, 1e12) - same_place  # finite, or there may be no assignment at all
    for i, j in zip(*linear_sum_assignment(far), strict=True):
        if np.isfinite(own[i, j]):
            found[open_[i]] = left[j]


def _shares_unmoved(edited: Poses, was: Poses, pixel: FloatArray) -> FloatArray:
    """(N, M) the share of the keypoints of two people that are in the same place, of those that both have."""
    both = (edited.scores > 0)[:, None] & (was.scores > 0)[None]
    near = np.all(np.abs(edited.points[:, None] - was.points[None]) <= _tolerance(edited, pixel), axis=-1)
    return np.asarray((both & near).sum(axis=-1) / np.maximum(both.sum(axis=-1), 1))


def _distances(edited: Poses, was: Poses) -> FloatArray:
    """(N, M) mean distances of the keypoints that two people have; infinite where they have none in common."""
    both = (edited.scores > 0)[:, None] & (was.scores > 0)[None]
    with np.errstate(over="ignore"):
        apart = np.linalg.norm(edited.points[:, None] - was.points[None], axis=-1)
        total = np.where(both, apart, 0.0).sum(axis=-1)
    count = both.sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def _forgotten(edited: Poses) -> bool:
    """Whether the editor has forgotten the scores: all are 1."""
    return bool(np.all(edited.scores[edited.scores > 0] == 1))


def _tolerance(edited: Poses, pixel: FloatArray) -> FloatArray:
    """(2,) how far a point may be from where it was and still be where it was."""
    return np.asarray(_ROUNDED * pixel if _forgotten(edited) else np.full(2, _EXACT))


def reunited(
    edited: Poses, was: Poses, rows: IntArray, given: Given, known: Container[str], ids: Sequence[int | None]
) -> Poses:
    """The edited people with what their counterparts had and the editor dropped.

    Points that are where the editor was given them stay what they were before, with all digits and their score; where
    all scores are 1, the editor has forgotten them and may have rounded to whole pixels. What the dialect has another
    point for moves as that did. Points that the dialect does not hold stay, and go along with the joint that they hang
    on, or are gone with it. Points that are missing stay if they are so unsure that they are left out for editors, and
    everything else so unsure is missing too. Track ids, boxes and their scores are those of the edit where they are
    new, else the counterpart's, whose box goes along with the points.

    Args:
        edited: the people after editing, on a canvas of any size.
        was: the frame that they replace.
        rows: whom of `was` each of them is, as `counterparts` says.
        given: what the editor was given of `was`.
        known: which of `track_ids`, `boxes` and `box_scores` the people of the clip have.
        ids: the track id of each of the edited people.

    Returns:
        The edited people on the canvas of `was`, in its skeleton, or in the wider of the two where that says more.
    """
    skeleton = wider(edited.skeleton, was.skeleton)
    tolerance = _tolerance(edited, np.divide(was.canvas_wh, edited.canvas_wh))
    people, own = edited.to(skeleton).scaled(was.canvas_wh), np.flatnonzero(rows != NOBODY)
    before, seen = was.to(skeleton)[rows[own]], given.people.to(skeleton)[rows[own]]
    kept = _taken_along(_kept(people[own], before, seen, given, tolerance), before, given)
    points, scores = people.points.copy(), people.scores.copy()
    points[own], scores[own] = kept.points, kept.scores
    whole = people.replace(points=points, scores=scores)
    narrow = whole.to(was.skeleton)
    says_more = (whole.scores > 0) & np.any(np.abs(whole.points - narrow.to(skeleton).points) > _EXACT, axis=-1)
    return _named(whole if says_more.any() else narrow, was, rows, known, ids)


def wider(one: Skeleton, other: Skeleton) -> Skeleton:
    """That of two skeletons which has the keypoints of both, else the second."""
    return one if all(name in one for name in other.keypoints) else other


def _held(given: Given, skeleton: Skeleton) -> BoolArray:
    """(K,) which keypoints of a skeleton the editor's dialect holds, or makes of those that it holds."""
    points = np.ones((1, len(given.held), 2))
    return np.asarray(
        Poses(points, given.held[None].astype(np.float64), given.people.skeleton, (1, 1)).to(skeleton).scores[0] > 0
    )


def _kept(edited: Poses, was: Poses, seen: Poses, given: Given, tolerance: FloatArray) -> Poses:
    """Edited people, whose points that are as they were given are what they were before."""
    there, shown, had = edited.scores > 0, seen.scores > 0, was.scores > 0
    near = there & shown & np.all(np.abs(edited.points - seen.points) <= tolerance, axis=-1)
    alike = np.abs(edited.scores - seen.scores) <= _ALIKE
    forgotten = _forgotten(edited)
    missing = ~there & _held(given, edited.skeleton) & (~had | ~shown | _left_out(edited, was))
    elsewhere = had & shown & np.any(np.abs(seen.points - was.points) > _EXACT, axis=-1)  # two toes are one point
    points = np.where((elsewhere & there)[..., None], was.points + edited.points - seen.points, edited.points)
    rated = near if forgotten else there & shown & alike & (near | had)
    stays = missing | (near & (had | rated))
    return edited.replace(
        points=np.where(stays[..., None], was.points, points),
        scores=np.where(missing | rated, was.scores, edited.scores),
    )


def _left_out(edited: Poses, was: Poses) -> BoolArray:
    """(N, K) which points are so unsure that they are left out for editors, if no such point is in the edited frame."""
    least = variants()["editor"].threshold or 0
    return np.asarray((was.scores > 0) & (was.scores < least) & np.all(edited.scores[edited.scores > 0] >= least))


def _taken_along(edited: Poses, was: Poses, given: Given) -> Poses:
    """With the points that the dialect does not hold, as far from their joints as before, or gone with them."""
    skeleton, held = edited.skeleton, _held(given, edited.skeleton)
    points, scores = edited.points.copy(), edited.scores.copy()
    for keypoint in np.flatnonzero(~held).tolist():
        absent = edited.scores[:, keypoint] <= 0
        joint = _joint(skeleton, keypoint)
        had, has = was.scores[:, joint] > 0, edited.scores[:, joint] > 0
        step = edited.points[:, joint] - was.points[:, joint]
        moves, gone = had & has & (was.scores[:, keypoint] > 0), had & ~has
        place = was.points[:, keypoint] + np.where(moves[:, None], step, 0.0)
        points[absent, keypoint] = np.where(gone[:, None], 0.0, place)[absent]
        scores[absent, keypoint] = np.where(gone, 0.0, was.scores[:, keypoint])[absent]
    return edited.replace(points=points, scores=scores)


def _joint(skeleton: Skeleton, keypoint: int) -> int:
    """What takes a keypoint along; itself where nothing does."""
    name = skeleton.keypoints[keypoint]
    part = next(part for part, names in skeleton.parts.items() if name in names)
    joint = "nose" if name in _ON_HEAD else _HANGS_ON.get(part, name).format(side=name.partition("_")[0])
    return skeleton.index(joint) if joint in skeleton else keypoint


def _named(edited: Poses, was: Poses, rows: IntArray, known: Container[str], ids: Sequence[int | None]) -> Poses:
    """With the track ids, boxes and their scores that people of the clip have, and no others."""
    new = rows == NOBODY
    boxes, box_scores = moved_along(edited, was, rows), np.ones(len(edited))
    if edited.box_scores is not None:
        box_scores = edited.box_scores
    elif was.box_scores is not None:
        box_scores[~new] = was.box_scores[rows[~new]]
    has = {
        "track_ids": np.array(ids, np.int64) if None not in ids else None,
        "boxes": boxes if was.boxes is not None or edited.boxes is not None or not len(was) else None,
        "box_scores": box_scores
        if was.box_scores is not None or edited.box_scores is not None or not len(was)
        else None,
    }
    return edited.replace(**{name: values if name in known else None for name, values in has.items()})


def moved_along(edited: Poses, was: Poses, rows: IntArray) -> FloatArray:
    """Boxes of edited people (N, 4): of the edit where they are new, else the old ones, else around the points.

    Old ones go along: they leave as much around the points as before.

    Args:
        edited: the people after editing, with boxes or without.
        was: the frame that they replace, on the same canvas.
        rows: whom of `was` each of them is, -1 for somebody new.
    """
    own = np.flatnonzero(rows != NOBODY)
    boxes = body_boxes(edited.replace(boxes=None))
    if was.boxes is not None:
        old, people = was.boxes[rows[own]], was.to(edited.skeleton)[rows[own]]
        drawn = [around(poses.points, poses.scores > 0) for poses in (edited[own], people)]
        moved = np.where(drawn[0] == drawn[1], old, drawn[0] + (old - drawn[1]))
        known = (old != 0).any(axis=1) & (moved[:, 2:] > moved[:, :2]).all(axis=1) & drawn[0].any(axis=1)
        still = np.all(drawn[0] == drawn[1], axis=1) | ~drawn[0].any(axis=1)
        boxes[own] = np.where(still[:, None], old, np.where(known[:, None], moved, boxes[own]))
    if edited.boxes is not None:
        given = np.ones(len(edited), np.bool_)
        if was.boxes is not None:
            given[own] = np.any(np.abs(edited.boxes[own] - was.boxes[rows[own]]) > _EXACT, axis=1)
        boxes = np.where(given[:, None], edited.boxes, boxes)
    return np.asarray(boxes)
