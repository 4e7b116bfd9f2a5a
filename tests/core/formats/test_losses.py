"""What a format loses of poses, told by reading them back."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose import formats
from sdpose.formats.losses import losses
from sdpose.poses import Poses
from sdpose.topology import get

SKELETON = get("openpose134")


def people() -> Poses:
    scores = np.full((2, 134), 0.5)
    points = np.random.default_rng(0).uniform(1, 90, (2, 134, 2))
    return Poses(points, scores, SKELETON, (100, 100), np.tile([1.0, 2, 90, 95], (2, 1)), np.ones(2), np.arange(2))


def test_nothing() -> None:
    clip = [people(), Poses.empty(SKELETON, (100, 100))]
    assert losses(clip, formats.read(formats.write(clip))) == [] == losses([], [])


@pytest.mark.parametrize(
    ("profile", "lost"),
    [
        ("scail", ["feet", "track ids", "boxes", "box scores"]),
        ("aux", ["feet", "raw scores", "track ids", "boxes", "box scores"]),
        ("judian17", ["track ids", "boxes", "box scores"]),
    ],
)
def test_parts_scores_and_extras(profile: str, lost: list[str]) -> None:
    assert losses([people()], formats.read(formats.write([people()], profile))) == lost


@pytest.mark.parametrize(("gone", "said"), [(1, "1 point"), (3, "3 points")])
def test_single_points(gone: int, said: str) -> None:
    scores = people().scores.copy()
    scores[0, :gone] = 0
    assert losses([people()], [people().replace(scores=scores)]) == [said]


def test_a_narrower_skeleton_is_no_loss_of_what_was_not_there() -> None:
    body = people().to(get("openpose18"))
    assert losses([body], [body.to(SKELETON)]) == []
    assert losses([body.to(SKELETON)], [body]) == []
