"""The drawn-video benchmark: exact truth is perfect, and each kind of fault shows in its own number."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from sdpose.errors import BadKeypoints, BadOption
from sdpose.evaluation.drawn_video import JOINTS, evaluate_drawn_video
from sdpose.evaluation.estimates import smoothed
from sdpose.synthetic.footage import footage
from sdpose.topology import COCO17

BASE, CLIPS = 103, 4
SMALL = {"frames": 16, "size_wh": (96, 96)}


def truth(frames, people, cuts):
    return list(people)


def noisy(sigma):
    def estimate(frames, people, cuts):
        rng = np.random.default_rng(0)
        return [poses.replace(points=poses.points + rng.normal(0, sigma, poses.points.shape)) for poses in people]

    return estimate


def evaluate(estimate, **options):
    return evaluate_drawn_video(estimate, BASE, CLIPS, **(SMALL | options))


@pytest.fixture(scope="module")
def films():
    return [list(footage(BASE + number, 16, (96, 96), split="test")) for number in range(CLIPS)]


@pytest.fixture(scope="module", autouse=True)
def _drawn_once():
    """Every evaluation sees the films that it asks for, but each is drawn once."""
    drawn = functools.cache(lambda *args, **options: list(footage(*args, **options)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sdpose.synthetic.footage.footage", lambda *args, **options: iter(drawn(*args, **options)))
        yield


def test_the_truth_is_perfect_and_counted(films):
    numbers = evaluate(truth)
    for name in ("map", "map_plain", "map_hard", "map_occluded", "map_blurred"):
        assert numbers[name] == 1
    assert set(numbers["ap"]) == set(JOINTS) and len(JOINTS) == 13 and set(numbers["ap"].values()) == {1.0}
    assert numbers["accel"] == 0 and numbers["jerk"] == numbers["jerk_true"] > 0
    frames = [frame for film in films for frame in film]
    assert numbers["people"] == sum(len(frame.poses) for frame in frames)
    assert numbers["people_hard"] == sum(int(frame.hard.sum()) for frame in frames)
    assert numbers["people_plain"] + numbers["people_hard"] == numbers["people"]
    assert numbers["clips"] == CLIPS and numbers["frames"] == 16 and numbers["seed_base"] == BASE


def test_the_estimate_is_given_the_test_films_with_boxes_ids_and_cuts(films):
    seen = []

    def estimate(frames, people, cuts):
        seen.append((frames, people, cuts))
        return list(people)

    watched = []
    evaluate(estimate, watch=lambda film, found: watched.append((film, found)))
    for film, (frames, people, cuts), (shown, found) in zip(films, seen, watched, strict=True):
        assert all((a == b.image).all() for a, b in zip(frames, film, strict=True))
        assert all(np.array_equal(a.boxes, b.poses.boxes) for a, b in zip(people, film, strict=True))
        assert all(np.array_equal(a.track_ids, b.poses.track_ids) for a, b in zip(people, film, strict=True))
        assert list(cuts) == [index for index, frame in enumerate(film) if frame.cut]
        assert len(shown) == len(found) == len(film)


def test_noise_costs_accuracy_and_steadiness_and_smoothing_wins_some_back():
    little, much, smooth = evaluate(noisy(0.5)), evaluate(noisy(4.0)), evaluate(smoothed(noisy(4.0)))
    assert little["map"] > smooth["map"] > much["map"] > 0
    assert 0 < little["accel"] < smooth["accel"] < much["accel"]
    assert smooth["jerk"] < 0.5 * much["jerk"]


def test_a_fault_in_hard_people_shows_in_the_hard_number_alone(films):
    masks = iter([frame.hard for film in films for frame in film])

    def estimate(frames, people, cuts):
        return [poses.replace(points=poses.points + 500.0 * next(masks)[:, None, None]) for poses in people]

    numbers = evaluate(estimate)
    assert numbers["map_plain"] == 1 and numbers["map_hard"] == 0 and 0 < numbers["map"] < 1


def test_a_shuffled_skeleton_scores_nothing_where_it_is_wrong():
    order = list(range(17))
    wrist, ankle = COCO17.index("left_wrist"), COCO17.index("right_ankle")
    order[wrist], order[ankle] = ankle, wrist

    def estimate(frames, people, cuts):
        return [poses.replace(points=poses.points[:, order]) for poses in people]

    numbers = evaluate(estimate)
    assert numbers["ap"]["left_wrist"] < 0.2 and numbers["ap"]["right_ankle"] < 0.2
    assert numbers["ap"]["nose"] == numbers["ap"]["left_knee"] == 1


def test_an_absent_keypoint_is_missed_but_not_jittery():
    def estimate(frames, people, cuts):
        keep = np.arange(17) != COCO17.index("nose")
        return [poses.replace(scores=poses.scores * keep) for poses in people]

    numbers = evaluate(estimate)
    assert numbers["ap"]["nose"] == 0 and numbers["ap"]["left_hip"] == 1 and numbers["accel"] == 0


@pytest.mark.parametrize(
    "answer",
    [lambda people: people[:-1], lambda people: [poses.replace(track_ids=None) for poses in people]],
    ids=["a frame too few", "no track ids"],
)
def test_an_answer_that_does_not_fit_is_named(answer):
    with pytest.raises(BadKeypoints, match="expected"):
        evaluate(lambda frames, people, cuts: answer(list(people)))


@pytest.mark.parametrize("wrong", [{"clips": 0}, {"frames": 0}, {"seed_base": -1}])
def test_impossible_requests(wrong):
    options = {"seed_base": 0, "clips": 1} | wrong
    with pytest.raises(BadOption, match="clips >= 1, frames >= 1 and seed_base >= 0"):
        evaluate_drawn_video(truth, **options)
