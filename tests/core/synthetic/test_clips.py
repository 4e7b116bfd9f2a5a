"""Clips: smooth motion, constant people."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sdpose.errors import BadOption
from sdpose.synthetic import clip
from sdpose.synthetic.motion import sample_motion

FPS = 24.0


def tracks(drawings):
    """Points per identity and frame: {id: {frame: (17, 2)}}."""
    out = {}
    for index, result in enumerate(drawings):
        for identity, points in zip(result.poses.track_ids.tolist(), result.poses.points, strict=True):
            out.setdefault(identity, {})[index] = points
    return out


@pytest.fixture(scope="module")
def clips():
    return {seed: list(clip(seed, 20, (128, 128), style="flat")) for seed in range(5)}


def test_clips_are_repeatable_and_start_alike():
    short, long = list(clip(7, 3, (64, 64))), list(clip(7, 5, (64, 64)))
    for first, second in zip(short, long, strict=False):
        assert first.image.tobytes() == second.image.tobytes()
        assert np.array_equal(first.poses.points, second.poses.points)
    other = next(iter(clip(7, 1, (64, 64), "test")))
    assert other.image.tobytes() != short[0].image.tobytes()


def test_every_frame_comes_with_identities(clips):
    for drawings in clips.values():
        assert len(drawings) == 20
        assert len({result.style for result in drawings}) == 1
        for result in drawings:
            ids = result.poses.track_ids
            assert ids is not None and len(set(ids.tolist())) == len(result.poses)


def test_motion_is_smooth(clips):
    largest = 0.0
    for drawings in clips.values():
        for frames in tracks(drawings).values():
            for index in frames:
                if index + 1 in frames and index + 2 in frames:
                    bend = frames[index] - 2 * frames[index + 1] + frames[index + 2]
                    largest = max(largest, float(np.linalg.norm(bend, axis=1).max()))
                    step = np.linalg.norm(frames[index + 1] - frames[index], axis=1).max()
                    assert step < 0.12 * 128
    # Somebody moves, and nobody jerks: under 6 % of the picture's side between successive steps.
    assert 0.05 < largest < 0.06 * 128


def test_people_move(clips):
    for drawings in clips.values():
        for frames in tracks(drawings).values():
            places = np.stack(list(frames.values()))
            assert np.ptp(places, axis=0).max() > 1.0


def test_identities_keep_their_proportions(clips):
    for drawings in clips.values():
        for frames in tracks(drawings).values():
            indices = sorted(frames)
            for a, b in pairwise(indices):
                if b == a + 1:
                    heights = [np.ptp(frames[k][:, 1]) for k in (a, b)]
                    assert abs(heights[0] - heights[1]) < 0.15 * max(heights) + 4


def test_joint_angles_are_continuous_in_time():
    rng = np.random.default_rng(0)
    for _ in range(40):
        motion, name = sample_motion(rng)
        times = np.arange(0.0, 3.0, 1 / 240)
        angles = np.stack([motion(float(t)) for t in times])
        speed = np.abs(np.diff(angles, axis=0)).max() * 240
        assert speed < 2500, name
        assert np.abs(np.diff(angles, n=2, axis=0)).max() * 240**2 < 60000, name


@pytest.mark.parametrize("arguments", [{"frames": -1}, {"frames": 1, "fps": 0}, {"frames": 1, "style": "none"}])
def test_wrong_arguments_are_named(arguments):
    with pytest.raises(BadOption, match="expected"):
        clip(0, **arguments)


def test_no_frames_is_an_empty_clip():
    assert list(clip(0, 0)) == []
