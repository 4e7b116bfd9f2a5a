"""Windows: one affine for all their frames, pure functions of their number, cut as the estimator cuts."""

import dataclasses

import numpy as np
import pytest
import torch

from sdpose.boxes import Crop
from sdpose.heatmaps import UDPHeatmaps
from sdpose.topology import get
from sdpose.training.diffpose.clips import Clip, DrawnFilm, Track
from sdpose.training.diffpose.sampling import Change, Windows, window_of

from ...conftest import tiny


def moving_dot(frames=9, step=6.0):
    """A dot that a person of one box carries from left to right, `step` pixels a frame, a little darker in each."""
    pictures, boxes, points = [], [], []
    for t in range(frames):
        x, y = 40 + step * t, 50.0
        picture = np.zeros((100, 140, 3), np.uint8)
        picture[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 255 - 10 * t
        pictures.append(picture)
        boxes.append([x - 15, y - 30, x + 15, y + 30])
        points.append(np.full((17, 2), (x, y)))
    track = Track(
        np.arange(frames), np.array(boxes), np.array(points), np.full((frames, 17), 2, np.int8), np.full(frames, 8.0)
    )
    return Clip(pictures, (track,)), track


def centre_of(crop):
    weights = crop.sum(axis=2).astype(np.float64)
    y, x = np.mgrid[: crop.shape[0], : crop.shape[1]]
    return np.array([(x * weights).sum(), (y * weights).sum()]) / weights.sum()


@pytest.mark.parametrize(
    "change",
    [Change(np.zeros(2), np.ones(2), 0.0), Change(np.array([0.1, -0.05]), np.array([0.8, 0.8]), 40.0)],
    ids=["plain", "changed"],
)
def test_all_frames_of_a_window_share_one_affine(change):
    clip, track = moving_dot()
    crops, points = window_of(clip, track, 4, tiny(input_wh=(64, 96)), 2, change)
    assert len(crops) == 5
    places = np.stack([centre_of(crop) for crop in crops])
    assert np.ptp(places, axis=0).max() < 0.7  # the dot rides in its box, so every crop shows it in the same place
    shown = points[0] * (np.array([64, 96]) - 1) / (64, 96)
    assert np.abs(places[2] - shown).max() < 0.7


def test_the_key_frame_is_cut_by_the_evaluation_rule():
    clip, track = moving_dot()
    crops, points = window_of(clip, track, 4, tiny(input_wh=(64, 96)), 0)
    crop = Crop.padded(track.boxes[4], (64, 96))
    assert np.abs(crops[2].astype(int) - crop.warp(clip.frames[4])).max() <= 2
    assert np.abs(points - crop.to_crop(track.points[4])).max() < 1e-3


def test_a_smaller_reach_repeats_the_outermost_frame():
    clip, track = moving_dot()
    for reach, expected in ((0, [4, 4, 4, 4, 4]), (1, [3, 3, 4, 5, 5])):
        crops, _ = window_of(clip, track, 4, tiny(), reach)
        same = [[np.array_equal(a, b) for b in crops] for a in crops]
        assert same == [[a == b for b in expected] for a in expected]


def test_the_ends_of_a_track_repeat_its_last_frames():
    clip, track = moving_dot(frames=2)
    crops, _ = window_of(clip, track, 0, tiny(), 2)
    assert np.array_equal(crops[0], crops[2]) and np.array_equal(crops[3], crops[4])


def test_batches_are_pure_functions_of_their_number(config):
    settings, model = config(), tiny()
    fresh, used = (Windows(DrawnFilm(0, 64, 4), settings, model, shards=1) for _ in range(2))
    for number in range(4):
        used[number]
    one, other = fresh[4], used[4]
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    crops, points, labelled, steps, noise = one
    assert crops.shape == (2, 5, 48, 32, 3) and crops.dtype == torch.uint8
    assert points.shape == (2, 17, 2) and labelled.shape == (2, 17)
    assert steps.shape == (2, 2) and noise.shape == (2, 2, 17, 12, 8)
    assert not torch.equal(crops, fresh[5][0])


def test_steps_are_uniform_and_noise_is_normal(config):
    windows = Windows(DrawnFilm(0, 64, 2), config(draws=500, augment=0.0), tiny(), shards=1)
    *_, steps, noise = windows[0]
    assert 0 <= steps.min() < 20 and 980 < steps.max() <= 999
    assert steps.float().mean() == pytest.approx(500, abs=40)
    assert noise.mean() == pytest.approx(0, abs=0.01) and noise.std() == pytest.approx(1, abs=0.01)


def test_augmented_keypoints_stay_on_what_they_name(config, monkeypatch):
    """The dot's heatmap is where the dot is, however the window was moved, scaled, turned and mirrored."""
    monkeypatch.setattr("sdpose.training.diffpose.sampling.damage", lambda rng, crop, strength: crop)
    monkeypatch.setattr("sdpose.training.diffpose.sampling.HALF_BODY_PROBABILITY", 0.0)  # a dot has no halves
    clip, _ = moving_dot()
    source = dataclasses.make_dataclass("Source", ["skeleton"])(get("coco17"))
    source.clip = lambda index: clip
    model = tiny(input_wh=(64, 96))
    codec = UDPHeatmaps((64, 96), model.heatmap_wh, 1.0)
    windows = Windows(source, config(augment=1.0, batch_size=16), model, shards=1)
    crops, points, _, _, _ = windows[0]
    maps, _ = codec.encode(points)
    found = codec.decode(maps)[0][:, 0].numpy() * (np.array([64, 96]) - 1) / (64, 96)
    assert len(np.unique(found.round(), axis=0)) > 8
    for crop, place in zip(crops[:, 2].numpy(), found, strict=True):
        assert np.abs(centre_of(crop) - place).max() < 1.0


def test_every_drawn_person_can_be_learned_from():
    for index in range(4):
        clip = DrawnFilm(0, 64, 6).clip(index)
        assert len(clip.frames) == 6 and clip.tracks
        for track in clip.tracks:
            count = len(track.frames)
            assert (np.diff(track.frames) > 0).all()
            assert track.boxes.shape == (count, 4) and track.points.shape == (count, 17, 2)
            assert (track.heads > 0).all() and track.visibility.shape == (count, 17)
