"""Mistakes have the size, the share and the scores that they should have."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.errors import BadOption
from sdpose.evaluation.imperfect import Mistakes, imperfect, in_picture
from sdpose.evaluation.pck import torso_sizes
from sdpose.synthetic.staged import staged


@pytest.fixture(scope="module")
def film():
    return list(staged(5, 14, (64, 64), kind="crowd"))


@pytest.fixture(scope="module")
def behind():
    """A film in which somebody is hidden."""
    return list(staged(43, 40, (48, 48), kind="occlusion"))


def paired(film, found):
    """Errors in torsos, scores and visibility (n, 17) of everybody, matched by the order that the boxes tell."""
    errors, scores, visibility, boxes = [], [], [], []
    for frame, own in zip(film, found, strict=True):
        truth = in_picture(frame)
        torsos = torso_sizes(truth.points, truth.scores > 0, truth.boxes, truth.skeleton)
        distance = np.abs(own.boxes[:, None] - truth.boxes[None]).sum(axis=2)
        rows = distance.argmin(axis=1)
        assert len(set(rows.tolist())) == len(own)
        errors.append((own.points - truth.points[rows]) / torsos[rows, None, None])
        boxes.append((own.boxes - truth.boxes[rows]) / torsos[rows, None])
        scores.append(own.scores)
        visibility.append(frame.visibility[rows])
    return tuple(np.concatenate(parts) for parts in (errors, scores, visibility, boxes))


def test_nobody_has_an_id_and_rows_are_shuffled_by_the_seed_alone(film):
    one, same, other = (imperfect(film, Mistakes(), seed) for seed in (1, 1, 2))
    assert all(frame.track_ids is None for frame in one)
    assert all(np.array_equal(a.points, b.points) and np.array_equal(a.boxes, b.boxes)
               for a, b in zip(one, same, strict=True))  # fmt: skip
    assert not np.array_equal(one[0].points, other[0].points)
    orders = {tuple(np.abs(own.boxes[:, None] - in_picture(frame).boxes).sum(axis=2).argmin(axis=1).tolist())
              for frame, own in zip(film, one, strict=True)}  # fmt: skip
    assert len(orders) > 5


def test_noise_is_as_large_as_said(film):
    errors, _, visibility, boxes = paired(film, imperfect(film, Mistakes(0.03, 0.0, 0.0), 0))
    assert errors[visibility > 0].std() == pytest.approx(0.03, rel=0.1)
    assert boxes.std() == pytest.approx(0.03, rel=0.15)
    assert errors[visibility == 0].std() == pytest.approx(0.15, rel=0.2)
    exact = imperfect(film, Mistakes(0.0, 0.0, 0.0), 0)
    assert paired(film, exact)[0][visibility > 0].max() == 0


def test_lost_and_wrong_keypoints_are_as_many_and_as_far_off_as_said(film):
    errors, scores, visibility, _ = paired(film, imperfect(film, Mistakes(0.0, 0.2, 0.1), 0))
    off, labelled = np.linalg.norm(errors, axis=2), visibility > 0
    lost, wrong = labelled & (scores <= 0.2), labelled & (scores > 0.2) & (off > 1e-9)
    assert lost.sum() / labelled.sum() == pytest.approx(0.2, abs=0.03)
    assert wrong.sum() / labelled.sum() == pytest.approx(0.1, abs=0.03)
    assert off[lost].min() >= 1 and off[lost].max() <= 3 and off[wrong].min() >= 0.3 and off[wrong].max() <= 1


def test_scores_tell_what_is_seen_hidden_and_not_there(film):
    _, scores, visibility, _ = paired(film, imperfect(film, Mistakes(0.02, 0.0, 0.0), 0))
    assert scores[visibility == 2].mean() == pytest.approx(0.9, abs=0.02)
    assert scores[visibility == 1].mean() == pytest.approx(0.5, abs=0.03)
    assert scores[visibility == 0].max() <= 0.2 and scores.min() > 0


def test_who_is_hidden_is_not_found(behind):
    hidden = sum(int((frame.covered >= 0.9).sum()) for frame in behind)
    found = imperfect(behind, Mistakes(), 0)
    assert hidden > 0
    assert sum(len(frame) for frame in found) == sum(len(frame.poses) for frame in behind) - hidden


def test_boxes_end_where_the_picture_does(film):
    for frame in staged(40, 20, (48, 48), kind="return"):
        boxes = in_picture(frame).boxes
        assert (boxes >= 0).all() and (boxes <= 48).all() and np.array_equal(boxes, frame.poses.boxes.clip(0, 48))


@pytest.mark.parametrize("wrong", [{"noise": -0.1}, {"lost": 1.5}, {"lost": 0.6, "wrong": 0.6}])
def test_impossible_mistakes_are_refused(wrong):
    with pytest.raises(BadOption, match="expected noise >= 0"):
        Mistakes(**wrong)
