"""What an editor leaves out of a frame, given back from the frame that it replaces.

Editors keep points and little else: OpenPose Studio rounds to whole pixels and writes every score as 1, it and the
Ultimate OpenPose editor know no feet, and none keeps track ids or boxes.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from ..formats.openpose import variants
from ..poses import FloatArray, IntArray, Poses
from ..topology import Skeleton
from ..video.identity.sightings import body_boxes

__all__ = ["counterparts", "reunited", "wider"]

NOBODY = -1

_ROUNDED = 0.51
"""A point that an editor moved by no more of its pixels was rounded, not moved."""

_HANGS_ON = {"feet": "{side}_ankle", "left_hand": "left_wrist", "right_hand": "right_wrist", "face": "nose"}
"""A part -> the keypoint that takes it along."""


def counterparts(edited: Poses, was: Poses) -> IntArray:
    """Whom of a frame the people of its edited version are.

    By track id, where the edited people have them; else by place, where they are as many as before; else each is the
    nearest, by the mean distance of the keypoints that both have, so that all distances together are least.

    Returns:
        (N,) rows of `was`, -1 for somebody new.
    """
    if edited.track_ids is not None and was.track_ids is not None and edited.numbered and was.numbered:
        rows = {who: row for row, who in enumerate(was.ids.tolist())}
        return np.array([rows.get(who, NOBODY) for who in edited.ids.tolist()], np.int64)
    if len(edited) == len(was):
        return np.arange(len(was))
    from scipy.optimize import linear_sum_assignment

    distances = _distances(edited, was.to(edited.skeleton).scaled(edited.canvas_wh))
    far = np.where(np.isfinite(distances), distances, 1e12)  # a finite number, or there may be no assignment at all
    found = np.full(len(edited), NOBODY, np.int64)
    rows_of, columns = linear_sum_assignment(far)
    common = np.isfinite(distances[rows_of, columns])
    found[rows_of[common]] = columns[common]
    return found


def reunited(
    edited: Poses, was: Poses, rows: IntArray, spoken: Container[str], known: Container[str], new_id: int
) -> Poses:
    """The edited people with what their counterparts had and the editor dropped.

    Parts that the editor does not speak of stay, and go along with the joint that they hang on. Points that are missing
    and had so low a score that they are left out for editors stay where they were. Where all scores are 1, the editor
    has forgotten them: points that it has not moved by more than rounding keep coordinates and score. Track ids, boxes
    and their scores are the editor's where it wrote any, else the counterpart's; somebody new gets the next free id, a
    box around the keypoints, and the score 1.

    Args:
        edited: the people after editing, on a canvas of any size.
        was: the frame that they replace.
        rows: whom of `was` each of them is, as `counterparts` says.
        spoken: names of the parts that the editor writes.
        known: which of `track_ids`, `boxes` and `box_scores` the people of the clip have.
        new_id: the first track id that is free.

    Returns:
        The edited people on the canvas of `was`, in the wider skeleton of the two.
    """
    skeleton = wider(edited.skeleton, was.skeleton)
    pixel = np.divide(was.canvas_wh, edited.canvas_wh)
    people, before = edited.to(skeleton).scaled(was.canvas_wh), was.to(skeleton)
    unrounded = _unrounded(people, before, rows, pixel)
    return _named(_taken_along(unrounded, before, rows, spoken), was, rows, known, new_id)


def wider(one: Skeleton, other: Skeleton) -> Skeleton:
    """That of two skeletons which has the keypoints of both, else the second."""
    return one if all(name in one for name in other.keypoints) else other


def _distances(edited: Poses, was: Poses) -> FloatArray:
    """(N, M) mean distances of the keypoints that two people have; infinite where they have none in common."""
    both = (edited.scores > 0)[:, None] & (was.scores > 0)[None]
    with np.errstate(over="ignore"):
        apart = np.linalg.norm(edited.points[:, None] - was.points[None], axis=-1)
        total = np.where(both, apart, 0.0).sum(axis=-1)
    count = both.sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def _hanging(skeleton: Skeleton, spoken: Container[str]) -> list[tuple[int, int]]:
    """The keypoints of the parts that are not spoken of, each with the joint that it hangs on."""
    return [
        (skeleton.index(name), skeleton.index(joint.format(side=name.partition("_")[0])))
        for part, joint in _HANGS_ON.items()
        if part not in spoken
        for name in skeleton.parts.get(part, ())
    ]


def _unrounded(edited: Poses, was: Poses, rows: IntArray, pixel: FloatArray) -> Poses:
    """With points that were left out for the editor, and the digits and scores of those that it has not moved."""
    points, scores, own = edited.points.copy(), edited.scores.copy(), np.flatnonzero(rows != NOBODY)
    old, old_scores = was.points[rows[own]], was.scores[rows[own]]
    there, faint = scores[own] > 0, old_scores < (variants()["editor"].threshold or 0)
    stays = ~there & faint & (old_scores > 0)
    if np.all(scores[scores > 0] == 1):
        near = np.all(np.abs(points[own] - old) <= _ROUNDED * pixel, axis=-1)
        stays |= near & there & (old_scores > 0)
    points[own] = np.where(stays[..., None], old, points[own])
    scores[own] = np.where(stays, old_scores, scores[own])
    return edited.replace(points=points, scores=scores)


def _taken_along(edited: Poses, was: Poses, rows: IntArray, spoken: Container[str]) -> Poses:
    """With the parts that were not spoken of, as far from their joints as they were, and gone where those are gone."""
    points, scores, own = edited.points.copy(), edited.scores.copy(), np.flatnonzero(rows != NOBODY)
    old, faint = was.points[rows[own]], was.scores[rows[own]]
    for keypoint, joint in _hanging(edited.skeleton, spoken):
        had, has = faint[:, joint] > 0, scores[own, joint] > 0
        step = np.where((had & has)[:, None], points[own, joint] - old[:, joint], 0.0)
        stays = has | ~had
        points[own, keypoint] = np.where(stays[:, None], old[:, keypoint] + step, 0.0)
        scores[own, keypoint] = np.where(stays, faint[:, keypoint], 0.0)
    return edited.replace(points=points, scores=scores)


def _named(edited: Poses, was: Poses, rows: IntArray, known: Container[str], new_id: int) -> Poses:
    """With track ids, boxes and their scores where the edited people have none and those of the clip do."""
    new = rows == NOBODY
    given = {"track_ids": new_id + np.cumsum(new) - 1, "boxes": body_boxes(edited), "box_scores": np.ones(len(edited))}
    kept = {}
    for name, values in given.items():
        theirs = getattr(was, name)
        if name in known and getattr(edited, name) is None and (theirs is not None or not len(was)):
            if len(was):
                values[~new] = theirs[rows[~new]]
            kept[name] = values
    return edited.replace(**kept)
