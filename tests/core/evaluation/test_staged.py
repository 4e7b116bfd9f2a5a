"""Scores on staged films: perfect where nothing is wrong, and each kind of fault shows in its own number."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from sdpose import video
from sdpose.errors import BadKeypoints, BadOption
from sdpose.evaluation.estimates import along_tracks, as_given
from sdpose.evaluation.imperfect import Mistakes
from sdpose.evaluation.staged import evaluate_staged
from sdpose.poses import Poses
from sdpose.synthetic.staged import KINDS, staged
from sdpose.topology import COCO17

SMALL = {"frames": 30, "size_wh": (48, 48)}
EXACT = Mistakes(0.0, 0.0, 0.0)


@pytest.fixture(scope="module", autouse=True)
def _drawn_once():
    """Every evaluation sees the films that it asks for, but each is drawn once."""
    drawn = functools.cache(lambda *args, **options: list(staged(*args, **options)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sdpose.synthetic.staged.staged", lambda *args, **options: iter(drawn(*args, **options)))
        yield


def evaluate(*kinds, estimate=as_given, **options):
    """The numbers of one film, or of several that follow one another in `KINDS`."""
    first = list(KINDS).index(kinds[0])
    return evaluate_staged(estimate, first, len(kinds), **(SMALL | options))


def test_without_mistakes_there_is_nothing_to_steady_and_everybody_is_followed():
    numbers = evaluate("static", mistakes=EXACT)
    assert numbers["idf1"] == numbers["same_place"] == numbers["pck_raw"] == numbers["pck"] == 1
    assert numbers["id_switches"] == numbers["accel_raw"] == numbers["pck_drop"] == 0
    assert numbers["accel"] == pytest.approx(0, abs=1e-9)
    assert numbers["accel_ratio"] is None and numbers["clips"] == 1 and numbers["frames"] == 30
    assert numbers["people"] == numbers["kinds"]["static"]["people"] >= 2


def test_steadying_the_static_calms_them_and_costs_nothing():
    numbers = evaluate("static")
    assert numbers["accel_ratio_static"] == numbers["kinds"]["static"]["accel_ratio"] < 0.5
    assert numbers["accel_median_ratio_static"] < 0.5 and numbers["pck_drop"] < 0.5
    assert numbers["accel_raw"] > 0.05 and numbers["noise"] == 0.02
    assert numbers["pck_drop_fast"] is None and numbers["lag_frames"] is None


def test_numbers_do_not_depend_on_chance():
    assert evaluate("crossing", track=False, steady=False) == evaluate("crossing", track=False, steady=False)


def test_films_of_one_kind_alone():
    numbers = evaluate("crossing", "occlusion", kind="static", track=False, steady=False)
    assert set(numbers["kinds"]) == {"static"} and numbers["clips"] == 2
    with pytest.raises(BadOption, match="static"):
        evaluate("static", kind="juggling")


def test_without_tracking_only_what_was_found_is_scored():
    numbers = evaluate("fast", track=False, steady=False)
    assert numbers["pck_raw"] > 0.8 and numbers["accel_raw"] > 0
    for name in ("idf1", "id_switches", "id_switches_separable", "same_place", "hold_motion", "pck", "accel_ratio"):
        assert numbers[name] is None


def test_exchanged_people_are_switches_in_separable_films_too(monkeypatch):
    right = evaluate("return", mistakes=EXACT, steady=False)
    assert right["id_switches"] == right["id_switches_separable"] == 0
    assert right["clips_separable"] == 1 and right["same_place"] == 1

    def exchanging(clip, **_):
        return [frame.replace(track_ids=(frame.track_ids + (t > 15)) % 8) for t, frame in enumerate(followed(clip))]

    def followed(clip):
        return [frame.poses for frame in staged(5, 30, (48, 48))]

    monkeypatch.setattr(video, "track", exchanging)
    wrong = evaluate("return", mistakes=EXACT, steady=False)
    assert wrong["id_switches"] == wrong["id_switches_separable"] >= 1
    assert wrong["idf1"] < 0.8 and wrong["same_place"] < 1


def test_late_poses_lag(monkeypatch):
    monkeypatch.setattr(video, "steady", lambda clip, **_: [clip[max(t - 2, 0)] for t in range(len(clip))])
    numbers = evaluate("fast", mistakes=EXACT)
    assert numbers["lag_frames"] == numbers["kinds"]["fast"]["lag_frames"] == 2
    assert numbers["pck_drop_fast"] > 10


def test_what_moves_inside_a_hold_is_measured():
    loose = evaluate("hold", steady=False)
    held = loose["holds"]["found"]
    assert loose["hold_motion"] > 0.1 and loose["holds"] == {"found": held, "missed": 0, "false": 0} and held > 8
    assert evaluate("hold")["hold_motion"] == 0


def test_cuts_that_are_found_missed_and_imagined_are_counted(monkeypatch):
    numbers = evaluate("cut", steady=False)
    assert numbers["shots"] == {"found": 1, "missed": 0, "false": 0} and numbers["same_place"] == 1

    class Wrong(video.Shots):
        def __contains__(self, index):
            return index == 3

    monkeypatch.setattr(video, "Shots", Wrong)
    assert evaluate("cut", steady=False)["shots"] == {"found": 0, "missed": 1, "false": 1}


def test_what_is_steadied_over_a_cut_is_measured(monkeypatch):
    assert evaluate("cut")["cut_leak"] == 0
    monkeypatch.setattr(video, "steady", lambda clip, **_: [clip[max(t - 1, 0)] for t in range(len(clip))])
    assert evaluate("cut", mistakes=EXACT)["cut_leak"] > 1


def test_estimation_sees_boxes_and_no_identities():
    seen = []

    def watching(frames, people, cuts):
        seen.append([(picture.shape, poses.track_ids, poses.boxes is None)
                     for picture, poses in zip(frames, people, strict=True)])  # fmt: skip
        return list(people)

    evaluate("crossing", estimate=watching, steady=False)
    assert seen == [[((48, 48, 3), None, False)] * 30]


def test_boxes_may_be_tracked_before_estimation():
    ids = []

    def watching(frames, people, cuts):
        ids.append({who for poses in people for who in poses.track_ids.tolist()})
        assert all((poses.scores == 0).all() for poses in people)
        return list(people)

    evaluate("static", estimate=along_tracks(watching, 24.0), track=False, steady=False)
    film = list(staged(list(KINDS).index("static"), 30, (48, 48)))
    assert ids == [set(film[0].poses.track_ids.tolist())]


def test_kinds_add_up():
    numbers = evaluate("static", "crossing", track=False, steady=False)
    assert set(numbers["kinds"]) == {"static", "crossing"}
    for name in ("clips", "frames", "people"):
        assert numbers[name] == sum(one[name] for one in numbers["kinds"].values())
    shown = []
    evaluate("static", track=False, steady=False, watch=lambda film, found: shown.append((len(film), len(found))))
    assert shown == [(30, 30)]


def test_answers_for_other_people_are_refused():
    def nobody(frames, people, cuts):
        return [Poses.empty(COCO17, (48, 48)) for _ in people]

    with pytest.raises(BadKeypoints, match="one pose for each box"):
        evaluate("static", estimate=nobody)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"clips": 0}, "clips >= 1"), ({"frames": 0}, "frames >= 1"), ({"seed_base": -1}, "seed_base"),
     ({"track": False}, "track as well")],
)  # fmt: skip
def test_wrong_options_are_refused(wrong, says):
    options = {"estimate": as_given, "seed_base": 0, "clips": 1} | wrong
    with pytest.raises(BadOption, match=says):
        evaluate_staged(**options)


def test_a_median_does_not_see_the_lost():
    """Lost keypoints make the mean ratio look good; the median is that of the tremble."""
    numbers = evaluate("static", mistakes=Mistakes(0.0, 0.02, 0.01))
    assert numbers["accel_raw"] > 0 and numbers["accel_median_ratio"] is None
    assert np.isfinite(numbers["accel_ratio"])
