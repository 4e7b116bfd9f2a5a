"""Ways to estimate a clip: one frame at a time, over time, and smoothed afterwards."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sdpose import Estimator
from sdpose.evaluation.estimates import frame_by_frame, over_time, smoothed
from sdpose.models import SDPoseConfig, build_model
from sdpose.poses import Poses
from sdpose.topology import COCO17
from sdpose.video import VideoEstimator


def clip(points, scores=None, ids=None):
    """A Poses per frame from points (T, N, 2), all of a person's keypoints at one place."""
    frames, people = points.shape[:2]
    places = np.repeat(points[:, :, None], 17, axis=2)
    heights = np.ones((frames, people, 17)) if scores is None else np.repeat(scores[..., None], 17, axis=2)
    who = np.tile(np.arange(people), (frames, 1)) if ids is None else ids
    return [
        Poses(places[t], heights[t], COCO17, (64, 64), boxes=np.tile((4.0, 4, 60, 60), (people, 1)), track_ids=who[t])
        for t in range(frames)
    ]


def smooth(people, cuts=()):
    return smoothed(lambda frames, people, cuts: people)([], people, cuts)


def path(poses, person=0):
    return np.array([frame.points[person, 0] for frame in poses])


def test_smoothing_is_binomial_where_all_scores_are_one():
    impulse = np.zeros((9, 1, 2))
    impulse[4] = (16, 32)
    found = path(smooth(clip(impulse)))
    assert np.allclose(found[2:7, 0], (1, 4, 6, 4, 1)) and np.allclose(found[:, 1], 2 * found[:, 0])
    assert np.allclose(found[[0, 1, 7, 8]], 0)


def test_smoothing_keeps_what_stands_still_and_renormalises_at_the_ends():
    still = np.full((3, 1, 2), 7.0)
    assert np.allclose(path(smooth(clip(still))), 7.0)


def test_smoothing_stops_at_cuts_and_keeps_identities_apart():
    jump = np.concatenate((np.zeros((4, 1, 2)), np.full((4, 1, 2), 40.0)))
    assert not np.allclose(path(smooth(clip(jump))), jump[:, 0])
    assert np.allclose(path(smooth(clip(jump), cuts=[4])), jump[:, 0])
    two = np.stack((np.zeros((6, 2)), np.full((6, 2), 40.0)), axis=1)
    ids = np.array([[0, 1], [1, 0]] * 3)
    crossed = np.where((ids == 1)[..., None], 40.0, two * 0)
    for frame, who in zip(smooth(clip(crossed, ids=ids)), ids, strict=True):
        assert np.allclose(frame.points[:, 0, 0], 40.0 * who)


def test_smoothing_trusts_scores_and_leaves_the_absent_alone():
    places = np.zeros((5, 1, 2))
    places[2] = 10.0
    sure, unsure = np.ones((5, 1)), np.ones((5, 1))
    unsure[2] = 0.1
    assert path(smooth(clip(places, unsure)))[2, 0] < 0.3 * path(smooth(clip(places, sure)))[2, 0]
    gone = np.ones((5, 1))
    gone[2] = 0.0
    poses = smooth(clip(places, gone))
    assert path(poses)[2, 0] == 10.0 and np.allclose(path(poses)[[0, 1, 3, 4]], 0) and (poses[2].scores == 0).all()


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(4)]


def tiny_sdpose():
    torch.manual_seed(0)
    mini = SDPoseConfig.mini()
    unet = mini.unet | {"block_out_channels": [8, 16, 16, 16], "attention_head_dim": [1, 2, 2, 2]}
    vae = mini.vae | {"block_out_channels": [4, 4, 4, 4]}
    return build_model(mini.__class__(**(vars(mini) | {"unet": unet, "vae": vae, "input_wh": (48, 64)})))


def test_frame_by_frame_is_the_estimator_with_the_true_ids(pictures):
    model, people = tiny_sdpose(), clip(np.zeros((4, 2, 2)), ids=np.array([[5, 9]] * 4))
    found = frame_by_frame(model)(pictures, people, [])
    alone = Estimator(model)(pictures, [frame.boxes for frame in people])
    for poses, other in zip(found, alone, strict=True):
        assert np.array_equal(poses.points, other.points) and poses.track_ids.tolist() == [5, 9]


def test_over_time_is_the_video_estimator_with_cuts_and_a_start(pictures, tiny_diffpose):
    from sdpose.models.diffpose import build_diffpose

    torch.manual_seed(0)
    estimator = VideoEstimator(build_diffpose(tiny_diffpose), steps=1, noises=1)
    people = clip(np.full((4, 1, 2), 30.0), ids=np.array([[5]] * 4))
    plain, cut = (over_time(estimator)(pictures, people, cuts) for cuts in ([], [2]))
    assert [poses.track_ids.tolist() for poses in plain] == [[5]] * 4
    assert np.array_equal(path(plain), path(estimator(pictures, people)))
    assert not np.array_equal(path(plain), path(cut))
    started = over_time(estimator, lambda frames, people, cuts: list(people))(pictures, people, [])
    assert not np.array_equal(path(plain), path(started))
