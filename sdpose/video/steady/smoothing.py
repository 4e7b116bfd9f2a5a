"""Smoothing without lag that leaves fast motion alone."""

from __future__ import annotations

import functools

import numpy as np

from ...poses import FloatArray
from .trajectories import BoolArray, shifted

__all__ = ["REACH", "smooth"]

_LENGTHS = (11, 7, 5)
"""Frames of a window; a shorter one only serves where a longer one does not fit."""

_HIGHEST = 4.8
"""Threshold at full strength, in deviations of the noise; at half of it, noise alone passes once in 300 times."""

_ALWAYS = 2
"""Polynomials that always stay, those of degree 0 and 1: rest and even motion."""

REACH = max(_LENGTHS) - 1
"""How far in time a point looks."""


def smooth(points: FloatArray, counted: BoolArray, noise: FloatArray, strength: FloatArray) -> FloatArray:
    """Take the noise out of trajectories, and out of nothing else.

    Every window of 11 frames is written as a sum of orthogonal polynomials (Gram's), those that do not stand out of the
    noise are left out (hard thresholding, Donoho & Johnstone 1994), and the windows over a point are averaged
    (translation-invariant denoising, Coifman & Donoho 1995), those with the fewest polynomials weighing most. What
    rests or moves evenly becomes a straight line; what turns fast stands far out of the noise and stays as it is.
    Windows lie around a point evenly, so there is no lag.

    Args:
        points: (T, P, K, 2).
        counted: (T, P, K) where there is a point. Others are not looked at, and stay as they are; so do points in runs
            of less than 5 frames.
        noise: (T, P, K) standard deviation of the noise along each axis.
        strength: (K,) 0 changes nothing, 1 takes out everything up to 4.8 deviations.

    Returns:
        (T, P, K, 2).
    """
    limit = 2 * np.square(_HIGHEST * strength * noise)
    found, open_ = points.copy(), counted & (limit > 0)
    for length in _LENGTHS:
        if length > len(points):
            continue
        total, weight = _averaged(points, counted, limit, length)
        done = open_ & (weight > 0)
        found[done] = total[done] / weight[done][:, None]
        open_ &= ~done
    return found


def _averaged(points: FloatArray, counted: BoolArray, limit: FloatArray, length: int) -> tuple[FloatArray, FloatArray]:
    """Sum (T, P, K, 2) and weight (T, P, K) of what the windows of a length say of each frame.

    Sums run over places in the window, in one order: so a frame's result has the same bits whatever else is there.
    """
    middle = length // 2
    near = [shifted(points, place - middle) for place in range(length)]
    whole = functools.reduce(np.logical_and, (shifted(counted, place - middle) for place in range(length)))
    kept: list[tuple[FloatArray, FloatArray]] = []
    for degree, polynomial in enumerate(_gram(length)):
        share = functools.reduce(np.add, (factor * here for factor, here in zip(polynomial, near, strict=True)))
        if degree >= _ALWAYS:
            share[np.square(share).sum(axis=-1) <= limit] = 0
        kept.append((polynomial, share))
    count = _ALWAYS + sum((np.any(share != 0, axis=-1) for _, share in kept[_ALWAYS:]), np.zeros(counted.shape))
    weights = np.where(whole, 1 / count, 0)
    total, weight = np.zeros_like(points), np.zeros(counted.shape)
    for place in range(length):
        value = functools.reduce(np.add, (polynomial[place] * share for polynomial, share in kept))
        total += shifted(value * weights[..., None], middle - place)
        weight += shifted(weights, middle - place)
    return total, weight


@functools.cache
def _gram(length: int) -> FloatArray:
    """Orthonormal polynomials (length, length) on so many frames, by degree."""
    powers = np.vander(np.linspace(-1, 1, length), increasing=True)
    return np.asarray(np.linalg.qr(powers)[0].T)
