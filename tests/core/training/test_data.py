"""Sample order is a pure function; COCO files are read or refused."""

import copy
import json
from collections import Counter

import numpy as np
import pytest
import torch

from sdpose.errors import BadImage, BadKeypoints
from sdpose.training.batches import FIRST, loader
from sdpose.training.sdpose.coco import CocoKeypoints
from sdpose.training.sdpose.data import Batches


@pytest.fixture
def source(coco):
    return CocoKeypoints(*coco)


def same_batch(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_batch_does_not_depend_on_what_came_before(config, source):
    fresh, used = (Batches(source, config(), (32, 48), shards=1) for _ in range(2))
    for number in range(5):
        used[number]
    assert same_batch(fresh[5], used[5])
    assert not torch.equal(fresh[5][0], fresh[6][0])


def test_batches_have_the_promised_shapes(config, source):
    crops, points, labelled = Batches(source, config(), (32, 48), shards=1)[0]
    assert crops.shape == (4, 48, 32, 3) and crops.dtype == torch.uint8
    assert points.shape == (4, 17, 2) and points.dtype == torch.float32
    assert labelled.shape == (4, 17) and set(labelled.unique().tolist()) <= {0.0, 1.0}


def test_workers_give_what_one_process_gives(config, source):
    two = config(workers=2, steps=4)
    plain = Batches(source, two, (32, 48), shards=2)
    for number, batch in enumerate(loader(lambda shards: Batches(source, two, (32, 48), shards), two, 0)):
        assert same_batch(batch, plain[number])


def test_processes_share_the_batches_between_them(config, source):
    steps = config(steps=3)
    plain = Batches(source, steps, (32, 48), shards=2)
    numbers = [1, 3, 5]
    second = list(loader(lambda shards: Batches(source, steps, (32, 48), shards), steps, 0, rank=1, processes=2))
    assert len(second) == 3
    assert all(same_batch(batch, plain[number]) for batch, number in zip(second, numbers, strict=True))


def test_pictures_are_reused_as_often_as_asked_and_then_let_go(config, source):
    settings = config(window=32, reuse=4, batch_size=8)
    batches = Batches(source, settings, (32, 48), shards=1)
    uses, oldest = Counter(), []
    for number in range(400):
        for place in range(8):
            index, old = batches.choose(number, place, np.random.default_rng([number, place]))
            assert old <= index
            uses[index] += 1
            oldest.append(old)
    settled = [uses[index] for index in range(100, 700)]
    assert 3.7 < np.mean(settled) < 4.3
    assert oldest == sorted(oldest) and max(uses) - oldest[-1] < 32 < FIRST


def test_every_round_shows_every_picture_once(source):
    first, second = ([source.picture(i + 4 * k).boxes[0, 0] for i in range(4)] for k in range(2))
    assert sorted(first) == sorted(second) and len(set(first)) == 4


def test_whole_body_files_with_separate_fields(coco, tmp_path):
    path, folder = coco
    content = json.loads(path.read_text())
    for annotation in content["annotations"]:
        for part, count in (("foot", 6), ("face", 68), ("lefthand", 21), ("righthand", 21)):
            annotation[f"{part}_kpts"] = [1.0, 2.0, 0.4] * count
    (tmp_path / "whole.json").write_text(json.dumps(content))
    picture = CocoKeypoints(tmp_path / "whole.json", folder, "wholebody").picture(0)
    assert picture.points.shape == (1, 133, 2) and picture.visibility[0, 17:].tolist() == [1] * 116


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda content: content.pop("annotations"), "no annotations"),
        (
            lambda content: content["annotations"][1]["keypoints"].pop(),
            "annotation 1, keypoints: expected 51 .* got 50",
        ),
        (lambda content: content["images"].pop(), "name image 3"),
        (lambda content: [a.update(iscrowd=1) for a in content["annotations"]], "labels no keypoint"),
    ],
)
def test_files_that_are_not_coco_keypoints(coco, tmp_path, break_it, message):
    content = copy.deepcopy(json.loads(coco[0].read_text()))
    break_it(content)
    (tmp_path / "broken.json").write_text(json.dumps(content))
    with pytest.raises(BadKeypoints, match=message):
        CocoKeypoints(tmp_path / "broken.json", coco[1])


def test_unreadable_files(coco, tmp_path):
    (tmp_path / "text.json").write_text("{")
    for path in (tmp_path / "text.json", tmp_path / "absent.json"):
        with pytest.raises(BadKeypoints, match="cannot be read"):
            CocoKeypoints(path, tmp_path)
    with pytest.raises(BadImage):
        CocoKeypoints(coco[0], tmp_path / "elsewhere").picture(0)
