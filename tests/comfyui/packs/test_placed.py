"""The check that pictures of other packs go through notices what it is there to notice."""

from __future__ import annotations

import numpy as np
import pytest

import sdpose

from .people import clip
from .placed import BODY, NOBODY, Drawn, misplaced

EVERYTHING = Drawn()


@pytest.fixture(scope="module")
def poses():
    return clip(frames=1)[0]


@pytest.fixture(scope="module")
def right(poses):
    return sdpose.draw(poses, style="dwpose")


def shifted(picture, x, y):
    """The picture moved over a black ground."""
    moved = np.zeros_like(picture)
    height, width = picture.shape[:2]
    moved[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)] = picture[
        max(-y, 0) : height + min(-y, 0), max(-x, 0) : width + min(-x, 0)
    ]
    return moved


@pytest.mark.parametrize("style", ["dwpose", "openpose"])
def test_a_right_picture_has_no_fault(poses, style):
    assert misplaced(sdpose.draw(poses, style=style), poses, EVERYTHING) == []


def test_so_has_one_of_another_size(poses, right):
    smaller = poses.scaled((384, 480))
    assert misplaced(sdpose.draw(smaller, style="dwpose"), poses, EVERYTHING) == []
    assert misplaced(right, smaller, EVERYTHING) == []


@pytest.mark.parametrize(("x", "y"), [(8, 0), (-8, 0), (0, 8), (0, -8), (6, 6), (40, 0)])
def test_a_shifted_one_has(poses, right, x, y):
    assert "nothing is drawn at" in misplaced(shifted(right, x, y), poses, EVERYTHING)[0]
    assert "nothing is drawn at" in misplaced(shifted(right, x, y), poses, Drawn(BODY))[0]


def test_so_has_a_blank_one(poses, right):
    assert misplaced(np.zeros_like(right), poses, EVERYTHING) == ["the picture is blank"]


def test_so_has_one_that_is_drawn_over(poses, right):
    assert "lies nowhere near a bone" in misplaced(np.full_like(right, 255), poses, EVERYTHING)[0]
    over = right.copy()
    over[:40, :40] = 200
    assert "lies nowhere near a bone" in misplaced(over, poses, EVERYTHING)[0]


def test_so_has_one_in_which_left_and_right_are_exchanged(poses):
    order = list(poses.skeleton.flip_indices)
    other = poses.replace(points=poses.points[:, order], scores=poses.scores[:, order])
    assert any("the colour of the other side" in fault for fault in misplaced(sdpose.draw(other), poses, Drawn(BODY)))


@pytest.mark.parametrize("change", [np.fliplr, np.flipud], ids=["left to right", "upside down"])
def test_so_has_a_mirrored_one(poses, right, change):
    assert misplaced(change(right), poses, EVERYTHING) != []


def test_so_has_one_without_a_part_or_a_person(poses, right):
    table = poses.skeleton
    for part in ("face", "left_hand", "right_hand"):
        scores = poses.scores.copy()
        scores[:, table.indices(part)] = 0
        assert "nothing is drawn at" in misplaced(sdpose.draw(poses.replace(scores=scores)), poses, EVERYTHING)[0]
    assert len(poses) > 1
    assert "of person 0" in misplaced(sdpose.draw(poses[1:]), poses, EVERYTHING)[0]
    assert "lies nowhere near a bone" in misplaced(right, poses[1:], EVERYTHING)[0]


def test_so_has_one_with_a_point_that_nobody_is_sure_of(poses, right):
    sure = poses.replace(scores=np.where(poses.scores < 0.5, 0.9, poses.scores))
    assert "lies nowhere near a bone" in misplaced(sdpose.draw(sure), poses, EVERYTHING)[0]


def test_nobody_is_no_evidence(poses, right):
    assert misplaced(np.zeros_like(right), poses[:0], EVERYTHING) == [NOBODY]
    assert "lies nowhere near a bone" in misplaced(right, poses[:0], EVERYTHING)[0]
