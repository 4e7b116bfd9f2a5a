"""Two streams of poses of the same frames: who is whom, and how far apart they are.

Nobody is right here: the first stream is only what the second is measured from. Against a truth use
`sdpose.evaluation`, for jitter and lag `sdpose.evaluation.comparison`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadOption
from ..evaluation.identity import matched
from ..evaluation.oks import AREA_SHARE, oks
from ..evaluation.pck import pck, torso_sizes
from ..poses import FloatArray, IntArray, Poses
from ..video.identity.sightings import body_boxes
from .combining import Stream, aligned
from .filtering import without_points

__all__ = ["MATCHES", "Apart", "apart", "measured"]

MATCHES = ("auto", "track ids", "likeness")
LEAST_LIKENESS = 0.1
"""Object keypoint similarity from which two people may be one. COCO counts a hit from 0.5; here somebody whose pose was
edited should still be known."""

PCK_LIMITS = (0.05, 0.1)
"""Torso lengths."""


@dataclass(frozen=True)
class Apart:
    """How far two frames are apart, in the pixels of the first.

    Attributes:
        a: the people of the first stream, without the points under the threshold.
        b: those of the second, on the same canvas and in the same skeleton.
        rows: (P, 2) who is whom, as row of `a` and row of `b`.
        pixels: (P, K) from a point of `a` to that of `b`; infinite where not both have it.
        torsos: (P,) length of the torso in `a`, as PCK measures it, in pixels.
    """

    a: Poses
    b: Poses
    rows: IntArray
    pixels: FloatArray
    torsos: FloatArray

    @property
    def shares(self) -> FloatArray:
        """(P, K) `pixels` in torso lengths."""
        return np.asarray(self.pixels / self.torsos[:, None])

    @property
    def only_a(self) -> npt.NDArray[np.bool_]:
        """(P, K) points of matched people that the first stream alone has."""
        return self._present(0) & ~self._present(1)

    @property
    def only_b(self) -> npt.NDArray[np.bool_]:
        """(P, K) points of matched people that the second stream alone has."""
        return self._present(1) & ~self._present(0)

    def _present(self, side: int) -> npt.NDArray[np.bool_]:
        return np.asarray((self.a, self.b)[side].scores[self.rows[:, side]] > 0)

    @property
    def alone(self) -> tuple[list[int], list[int]]:
        """The rows of people who are in `a` alone, and in `b` alone."""
        first, second = (set(rows) for rows in self.rows.T.tolist())
        return sorted(set(range(len(self.a))) - first), sorted(set(range(len(self.b))) - second)


def apart(a: Stream, b: Stream, match: str = "auto", threshold: float = 0.0) -> list[Apart]:
    """Compare two streams frame by frame.

    Args:
        a: each frame's people.
        b: another version of the same frames. A stream of one frame is compared with all frames of the other.
        match: who is whom. "track ids": those with the same id. "likeness": the pairs that are most alike all together,
            by object keypoint similarity. "auto": by track ids where everybody in both streams has one.
        threshold: points with a lower score count as absent.

    Returns:
        One for each frame.

    Raises:
        BadKeypoints: the streams have different numbers of frames.
        BadOption: another `match`, ids asked for where there are none, or a threshold below 0.
    """
    if match not in MATCHES:
        raise BadOption(f"people are matched by {', '.join(MATCHES)}; got {match!r}")
    streams = [[without_points(frame, thresholds=threshold) for frame in stream] for stream in aligned([a, b])]
    numbered = all(frame.numbered for stream in streams for frame in stream)
    if match == "track ids" and not numbered:
        raise BadOption("some people have no track id, or one that another has too: match by likeness, or track first")
    by_id = numbered and match != "likeness"
    return [_apart(first, second, by_id) for first, second in zip(*streams, strict=True)]


def _apart(a: Poses, b: Poses, by_id: bool) -> Apart:
    rows = np.argwhere(a.ids[:, None] == b.ids[None]) if by_id else _alike(a, b)
    first, second = a[rows[:, 0]], b[rows[:, 1]]
    seen = (first.scores > 0) & (second.scores > 0)
    pixels = np.where(seen, np.linalg.norm(first.points - second.points, axis=2), np.inf)
    return Apart(a, b, rows, pixels, _torsos(first))


def _torsos(poses: Poses) -> FloatArray:
    """(N,) pixels, 1 at least: people of whom only a point or nothing is seen are divided by something too."""
    return np.maximum(1.0, torso_sizes(poses.points, poses.scores > 0, body_boxes(poses), poses.skeleton))


def _alike(a: Poses, b: Poses) -> IntArray:
    """The pairs (P, 2) that are most alike all together.

    Object keypoint similarity looks at the points that both have. It is weighed with how many these are of those that
    the one with fewer has: a body without hands is as good as a whole one, and a point in common is not everything.
    """
    left, right = np.divmod(np.arange(len(a) * len(b)), max(1, len(b)))
    first, second = a[left], b[right]
    both = (first.scores > 0) & (second.scores > 0)
    boxes = [body_boxes(people) for people in (first, second)]
    areas = AREA_SHARE * np.mean([(box[:, 2:] - box[:, :2]).prod(axis=1) for box in boxes], axis=0)
    fewer = np.minimum((first.scores > 0).sum(axis=1), (second.scores > 0).sum(axis=1))
    likeness = oks(second.points, first.points, both, areas, a.skeleton) * both.sum(axis=1) / np.maximum(1, fewer)
    table = np.where(likeness >= LEAST_LIKENESS, likeness, 0.0).reshape(len(a), len(b))
    match = matched(table)
    columns = np.flatnonzero(match >= 0)
    pairs = np.stack([match[columns], columns], axis=1)
    return np.asarray(pairs[np.argsort(pairs[:, 0])], np.int64)


def measured(frames: Sequence[Apart]) -> dict[str, Any]:
    """What `apart` found, ready for JSON.

    Returns:
        For all frames together, and under `frames` for each by itself: `people`, how many are matched, `people_a` and
        `people_b`, how many are in one stream alone; of the matched ones `points` that both have, `points_a` and
        `points_b` that one has alone; `px` and `px_max`, the mean and the greatest distance in pixels, `torso`, the
        mean in torso lengths of the first stream's person, and `pck_0.05` and `pck_0.1`, the share of points that are
        no further off than so many torso lengths; None where there are no points. Each frame also has `pairs`, who is
        whom by their places in the lists of people.
    """
    each = [_sums([frame]) | {"pairs": frame.rows.tolist()} for frame in frames]
    return _sums(frames) | {"frames": each}


def _sums(frames: Sequence[Apart]) -> dict[str, Any]:
    pixels, shares = (
        np.concatenate([part[np.isfinite(part)] for part in parts] or [np.zeros(0)])
        for parts in ([frame.pixels for frame in frames], [frame.shares for frame in frames])
    )
    some = pixels.size > 0
    return {
        "people": sum(len(frame.rows) for frame in frames),
        "people_a": sum(len(frame.alone[0]) for frame in frames),
        "people_b": sum(len(frame.alone[1]) for frame in frames),
        "points": int(pixels.size),
        "points_a": sum(int(frame.only_a.sum()) for frame in frames),
        "points_b": sum(int(frame.only_b.sum()) for frame in frames),
        "px": float(pixels.mean()) if some else None,
        "px_max": float(pixels.max()) if some else None,
        "torso": float(shares.mean()) if some else None,
        **pck(shares, np.ones(shares.shape, np.bool_), PCK_LIMITS),
    }
