"""Who is who by overlap: moving, missing, returning, across cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.errors import BadBoxes
from sdpose.poses import FloatArray
from sdpose.video import Linker, link
from sdpose.video.linking import MAX_GAP, overlaps

BOX = np.array([[10.0, 10, 50, 90]])
NOBODY = np.zeros((0, 4))


def moved(*steps: float) -> FloatArray:
    """The box, so many pixels to the right, once for each number."""
    return BOX + np.array([[step, 0, step, 0] for step in steps])


def walking(t: int) -> FloatArray:
    """One person to the right and one, far from it, to the left."""
    return moved(5 * t, 900 - 5 * t)


@given(st.lists(st.permutations([0, 1]), min_size=1, max_size=20))
def test_people_keep_their_ids_whatever_the_order_of_boxes(orders: list[list[int]]) -> None:
    ids = link(walking(t)[order] for t, order in enumerate(orders))
    people = [dict(zip(order, found.tolist(), strict=True)) for order, found in zip(orders, ids, strict=True)]
    assert all(frame == people[0] for frame in people) and sorted(people[0].values()) == [0, 1]


@pytest.mark.parametrize(("gap", "expected"), [(0, 0), (1, 0), (MAX_GAP, 0), (MAX_GAP + 1, 1)])
def test_who_is_missed_for_a_while_is_the_same_afterwards(gap: int, expected: int) -> None:
    ids = link([BOX, *[NOBODY] * gap, BOX])
    assert ids[0].tolist() == [0] and ids[-1].tolist() == [expected]
    assert all(len(found) == 0 for found in ids[1:-1])


def test_best_overlap_wins() -> None:
    linker = Linker()
    linker.ids(moved(0, 25))
    assert linker.ids(moved(24, 9)).tolist() == [1, 0]


def test_newcomers_get_ids_of_their_own() -> None:
    ids = link([moved(0), moved(500, 0), moved(500), moved(1000)])
    assert [found.tolist() for found in ids] == [[0], [1, 0], [1], [2]]


def test_nobody_is_followed_across_a_cut() -> None:
    ids = link([BOX] * 4, cuts=[2])
    assert [found.tolist() for found in ids] == [[0], [0], [1], [1]]


def test_no_frames_and_no_people() -> None:
    assert link([]) == []
    assert [len(found) for found in link([[], NOBODY])] == [0, 0]


def test_malformed_boxes_are_refused() -> None:
    with pytest.raises(BadBoxes, match="shape"):
        link([[[1, 2, 3]]])


def test_overlaps() -> None:
    one = np.array([[0.0, 0, 10, 10], [5, 5, 5, 9]])
    other = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [5, 5, 5, 9]])
    np.testing.assert_allclose(overlaps(one, other), [[1, 1 / 3, 0, 0], [0, 0, 0, 0]])
