"""One identity: where it was lately, where it must be next, and how it looks."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

from ...poses import FloatArray
from .colours import Palette
from .sightings import Sighting

__all__ = ["Person"]

PAST = 6
"""How many sightings are kept to tell the motion by."""

OWN_MOTION = 0.7
"""The share of a keypoint's own motion (beyond that of the body) that is expected to go on for one frame."""

CARRY = 12.0
"""A body is expected to go on as it moved for so many frames; then it is looked for where it would be."""

LEARN = 0.15
"""How fast the trust in keypoints follows what they did last."""


class Person:
    """One identity within a shot.

    Attributes:
        number: the id, once it is given out.
        first: the frame that began it.
        last: the frame that saw it last.
        past: its last sightings, with their frames.
        tracklet: the library's, of the last frame.
        trust: 0 to 1, how well poses were predicted lately: the mean OKS where there was no doubt who it was.
        palette: how it looks, from all frames up to the last doubt.
        fresh: how it looks since the last doubt.
        doubted: the last frame in which it may have been somebody else who was taken for it, -1 without any.
        rivals: who that may be; how much the two overlapped at most, and in which frame.
    """

    def __init__(self, t: int) -> None:
        self.number: int | None = None
        self.first = self.last = t
        self.past: deque[tuple[int, Sighting]] = deque(maxlen=PAST)
        self.tracklet: Any = None
        self.trust = 0.5
        self.palette, self.fresh = Palette(), Palette()
        self.doubted = -1
        self.rivals: dict[Person, tuple[float, int]] = {}

    def see(self, t: int, sighting: Sighting, tracklet: Any) -> None:
        """The person is seen."""
        self.past.append((t, sighting))
        self.last, self.tracklet = t, tracklet
        self.fresh.add(sighting.colours)

    def learn(self, similarity: float) -> None:
        """A pose was predicted so well (OKS, 0 to 1)."""
        self.trust += LEARN * (similarity - self.trust)

    def doubt(self, rival: Person, overlap: float, t: int) -> None:
        """From frame t on it may be the rival that is taken for this person."""
        self.doubted = t
        self.rivals[rival] = max(self.rivals.get(rival, (0.0, t)), (overlap, t))
        self.fresh = Palette()

    def settle(self) -> None:
        """No doubt any more."""
        self.palette.merge(self.fresh)
        self.fresh = Palette()
        for rival in self.rivals:
            rival.rivals.pop(self, None)
        self.rivals.clear()

    def continues_as(self, other: Person) -> None:
        """What was taken for the other lately is this person."""
        self.past, self.last, self.tracklet = other.past, other.last, other.tracklet
        self.trust, self.fresh = other.trust, other.fresh

    @property
    def now(self) -> Sighting:
        """The last sighting."""
        return self.past[-1][1]

    @property
    def extent(self) -> float:
        """Median diagonal of the last boxes."""
        return float(np.median([sighting.extent for _, sighting in self.past]))

    @property
    def velocity(self) -> FloatArray:
        """(2,) of the box's centre, per frame."""
        times = np.array([t for t, _ in self.past], np.float64)
        centres = np.array([sighting.centre for _, sighting in self.past])
        return np.asarray(_slope(times, centres[:, None], np.ones((len(times), 1), bool))[0])

    def box_at(self, t: int) -> FloatArray:
        """(4,) where the box must be in frame t."""
        return np.asarray(self.now.box + np.tile(self.velocity * min(t - self.last, CARRY), 2))

    def pose_at(self, t: int) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Points (K, 2) as they must be in frame t, and (K,) of which anything is known."""
        times = np.array([at for at, _ in self.past], np.float64)
        points = np.array([sighting.points for _, sighting in self.past])
        seen = np.array([sighting.seen for _, sighting in self.past])
        body = self.velocity
        own = _slope(times, points, seen, otherwise=body) - body
        latest = len(times) - 1 - seen[::-1].argmax(axis=0)
        rows = np.arange(points.shape[1])
        ahead = np.minimum(t - times[latest], CARRY)[:, None]
        moved = points[latest, rows] + body * ahead + OWN_MOTION * own * np.minimum(ahead, 1)
        return np.asarray(moved), np.asarray(seen.any(axis=0))


def _slope(
    times: FloatArray, points: FloatArray, seen: npt.NDArray[np.bool_], otherwise: FloatArray | None = None
) -> FloatArray:
    """Least squares velocities (K, 2) of points (T, K, 2) where `seen` (T, K) at least 3 times, else `otherwise`.

    Without `otherwise` 2 times are enough, and the velocity is 0 where there are fewer.
    """
    weights = seen.astype(np.float64)[..., None]
    count = np.maximum(weights.sum(axis=0), 1)
    late = weights * (times[:, None, None] - (weights * times[:, None, None]).sum(axis=0) / count)
    spread = (late**2).sum(axis=0)
    enough = (weights.sum(axis=0) >= (2 if otherwise is None else 3)) & (spread > 0)
    slopes = (late * points).sum(axis=0) / np.where(enough, spread, 1)
    return np.asarray(np.where(enough, slopes, 0.0 if otherwise is None else otherwise))
