"""The same filter as its authors' own."""

from __future__ import annotations

import numpy as np
import pytest
from OneEuroFilter import OneEuroFilter

from sdpose.video.steady import one_euro


@pytest.mark.parametrize("fps", [12.0, 24.0])
def test_it_is_the_published_filter(fps: float) -> None:
    rng = np.random.default_rng(0)
    signal = np.cumsum(rng.normal(0, 3, 24)) + rng.normal(0, 1, 24)  # not longer than what the filter looks back on
    points = np.zeros((24, 1, 1, 2))
    points[:, 0, 0, 0] = signal
    size = 10.0
    known, sizes, strength = np.ones((24, 1, 1), bool), np.full((24, 1, 1), size), np.array([0.5])
    found = one_euro.one_euro(points, known, sizes, strength, fps)
    published = OneEuroFilter(fps, mincutoff=1.0, beta=one_euro.BETA / size, dcutoff=one_euro.SPEED_CUTOFF)
    np.testing.assert_allclose(found[:, 0, 0, 0], [published(value) for value in signal], atol=1e-9)


def test_what_lies_further_back_does_not_matter() -> None:
    points = np.random.default_rng(1).normal(0, 1, (120, 1, 1, 2))
    known, sizes, strength = np.ones((120, 1, 1), bool), np.ones((120, 1, 1)), np.array([0.5])
    whole = one_euro.one_euro(points, known, sizes, strength, 24.0)
    late = one_euro.one_euro(points[60:], known[60:], sizes[60:], strength, 24.0)
    np.testing.assert_array_equal(whole[60 + one_euro.history(24.0) :], late[one_euro.history(24.0) :])


def test_what_is_missing_is_passed_over() -> None:
    points = np.zeros((30, 1, 1, 2))
    known = np.ones((30, 1, 1), bool)
    points[10:15], known[10:15] = 1000.0, False
    found = one_euro.one_euro(points, known, np.ones((30, 1, 1)), np.array([0.5]), 24.0)
    np.testing.assert_array_equal(found, points)
