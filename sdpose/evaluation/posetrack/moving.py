"""How steadily the people move who were found: measured along the true tracks, where PoseTrack knows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...poses import FloatArray, IntArray, Poses
from ...topology import Skeleton
from ..motion import Motion, motion
from .judged import JudgedFrame
from .precision import pairs

__all__ = ["matched_motion"]

_CANVAS = (1, 1)  # nothing here looks at it


def matched_motion(clip: Sequence[JudgedFrame | None], skeleton: Skeleton) -> Motion:
    """Motion of the found people beside that of the true ones that they were kept by.

    Only stretches count in which a true person is found in every frame, with the same identity if they have any: a
    switch is a fault of tracking, that MOTA counts, and no jitter.

    Args:
        clip: every frame of a clip in order, with true track ids; None for one in which nothing is annotated.
        skeleton: what the J joints are.
    """
    numbers: dict[tuple[int, int], int] = {}
    true, found = [], []
    for frame in clip:
        if frame is None:
            true.append(Poses.empty(skeleton, _CANVAS))
            found.append(Poses.empty(skeleton, _CANVAS))
            continue
        assert frame.track_ids is not None
        theirs, mine = pairs(frame)
        names = np.zeros(len(frame.found), np.int64) if frame.found_track_ids is None else frame.found_track_ids
        couples = zip(frame.track_ids[mine].tolist(), names[theirs].tolist(), strict=True)
        ids = np.array([numbers.setdefault(couple, len(numbers)) for couple in couples], np.int64)
        true.append(_poses(frame.points[mine], frame.present[mine], ids, skeleton))
        found.append(_poses(frame.found[theirs], frame.found_present[theirs], ids, skeleton))
    return motion(found, (), true)


def _poses(points: FloatArray, present: npt.NDArray[np.bool_], ids: IntArray, skeleton: Skeleton) -> Poses:
    return Poses(points, present.astype(np.float64), skeleton, _CANVAS, track_ids=ids)
