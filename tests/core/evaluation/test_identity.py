"""Identities: exact on clips made by hand, and the same numbers as motmetrics."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.errors import BadKeypoints
from sdpose.evaluation.identity import (
    following,
    keypoint_errors,
    matches,
    one_body,
    relabelled,
    renamed,
    separable,
    together,
)
from sdpose.poses import Poses
from sdpose.topology import COCO17
from sdpose.video import placed
from sdpose.video.linking import overlaps

SIDE = 40.0


def frame(people):
    """People as {id: (x, y)}, each in a box of 40 by 40 px, keypoints along its diagonal."""
    places = np.array(list(people.values()), np.float64).reshape(-1, 2)
    points = places[:, None] + np.linspace(0, SIDE, 17)[None, :, None]
    boxes = np.concatenate((places, places + SIDE), axis=1)
    ids = np.array(list(people), np.int64)
    return Poses(points, np.ones((len(ids), 17)), COCO17, (400, 400), boxes=boxes, track_ids=ids)


def clip(*frames):
    return [frame(people) for people in frames]


def apart(ids=(0, 1), count=10):
    """Two people who stay apart."""
    return clip(*({ids[0]: (t, 0), ids[1]: (t, 200)} for t in range(count)))


def test_other_ids_for_the_same_people_are_perfect():
    result = following(apart((7, 3)), apart())
    assert (result.idf1, result.switches) == (1.0, 0)


def test_an_exchange_is_two_switches_and_costs_half_of_idf1():
    found = apart()[:5] + apart((1, 0))[5:]
    result = following(found, apart())
    assert result.switches == 2 and result.idf1 == pytest.approx(0.5)


def test_who_is_missing_or_invented_costs_idf1_and_is_no_switch():
    truth = apart()
    missing = following([one[[0]] for one in truth], truth)
    assert missing.switches == 0 and missing.idf1 == pytest.approx(2 * 10 / (10 + 20))
    invented = following(truth, [one[[0]] for one in truth])
    assert invented.switches == 0 and invented.idf1 == pytest.approx(2 * 10 / (10 + 20))
    both = together([missing, following(truth, truth)])
    assert both.idf1 == pytest.approx(2 * 30 / (30 + 40)) and both.switches == 0


def crowd(seed, frames=30, people=6):
    """Wandering people and what a poor tracker makes of them: jittered, dropped, invented and renamed.

    They keep apart: where one could be taken for two, the libraries choose differently.
    """
    rng = np.random.default_rng(seed)
    places = np.array([(90.0 * (who % 3), 90.0 * (who // 3)) for who in range(people)])
    names = np.arange(people)
    truth, found = [], []
    for t in range(frames):
        places = places + rng.normal(0, 1, places.shape)
        truth.append(frame(dict(enumerate(places))))
        if t % 7 == 3:
            names = rng.permutation(people + 2)[:people]
        seen = {int(names[who]): places[who] + rng.normal(0, 6, 2) for who in range(people) if rng.random() > 0.15}
        if rng.random() < 0.4:
            seen[20 + t % 3] = np.array((300.0, 300.0))
        found.append(frame(seen))
    return found, truth


@pytest.mark.parametrize("seed", range(4))
def test_the_numbers_are_those_of_motmetrics(seed):
    motmetrics = pytest.importorskip("motmetrics")
    found, truth = crowd(seed)
    judge = motmetrics.MOTAccumulator(auto_id=True)
    for own, true in zip(found, truth, strict=True):
        similar = overlaps(true.boxes, own.boxes)
        judge.update(true.track_ids, own.track_ids, np.where(similar >= 0.5, 1 - similar, np.nan))
    with np.errstate(all="ignore"):
        expected = motmetrics.metrics.create().compute(judge, metrics=["idf1", "num_switches"])
    result = following(found, truth)
    assert 0.1 < result.idf1 < 0.9 and result.switches > 5
    assert result.idf1 == pytest.approx(float(expected["idf1"].iloc[0]))
    assert result.switches == int(expected["num_switches"].iloc[0])


def test_people_without_ids_and_other_numbers_of_frames_are_refused():
    with pytest.raises(BadKeypoints, match="track people first"):
        following([one.replace(track_ids=None) for one in apart()], apart())
    with pytest.raises(BadKeypoints, match="as many frames"):
        following(apart()[:5], apart())


def test_matches_are_the_best_pairs_and_need_half():
    truth = clip({0: (0, 0), 1: (10, 0)}, {0: (0, 0)})
    found = clip({5: (9, 0), 6: (1, 0), 7: (200, 0)}, {5: (30, 0)})
    first, second = matches(found, truth)
    assert first.tolist() == [1, 0, -1] and second.tolist() == [-1]
    known = relabelled(found, truth)
    assert known[0].track_ids.tolist() == [1, 0] and len(known[1]) == 0


def test_renamed_keeps_everybody_and_takes_the_id_of_most_frames():
    found = clip(*({4: (t if t < 7 else 200, 0), 9: (0, 300)} for t in range(10)))
    names = [one.track_ids.tolist() for one in renamed(found, apart())]
    assert names == [[0, 2]] * 10


def test_one_body_at_every_place():
    assert one_body(placed(apart((5, 6))), apart()) == (2, 2)
    assert one_body(placed(apart()[:5] + apart((1, 0))[5:]), apart()) == (0, 2)
    broken = placed(apart((5, 6))[:5] + apart((5, 8))[5:])
    assert one_body(broken, apart()) == (1, 3)


def test_a_place_goes_on_with_its_body_though_another_lies_on_it_for_a_moment():
    truth = clip({0: (0, 0), 1: (60, 0)}, {0: (0, 0)}, {0: (0, 0), 1: (60, 0)})
    found = clip({0: (0, 0), 1: (60, 0)}, {0: (5, 0), 1: (0, 0)}, {0: (0, 0), 1: (60, 0)})
    assert one_body(placed(found), truth) == (2, 2)


def test_separable_is_who_overlaps_themselves_most():
    assert separable(apart())
    passing = clip(*({0: (8 * t, 0), 1: (80 - 8 * t, 0)} for t in range(11)))
    assert not separable(passing)
    assert separable(passing[:4] + passing[7:], cuts=(4,)) and not separable(passing[:4] + passing[7:])
    assert separable(clip({0: (0, 0)}, {1: (0, 0)}))
    assert separable(clip({0: (0, 0)}, {}, {0: (5, 0)})), "seen again where they were"
    assert not separable(clip({0: (0, 0)}, {}, {0: (500, 0)})), "seen again elsewhere"


def test_keypoint_errors_are_in_torsos_and_infinite_for_who_is_missed():
    truth = clip({0: (0, 0), 1: (200, 0)})
    torso = np.linalg.norm(truth[0].points[0, 5] - truth[0].points[0, 12])
    torso = (torso + np.linalg.norm(truth[0].points[0, 6] - truth[0].points[0, 11])) / 2
    moved = truth[0][[0]]
    moved = moved.replace(
        points=moved.points + np.array((3.0, 4.0)), scores=np.where(np.arange(17) == 2, 0.0, moved.scores)
    )
    errors, labelled = keypoint_errors([moved], truth)
    assert labelled.all() and np.isinf(errors[1]).all() and np.isinf(errors[0, 2])
    assert np.delete(errors[0], 2) == pytest.approx(5 / torso)
