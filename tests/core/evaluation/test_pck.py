"""PCK against numbers worked out by hand."""

import numpy as np
import pytest

from sdpose.evaluation import pck, relative_errors, torso_sizes
from sdpose.topology import get

BODY = get("coco17")
BOX = np.array([[0.0, 0.0, 300.0, 400.0]])  # diagonal 500


def person(**places):
    """(1, 17, 2) points at the origin except the given ones, and which those are."""
    points, labelled = np.zeros((1, 17, 2)), np.zeros((1, 17), bool)
    for name, place in places.items():
        points[0, BODY.index(name)], labelled[0, BODY.index(name)] = place, True
    return points, labelled


def test_torso_is_the_mean_of_both_diagonals():
    points, labelled = person(left_shoulder=(0, 0), right_hip=(30, 40), right_shoulder=(60, 0), left_hip=(0, 80))
    assert torso_sizes(points, labelled, BOX, BODY) == pytest.approx([(50 + 100) / 2])


def test_one_labelled_diagonal_is_enough():
    points, labelled = person(left_shoulder=(0, 0), right_hip=(60, 80), right_shoulder=(60, 0))
    assert torso_sizes(points, labelled, BOX, BODY) == pytest.approx([100])


def test_a_torso_seen_end_on_has_a_floor():
    points, labelled = person(left_shoulder=(0, 0), right_hip=(3, 4))
    assert torso_sizes(points, labelled, BOX, BODY) == pytest.approx([0.15 * 500])


def test_an_unlabelled_torso_is_taken_from_the_box():
    points, labelled = person(nose=(10, 10))
    assert torso_sizes(points, labelled, BOX, BODY) == pytest.approx([0.3 * 500])


def test_pck_counts_labelled_points_within_the_threshold():
    true = np.zeros((2, 3, 2))
    found = np.array([[[9.9, 0], [0, 10.1], [0, 0]], [[0, 39.9], [0, 40.1], [999, 0]]])
    counted = np.array([[True, True, True], [True, True, False]])
    errors = relative_errors(found, true, np.array([100.0, 200.0]))
    assert pck(errors, counted, (0.1, 0.2)) == {"pck_0.1": 2 / 5, "pck_0.2": 4 / 5}


def test_pck_of_nothing_is_none():
    assert pck(np.zeros((1, 3)), np.zeros((1, 3), bool), (0.1,)) == {"pck_0.1": None}
