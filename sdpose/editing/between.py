"""The frames between edited ones: on a curve through the edits, or moved as the edits moved theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import BadKeypoints
from ..poses import FloatArray, IntArray, Poses
from ..video.steady.gaps import alike
from ..video.steady.trajectories import BoolArray, Trajectories

__all__ = ["blended", "interpolated"]

_Move = Callable[[Trajectories, Trajectories, IntArray], tuple[Trajectories, BoolArray]]
"""Frames as they were, the edits, and which frames these are -> the frames with what lies between the edits moved, and
(T, P, K) what was."""


def interpolated(clip: Sequence[Poses], edits: Mapping[int, Poses]) -> dict[int, Poses]:
    """The frames between edited ones, with people who go from edit to edit.

    Each keypoint follows a monotone cubic (PCHIP, Fritsch & Butland 1984) through all edits that have it, and has the
    lower score of the two edits around. Where only one of those has it, it stays as it is in the frame; where both
    removed it, it is removed. Who is in both edits and not in a frame between is put into it; who is in one of them
    only stays as he is, and so do boxes and their scores.

    Args:
        clip: the frames before they were edited, in one skeleton.
        edits: index of a frame -> that frame after it was edited, in the same skeleton.

    Returns:
        Index -> frame, for those frames between the first edit and the last that change.

    Raises:
        BadKeypoints: nobody says who is who: people have no track ids, and not every frame has as many people.
    """
    return _between(clip, edits, _through)


def blended(clip: Sequence[Poses], edits: Mapping[int, Poses]) -> dict[int, Poses]:
    """The frames between edited ones, with their own movement, and on top of it what the edits did to theirs.

    The difference that the edits made to a keypoint follows a curve as in `interpolated`, and is added to the keypoint
    in the frames between, whose scores stay. A keypoint that both edits around removed is removed; one that was added
    is in the edited frames only. Nobody is put into a frame.

    Args and everything else: as for `interpolated`.
    """
    return _between(clip, edits, _moved_alike)


def _between(clip: Sequence[Poses], edits: Mapping[int, Poses], move: _Move) -> dict[int, Poses]:
    knots = sorted(edits)
    first, span = knots[0], clip[knots[0] : knots[-1] + 1]
    canvas_wh = edits[first].canvas_wh
    frames = [frame.scaled(canvas_wh) for frame in (*span, *(edits[knot] for knot in knots))]
    names = _names(frames, f"from frame {first} to {knots[-1]}")
    named = [frame.replace(track_ids=ids) for frame, ids in zip(frames, names, strict=True)]
    people = Trajectories.of(named)  # the frames as they were, and after them the edits
    at = np.array(knots) - first
    moved, touched = move(_rows(people, 0, len(span)), _rows(people, len(span), len(named)), at)
    touched[at] = False
    return {first + t: _frame(moved, t, named[t], span[t]) for t in np.flatnonzero(touched.any(axis=(1, 2))).tolist()}


def _names(frames: Sequence[Poses], where: str) -> list[IntArray]:
    """Who is who (N,) in each frame: the track ids of people, else their places in it.

    Raises:
        BadKeypoints: there are no ids, and not always as many people.
    """
    if all(frame.track_ids is not None and frame.numbered for frame in frames if len(frame)):
        return [frame.ids for frame in frames]
    if len(counts := {len(frame) for frame in frames}) > 1:
        raise BadKeypoints(
            f"{where} there are {min(counts)} to {max(counts)} people in a frame, and no track ids that say who is "
            "who: track the people first, or leave the frames between as they are"
        )
    return [np.arange(len(frame)) for frame in frames]


def _rows(people: Trajectories, begin: int, end: int) -> Trajectories:
    """Some of the frames."""
    rows = {name: getattr(people, name)[begin:end] for name in ("present", "points", "scores", "boxes", "box_scores")}
    return replace(people, **rows)


def _through(was: Trajectories, made: Trajectories, at: IntArray) -> tuple[Trajectories, BoolArray]:
    curves, known = _curves(at, made.points, made.scores > 0, len(was.present))
    before, after = _around(at, len(was.present))
    removed = _removed(was, made, at)
    gone = removed[before] & removed[after] & was.present[..., None]
    lower = np.minimum(made.scores[before], made.scores[after])
    absent = ~was.present
    return replace(
        was,
        present=was.present | known.any(axis=2),
        points=np.where((known & ~gone)[..., None], curves, np.where(gone[..., None], 0.0, was.points)),
        scores=np.where(known, lower, np.where(gone, 0.0, was.scores)),
        box_scores=np.where(absent, np.minimum(made.box_scores[before], made.box_scores[after]), was.box_scores),
    ), known | gone


def _moved_alike(was: Trajectories, made: Trajectories, at: IntArray) -> tuple[Trajectories, BoolArray]:
    both = (made.scores > 0) & (was.scores[at] > 0)
    curves, known = _curves(at, made.points - was.points[at], both, len(was.present))
    before, after = _around(at, len(was.present))
    removed = _removed(was, made, at)
    here = was.scores > 0
    gone = removed[before] & removed[after] & here
    moved = known & here & np.any(curves != 0, axis=-1)
    points = np.where(moved[..., None], was.points + curves, was.points)
    return replace(
        was, points=np.where(gone[..., None], 0.0, points), scores=np.where(gone, 0.0, was.scores)
    ), moved | gone


def _removed(was: Trajectories, made: Trajectories, at: IntArray) -> BoolArray:
    """(E, P, K) what was there and is not after the edit, of people who still are."""
    return np.asarray(made.present[..., None] & (was.scores[at] > 0) & ~(made.scores > 0))


def _curves(at: IntArray, values: FloatArray, seen: BoolArray, frames: int) -> tuple[FloatArray, BoolArray]:
    """Curves over so many frames through values (E, P, K, C) at E of them, where they are seen (E, P, K).

    Returns:
        (T, P, K, C), and (T, P, K) where both of the edits around are seen.
    """
    from scipy.interpolate import PchipInterpolator

    flat = values.reshape(len(at), -1, values.shape[-1])
    found = np.zeros((frames, *flat.shape[1:]))
    for knots, series in alike(seen.reshape(len(at), -1)) if seen.size else ():
        if knots.sum() > 1:
            with np.errstate(all="ignore"):  # what comes of numbers near the largest is not finite, which `Poses` says
                found[:, series] = PchipInterpolator(at[knots], flat[knots][:, series], axis=0)(np.arange(frames))
    before, after = _around(at, frames)
    return found.reshape(frames, *values.shape[1:]), np.asarray(seen[before] & seen[after])


def _around(at: IntArray, frames: int) -> tuple[IntArray, IntArray]:
    """For each frame, which edit is the last that is not after it, and which is the next."""
    before = np.searchsorted(at, np.arange(frames), side="right") - 1
    return before, np.minimum(before + 1, len(at) - 1)


def _frame(moved: Trajectories, t: int, named: Poses, came: Poses) -> Poses:
    """The people of a frame in their old order, and after them those who were put into it."""
    found = moved.frame(t, named)
    own = np.searchsorted(found.ids, named.ids)
    added = np.setdiff1d(np.arange(len(found)), own)
    people = found[np.concatenate([own, added])].scaled(came.canvas_wh)
    return people if len(added) else people.replace(track_ids=came.track_ids)
