"""PoseTrack's average precision, joint by joint, as its tool `poseval` computes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...errors import BadOption
from ...poses import FloatArray, IntArray
from .judged import REACH, JudgedFrame

__all__ = ["average_precision", "pairs"]


def average_precision(frames: Sequence[JudgedFrame]) -> FloatArray:
    """Average precision of each joint over all frames together (PCKh@0.5, poseval's rule).

    In each frame, a found person goes to the true person of whom it has the largest share of annotated joints
    right, and each true person keeps the best of those that came. The joints of a found person that was kept are
    right or wrong by their distance; all joints of the others are wrong. Then the joints of all frames are sorted by
    their scores, and the area under precision over recall is taken, precision made monotone (VOC 2010).

    Frames are taken as they come. poseval leaves out, before this, those in which nobody is annotated at all, so
    what is found in them costs nothing.

    Args:
        frames: at least one.

    Returns:
        (J,) 0 to 1; NaN for a joint that is annotated nowhere. Of equal scores the later one counts as the higher;
        poseval's order of those depends on the machine.

    Raises:
        BadOption: there are no frames.
    """
    if not frames:
        raise BadOption("average precision needs at least one frame, got none")
    right = np.concatenate([_right(frame) for frame in frames])
    found = np.concatenate([frame.found_present for frame in frames])
    scores = np.concatenate([frame.scores for frame in frames])
    annotated = np.sum([frame.present.sum(axis=0) for frame in frames], axis=0)
    return np.array([_area(scores[f, j], right[f, j], annotated[j]) for j, f in enumerate(found.T)])


def pairs(frame: JudgedFrame) -> tuple[IntArray, IntArray]:
    """Who was found: the rows of found people (M,), and of the true person that each of them was kept by (M,)."""
    nobody = np.zeros(0, np.int64)
    if not len(frame.found) or not len(frame.points):
        return nobody, nobody
    near = frame.distances() <= REACH
    shares = near.sum(axis=2) / np.maximum(1, frame.present.sum(axis=1))
    choice = shares.argmax(axis=1)
    offers = np.where(np.arange(shares.shape[1]) == choice[:, None], shares, 0.0)
    kept = np.flatnonzero(offers.max(axis=0) > 0)
    return offers.argmax(axis=0)[kept], kept


def _right(frame: JudgedFrame) -> npt.NDArray[np.bool_]:
    """(P, J) which found joints are where those of their own true person are."""
    right = np.zeros(frame.found_present.shape, np.bool_)
    found, true = pairs(frame)
    if len(found):
        right[found] = frame.distances()[found, true] <= REACH
    return right


def _area(scores: FloatArray, right: npt.NDArray[np.bool_], annotated: int) -> float:
    """The area under one joint's curve."""
    if annotated == 0:
        return float("nan")
    order = np.argsort(scores, kind="stable")[::-1]
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(hits) + 1)
    monotone = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(hits / annotated, prepend=0.0) * monotone).sum())
