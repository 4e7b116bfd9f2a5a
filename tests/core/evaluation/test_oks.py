"""OKS and AP against numbers worked out by hand and against pycocotools."""

import contextlib
import dataclasses
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sdpose.evaluation import Judged, average_precision, oks
from sdpose.topology import get

BODY = get("coco17")


def pictures(count=6, noise=0.0, seed=0):
    """Pictures of two people each, predicted with Gaussian noise in px."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        points = rng.uniform(20, 180, (2, 17, 2)) + np.array([[[0, 0]], [[200, 0]]])
        boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
        found = points + rng.normal(0, 1, points.shape) * noise
        made.append(Judged(points, np.full((2, 17), 2, np.int8), boxes, found, np.full((2, 17), 0.9)))
    return made


def test_oks_of_one_point_by_hand():
    true, labelled = np.zeros((1, 17, 2)), np.zeros((1, 17), bool)
    nose = BODY.index("nose")
    labelled[0, nose] = True
    found = true.copy()
    found[0, nose] = (3, 4)
    expected = np.exp(-25 / (2 * 1000 * (2 * 0.026) ** 2))
    assert oks(found, true, labelled, np.array([1000.0]), BODY) == pytest.approx([expected])


def test_oks_without_labels_is_zero():
    zeros = np.zeros((1, 17, 2))
    assert oks(zeros, zeros, np.zeros((1, 17), bool), np.array([10.0]), BODY) == [0]


def test_perfect_poses_have_ap_one():
    assert average_precision(pictures(), BODY) == {"ap": 1.0, "ap50": 1.0, "ap75": 1.0, "ar": 1.0}


def test_noise_lowers_ap_and_ruins_it_at_last():
    some, much = (average_precision(pictures(noise=noise), BODY) for noise in (8.0, 100.0))
    assert 0.05 < some["ap"] < 0.95 and some["ap50"] > some["ap75"]
    assert much["ap"] == 0


def test_ap_steps_where_our_oks_crosses_the_thresholds():
    # Everybody equally wrong: AP is the share of the ten thresholds 0.50, 0.55, ... that the common OKS reaches.
    made = []
    for picture in pictures(count=3):
        areas = (picture.boxes[:, 2:] - picture.boxes[:, :2]).prod(axis=1) * 0.53
        spread = np.sqrt(areas)[:, None] * 2 * np.array(BODY.sigmas) * np.sqrt(-2 * np.log(0.72))
        offset = np.stack([spread, np.zeros_like(spread)], axis=2)
        made.append(dataclasses.replace(picture, predicted=picture.points + offset))
        labelled = picture.visibility > 0
        assert oks(made[-1].predicted, picture.points, labelled, areas, BODY) == pytest.approx([0.72, 0.72])
    assert average_precision(made, BODY)["ap"] == pytest.approx(5 / 10)  # 0.50, 0.55, 0.60, 0.65, 0.70


def coco_files(made):
    """The same pictures as COCO's annotation and result files have them."""
    images = [{"id": 10 + i} for i in range(len(made))]
    truths, results = [], []
    for i, picture in enumerate(made):
        for n, (x1, y1, x2, y2) in enumerate(picture.boxes.tolist()):
            labels = np.column_stack([np.where(picture.visibility[n, :, None] > 0, picture.points[n], 0),
                                      picture.visibility[n]])  # fmt: skip
            box = [x1, y1, x2 - x1, y2 - y1]
            truth = {"id": len(truths) + 1, "image_id": 10 + i, "category_id": 1, "iscrowd": 0, "bbox": box}
            counts = {"area": 0.53 * box[2] * box[3], "num_keypoints": int((labels[:, 2] > 0).sum())}
            truths.append({**truth, **counts, "keypoints": labels.ravel().tolist()})
            points = np.column_stack([picture.predicted[n], np.ones(17)])
            result = {"image_id": 10 + i, "category_id": 1, "keypoints": points.ravel().tolist()}
            results.append({**result, "score": float(picture.scores[n].mean())})
    return {"images": images, "annotations": truths, "categories": [{"id": 1, "name": "person"}]}, results


@pytest.mark.parametrize("seed", range(4))
def test_ap_is_what_pycocotools_says_of_the_same_files(seed):
    rng = np.random.default_rng(100 + seed)
    made = [
        dataclasses.replace(
            picture,
            visibility=rng.choice(np.array([0, 1, 2], np.int8), (2, 17))
            * np.array([[1], [rng.random() > 0.3]], np.int8),
            predicted=picture.predicted + rng.normal(0, 12, (2, 1, 2)),
            scores=rng.random((2, 17)),
        )
        for picture in pictures(count=25, noise=6.0, seed=seed)
    ]
    truths, results = coco_files(made)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truths
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "keypoints")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    ours = average_precision(made, BODY)
    assert list(ours.values()) == pytest.approx(judge.stats[[0, 1, 2, 5]].tolist(), abs=1e-9)
    assert 0.05 < ours["ap"] < 0.95 and len(set(ours.values())) == 4


def test_nobody_to_judge_gives_none(capsys):
    assert set(average_precision([], BODY).values()) == {None}
    average_precision(pictures(1), BODY)
    assert capsys.readouterr().out == ""
