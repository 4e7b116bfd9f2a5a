"""Comparing two versions of a clip: exact on clips made by hand, and drawn joint by joint."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.errors import BadKeypoints
from sdpose.evaluation.comparison import compare
from sdpose.evaluation.plots import plot_joints
from sdpose.media import read_image
from sdpose.poses import Poses
from sdpose.topology import COCO17, get
from sdpose.video import placed

FRAMES = 24
TRUNK = {"left_shoulder": (30, 0), "right_shoulder": (0, 0), "left_hip": (30, 40), "right_hip": (0, 40)}


def person(x, y):
    """A person whose torso, as PCK measures it, is 50 px."""
    points = np.tile(np.array((x, y), np.float64), (17, 1))
    for name, place in TRUNK.items():
        points[COCO17.index(name)] += place
    return points


def clip(noise=0.0, ids=(0, 1), late=0, seed=0):
    """Two people who swing to and fro, one above the other."""
    rng = np.random.default_rng(seed)
    out = []
    for t in range(FRAMES):
        x = 100 + 40 * np.sin((t - late) / 3)
        points = np.stack([person(x, 20), person(2 * x, 150)])
        points = points + rng.normal(0, noise, points.shape) if noise else points
        boxes = np.concatenate((points.min(axis=1) - 5, points.max(axis=1) + 5), axis=1)
        scores, known = np.ones((2, 17)), None if ids is None else np.array(ids)
        out.append(Poses(points, scores, COCO17, (400, 300), boxes=boxes, track_ids=known))
    return out


def without(frames, who=1, times=(5, 6)):
    return [frame[frame.track_ids != who] if t in times else frame for t, frame in enumerate(frames)]


def test_one_version_is_measured_by_itself():
    numbers = compare(clip()).numbers
    assert numbers["frames"] == FRAMES and numbers["a"]["people"] == 2 and numbers["a"]["identities"] == 2
    assert numbers["a"]["longest_track"] == FRAMES and not numbers["a"]["tracked_here"]
    assert numbers["a"]["accel"] > 0 and numbers["a"]["accel_per_s2"] == pytest.approx(numbers["a"]["accel"] * 24**2)
    assert "b" not in numbers and "idf1" not in numbers["a"] and "filled" not in numbers


def test_against_the_truth_noise_is_error_and_not_motion():
    numbers = compare(clip(1.0), clip(0.2, seed=1), clip()).numbers
    a, b = numbers["a"], numbers["b"]
    assert a["accel_error"] == pytest.approx(5 * b["accel_error"], rel=0.2)
    assert a["idf1"] == b["idf1"] == b["pck_0.05"] == 1 and a["pck_0.05"] < a["pck_0.1"]
    assert a["id_switches"] == a["lag_frames"] == numbers["lag_frames"] == 0
    assert "idf1" not in numbers["truth"]


def test_what_is_filled_and_lost_is_counted():
    whole = clip()
    scores = np.ones((2, 17))
    scores[0, 3:7] = 0
    holed = without([frame.replace(scores=scores) if t in (3, 9) else frame for t, frame in enumerate(whole)])
    numbers = compare(holed, whole).numbers
    assert numbers["filled"] == {"keypoints": 8, "people": 2} and numbers["lost"] == {"keypoints": 0, "people": 0}
    assert compare(whole, holed).numbers["lost"] == {"keypoints": 8, "people": 2}
    faint = [frame.replace(scores=np.where(scores == 0, 0.2, 1.0)) for frame in whole]
    assert compare(faint, whole).numbers["filled"]["keypoints"] == 0
    assert compare(faint, whole, threshold=0.3).numbers["filled"]["keypoints"] == 4 * FRAMES


def test_lag_is_that_of_b_behind_a_or_of_both_behind_the_truth():
    numbers = compare(clip(), clip(late=2), clip(late=1)).numbers
    assert numbers["lag_frames"] == 2
    assert numbers["a"]["lag_frames"] == -1 and numbers["b"]["lag_frames"] == 1


def test_identities_are_matched_by_place_and_switches_are_seen():
    compared = compare(clip(ids=(7, 3)), clip(ids=(0, 1)), clip(ids=(4, 5)))
    assert all(frame.track_ids.tolist() == [4, 5] for name in ("a", "b", "truth") for frame in compared.clips[name])
    swapped = clip()[:10] + clip(ids=(1, 0))[10:]
    numbers = compare(swapped, truth=clip()).numbers
    assert numbers["a"]["id_switches"] == 2 and numbers["a"]["idf1"] < 0.9
    cut = compare(clip()[:10] + clip(ids=(2, 3))[10:], cuts=(10,)).numbers
    assert cut["a"]["identities"] == 4 and cut["a"]["longest_track"] == FRAMES - 10


def test_people_without_ids_are_tracked_and_it_is_said():
    numbers = compare(clip(ids=None), clip()).numbers
    assert numbers["a"]["tracked_here"] and not numbers["b"]["tracked_here"]
    assert numbers["a"]["identities"] == 2 and numbers["a"]["longest_track"] == FRAMES


def test_skeletons_and_canvases_become_those_of_the_first():
    large = [frame.to(get("openpose18")).scaled((800, 600)) for frame in clip()]
    compared = compare(clip(), large)
    assert {frame.skeleton for frame in compared.clips["b"]} == {COCO17}
    assert {frame.canvas_wh for frame in compared.clips["b"]} == {(400, 300)}
    assert compared.numbers["filled"] == {"keypoints": 0, "people": 0} and compared.numbers["lag_frames"] == 0


def test_who_only_keeps_a_place_does_not_count():
    gaps = without(clip(noise=1.0))
    plain, kept = (compare(gaps, version, clip()).numbers for version in (gaps, placed(gaps)))
    assert plain == kept


def test_clips_of_other_lengths_are_refused():
    with pytest.raises(BadKeypoints, match="a has 24, truth has 20"):
        compare(clip(), truth=clip()[:20])
    with pytest.raises(BadKeypoints, match="at least one frame"):
        compare([])


def test_nobody_at_all_is_measured_too(tmp_path):
    empty = [Poses.empty(COCO17, (64, 64))] * 5
    compared = compare(empty, empty)
    assert compared.numbers["a"]["identities"] == compared.numbers["a"]["longest_track"] == 0
    assert compared.numbers["a"]["accel"] is None and compared.numbers["lag_frames"] is None
    assert plot_joints(tmp_path / "none.png", compared.clips) == 0


def test_the_plot_has_a_column_for_each_part_and_two_rows_for_each_person(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    figures = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *args, **how: (figures.append(self), save(self, *args, **how)))
    clips = compare(without(clip(1.0)), clip(), clip(), cuts=(12,)).clips
    assert plot_joints(tmp_path / "joints.png", clips, cuts=(12,)) == 2
    assert read_image(tmp_path / "joints.png").shape[2] == 3
    axes = figures[0].axes
    assert len(axes) == 5 * 4
    assert [panel.get_title() for panel in axes[:5]] == ["head", "left arm", "right arm", "left leg", "right leg"]
    head = axes[0].get_lines()
    assert len(head) == 5 * 3 + 1  # three versions of five keypoints, and the cut
    thin, thick, dashed = head[:3]
    assert thin.get_linewidth() < thick.get_linewidth() and dashed.get_linestyle() == "--"
    below = axes[10].get_lines()[0].get_ydata()  # the second person, of whom two frames are missing
    assert np.isnan(below[5:7]).all() and np.isfinite(np.delete(below, (5, 6))).all()
    x = [frame.points[0, 0, 0] for frame in clips["b"]]
    assert thick.get_ydata() == pytest.approx(x)


def test_the_plot_of_a_whole_body_has_hands_and_face_and_not_too_many_people(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    titles = []

    def noting(self, path, **_):
        titles.extend(panel.get_title() for panel in self.axes)
        path.touch()

    monkeypatch.setattr(Figure, "savefig", noting)
    monkeypatch.setattr("sdpose.evaluation.plots.MOST_PEOPLE", 1)
    assert plot_joints(tmp_path / "joints.png", {"a": [frame.to(get("openpose134")) for frame in clip()]}) == 1
    limbs = ["head", "right arm", "left arm", "right leg", "left leg"]
    assert titles == [*limbs, "face", "left hand", "right hand", *[""] * 8]
