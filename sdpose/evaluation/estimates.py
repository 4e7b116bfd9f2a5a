"""The ways to estimate the poses of a clip whose people are known: what `evaluate_drawn_video` compares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..poses import Poses
from .motion import Track, tracks

if TYPE_CHECKING:
    from ..estimate import PoseModel
    from ..video import VideoEstimator

__all__ = ["Estimate", "along_tracks", "as_given", "frame_by_frame", "over_time", "smoothed"]

Estimate = Callable[[Sequence[npt.NDArray[np.uint8]], Sequence[Poses], Collection[int]], list[Poses]]
"""From frames (H, W, 3) uint8 RGB, each frame's true people (of which only boxes and track ids may be looked at) and
the frames that begin a shot, to poses: each frame's people in the order they came, with their track ids."""

BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0


def frame_by_frame(model: PoseModel, **options: Any) -> Estimate:
    """Each frame by itself, with `sdpose.Estimator` and its options."""
    from ..estimate import Estimator

    estimator = Estimator(model, **options)

    def estimate(
        frames: Sequence[npt.NDArray[np.uint8]], people: Sequence[Poses], cuts: Collection[int]
    ) -> list[Poses]:
        found = estimator(frames, [frame.boxes for frame in people])
        return [poses.replace(track_ids=frame.track_ids) for poses, frame in zip(found, people, strict=True)]

    return estimate


def over_time(estimator: VideoEstimator, start: Estimate | None = None) -> Estimate:
    """Windows of frames, with `sdpose.VideoEstimator`; from the poses of `start` where given."""

    def estimate(
        frames: Sequence[npt.NDArray[np.uint8]], people: Sequence[Poses], cuts: Collection[int]
    ) -> list[Poses]:
        begin = None if start is None else start(frames, people, cuts)
        return estimator(frames, people, frozenset(cuts), begin)

    return estimate


def as_given(frames: Sequence[npt.NDArray[np.uint8]], people: Sequence[Poses], cuts: Collection[int]) -> list[Poses]:
    """The keypoints that the given people have: for films of which they are known, but for some mistakes."""
    return list(people)


def along_tracks(estimate: Estimate, fps: float) -> Estimate:
    """What `estimate` finds when the boxes are tracked first, so that each of its windows follows one person."""
    from ..video import people_of_boxes, track

    def estimate_along(
        frames: Sequence[npt.NDArray[np.uint8]], people: Sequence[Poses], cuts: Collection[int]
    ) -> list[Poses]:
        boxes = [people_of_boxes(frame.boxes, frame.canvas_wh) for frame in people]
        return estimate(frames, track(boxes, frames=frames, cuts=frozenset(cuts), fps=fps), cuts)

    return estimate_along


def smoothed(estimate: Estimate) -> Estimate:
    """What `estimate` finds, smoothed along each track: the plain remedy for jitter, to compare others with.

    Each keypoint becomes the mean of its places in up to five frames around, weighted by 1, 4, 6, 4, 1 and by the
    scores; never across a cut. Scores stay as they are, and what is absent stays absent.
    """

    def estimate_and_smooth(
        frames: Sequence[npt.NDArray[np.uint8]], people: Sequence[Poses], cuts: Collection[int]
    ) -> list[Poses]:
        found = estimate(frames, people, cuts)
        points = [poses.points.copy() for poses in found]
        for (start, _), track in tracks(found, cuts).items():
            smooth = _smooth(track)
            for t in np.flatnonzero(track.rows >= 0):
                points[start + t][track.rows[t]] = smooth[t]
        return [poses.replace(points=places) for poses, places in zip(found, points, strict=True)]

    return estimate_and_smooth


def _smooth(track: Track) -> npt.NDArray[np.float64]:
    """Smooth points (T, K, 2) of a track."""
    reach = len(BINOMIAL) // 2
    weights = np.pad(np.maximum(track.scores, 0.0), ((reach, reach), (0, 0)))[..., None]
    weighted = np.pad(track.points, ((reach, reach), (0, 0), (0, 0))) * weights
    count = len(track.points)
    total = sum(share * weighted[k : k + count] for k, share in enumerate(BINOMIAL))
    weight = sum(share * weights[k : k + count] for k, share in enumerate(BINOMIAL))
    present = (track.scores > 0)[..., None]
    return np.where(present, total / np.where(present, weight, 1.0), track.points)
