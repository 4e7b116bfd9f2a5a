"""Drawn characters as training and held-out pictures."""

import numpy as np
import torch

from sdpose import topology
from sdpose.heatmaps import UDPHeatmaps
from sdpose.training import TrainConfig
from sdpose.training.sdpose.data import Batches, DrawnCharacters
from sdpose.training.sdpose.heldout import HeldOut

INPUT_WH = (96, 128)


def test_drawings_are_a_pure_function_of_seed_split_and_index():
    one, again = (DrawnCharacters(3, 192).picture(5) for _ in range(2))
    assert (one.image == again.image).all() and (one.points == again.points).all()
    for other in (DrawnCharacters(4, 192), DrawnCharacters(3, 192, split="test")):
        assert not np.array_equal(one.image, other.picture(5).image)


def test_every_drawn_person_can_be_learned_from():
    for index in range(12):
        picture = DrawnCharacters(0, 192).picture(index)
        assert len(picture.boxes) == len(picture.points) == len(picture.visibility) >= 1
        assert (picture.visibility > 0).any(axis=1).all()
        assert (picture.boxes[:, 2:] > picture.boxes[:, :2]).all()


def test_batches_of_drawings_keep_most_keypoints_on_the_crop():
    config = TrainConfig(batch_size=16, drawing_size=192, workers=0)
    crops, points, labelled = Batches(DrawnCharacters(0, 192), config, INPUT_WH, shards=1)[0]
    inside = ((points > 0) & (points < torch.tensor(INPUT_WH))).all(dim=-1)
    assert crops.shape == (16, 128, 96, 3)
    assert inside[labelled > 0].float().mean() > 0.7


class Oracle:
    """Answers with the heatmaps of the truth."""

    device, dtype = torch.device("cpu"), torch.float32
    skeleton = topology.get("coco17")

    def __init__(self, codec, points):
        self.codec, self.points = codec, torch.from_numpy(points)

    def heatmaps(self, crops):
        given, self.points = self.points[: len(crops)], self.points[len(crops) :]
        return self.codec.encode(given, torch.ones(given.shape[:2]))[0]


def test_held_out_pck_of_the_truth_is_one():
    held_out = HeldOut.drawn(TrainConfig(validate_count=24, drawing_size=192), INPUT_WH)
    codec = UDPHeatmaps(INPUT_WH, (24, 32), 1.5)
    assert len(held_out.pixels) > 32, "more than one batch"
    assert held_out.pck(Oracle(codec, held_out.points), codec)["pck_0.2"] > 0.98
    moved = held_out.points + held_out.torsos[:, None, None]
    assert held_out.pck(Oracle(codec, moved), codec)["pck_0.2"] < 0.1
