"""What following and steadying people is good for, as a whole: limits that no change may fall behind."""

from __future__ import annotations

import pytest

from sdpose.evaluation.estimates import as_given
from sdpose.evaluation.staged import evaluate_staged

SEED = 930_000


def reach_the_goals(numbers):
    """True keypoints with the usual mistakes: who is who, rest becomes rest, speed and cuts cost nothing."""
    assert numbers["noise"] == 0.02 and numbers["clips_separable"] >= numbers["clips"] // 2
    assert numbers["idf1"] >= 0.95 and numbers["id_switches_separable"] == 0
    assert numbers["accel_ratio_static"] <= 0.5 and numbers["pck_drop_fast"] <= 0.5
    assert numbers["lag_frames"] == numbers["hold_motion"] == numbers["cut_leak"] == 0


def test_small_films_of_every_kind_reach_the_goals():
    reach_the_goals(evaluate_staged(as_given, SEED, 8, frames=32, size_wh=(96, 96)))


@pytest.mark.slow
def test_two_films_of_every_kind_reach_the_goals():
    reach_the_goals(evaluate_staged(as_given, SEED, 16))
