"""The motion of people who were found, beside that of the true ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdpose.evaluation.posetrack import JudgedFrame
from sdpose.evaluation.posetrack.moving import matched_motion
from sdpose.topology import get

SKELETON = get("posetrack15")
K = len(SKELETON)
TORSO = 100.0


def body() -> np.ndarray:
    """Someone whose two diagonals from shoulder to hip are 100 px long."""
    points = np.arange(K * 2, dtype=float).reshape(K, 2) * 7
    places = {"left_shoulder": (0, 0), "right_hip": (60, 80), "right_shoulder": (60, 0), "left_hip": (0, 80)}
    for name, place in places.items():
        points[SKELETON.index(name)] = place
    return points


def film(shake: float, length: int = 6) -> list[JudgedFrame]:
    """Two people at rest; every second frame they are found `shake` px to the right."""
    points = np.stack([body(), body() + 2000])
    everywhere, ids = np.ones((2, K), bool), np.array([3, 9])
    return [
        JudgedFrame(points, everywhere, np.full(2, 50.0), ids, points + np.array([shake * (t % 2), 0.0]), everywhere,
                    np.full((2, K), 0.5), ids + 1)
        for t in range(length)
    ]  # fmt: skip


def test_shaking_is_measured_in_torsos() -> None:
    made = matched_motion(film(5.0), SKELETON)
    # x = 0, s, 0, s: the second difference is 2 s, the third 4 s.
    assert made.accel == pytest.approx(np.full(4 * 2 * K, 10 / TORSO))
    assert made.jerk == pytest.approx(np.full(3 * 2 * K, 20 / TORSO))
    assert made.true_accel == pytest.approx(np.zeros(4 * 2 * K))


def test_who_is_found_in_another_order_is_the_same() -> None:
    frames = film(5.0)
    f = frames[2]
    frames[2] = replace(f, found=f.found[::-1], found_track_ids=np.array([10, 4]))
    assert matched_motion(frames, SKELETON).accel == pytest.approx(np.full(4 * 2 * K, 10 / TORSO))


@pytest.mark.parametrize("tracked", [True, False])
def test_a_switch_of_identity_is_no_motion(tracked: bool) -> None:
    frames = [
        replace(f, found_track_ids=np.array([4, 10 + (t > 2)]) if tracked else None) for t, f in enumerate(film(5.0))
    ]
    # The second person's six frames are two stretches of three, with one instant each, when there are identities.
    instants = 4 + 2 if tracked else 4 + 4
    assert len(matched_motion(frames, SKELETON).accel) == instants * K


def test_frames_without_anybody_part_the_tracks() -> None:
    frames: list[JudgedFrame | None] = [*film(5.0)]
    frames[3] = None
    assert len(matched_motion(frames, SKELETON).accel) == 1 * 2 * K  # only frames 0, 1 and 2
    lost = film(5.0)
    lost[3] = replace(lost[3], found=lost[3].found + 500)  # out of reach of everybody
    assert len(matched_motion(lost, SKELETON).accel) == 1 * 2 * K
