"""MOTA, joint by joint, as PoseTrack's tool `poseval` computes it with `motmetrics`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import BadOption
from ...poses import FloatArray, IntArray
from .judged import REACH, JudgedFrame

__all__ = ["tracking_accuracy"]


def tracking_accuracy(sequences: Sequence[Sequence[JudgedFrame]]) -> FloatArray:
    """MOTA of each joint over all sequences together (Bernardin & Stiefelhagen 2008, PCKh@0.5, poseval's rule).

    1 - (missed + switched + false) / annotated, where every joint is followed on its own. In each frame, a true joint
    first keeps the identity it had before, if that is still within reach; the rest are matched with the least total
    distance. A true joint matched with another identity than before is switched.

    Two of poseval's habits are kept, because published numbers have them. The last frame of every sequence is not
    looked at. And a frame with nobody true or nobody found counts as one annotated joint, one missed and one false,
    however many people are missed or false in it.

    Args:
        sequences: of frames with track ids. As for `average_precision`, poseval leaves frames out in which nobody is
            annotated at all.

    Returns:
        (J,) at most 1, below 0 where there are more faults than joints; NaN for a joint that is never annotated.

    Raises:
        BadOption: there are no frames, or somebody in them has no track id.
    """
    frames = [frame for sequence in sequences for frame in sequence]
    if not frames:
        raise BadOption("MOTA needs at least one frame, got none")
    if any(frame.track_ids is None or frame.found_track_ids is None for frame in frames):
        raise BadOption("MOTA needs track ids for everybody, true and found; some frames have none")
    counts = np.zeros((2, frames[0].present.shape[1]))
    for sequence in sequences:
        partners: list[dict[int, int]] = [{} for _ in counts[0]]
        for frame in sequence[:-1]:
            counts += _faults_and_joints(frame, partners)
    faults, joints = counts
    return np.asarray(1 - faults / np.where(joints > 0, joints, np.nan))


def _faults_and_joints(frame: JudgedFrame, partners: list[dict[int, int]]) -> FloatArray:
    """(2, J) missed, switched and false joints together, and annotated ones."""
    if not len(frame.points) or not len(frame.found):
        return np.tile([[2.0], [1.0]], len(partners))
    assert frame.track_ids is not None and frame.found_track_ids is not None
    far = frame.distances()
    reachable: FloatArray = np.where(far <= REACH, far, np.nan)
    counts = np.zeros((2, len(partners)))
    for j, before in enumerate(partners):
        true, found = frame.present[:, j], frame.found_present[:, j]
        distances = reachable[..., j][np.ix_(found, true)].T
        matched, switched = _follow(before, frame.track_ids[true], frame.found_track_ids[found], distances)
        joints = int(true.sum())
        counts[:, j] = joints + int(found.sum()) - 2 * matched + switched, joints
    return counts


def _follow(before: dict[int, int], true: IntArray, found: IntArray, distances: FloatArray) -> tuple[int, int]:
    """Match one joint's identities in one frame, and remember in `before` who was matched with whom.

    Args:
        before: true identity -> the found one it was last matched with.
        true: (G,) identities.
        found: (P,) identities.
        distances: (G, P), NaN where a pair is out of reach.

    Returns:
        How many were matched, and how many of those were switched.
    """
    costs = distances.copy()
    matched = switched = 0
    for i, identity in enumerate(true.tolist()):
        if identity not in before:
            continue
        same = np.flatnonzero((found == before[identity]) & np.isfinite(costs[i]))
        if len(same):
            matched += 1
            costs[i], costs[:, same[0]] = np.nan, np.nan
    for i, k in _assignment(costs):
        identity, other = int(true[i]), int(found[k])
        matched += 1
        switched += before.get(identity, other) != other
        before[identity] = other
    return matched, switched


def _assignment(costs: FloatArray) -> list[tuple[int, int]]:
    """As many pairs as there can be without a NaN, and of those choices the cheapest."""
    from scipy.optimize import linear_sum_assignment

    possible = np.isfinite(costs)
    if not possible.any():
        return []
    # One impossible pair costs more than any set of possible ones.
    forbidding = 2 * min(costs.shape) * (costs[possible].max() + 1) + 1
    rows, columns = linear_sum_assignment(np.where(possible, costs, forbidding))
    return [(int(i), int(k)) for i, k in zip(rows, columns, strict=True) if possible[i, k]]
