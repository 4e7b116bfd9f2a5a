"""Left and right exchanged for a few frames, found so that they can be put back."""

from __future__ import annotations

import numpy as np

from ...poses import FloatArray, IntArray
from .trajectories import BoolArray, shifted

__all__ = ["REACH", "swapped"]

_LONGEST = 8
"""A run of exchanged frames is at most so long; beyond that nobody can say which side of its ends is the right one."""

_CLEAR = 0.5
"""Share of the jump between two frames that is gone if the sides are exchanged from there on."""

REACH = _LONGEST + 3
"""How far in time a frame looks."""


def swapped(left: FloatArray, right: FloatArray, seen: BoolArray, jump: FloatArray) -> BoolArray:
    """Where two sides are exchanged: the motion gets clearly more even at both ends of such a run.

    Of all ways to exchange the sides in some of the frames nearby, the one is taken that resolves most jumps, and of
    those the one with the fewest exchanged frames (the cheapest path through two states, Viterbi 1967).

    Args:
        left: (T, S, 2) keypoints of one side.
        right: (T, S, 2) the same of the other side.
        seen: (T, S) where both count.
        jump: (T, S) a smaller move is no jump.

    Returns:
        (T, S).
    """
    resolved = _resolved(left, right, seen, jump)
    before = after = (np.zeros(seen.shape, np.int64), np.full(seen.shape, 1 << 20))
    for frames in range(_LONGEST + 1, 0, -1):
        before = _step(before, shifted(resolved, 1 - frames))
        after = _step(after, shifted(resolved, frames))
    return np.asarray(seen & (before[1] + after[1] + 2 < before[0] + after[0]))


_Costs = tuple[IntArray, IntArray]
"""The least cost of all frames so far if the next one is as it came, and if it is exchanged."""


def _step(costs: _Costs, resolved: BoolArray) -> _Costs:
    """One frame further: an exchanged frame costs 2; to begin or end a run costs much, or gains as much."""
    plain, exchanged = costs[0], costs[1] + 2
    switch = np.where(resolved, -1, 1) * (_LONGEST + 1)
    return np.minimum(plain, exchanged + switch), np.minimum(exchanged, plain + switch)


def _resolved(left: FloatArray, right: FloatArray, seen: BoolArray, jump: FloatArray) -> BoolArray:
    """(T, S) where the step from the frame before is a jump that exchanging the sides from here on takes away."""
    straight, crossed = np.full(seen.shape, np.inf), np.full(seen.shape, np.inf)
    (l1, l2, l3), (r1, r2, r3) = ([shifted(side, frames) for frames in (-1, -2, 1)] for side in (left, right))
    seen1, seen2, seen3 = (shifted(seen, frames) for frames in (-1, -2, 1))
    # How far off each side is if it stays where it is, goes on as it came, or came as it goes on.
    for known, l_ahead, r_ahead, l_here, r_here in (
        (seen1, l1, r1, left, right),
        (seen1 & seen2, 2 * l1 - l2, 2 * r1 - r2, left, right),
        (seen1 & seen3, l1, r1, 2 * left - l3, 2 * right - r3),
    ):
        same = _apart(l_ahead, l_here) + _apart(r_ahead, r_here)
        other = _apart(l_ahead, r_here) + _apart(r_ahead, l_here)
        straight = np.where(known, np.minimum(straight, same), straight)
        crossed = np.where(known, np.minimum(crossed, other), crossed)
    clear = (straight > 2 * jump) & (crossed < _CLEAR * straight)
    return np.asarray(seen & seen1 & clear)


def _apart(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(one - other, axis=-1))
