"""How steadily poses move: acceleration and jerk along tracks, in torso lengths.

Accuracy alone does not see jitter, and jitter alone rewards smoothing too much: report both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..poses import FloatArray, Poses
from .pck import torso_sizes

__all__ = ["Motion", "Track", "differences", "jitter", "motion", "tracks"]

ACCELERATION, JERK = 2, 3
"""Which difference each is."""


@dataclass(frozen=True)
class Track:
    """One identity during one shot of T frames; frames in which it is missing are there, with nothing present.

    Attributes:
        points: (T, K, 2) pixels.
        scores: (T, K); 0 or less where a keypoint is absent.
        rows: (T,) which person of its frame it is, -1 where it is missing.
        torso: the median over its frames of the torso's length in pixels, as PCK measures it.
    """

    points: FloatArray
    scores: FloatArray
    rows: npt.NDArray[np.int64]
    torso: float


@dataclass(frozen=True)
class Motion:
    """Magnitudes, one for each keypoint and instant, in torso lengths per frame^2 (`accel`) or frame^3 (`jerk`).

    Attributes:
        accel: (n,) of the second difference, or of its error where the truth is known.
        jerk: (m,) of the third difference.
        true_accel: as `accel`, of the truth itself; empty where it is not known.
        true_jerk: as `jerk`, of the truth itself; empty where it is not known.
    """

    accel: FloatArray
    jerk: FloatArray
    true_accel: FloatArray
    true_jerk: FloatArray


def tracks(poses: Sequence[Poses], cuts: Collection[int] = ()) -> dict[tuple[int, int], Track]:
    """The tracks of a clip. None reaches across a cut: the same identity begins anew there.

    Args:
        poses: every frame's people with track ids, in a skeleton with shoulders and hips.
        cuts: indices of the frames that begin a new shot.

    Returns:
        Tracks by the index of the shot's first frame and identity.
    """
    starts = sorted({0, *(cut for cut in cuts if 0 < cut < len(poses))})
    found = {}
    for start, stop in zip(starts, [*starts[1:], len(poses)], strict=True):
        shot = poses[start:stop]
        for who in sorted({who for frame in shot for who in frame.ids.tolist()}):
            found[start, who] = _track(shot, who)
    return found


def _track(shot: Sequence[Poses], who: int) -> Track:
    ids = [frame.ids.tolist() for frame in shot]
    rows = np.array([here.index(who) if who in here else -1 for here in ids], np.int64)
    keypoints = len(shot[0].skeleton)
    points, scores = np.zeros((len(shot), keypoints, 2)), np.zeros((len(shot), keypoints))
    for t, row in enumerate(rows.tolist()):
        if row >= 0:
            points[t], scores[t] = shot[t].points[row], shot[t].scores[row]
    seen = rows >= 0
    boxes = np.array([_box(frame, row) for frame, row in zip(shot, rows, strict=True) if row >= 0])
    torsos = torso_sizes(points[seen], scores[seen] > 0, boxes, shot[0].skeleton)
    return Track(points, scores, rows, float(np.median(torsos)))


def _box(frame: Poses, row: int) -> FloatArray:
    """Box (4,) of a person; around the keypoints that are present where there is none."""
    if frame.boxes is not None:
        return np.asarray(frame.boxes[row])
    present = frame.points[row][frame.scores[row] > 0]
    return np.concatenate((present.min(axis=0), present.max(axis=0))) if len(present) else np.zeros(4)


def differences(points: FloatArray, present: npt.NDArray[np.bool_], order: int) -> FloatArray:
    """Differences in time, such as x[t-1] - 2 x[t] + x[t+1] for order 2.

    Args:
        points: (T, K, 2) pixels, of consecutive frames.
        present: (T, K) which of them count.
        order: 1 or more.

    Returns:
        (max(T - order, 0), K, 2) pixels; NaN where any of the order + 1 points is not present.
    """
    if len(points) <= order:
        return np.zeros((0, *points.shape[1:]))
    return np.asarray(np.diff(np.where(present[..., None], points, np.nan), n=order, axis=0))


def motion(found: Sequence[Poses], cuts: Collection[int] = (), truth: Sequence[Poses] | None = None) -> Motion:
    """How the people of one clip move.

    Args:
        found: every frame's people with track ids. A keypoint counts where its score is above 0.
        cuts: indices of the frames that begin a new shot.
        truth: the same frames' true poses in the same skeleton, if known; identities have the same ids. Then only
            instants count at which a keypoint is present in both, and its torso is the true one.
    """
    known = tracks(found, cuts)
    if truth is None:
        return Motion(_sizes(known, ACCELERATION), _sizes(known, JERK), np.zeros(0), np.zeros(0))
    true = tracks(truth, cuts)
    shared = known.keys() & true.keys()
    both = {key: (known[key].scores > 0) & (true[key].scores > 0) for key in sorted(shared)}
    errors = {key: _with(true[key], known[key].points - true[key].points, shown) for key, shown in both.items()}
    own = {key: _with(true[key], known[key].points, shown) for key, shown in both.items()}
    real = {key: _with(true[key], true[key].points, shown) for key, shown in both.items()}
    # Differences are linear: the error of the acceleration is the acceleration of the error.
    return Motion(_sizes(errors, ACCELERATION), _sizes(own, JERK), _sizes(real, ACCELERATION), _sizes(real, JERK))


def _with(track: Track, points: FloatArray, present: npt.NDArray[np.bool_]) -> Track:
    return Track(points, present.astype(np.float64), track.rows, track.torso)


def _sizes(known: dict[tuple[int, int], Track], order: int) -> FloatArray:
    """Magnitudes (n,) of all differences of an order, in torso lengths; tracks without a torso are left out."""
    parts = [np.zeros(0)]
    for track in known.values():
        if track.torso > 0:
            steps = differences(track.points, track.scores > 0, order)
            parts.append(np.linalg.norm(steps, axis=2).ravel() / track.torso)
    sizes = np.concatenate(parts)
    return np.asarray(sizes[np.isfinite(sizes)])


def jitter(motions: Iterable[Motion], fps: float | None = None) -> dict[str, float | None]:
    """Mean acceleration (or its error) and mean jerk over all keypoints and instants of some clips.

    Args:
        motions: what `motion` said of each clip.
        fps: frames a second, if the numbers are wanted in seconds too.

    Returns:
        `accel` and `jerk` in torso lengths per frame^2 and frame^3, and of the truth `accel_true` and `jerk_true`;
        with `fps` also `accel_per_s2` and `jerk_per_s3`. None where there was nothing to measure.
    """
    parts = list(motions)
    means = {
        "accel": _mean([part.accel for part in parts]),
        "jerk": _mean([part.jerk for part in parts]),
        "accel_true": _mean([part.true_accel for part in parts]),
        "jerk_true": _mean([part.true_jerk for part in parts]),
    }
    if fps is not None:
        for name, unit, order in (("accel", "s2", ACCELERATION), ("jerk", "s3", JERK)):
            value = means[name]
            means[f"{name}_per_{unit}"] = None if value is None else value * fps**order
    return means


def _mean(parts: list[FloatArray]) -> float | None:
    values = np.concatenate(parts) if parts else np.zeros(0)
    return float(values.mean()) if values.size else None
