"""Frames in, poses out: batching, odd boxes, odd frames, cancelling, running out of memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from sdpose import Estimator, build_model
from sdpose.boxes import Crop
from sdpose.errors import BadBoxes, BadImage, BadOption
from sdpose.heatmaps import UDPHeatmaps
from sdpose.models import SDPose, SDPoseConfig
from sdpose.poses import Poses

BOXES = [
    np.array([[0.0, 0, 100, 150], [20, 20, 90, 100]]),
    np.zeros((0, 4)),
    np.array([[-50.0, -50, -10, -10], [0, 0, 149, 199], [5, 5, 5, 50]]),
    np.array([[10.0, 10, 60, 60]]),
]


@pytest.fixture(scope="module")
def model() -> SDPose:
    torch.manual_seed(0)
    return build_model(SDPoseConfig.mini())


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Smooth pictures: on pure noise an untrained network's maxima are ties."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (4, 5, 4, 3), dtype=np.uint8)
    return coarse.repeat(40, axis=1).repeat(40, axis=2)[:, :, :150]


def assert_same(one: list[Poses], other: list[Poses]) -> None:
    assert [len(p) for p in one] == [len(p) for p in other]
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a.scores, b.scores, atol=1e-4)


class Recorder:
    """A network that answers with a Gaussian at a place that its crop's mean brightness decides, and counts."""

    input_wh, heatmap_wh = (96, 128), (24, 32)
    device = torch.device("cpu")

    def __init__(self, memory: int = 1000) -> None:
        self.batches: list[int] = []
        self.memory = memory
        self.codec = UDPHeatmaps(self.input_wh, self.heatmap_wh, 1.5)
        self.skeleton = SDPoseConfig.mini().skeleton

    def heatmaps(self, crops: torch.Tensor, flip: bool = False) -> torch.Tensor:
        if len(crops) > self.memory:
            raise torch.OutOfMemoryError("device out of memory")
        self.batches.append(len(crops))
        x = (crops.mean(dim=(1, 2, 3)) + 1) * 40 + 8
        points = torch.stack([x, x], dim=1)[:, None].expand(-1, 17, -1)
        return self.codec.encode(points.contiguous())[0]


def test_people_of_all_frames_share_batches(frames: np.ndarray) -> None:
    model = Recorder()
    people = Estimator(model, batch_size=3)(frames, BOXES)
    assert model.batches == [3, 1]
    assert [len(p) for p in people] == [2, 0, 1, 1]


def test_results_do_not_depend_on_the_batch(model: SDPose, frames: np.ndarray) -> None:
    alone = Estimator(model, batch_size=1)(frames, BOXES)
    assert_same(alone, Estimator(model, batch_size=8)(frames, BOXES))


def test_results_do_not_depend_on_the_order_of_frames(frames: np.ndarray) -> None:
    forward = Estimator(Recorder(), batch_size=3)(frames, BOXES)
    backward = Estimator(Recorder(), batch_size=3)(frames[::-1], BOXES[::-1])
    for a, b in zip(forward, backward[::-1], strict=True):
        np.testing.assert_allclose(a.points, b.points, atol=1e-3)


def test_boxes_that_gave_a_person_are_kept_in_order(frames: np.ndarray) -> None:
    people = Estimator(Recorder())(frames, BOXES)
    assert people[2].boxes is not None
    assert people[2].boxes.tolist() == [[0, 0, 149, 199]]
    assert people[2].canvas_wh == (150, 200)


@pytest.mark.parametrize("rule", ["padded", "stretched"])
def test_points_come_back_through_the_crop(rule: Any) -> None:
    model = Recorder()
    image = np.full((120, 100, 3), 128, np.uint8)
    box = [10.0, 20, 90, 110]
    people = Estimator(model, crop=rule)([image], [[box]])
    crop = Crop.padded(box, (96, 128)) if rule == "padded" else Crop.stretched(box, (96, 128), (100, 120))
    mean = float(crop.warp(image).mean()) / 127.5 - 1
    np.testing.assert_allclose(people[0].points[0, 0], crop.to_image([(mean + 1) * 40 + 8] * 2), atol=0.5)


def test_no_boxes_at_all_means_the_whole_frame(frames: np.ndarray) -> None:
    people = Estimator(Recorder())(frames)
    assert [p.boxes.tolist() for p in people if p.boxes is not None] == [[[0, 0, 150, 200]]] * 4


def test_frames_are_taken_one_by_one_and_given_back_in_order() -> None:
    taken: list[int] = []

    def endless() -> Iterator[np.ndarray]:
        for i in range(10**9):
            taken.append(i)
            yield np.full((50, 40, 3), i % 256, np.uint8)

    stream = Estimator(Recorder(), batch_size=4).stream(endless())
    first = [next(stream) for _ in range(6)]
    assert len(taken) <= 8  # never more than a batch ahead
    brightness = [float(p.points[0, 0, 0]) for p in first]
    assert brightness == sorted(brightness)


def test_out_of_memory_halves_the_batch_and_loses_nothing(frames: np.ndarray) -> None:
    small = Recorder(memory=2)
    whole = Estimator(Recorder(), batch_size=8)(frames, BOXES)
    halved = Estimator(small, batch_size=8)(frames, BOXES)
    assert small.batches == [2, 2]
    for a, b in zip(whole, halved, strict=True):
        np.testing.assert_array_equal(a.points, b.points)


def test_out_of_memory_with_one_crop_is_an_error(frames: np.ndarray) -> None:
    with pytest.raises(torch.OutOfMemoryError):
        Estimator(Recorder(memory=0))(frames, BOXES)


def test_before_batch_can_cancel(frames: np.ndarray) -> None:
    model = Recorder()
    calls = []

    def stop_at_second() -> None:
        calls.append(None)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Estimator(model, batch_size=1, before_batch=stop_at_second)(frames, BOXES)
    assert model.batches == [1]


def test_no_frames_give_no_poses() -> None:
    assert Estimator(Recorder())([]) == []
    assert Estimator(Recorder())(np.zeros((0, 8, 8, 3), np.uint8), []) == []


@pytest.mark.parametrize("count", [3, 5])
def test_boxes_for_another_number_of_frames_are_refused(frames: np.ndarray, count: int) -> None:
    with pytest.raises(BadBoxes, match="one entry per frame"):
        Estimator(Recorder())(frames, [np.zeros((0, 4))] * count)


@pytest.mark.parametrize(
    "frame", [np.zeros((8, 8), np.uint8), np.full((8, 8, 3), np.nan), np.zeros((8, 8, 4), np.uint8)]
)
def test_frames_that_are_not_pictures_are_refused(frame: np.ndarray) -> None:
    with pytest.raises(BadImage, match="to_rgb8"):
        Estimator(Recorder())([frame])


def test_options_are_checked() -> None:
    with pytest.raises(BadOption, match="padded or stretched"):
        Estimator(Recorder(), crop="tight")  # type: ignore[arg-type]
    with pytest.raises(BadOption, match="at least 1"):
        Estimator(Recorder(), batch_size=0)


def test_flip_test_of_a_mirrored_picture_is_the_mirrored_result(model: SDPose, frames: np.ndarray) -> None:
    crops = torch.from_numpy(frames[:2, :192, :144].copy()).permute(0, 3, 1, 2).float() / 127.5 - 1
    straight = model.heatmaps(crops, flip=True)
    mirrored = model.heatmaps(crops.flip(-1), flip=True)
    torch.testing.assert_close(mirrored.flip(-1)[:, list(model.skeleton.flip_indices)], straight, atol=1e-4, rtol=0)
