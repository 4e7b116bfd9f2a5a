"""AP and MOTA on frames small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sdpose.errors import BadOption
from sdpose.evaluation.posetrack import JudgedFrame, average_precision, head_sizes, tracking_accuracy

JOINTS = 3
HEAD = 20.0


def frame(people: int = 2, **changes: Any) -> JudgedFrame:
    """People far apart, all found exactly where they are."""
    points = np.arange(people * JOINTS * 2, dtype=float).reshape(people, JOINTS, 2) * 100
    everywhere = np.ones((people, JOINTS), bool)
    scores = np.linspace(0.9, 0.5, people * JOINTS).reshape(people, JOINTS)
    ids = np.arange(people)
    made = JudgedFrame(points, everywhere, np.full(people, HEAD), ids, points, everywhere, scores, ids)
    return replace(made, **changes)


def nobody(side: str) -> dict[str, Any]:
    """Changes that leave nobody on one side of a frame."""
    none = {"present": np.zeros((0, JOINTS), bool), "points": np.zeros((0, JOINTS, 2)), "ids": np.zeros(0, int)}
    if side == "true":
        return {
            "points": none["points"],
            "present": none["present"],
            "head_sizes": np.zeros(0),
            "track_ids": none["ids"],
        }
    return {
        "found": none["points"],
        "found_present": none["present"],
        "scores": np.zeros((0, JOINTS)),
        "found_track_ids": none["ids"],
    }


def test_a_head_size_is_three_fifths_of_the_diagonal() -> None:
    assert head_sizes(np.array([[10.0, 10.0, 40.0, 50.0]])) == pytest.approx([30.0])


def test_exact_poses_are_perfect() -> None:
    assert average_precision([frame()] * 2) == pytest.approx([1, 1, 1])
    assert tracking_accuracy([[frame()] * 3]) == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(("shift", "right"), [(10.0, 1), (10.001, 0)])
def test_half_a_head_away_is_still_right(shift: float, right: int) -> None:
    moved = frame()
    moved = replace(moved, found=moved.found + np.array([shift, 0.0]))
    assert average_precision([moved]) == pytest.approx([right] * 3)
    assert tracking_accuracy([[moved, moved]]) == pytest.approx([right or -1] * 3)


def test_precision_is_the_area_under_the_monotone_curve() -> None:
    # By score: right, wrong, right; of three annotated. Precision 1, 1/2, 2/3; area 1/3 * 1 + 1/3 * 2/3.
    people = frame(3)
    found = people.found.copy()
    found[1, 0] += 50
    scores = np.array([[0.9] * 3, [0.8] * 3, [0.7] * 3])
    assert average_precision([replace(people, found=found, scores=scores)])[0] == pytest.approx(1 / 3 + 2 / 9)


def test_a_second_pose_of_one_person_is_wrong_and_its_score_decides_what_it_costs() -> None:
    one = frame(1)
    twice = replace(
        one,
        found=np.repeat(one.found, 2, axis=0),
        found_present=np.ones((2, JOINTS), bool),
        found_track_ids=np.array([0, 1]),
        scores=np.array([[0.9] * 3, [0.1] * 3]),
    )
    assert average_precision([twice]) == pytest.approx([1, 1, 1])
    # The first of equally good ones is kept, whatever its score.
    assert average_precision([replace(twice, scores=twice.scores[::-1])]) == pytest.approx([0.5] * 3)
    assert tracking_accuracy([[twice, twice]]) == pytest.approx([0, 0, 0])


def test_a_joint_that_is_annotated_nowhere_is_nan() -> None:
    unseen = frame()
    unseen.present[:, 1] = False
    assert average_precision([unseen]) == pytest.approx([1, np.nan, 1], nan_ok=True)
    assert tracking_accuracy([[unseen, unseen]]) == pytest.approx([1, np.nan, 1], nan_ok=True)


def test_an_identity_is_kept_while_it_is_in_reach() -> None:
    # Both found people stand on the true one; the second a little closer from the second frame on.
    one = frame(1)
    both = np.concatenate([one.found, one.found + 1.0])
    start = replace(one, found=both, found_present=np.ones((2, JOINTS), bool), scores=np.ones((2, JOINTS)),
                    found_track_ids=np.array([5, 6]))  # fmt: skip
    then = replace(start, found=both[::-1])
    kept = tracking_accuracy([[start, then, then]])
    assert kept == pytest.approx([0, 0, 0])  # one false in each of two frames, nothing switched
    # When the first identity leaves, the other takes over: that is a switch.
    left = replace(one, found_track_ids=np.array([6]))
    assert tracking_accuracy([[start, left, left]]) == pytest.approx([0, 0, 0])  # one false, one switched


def test_a_switch_counts_once_and_a_return_counts_again() -> None:
    swapped = replace(frame(), found_track_ids=np.array([1, 0]))
    assert tracking_accuracy([[frame(), swapped, swapped, frame()]]) == pytest.approx([1 - 2 / 6] * 3)
    assert tracking_accuracy([[frame(), swapped, frame(), frame()]]) == pytest.approx([1 - 4 / 6] * 3)
    assert tracking_accuracy([[frame(), frame(), frame()], [swapped, swapped]]) == pytest.approx([1, 1, 1])


def test_a_frame_with_nobody_on_one_side_is_one_missed_and_one_false() -> None:
    missed, invented = frame(3, **nobody("found")), frame(3, **nobody("true"))
    for odd in (missed, invented):
        assert tracking_accuracy([[frame(3), odd, frame(3)]]) == pytest.approx([1 - 2 / 4] * 3)
    assert average_precision([frame(3), missed]) == pytest.approx([0.5] * 3)
    assert average_precision([invented, frame(3)]) == pytest.approx([(1 + 2 / 3 + 3 / 5) / 3] * 3)  # right, wrong, ...


def test_the_last_frame_is_not_looked_at() -> None:
    ruined = replace(frame(), found=frame().found + 1000)
    assert tracking_accuracy([[frame(), frame(), ruined]]) == pytest.approx([1, 1, 1])


def test_a_head_without_size_is_never_matched() -> None:
    assert average_precision([frame(1, head_sizes=np.zeros(1))]) == pytest.approx([0, 0, 0])


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(BadOption, match="at least one frame"):
        average_precision([])
    with pytest.raises(BadOption, match="at least one frame"):
        tracking_accuracy([[]])
    with pytest.raises(BadOption, match="track ids for everybody"):
        tracking_accuracy([[frame(), frame(found_track_ids=None)]])
