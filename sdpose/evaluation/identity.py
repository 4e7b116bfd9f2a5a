"""Whether everybody keeps one identity: IDF1, switches, and who is matched with whom.

Found and true people are matched by their boxes, at an intersection over union of `LEAST` or more. IDF1 (Ristani et
al., ECCV 2016) and identity switches (CLEAR MOT, Bernardin & Stiefelhagen, 2008) are those of the library `trackers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadKeypoints, MissingDependency
from ..poses import FloatArray, IntArray, Poses
from ..video.identity.sightings import body_boxes
from ..video.linking import overlaps
from .pck import relative_errors, torso_sizes

__all__ = [
    "Following",
    "following",
    "keypoint_errors",
    "matched",
    "matches",
    "one_body",
    "relabelled",
    "renamed",
    "separable",
    "together",
]

LEAST = 0.5
"""Boxes that overlap so much show the same person."""


_STAYS = 100.0
"""What a pair of the frame before is preferred by: more than all overlaps of a frame together."""


@dataclass(frozen=True)
class Following:
    """How well the identities of some clips were followed, as `trackers.eval` counts.

    Attributes:
        identity: of `compute_identity_metrics`: IDTP, IDFN, IDFP.
        clear: of `compute_clear_metrics`: IDSW, CLR_TP, CLR_FN, CLR_FP and so on.
    """

    identity: Mapping[str, Any]
    clear: Mapping[str, Any]

    @property
    def idf1(self) -> float:
        """0 to 1."""
        return float(self.identity["IDF1"])

    @property
    def switches(self) -> int:
        """How often a true person goes on under another identity."""
        return int(self.clear["IDSW"])


def following(found: Sequence[Poses], truth: Sequence[Poses]) -> Following:
    """How well identities were followed in one clip.

    Args:
        found: each frame's people with track ids.
        truth: the same frames' true people with track ids.

    Raises:
        BadKeypoints: the frames are not as many, or people have no track ids.
        MissingDependency: `trackers` is not installed.
    """
    clear, identity = _library()
    similar = _similarities(found, truth)
    arguments = [_identities(frame) for frame in truth], [_identities(frame) for frame in found], similar
    return Following(identity.compute_identity_metrics(*arguments), clear.compute_clear_metrics(*arguments))


def together(parts: Sequence[Following]) -> Following:
    """All clips as one: counts are added up, and rates are those of the sums."""
    clear, identity = _library()
    return Following(
        identity.aggregate_identity_metrics([part.identity for part in parts]),
        clear.aggregate_clear_metrics([part.clear for part in parts]),
    )


def _library() -> tuple[Any, Any]:
    try:
        from trackers.eval import clear, identity
    except ImportError as error:
        raise MissingDependency("IDF1 needs the package trackers: pip install trackers") from error
    return clear, identity


def _identities(frame: Poses) -> IntArray:
    if frame.track_ids is None and len(frame):
        raise BadKeypoints("expected people with track ids, got some without: track people first")
    return frame.ids


def _similarities(found: Sequence[Poses], truth: Sequence[Poses]) -> list[FloatArray]:
    """Box overlaps (M, N) of the true with the found people, frame by frame."""
    if len(found) != len(truth):
        raise BadKeypoints(f"expected as many frames as the truth has, {len(truth)}, got {len(found)}")
    return [overlaps(body_boxes(true), body_boxes(own)) for own, true in zip(found, truth, strict=True)]


def matches(found: Sequence[Poses], truth: Sequence[Poses]) -> list[IntArray]:
    """Which row of the truth each found person is, frame by frame: (N,), -1 for nobody.

    The pairs overlap by `LEAST` or more and, all together, as much as they can.
    """
    return [matched(np.where(similar >= LEAST, similar, 0.0)) for similar in _similarities(found, truth)]


def matched(similar: FloatArray) -> IntArray:
    """The row (N,) of each column of likenesses (M, N), -1 for none: as much likeness as can be, and never 0."""
    from scipy.optimize import linear_sum_assignment

    match = np.full(similar.shape[1], -1, np.int64)
    rows, columns = linear_sum_assignment(similar, maximize=True)
    enough = similar[rows, columns] > 0
    match[columns[enough]] = rows[enough]
    return match


def relabelled(found: Sequence[Poses], truth: Sequence[Poses]) -> list[Poses]:
    """The found people that match true ones, with the true people's ids; the others are left out."""
    out = []
    for own, true, match in zip(found, truth, matches(found, truth), strict=True):
        known = np.flatnonzero(match >= 0)
        out.append(own[known].replace(track_ids=_identities(true)[match[known]]))
    return out


