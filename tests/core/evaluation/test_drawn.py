"""Scores on drawn characters, with models whose answers are known."""

import dataclasses

import numpy as np
import pytest

from sdpose.errors import BadOption
from sdpose.evaluation import drawn, evaluate_drawn
from sdpose.poses import Poses
from sdpose.synthetic import drawing
from sdpose.topology import get

BASE, COUNT = 4200, 8


class Oracle:
    """Stands in for a model: it is only asked what skeleton it has."""

    skeleton = get("coco17")


def answering(error_px):
    """An estimator that knows the truth and misses by a fixed distance."""

    class Estimator:
        def __init__(self, model, flip):
            self.skeleton = model.skeleton

        def stream(self, frames, boxes):
            for number, (frame, frame_boxes) in enumerate(zip(frames, boxes, strict=True)):
                truth = drawing(BASE + number, (512, 512), split="test")
                assert (frame == truth.image).all()
                keep = (truth.visibility > 0).any(axis=1)
                assert np.array_equal(frame_boxes, truth.poses.boxes[keep])
                points = truth.poses.points[keep] + (error_px, 0)
                yield Poses(points, np.ones(points.shape[:2]), self.skeleton, (512, 512))

    return Estimator


@pytest.fixture
def known(monkeypatch):
    """Make every evaluation answer with the truth moved by some pixels."""
    return lambda error_px: monkeypatch.setattr("sdpose.estimate.Estimator", answering(error_px))


def test_the_truth_scores_one_everywhere(known):
    known(0)
    numbers = evaluate_drawn(Oracle(), BASE, COUNT)
    assert numbers["ap"] == pytest.approx(1) and numbers["pck_0.1"] == numbers["pck_0.1_visible"] == 1
    assert numbers["drawings"] == COUNT
    assert all(row["ap"] == pytest.approx(1) and row["pck_0.1"] == 1 for row in numbers["styles"].values())
    for parts in (list(numbers["styles"].values()), [numbers["plain"], numbers["hard"]]):
        assert sum(part["people"] for part in parts) == numbers["people"] >= COUNT


def test_a_miss_by_a_torso_scores_nothing_and_a_small_one_something(known):
    known(12)
    some = evaluate_drawn(Oracle(), BASE, COUNT)
    known(400)
    none = evaluate_drawn(Oracle(), BASE, COUNT)
    assert 0 < some["ap"] < 1 and 0 < some["pck_0.1"] < some["pck_0.2"] < 1
    assert none["ap"] == none["pck_0.2"] == 0


def test_people_without_labels_are_left_out():
    truth = drawing(BASE, (256, 256), split="test")
    poses = Poses(
        np.repeat(truth.poses.points[:1], 2, axis=0), np.ones((2, 17)), get("coco17"), (256, 256),
        boxes=np.repeat(truth.poses.boxes[:1], 2, axis=0),
    )  # fmt: skip
    visibility = np.stack([truth.visibility[0], np.zeros(17, np.int8)])
    points, seen, boxes = drawn._labelled(dataclasses.replace(truth, poses=poses, visibility=visibility))
    assert len(points) == len(seen) == len(boxes) == 1


@pytest.mark.parametrize("wrong", [{"seed_base": 0, "count": 0}, {"seed_base": -1, "count": 1}])
def test_impossible_requests(wrong):
    with pytest.raises(BadOption, match="count >= 1 and seed_base >= 0"):
        evaluate_drawn(Oracle(), **wrong)
