"""The One-Euro filter (Casiez, Roussel & Vogel, CHI 2012), for all keypoints at once."""

from __future__ import annotations

import math

import numpy as np

from ...poses import FloatArray
from .trajectories import BoolArray, shifted

__all__ = ["history", "one_euro"]

SPEED_CUTOFF = 1.0
"""Hz, of the filter of the speed; the paper's default."""

BETA = 5.0
"""By how many Hz the cutoff rises with each of a person's sizes that a keypoint moves in a second."""

_SECONDS, _MOST_FRAMES = 2.0, 96


def history(fps: float) -> int:
    """How many frames the filter looks back on."""
    return min(math.ceil(_SECONDS * fps), _MOST_FRAMES)


def one_euro(points: FloatArray, counted: BoolArray, size: FloatArray, strength: FloatArray, fps: float) -> FloatArray:
    """Low-pass filter whose cutoff rises with speed: it looks only back, and follows the later the slower the motion.

    It is begun anew for every frame, 2 seconds before it. What lies further back no longer matters by then, and so a
    piece of a clip gives what the whole clip gives.

    Args:
        points: (T, P, K, 2).
        counted: (T, P, K) where there is a point. Others are passed over, and stay as they are.
        size: (T, P, 1) of the people, in the unit of `points`: speed is measured in it.
        strength: (K,) 0 changes nothing; at 0.5 the cutoff at rest is the paper's 1 Hz, at 1 it is 0.05 Hz.
        fps: frames per second.

    Returns:
        (T, P, K, 2).
    """
    at_rest = np.divide(1 - strength, strength, out=np.full(strength.shape, np.inf), where=strength > 0)
    at_rest = np.maximum(at_rest, 0.05)
    per_size = np.divide(BETA, size, out=np.zeros(size.shape), where=size > 0)
    state, speed = np.zeros_like(points), np.zeros_like(points)
    since = np.zeros(counted.shape)  # frames since the last point; 0 before the first
    for back in range(min(history(fps), len(points) - 1), -1, -1):
        here, known = shifted(points, -back), shifted(counted, -back)
        step = np.where(since > 0, since, 1) / fps
        moved = np.where((since > 0)[..., None], (here - state) / step[..., None], 0.0)
        new_speed = speed + _weight(SPEED_CUTOFF, step)[..., None] * (moved - speed)
        size_speed = np.linalg.norm(new_speed, axis=-1) * shifted(per_size, -back)
        weight = np.where(since > 0, _weight(at_rest + size_speed, step), 1.0)
        state = np.where(known[..., None], state + weight[..., None] * (here - state), state)
        speed = np.where(known[..., None], new_speed, speed)
        since = np.where(known, 1, since + (since > 0))
    return np.where((counted & (strength > 0))[..., None], state, points)


def _weight(cutoff: FloatArray | float, step: FloatArray) -> FloatArray:
    """Weight 0..1 of a new value in an exponential average of a cutoff in Hz, `step` seconds after the last one."""
    turn = 2 * math.pi * cutoff * step
    return np.asarray(np.where(np.isinf(turn), 1.0, turn / (1 + np.where(np.isinf(turn), 0.0, turn))))