def keypoint_errors(found: Sequence[Poses], truth: Sequence[Poses]) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """How far keypoints are from where they should be, whatever the identities.

    Args:
        found: each frame's people, in a skeleton that has the truth's keypoints.
        truth: the same frames' true people. A keypoint is labelled where its score is above 0.

    Returns:
        Distances (n, K) in torso lengths, one row for each true person and frame, infinite where nobody is matched or
        the keypoint is absent; and which of them are labelled (n, K).
    """
    errors, counted = [], []
    for own, true, match in zip(found, truth, matches(found, truth), strict=True):
        known = np.flatnonzero(match >= 0)
        rows, labelled = match[known], true.scores > 0
        torsos = torso_sizes(true.points, labelled, body_boxes(true), true.skeleton)[rows]
        own = own[known].to(true.skeleton)
        error = np.full(true.scores.shape, np.inf)
        error[rows] = np.where(own.scores > 0, relative_errors(own.points, true.points[rows], torsos), np.inf)
        errors.append(error)
        counted.append(labelled)
    return np.concatenate(errors), np.concatenate(counted)


def renamed(found: Sequence[Poses], truth: Sequence[Poses]) -> list[Poses]:
    """The found people, each identity under the id of the true one that it matches in most frames.

    Each true id is given to one identity at most; the others get ids that the truth does not have. Unlike with
    `relabelled` nobody is left out, and an identity that changes bodies stays one.
    """
    from scipy.optimize import linear_sum_assignment

    own, true = (sorted({int(who) for frame in clip for who in _identities(frame)}) for clip in (found, truth))
    counts = np.zeros((len(own), len(true)))
    for frame, known, match in zip(found, truth, matches(found, truth), strict=True):
        for row in np.flatnonzero(match >= 0):
            counts[own.index(int(_identities(frame)[row])), true.index(int(_identities(known)[match[row]]))] += 1
    pairs = {own[i]: true[j] for i, j in zip(*linear_sum_assignment(-counts), strict=True) if counts[i, j]}
    fresh = count(max(true, default=-1) + 1)
    names = {who: pairs[who] if who in pairs else next(fresh) for who in own}
    return [frame.replace(track_ids=np.array([names[int(who)] for who in _identities(frame)], np.int64))
            for frame in found]  # fmt: skip


def one_body(placed: Sequence[Poses], truth: Sequence[Poses]) -> tuple[int, int]:
    """Whether each place in the lists of people is one body throughout.

    As in CLEAR MOT, a place that held somebody goes on with them as long as they overlap enough, whoever else is there.

    Args:
        placed: each frame's people, everyone at one place in every frame, as `sdpose.video.placed` gives.
        truth: the same frames' true people with track ids.

    Returns:
        How many places hold one true person who is at no other place; and how many hold anybody.
    """
    bodies: dict[int, set[int]] = defaultdict(set)
    places: dict[int, set[int]] = defaultdict(set)
    before: dict[int, int] = {}
    for true, similar in zip(truth, _similarities(placed, truth), strict=True):
        ids = _identities(true)
        same = ids[:, None] == np.array([before.get(place, -1) for place in range(similar.shape[1])])
        match = matched(np.where(similar >= LEAST, similar + _STAYS * same, 0.0))
        before = {place: int(ids[match[place]]) for place in np.flatnonzero(match >= 0).tolist()}
        for place, who in before.items():
            bodies[place].add(who)
            places[who].add(place)
    good = sum(len(who) == 1 and len(places[next(iter(who))]) == 1 for who in bodies.values())
    return good, len(bodies)


def separable(people: Sequence[Poses], cuts: Collection[int] = ()) -> bool:
    """Whether boxes alone tell people apart.

    That is so when whoever is seen in a frame was last seen, in the same shot, where their box overlaps their own box
    now more than anybody else's.

    Args:
        people: those who can be seen in each frame, under their true track ids.
        cuts: indices of the frames that begin a new shot.
    """
    last: dict[int, FloatArray] = {}
    for index, frame in enumerate(people):
        if index in cuts:
            last.clear()
        ids, boxes = _identities(frame).tolist(), body_boxes(frame)
        for row, who in enumerate(ids):
            if who in last:
                overlap = overlaps(last[who][None], boxes)[0]
                if overlap[row] <= np.delete(overlap, row).max(initial=0.0):
                    return False
        last |= dict(zip(ids, boxes, strict=True))
    return True
